"""Target alignment: does an update move the prediction towards its target? (Fig. 3e, Extended Data)

::

    alignment = cos(y_after - y_before, target - y_before)        after one update, on the same data point

Linear networks of 64 units a layer, Xavier-uniform weights, no bias; input and target drawn from N(0, 1);
learning rate 0.001.  "Depth" counts weight matrices.  With one matrix both rules are the delta rule and
aligned; the deeper, the more backpropagation's update of one layer spoils what another one does.  With
orthogonal weights W W^T = 1, every layer's share is parallel to the target, and both are aligned.

Published numbers: means over 27 networks, exact equilibria, which have the shape of the scatter plots of
experiments/nature_target_alignment/base-depth* in the authors' repository.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Counts, Positive
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024.figures.target_alignment import DEPTHS, NETWORKS, draw
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.relaxers import Relaxer

# depth: published mean of predictive coding and of backpropagation, and the standard deviations over networks
# (of 300, measured here: the published means are of 27, and inexact by what that leaves)
PUBLISHED = {
    1: (1.000, 1.000, 0.0, 0.0),
    2: (0.993, 0.908, 0.0056, 0.0190),
    4: (0.960, 0.804, 0.0197, 0.0467),
    6: (0.934, 0.729, 0.0354, 0.0577),
    8: (0.894, 0.660, 0.0602, 0.0637),
    10: (0.871, 0.614, 0.0813, 0.0827),
    15: (0.823, 0.419, 0.1070, 0.1642),
    20: (0.758, 0.311, 0.1492, 0.2207),
    25: (0.738, 0.140, 0.1814, 0.2470),
}
PUBLISHED_SEEDS = 27
CIRCUIT_DEPTHS = {"native": (1, 2, 4), "ngspice": (1, 2)}
DIGITS = 0.02
HIGHER = quantity("share of depths >= 2 at which PC is above BP")
ALIGNMENT = quantity("alignment")
ORTHOGONAL = quantity("alignment, depth {depth}, orthogonal")
OF_ORTHOGONAL = "of orthogonal networks"


@dataclass(frozen=True)
class Config:
    """`orthogonal`: depths at which networks of orthogonal weights are looked at, too."""

    depths: Counts = (1, 2, 4, 6, 8, 10, 15, 20, 25)
    seeds: Count = 27
    orthogonal: Counts = (2, 8, 15, 25)
    width: Count = 64
    lr: Positive = 0.001


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Alignment of every depth and network."""
    jobs = {f"depth {d}": (d, config.seeds, False) for d in config.depths}
    jobs |= {f"depth {d}, orthogonal": (d, 1, True) for d in config.orthogonal}
    found = cache.compute(list(jobs), lambda name: alignments(config, *jobs[name], relaxer))
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {DEPTHS: np.array(config.depths)}
    for (depth, seeds, orthogonal), part in zip(jobs.values(), found, strict=True):
        each = part["alignment"]
        measured = (ORTHOGONAL if orthogonal else ALIGNMENT).at(depth=depth)
        values[measured.at(networks=seeds)] = float(each.mean())
        values[measured.at(network=0)] = float(each[0])
        arrays[measured.renamed(OF_ORTHOGONAL if orthogonal else NETWORKS.name)] = each
    return Outcome(values, arrays)


def alignments(
    config: Config, depth: int, seeds: int, orthogonal: bool, relaxer: Relaxer
) -> Mapping[str, Array]:
    """[seeds]."""
    found = []
    for seed in range(seeds):
        rng = np.random.default_rng([seed, depth])
        network = linear_network(depth, config.width, rng, orthogonal)
        x, target = rng.normal(size=(2, 1, config.width))
        learner = Learner(network, relaxer, config.lr)
        before = learner.predict(x)
        learner.learn(x, target)
        found.append(cosine(learner.predict(x) - before, target - before))
    return {"alignment": np.array(found)}


def linear_network(
    depth: int, width: int, rng: np.random.Generator, orthogonal: bool = False
) -> PredictiveCodingNetwork:
    """Xavier-uniform, or orthogonal, weights without biases."""
    if orthogonal:
        squares = [np.linalg.qr(rng.normal(size=(width, width)))[0] for _ in range(depth)]
        return PredictiveCodingNetwork(squares, activation="identity")
    return random_network((width,) * (depth + 1), "identity", seed=rng, biases=False)


def cosine(a: Floats, b: Floats) -> float:
    """Of two arrays taken as vectors."""
    return float((a * b).sum() / (np.linalg.norm(a) * np.linalg.norm(b)))


def compare(pc: Outcome, bp: Outcome) -> Mapping[Quantity, float]:
    """Where predictive coding is the better aligned, of the depths with networks of random weights."""
    deep = [NETWORKS.at(depth=d) for d in pc.arrays[DEPTHS].tolist() if d >= 2]
    pairs = [(pc.arrays[each], bp.arrays[each]) for each in deep]
    return {HIGHER: float(np.mean([p.mean() > b[: len(p)].mean() for p, b in pairs]))}


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for depth in config.depths:
        mean = ALIGNMENT.at(depth=depth, networks=config.seeds)
        pc, bp, pc_spread, bp_spread = PUBLISHED.get(depth, (None, None, 0.0, 0.0))
        found += [
            Claim(mean, pc, tolerance(pc_spread, config.seeds)),
            Claim(mean, bp, tolerance(bp_spread, config.seeds), "bp"),
        ]
    on_circuits = [d for d in config.depths if d in CIRCUIT_DEPTHS["native"]]
    found += [Claim(ALIGNMENT.at(depth=d, network=0), None, 1e-3) for d in on_circuits]
    for depth in config.orthogonal:
        one = ORTHOGONAL.at(depth=depth, networks=1)
        found += [Claim(one, 1.0, 1e-3), Claim(one, 1.0, 1e-3, "bp")]
    return [*found, Claim(HIGHER, 1.0, 0.0)]


def tolerance(spread: float, seeds: int) -> float:
    """0.02, or three standard deviations of the difference of two means, of 27 and of `seeds` networks."""
    return max(DIGITS, 3.0 * spread * float(np.sqrt(1.0 / PUBLISHED_SEEDS + 1.0 / seeds)))


def fit(config: Config, column: str) -> Config:
    """Circuits have four devices a weight: one network of a few depths."""
    if column not in CIRCUIT_DEPTHS:
        return config
    depths = tuple(d for d in config.depths if d in CIRCUIT_DEPTHS[column])
    return replace(config, depths=depths, seeds=1, orthogonal=())


TARGET_ALIGNMENT = Experiment(
    "target-alignment",
    "Target alignment of deep linear networks",
    run,
    Config(),
    Config(depths=tuple(range(1, 26))),
    claims,
    draw,
    fit=fit,
    compare=compare,
)
