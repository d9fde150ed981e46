"""Prospective index: is what a layer relaxes to what it will be after learning? (Extended Data)

::

    PI_l = cos(x_l(after learning) - x_l(before), x_l(at rest, target clamped) - x_l(before))

with "before" and "after" predictions, the input alone clamped.  Linear networks of 6 matrices, 64 units a
layer, Xavier-normal weights, N(0, 1) data, learning rate 0.01.  After one update of the weights PI falls
with the layer; with the activities held and the weights learned until they predict them, it is 1 by
construction.  Backpropagation has no relaxed activities: there the errors that it sends back stand for x(at
rest) - x(before).

Published numbers: read off the plot of experiments/nature_pc_pi_layered/base in the authors' repository.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Positive
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024.figures.prospective_index import ONCE, draw
from analog_pc.experiments.song2024.target_alignment import cosine
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.relaxers import Relaxer

PUBLISHED = ((1.0, 1.0), (0.999, 1.0), (0.993, 1.0), (0.988, 0.997), (0.969, 0.990))  # hidden layers 1 ... 5
READING = 0.01  # off the plot
LEAST = quantity("lowest index of a layer")
LEAST_HELD = quantity("lowest index of a layer, activities held")


@dataclass(frozen=True)
class Config:
    """`held`: updates of the weights with the activities held, for the second column of numbers."""

    depth: Count = 6
    width: Count = 64
    lr: Positive = 0.01
    held: Count = 100
    seeds: Count = 5


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """The index of every hidden layer and network, after one update and after many."""
    names = {f"network {seed}": seed for seed in range(config.seeds)}
    found = cache.compute(list(names), lambda name: indices(config, names[name], relaxer))
    once = np.array([part["once"] for part in found])
    values: dict[Quantity, float] = {}
    for layer in range(1, config.depth):
        values[index(layer, config.seeds)] = float(once[:, layer - 1].mean())
        values[single(layer)] = float(once[0, layer - 1])
    values[LEAST.at(networks=config.seeds)] = float(once.min())
    if "held" in found[0]:
        held = min(float(part["held"].min()) for part in found)
        values[LEAST_HELD.at(networks=config.seeds)] = held
    return Outcome(values, {ONCE.at(networks=config.seeds): once, ONCE.at(network=0): once[0]})


def indices(config: Config, seed: int, relaxer: Relaxer) -> Mapping[str, Array]:
    """[hidden layers]: after one update (`once`), and after many with the activities held (`held`)."""
    rng = np.random.default_rng(seed)
    # Xavier-normal: variance 2 / (pre + post)
    weights = rng.normal(size=(config.depth, config.width, config.width)) / np.sqrt(config.width)
    x, target = rng.normal(size=(2, 1, config.width))
    learner = Learner(PredictiveCodingNetwork(list(weights), activation="identity"), relaxer, config.lr)
    before = learner.relax(x).activities
    equilibrium = learner.learn(x, target)
    after = learner.relax(x).activities
    hidden = range(1, config.depth)
    if relaxer.backpropagates:
        return {"once": np.array([cosine(after[k] - before[k], equilibrium.eps[k]) for k in hidden])}
    displacements = [a - b for a, b in zip(equilibrium.activities, before, strict=True)]
    learned = _learned(weights, equilibrium.activities, config)
    return {
        "once": np.array([cosine(after[k] - before[k], displacements[k]) for k in hidden]),
        "held": np.array([cosine(learned[k] - before[k], displacements[k]) for k in hidden]),
    }


def _learned(weights: Array, activities: Sequence[Array], config: Config) -> list[Array]:
    """Predictions after many updates towards held activities: every layer is a delta rule of its own."""
    x = [activities[0]]
    for w, pre, post in zip(weights, activities, activities[1:], strict=False):
        learned = w.copy()
        for _ in range(config.held):
            learned += config.lr * (post - pre @ learned.T).T @ pre
        x.append(x[-1] @ learned.T)
    return x


def index(layer: int, seeds: int) -> Quantity:
    return quantity("index of hidden layer {layer}", layer=layer, networks=seeds)


def single(layer: int) -> Quantity:
    return quantity("index of hidden layer {layer}", layer=layer, network=0)


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for layer, (low, high) in enumerate(PUBLISHED[: config.depth - 1], 1):
        centre = 0.5 * (low + high)
        half = 0.5 * (high - low)
        found.append(Claim(index(layer, config.seeds), centre, half + READING))
    found.append(Claim(LEAST.at(networks=config.seeds), 0.975, 0.025))  # above 0.95 in every layer
    found.append(Claim(LEAST_HELD.at(networks=config.seeds), 1.0, 1e-3))
    return [*found, *(Claim(single(layer), None, 1e-3) for layer in range(1, config.depth))]


def fit(config: Config, column: str) -> Config:
    """One network on the native circuit."""
    return config if column in ("ideal", "backprop") else replace(config, seeds=1)


PROSPECTIVE_INDEX = Experiment(
    "prospective-index",
    "Prospective index of deep linear networks",
    run,
    Config(),
    Config(),
    claims,
    draw,
    columns=("ideal", "native"),
    fit=fit,
)
