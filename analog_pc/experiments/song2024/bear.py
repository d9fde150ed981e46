"""The bear at the river: one injured ear must not cost it its nose (Figs. 1 and 3a-d).

Water is seen (1), and heard and smelt through one hidden unit::

                    W1            W2
    see the river ------ hidden ------ hear the water      weights 1, linear
                              \\------ smell the fish

One day the ear is injured: nothing is heard, the smell is there, target (0, 1).  Backpropagation, to lower
the expected sound, weakens what smell rests on too, and must learn it again.  Predictive coding relaxes
first: the hidden unit slides from 1 to 2/3, the smell is then underestimated, and the same update
strengthens its weight at once.

Published numbers: exact equilibrium h = (w x + W2^T t) / (1 + W2^T W2), compared with the plots of
experiments/nature_target_alignment/base-112(.lr) in the authors' repository.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Positive, Rates
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.quantity import Quantity, numbers, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024.figures.bear import draw
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.relaxers import Relaxer

INPUT = np.ones((1, 1))
TARGET = np.array([[0.0, 1.0]])
HEAR = 0
SMELL = 1

# Lowest smell on the way, {learning rate: (predictive coding, backpropagation)}.  Four decimals are given, so
# half of the last one is the tolerance.
LOWEST = {
    0.2: (0.9316, 0.7612),
    0.1: (0.9381, 0.7871),
    0.05: (0.9411, 0.7973),
    0.005: (0.9436, 0.8055),
}
DIGITS = 5e-5
LARGEST_RATIO = 0.35  # of the dips, predictive coding / backpropagation; 0.29 at lr 0.2 ... 0.005
LOWEST_SMELL = "lowest smell"
HIDDEN = quantity("hidden unit at rest, first relaxation")
SHARE = quantity(f"share of learning rates with dip PC <= {LARGEST_RATIO} dip BP")


@dataclass(frozen=True)
class Config:
    """`rates`: learning rates; `distance`: how far learning goes, in learning rate times updates."""

    rates: Rates = (0.2, 0.1, 0.05)
    distance: Positive = 4.8


def bear_network() -> PredictiveCodingNetwork:
    """The bear before the injury: it expects to hear and to smell (1, 1)."""
    return PredictiveCodingNetwork([[[1.0]], [[1.0], [1.0]]], activation="identity")


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Learn from the same walk to the river again and again, at every learning rate."""
    names = [f"lr{rate:g}" for rate in config.rates]
    rates = dict(zip(names, config.rates, strict=True))
    found = cache.compute(names, lambda name: learn(rates[name], config.distance, relaxer))
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {}
    for name, part in zip(names, found, strict=True):
        lr = rates[name]
        predictions = part["predictions"]
        values[lowest(lr)] = float(predictions[:, SMELL].min())
        values[after_one_update("hear", lr)] = float(predictions[1, HEAR])
        values[after_one_update("smell", lr)] = float(predictions[1, SMELL])
        values[HIDDEN] = float(part["hidden"][0])
        values[first_step(lr)] = float(part["first"][SMELL]) / lr
        arrays |= {quantity(key, lr=lr): array for key, array in part.items()}
    return Outcome(values, arrays)


def learn(lr: float, distance: float, relaxer: Relaxer) -> Mapping[str, Array]:
    """Predictions [updates + 1, 2], hidden activities [updates] and the first change of W2 [2]."""
    learner = Learner(bear_network(), relaxer, lr)
    predictions = [learner.predict(INPUT)[0]]
    hidden = []
    first = np.zeros(2)
    for update in range(max(1, round(distance / lr))):
        hidden.append(learner.learn(INPUT, TARGET).activities[1][0, 0])
        if update == 0:
            first = learner.network.W[1][:, 0] - 1.0
        predictions.append(learner.predict(INPUT)[0])
    return {"predictions": np.array(predictions), "hidden": np.array(hidden), "first": first}


def lowest(lr: float) -> Quantity:
    return quantity(LOWEST_SMELL, lr=lr)


def after_one_update(sense: str, lr: float) -> Quantity:
    return quantity(f"{sense} after one update", lr=lr)


def first_step(lr: float) -> Quantity:
    return quantity("first change of the smell's weight / lr", lr=lr)


def dip(lr: float) -> Quantity:
    return quantity("dip of smell, lr {lr}, PC / BP", lr=lr)


def compare(pc: Outcome, bp: Outcome) -> Mapping[Quantity, float]:
    """Dips of the smell, predictive coding over backpropagation."""
    rates = numbers(pc.values, LOWEST_SMELL, "lr")
    dips = {dip(lr): (1.0 - pc.values[lowest(lr)]) / (1.0 - bp.values[lowest(lr)]) for lr in rates}
    return dips | {SHARE: float(np.mean([ratio <= LARGEST_RATIO for ratio in dips.values()]))}


def claims(config: Config) -> Sequence[Claim]:
    found = [Claim(HIDDEN, 2.0 / 3.0, DIGITS)]
    if 0.2 in config.rates:
        found += [
            Claim(after_one_update("hear", 0.2), 0.8504, DIGITS),
            Claim(after_one_update("smell", 0.2), 0.9748, DIGITS),
            Claim(after_one_update("hear", 0.2), 0.6400, DIGITS, "bp"),
            Claim(after_one_update("smell", 0.2), 0.8000, DIGITS, "bp"),
            Claim(first_step(0.2), 2.0 / 9.0, DIGITS),
            Claim(first_step(0.2), 0.0, 0.0, "bp"),
        ]
    for lr in config.rates:
        pc, bp = LOWEST.get(lr, (None, None))
        found += [Claim(lowest(lr), pc, DIGITS), Claim(lowest(lr), bp, DIGITS, "bp")]
        if lr in (0.2, 0.005):
            found.append(Claim(dip(lr), 0.29, 0.005))
    return [*found, Claim(SHARE, 1.0, 0.0)]


BEAR = Experiment(
    "bear",
    "The bear at the river: learning from an injured ear",
    run,
    Config(),
    Config(rates=(0.5, 0.2, 0.1, 0.05, 0.01, 0.005), distance=12.8),
    claims,
    draw,
    compare=compare,
)
