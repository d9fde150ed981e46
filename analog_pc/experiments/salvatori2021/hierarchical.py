"""The hierarchical generative memory of Salvatori et al. 2021, with a prior instead of an input.

::

    prior b_1 --/\\/\\/-- x_1 --[ tanh ]--[ W_2 ]-- mu_2 --/\\/\\/-- x_2 --[ tanh ]--[ W_3 ]-- mu_3
                 p_1    (128)                                    (128)                   |
                                                                pixels x_3 (64) --/\\/\\/--+

    E = 1/2 p_1 |x_1 - b_1|^2 + 1/2 |x_2 - mu_2|^2 + 1/2 |x_3 - mu_3|^2

The spring of stiffness p_1 to the prior is a leak: a conductance to a fixed voltage.  The activities of a
pattern are carried over between its presentations, as in the publication.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.fields import Count, Positive
from analog_pc.experiments.salvatori2021.patterns import PIXELS
from analog_pc.pcn import Population, PredictiveCodingGraph, Projection

NAMES = ("prior", "hidden", "pixels")
FADING = (0.9, 0.999)  # of Adam's means, Kingma and Ba, arXiv:1412.6980


@dataclass(frozen=True)
class Training:
    """`epochs` of `inference` steps of `step` each and one step of Adam; `width` of both hidden populations.

    `prior` is p_1: a stiffer one stores less exactly and recalls faster; 0.2 was chosen after 0.05 had
    missed the bound on recall.
    """

    epochs: Count = 1500
    inference: Count = 10
    step: Positive = 0.1
    rate: Positive = 1e-3
    width: Count = 128
    prior: Positive = 0.2


@dataclass(frozen=True, eq=False)
class HierarchicalMemory:
    """Weights W_2, W_3, [post, pre], and biases b_1, b_2, b_3; p_1."""

    weights: tuple[Floats, Floats]
    biases: tuple[Floats, Floats, Floats]
    prior: float

    @property
    def graph(self) -> PredictiveCodingGraph:
        """The memory as a graph."""
        top, hidden, pixels = NAMES
        width = len(self.biases[0])
        populations = [
            Population(name=top, size=width, activation="tanh", leak=self.prior, prior=self.biases[0]),
            Population(name=hidden, size=len(self.biases[1]), activation="tanh"),
            Population(name=pixels, size=PIXELS),
        ]
        projections = [
            Projection(source=top, target=hidden, weight=self.weights[0], bias=self.biases[1]),
            Projection(source=hidden, target=pixels, weight=self.weights[1], bias=self.biases[2]),
        ]
        return PredictiveCodingGraph(populations, projections)

    @property
    def at_prior(self) -> tuple[Floats, Floats, Floats]:
        """Activities where a memory without a cue rests, [1, n] each: where a recall starts."""
        x1 = self.biases[0][None]
        x2 = np.tanh(x1) @ self.weights[0].T + self.biases[1]
        x3 = np.tanh(x2) @ self.weights[1].T + self.biases[2]
        return x1, x2, x3

    def energy(self, x: tuple[Floats, ...]) -> Floats:
        """E of activities [..., n] of the three populations, [...]."""
        rates = (np.tanh(x[0]), np.tanh(x[1]))
        eps = _errors([*self.weights, *self.biases], x, rates, 1.0)
        stiffness = (self.prior, 1.0, 1.0)
        return np.asarray(sum(0.5 * k * (e * e).sum(axis=-1) for k, e in zip(stiffness, eps, strict=True)))


@dataclass
class _Adam:
    """Adam on a list of arrays, changed in place."""

    parameters: list[Floats]
    rate: float
    steps: int = 0
    mean: list[Floats] = field(init=False)
    square: list[Floats] = field(init=False)

    def __post_init__(self) -> None:
        self.mean = [np.zeros_like(p) for p in self.parameters]
        self.square = [np.zeros_like(p) for p in self.parameters]

    def step(self, downhill: list[Floats]) -> None:
        a, b = FADING
        self.steps += 1
        first = 1.0 - a**self.steps
        second = 1.0 - b**self.steps
        for k, d in enumerate(downhill):
            self.mean[k] = a * self.mean[k] + (1.0 - a) * d
            self.square[k] = b * self.square[k] + (1.0 - b) * d * d
            self.parameters[k] += (
                self.rate * (self.mean[k] / first) / (np.sqrt(self.square[k] / second) + 1e-8)
            )


def store(patterns: Floats, training: Training, seed: int) -> HierarchicalMemory:
    """Learn the patterns [patterns, 64] with the local rule, activities carried over, by Adam."""
    rng = np.random.default_rng(seed)
    n = training.width
    w2 = _xavier(rng, n, n)
    w3 = _xavier(rng, PIXELS, n)
    parameters = [w2, w3, np.zeros(n), np.zeros(n), np.zeros(PIXELS)]
    adam = _Adam(parameters, training.rate)
    x1 = np.zeros((len(patterns), n))
    x2 = np.zeros((len(patterns), n))
    for _ in range(training.epochs):
        for _ in range(training.inference):
            f1 = np.tanh(x1)
            f2 = np.tanh(x2)
            eps = _errors(parameters, (x1, x2, patterns), (f1, f2), training.prior)
            x1 = x1 + training.step * ((1.0 - f1 * f1) * (eps[1] @ w2) - eps[0])
            x2 = x2 + training.step * ((1.0 - f2 * f2) * (eps[2] @ w3) - eps[1])
        f1 = np.tanh(x1)
        f2 = np.tanh(x2)
        eps = _errors(parameters, (x1, x2, patterns), (f1, f2), training.prior)
        outer = [eps[1].T @ f1, eps[2].T @ f2]
        adam.step([w / len(patterns) for w in outer] + [e.mean(axis=0) for e in eps])
    return HierarchicalMemory((w2, w3), (parameters[2], parameters[3], parameters[4]), training.prior)


def _xavier(rng: np.random.Generator, post: int, pre: int) -> Floats:
    limit = np.sqrt(6.0 / (pre + post))
    return np.asarray(rng.uniform(-limit, limit, (post, pre)))


def _errors(
    parameters: list[Floats], x: tuple[Floats, ...], f: tuple[Floats, Floats], prior: float
) -> list[Floats]:
    """p_1 eps_1, eps_2 and eps_3, [patterns, n]; `f` are the rates of the first two populations."""
    w2, w3, b1, b2, b3 = parameters
    return [prior * (x[0] - b1), x[1] - f[0] @ w2.T - b2, x[2] - f[1] @ w3.T - b3]
