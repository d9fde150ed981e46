"""Random networks whose energy often has several minima, with stimuli for them.

Network number k and its stimuli depend on the seed and k alone, and more samples only add some, so that a
short run measures a part of what a long one does.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.pcn import PredictiveCodingNetwork

ACTIVATIONS = ("tanh", "relu", "sigmoid", "leaky_relu", "hard_sigmoid", "identity")
SEED = 20261128
WIDEST = 6
DEEPEST = 4
PREDICT = 8  # every eighth round of activations has its outputs free


@dataclass(frozen=True, eq=False)
class Problem:
    """A network with a batch of stimuli; `targets` is None where the outputs are free (*predict*)."""

    name: str
    network: PredictiveCodingNetwork
    inputs: Floats
    targets: Floats | None


def draw(number: int, samples: int, seed: int = SEED, widest: int = WIDEST) -> Problem:
    """Problem `number`: 2 to 4 weight layers, 1 to `widest` wide, weights of gain 1 to 5, targets of 2 units.

    W ~ U(-g, g) with g = gain sqrt(6 / (pre + post)), which is Xavier's rule at gain 1; biases
    ~ N(0, 1/2), precisions 1 or 10^U(-1, 1) for each layer, inputs ~ N(0, 1), targets ~ 2 N(0, 1).
    Activations go round; every eighth round is *predict*, the others are *learn*.
    """
    rng = np.random.default_rng([seed, number])
    sizes = rng.integers(1, widest + 1, size=int(rng.integers(2, DEEPEST + 1)) + 1).tolist()
    gain = float(rng.uniform(1.0, 5.0))
    limits = [gain * np.sqrt(6.0 / (pre + post)) for pre, post in pairwise(sizes)]
    weights = [
        rng.uniform(-limit, limit, (post, pre))
        for limit, (pre, post) in zip(limits, pairwise(sizes), strict=True)
    ]
    biases = [rng.normal(0.0, 0.5, post) for post in sizes[1:]]
    mixed = bool(rng.random() < 0.5)
    precision = 10.0 ** rng.uniform(-1.0, 1.0, len(weights)) if mixed else np.ones(len(weights))
    activation = ACTIVATIONS[number % len(ACTIVATIONS)]
    network = PredictiveCodingNetwork(weights, biases, activation, precision)
    inputs = np.random.default_rng([seed, number, 0]).normal(size=(samples, sizes[0]))
    targets = 2.0 * np.random.default_rng([seed, number, 1]).normal(size=(samples, sizes[-1]))
    predicts = number // len(ACTIVATIONS) % PREDICT == PREDICT - 1
    phase = "predict" if predicts else "learn"
    shape = "-".join(map(str, sizes))
    name = f"{number} {shape} {activation} {phase} gain {gain:.1f}{' mixed precision' if mixed else ''}"
    return Problem(name, network, inputs, None if predicts else targets)
