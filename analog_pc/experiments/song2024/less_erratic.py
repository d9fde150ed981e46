"""Less erratic learning: how long is the way that the weights take to get where they get? (Extended Data)

An n-32-32-10 sigmoid network learns images in batches of 100.  The *length* of the way is the sum of the
sizes of all updates, the *displacement* the distance of the weights from where they started; lengths are
compared where both rules have come equally far.  Predictive coding's way is a few percent shorter: its
updates contradict each other less.

Published (Fashion-MNIST, read off the plot of experiments/nature_less_erratic in the authors' repository):
lengths of 4.87 and 5.04 at a displacement of 2.1, 6.16 and 6.38 at 2.9, ratios of 0.966 and 0.966.  On
other data that number need not be the same, so what is checked is that the way is the shorter one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.circuits import in_closed_form
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Counts, Rates
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.quantity import Quantity, named, numbers, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024 import images
from analog_pc.experiments.song2024.figures.less_erratic import PATH, draw
from analog_pc.relaxers import Relaxer

RATIO = 0.966
SHORTER = quantity("share of runs in which the way of PC is the shorter one")
DISPLACEMENT = "displacement at the end"
LENGTH = "length of the way at the end"
LENGTH_RATIO = "length at equal displacement, PC / BP"


@dataclass(frozen=True)
class Config:
    """`rates`: learning rates of the summed energy; `per_class`: training images of a class."""

    rates: Rates = (0.0005, 0.001)
    epochs: Count = 10
    per_class: Count = 100
    batch: Count = 100
    hidden: Counts = (32, 32)
    seeds: Count = 2
    data: Path | None = None


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """The way of every learning rate and network."""
    names = {f"lr {lr:g}, network {s}": (lr, s) for lr in config.rates for s in range(config.seeds)}
    found = cache.compute(list(names), lambda name: path_lengths(config, *names[name], relaxer))
    paths = {case: part["way"] for case, part in zip(names.values(), found, strict=True)}
    values: dict[Quantity, float] = {}
    for lr in config.rates:
        ends = np.array([paths[lr, s][-1] for s in range(config.seeds)]).mean(axis=0)
        values[quantity(DISPLACEMENT, lr=lr)] = float(ends[0])
        values[quantity(LENGTH, lr=lr)] = float(ends[1])
    arrays = {quantity(PATH, lr=lr, network=s): path for (lr, s), path in paths.items()}
    return images.outcome(values, arrays, config.data)


def path_lengths(config: Config, lr: float, seed: int, relaxer: Relaxer) -> Mapping[str, Array]:
    """(displacement, length) after every update, [updates + 1, 2]."""
    data = images.load_images(config.data)
    rng = np.random.default_rng(seed)
    chosen = images.per_class(data.train_labels, config.per_class, rng)
    sizes = (data.train_inputs.shape[1], *config.hidden, data.classes)
    one = images.learner(relaxer, sizes, lr, seed, normal=True)
    targets = data.one_hot(data.train_labels)
    first = last = _flat(one)
    points = [(0.0, 0.0)]
    updates = config.epochs * -(-len(chosen) // config.batch)
    for batch in islice(images.batches(chosen, config.batch, rng), updates):
        images.teach(one, data.train_inputs[batch], targets[batch])
        now = _flat(one)
        points.append((float(np.linalg.norm(now - first)), points[-1][1] + float(np.linalg.norm(now - last))))
        last = now
    return {"way": np.array(points)}


def _flat(learner: Learner) -> Floats:
    return np.concatenate([w.ravel() for w in learner.network.W])


def length_ratio(pc: Array, bp: Array) -> float:
    """Length of PC's way over BP's, where both have come as far as the one that has come less far."""
    far = min(pc[:, 0].max(), bp[:, 0].max())
    return _length(pc, far) / _length(bp, far)


def _length(path: Array, displacement: float) -> float:
    """Where the way is as far from its start for the first time."""
    k = int(np.argmax(path[:, 0] >= displacement))
    (d0, l0) = path[k - 1]
    (d1, l1) = path[k]
    return float(l0 + (l1 - l0) * (displacement - d0) / (d1 - d0))


def compare(pc: Outcome, bp: Outcome) -> Mapping[Quantity, float]:
    ratios = {which: length_ratio(path, bp.arrays[which]) for which, path in pc.arrays.items()}
    found: dict[Quantity, float] = {}
    for lr in numbers(ratios, PATH, "lr"):
        each = [ratios[which] for which in named(ratios, PATH, lr=lr)]
        found[quantity(LENGTH_RATIO, lr=lr)] = float(np.mean(each))
    return found | {SHORTER: float(np.mean([ratio < 1.0 for ratio in ratios.values()]))}


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for lr in config.rates:
        found += [
            Claim(quantity(DISPLACEMENT, lr=lr), None, None),
            Claim(quantity(LENGTH, lr=lr), None, None),
            Claim(quantity(LENGTH_RATIO, lr=lr), RATIO, None),
        ]
    return [*found, Claim(SHORTER, 1.0, 0.0)]


LESS_ERRATIC = Experiment(
    "less-erratic",
    "Less erratic learning: the way of the weights",
    run,
    Config(),
    Config(rates=(0.00025, 0.0005, 0.001, 0.0015), epochs=60, seeds=10),
    claims,
    draw,
    columns=("ideal", "native"),
    circuits=in_closed_form,
    compare=compare,
)
