"""What the experiments on images share: data, networks and tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
from scipy.stats import ttest_rel

from analog_pc.arrays import Floats, Ints
from analog_pc.experiments.framework.experiment import Claim, Outcome
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.song2024.figures.columns import DATA
from analog_pc.pcn import random_network
from analog_pc.pcn.equilibrium import take
from analog_pc.relaxers import Relaxer
from analog_pc.training.datasets import Dataset, load_dataset

MOST_TESTED = 1000  # test images, of which the error has a standard deviation of at most 1.6 points
BEYOND = 1e3  # a weight: training has diverged (useful ones stay below 10), long before anything overflows

LOST = quantity("samples a run that did not come to rest")
DIVERGED = quantity("trainings that diverged")


def load_images(data: Path | None, seed: int = 0) -> Dataset:
    """scikit-learn's handwritten digits (8 x 8), or the images of a file; 80 % are for training."""
    return load_dataset("digits" if data is None else str(data), seed)


def outcome(
    values: Mapping[Quantity, float],
    arrays: Mapping[Quantity, Array],
    data: Path | None,
    notes: Iterable[str] = (),
) -> Outcome:
    """An outcome that says which data these are, and that they are not the published ones."""
    images = load_images(data)
    size = f"{len(images.train_labels)} training images of {images.train_inputs.shape[1]} pixels"
    what = f"data: {images.name}, {size}; published with Fashion-MNIST, so published errors do not apply"
    return Outcome(values, arrays, (what, *notes), {DATA: images.name})


def learner(
    relaxer: Relaxer,
    sizes: tuple[int, ...],
    lr: float,
    seed: int,
    *,
    normal: bool = False,
    activation: str = "sigmoid",
) -> Learner:
    """A network without biases; Xavier weights, uniform or normal."""
    network = random_network(sizes, activation, seed=seed, biases=False)
    if normal:
        rng = np.random.default_rng(seed)
        spread = [np.sqrt(2.0 / sum(w.shape)) for w in network.W]
        weights = [s * rng.normal(size=w.shape) for s, w in zip(spread, network.W, strict=True)]
        network = network.with_parameters(weights, network.b)
    return Learner(network, relaxer, lr)


def per_class(labels: Ints, count: int, rng: np.random.Generator) -> Ints:
    """Indices of `count` images of every label (all, where there are fewer)."""
    return np.concatenate([rng.permutation(np.flatnonzero(labels == k))[:count] for k in np.unique(labels)])


def batches(chosen: Ints, size: int, rng: np.random.Generator) -> Iterator[Ints]:
    """Batches of shuffled images, for ever; the last one of an epoch may be smaller."""
    while True:
        order = rng.permutation(chosen)
        for start in range(0, len(order), size):
            yield order[start : start + size]


def teach(learner: Learner, inputs: Floats, targets: Floats) -> int:
    """One update from a batch; samples that do not come to rest teach nothing, and are counted."""
    equilibrium = learner.relaxer.relax(learner.network, inputs, targets)
    settled = equilibrium.relaxation.converged
    if settled.any():
        learner.update(equilibrium if settled.all() else take(equilibrium, settled))
    return int((~settled).sum())


def course(
    learner: Learner, images: Dataset, stream: Iterator[Ints], tests: int, between: int
) -> Mapping[str, Array]:
    """Test errors [tests], one after every `between` batches, the number of samples that were lost, and
    whether training diverged: it then ends, and is wrong on every image from there on."""
    targets = images.one_hot(images.train_labels)
    errors = np.ones(tests)
    lost = 0
    for test in range(tests):
        for chosen in islice(stream, between):
            lost += teach(learner, images.train_inputs[chosen], targets[chosen])
            if diverges(learner):
                return {"errors": errors, "lost": np.array(lost), "diverged": np.array(True)}
        errors[test] = test_error(learner, images)
    return {"errors": errors, "lost": np.array(lost), "diverged": np.array(False)}


def diverges(learner: Learner) -> bool:
    """Whether a weight is `BEYOND` all use."""
    return any(max(w.max(), -w.min()) > BEYOND for w in learner.network.W)


def test_error(learner: Learner, images: Dataset) -> float:
    """`error` on at most `MOST_TESTED` of the test images."""
    return error(learner, images.test_inputs[:MOST_TESTED], images.test_labels[:MOST_TESTED])


def error(learner: Learner, inputs: Floats, labels: Ints) -> float:
    """Fraction of images of which another output is the largest, or that do not come to rest."""
    equilibrium = learner.relaxer.relax(learner.network, inputs)
    return float(((equilibrium.output.argmax(axis=1) != labels) | ~equilibrium.relaxation.converged).mean())


test_error.__test__ = False  # type: ignore[attr-defined]  # it is not one of pytest's


def best_rate(each: Mapping[float, Floats]) -> float:
    """The learning rate with the smallest mean of its errors."""
    return min(each, key=lambda lr: float(each[lr].mean()))


def gaps(pc: Outcome, bp: Outcome, what: str, cases: Iterable[Quantity]) -> dict[Quantity, float]:
    """`rule_gap` of arrays, as rows under the same conditions; p only where there is one."""
    found: dict[Quantity, float] = {}
    for case in cases:
        gap, p = rule_gap(pc, bp, case)
        found |= {gap_of(what, case): gap} | ({p_of(case): p} if np.isfinite(p) else {})
    return found


def gap_claims(what: str, case: Quantity) -> list[Claim]:
    """The rows of `gaps` under the conditions of a case, not checked."""
    return [Claim(row, None, None) for row in (gap_of(what, case), p_of(case))]


def gap_of(what: str, case: Quantity) -> Quantity:
    return case.renamed(f"{what} PC - BP")


def p_of(case: Quantity) -> Quantity:
    return case.renamed("p of the paired t-test")


def rule_gap(pc: Outcome, bp: Outcome, name: Quantity) -> tuple[float, float]:
    """Mean of PC - BP over the seeds that both have of an array [seeds], and p of the paired t-test.

    p is NaN with fewer than three seeds.
    """
    ours = pc.arrays[name]
    theirs = bp.arrays[name]
    n = min(len(ours), len(theirs))
    gap: Array = ours[:n] - theirs[:n]
    p = float(ttest_rel(ours[:n], theirs[:n]).pvalue) if n >= 3 and np.ptp(gap) > 0.0 else float("nan")
    return float(gap.mean()), p
