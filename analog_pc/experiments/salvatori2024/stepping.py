"""Training by counted steps: predictive coding, its incremental form, and backpropagation, on one loop.

::

    x-step:   x_l <- x_l - dt (eps_l - f'(x_l) W_{l+1}^T eps_{l+1})      all layers from the same state
    write:    W_l <- W_l + lr mean(eps_l f(x_{l-1})^T),  b_l <- b_l + lr mean(eps_l)

    pc:   T x-steps, then one write          ipc:  T times an x-step and a write, from the same state
    bp:   no x-step, one write of the errors that backpropagation sends down

Sigmoid hidden layers, linear output, precision 1, plain gradient steps; means are over the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from analog_pc.arrays import Floats, Ints
from analog_pc.pcn import random_network
from analog_pc.training import one_hot

SIZES = (64, 32, 10)
RULES = ("pc", "ipc", "bp")


@dataclass(frozen=True)
class Schedule:
    """`rule` of `RULES`, its rate, `steps` T and `dt` of a relaxation, `batch` samples."""

    rule: str
    lr: float
    steps: int
    dt: float
    batch: int


class Data(NamedTuple):
    """Inputs [samples, 64] and labels of what is learned from, and of what is tested on."""

    inputs: Floats
    labels: Ints
    test_inputs: Floats
    test_labels: Ints


class Course(NamedTuple):
    """How learning went: test error after each batch, with the x-steps and writes until then, [batches]."""

    errors: Floats
    x_steps: Floats
    write_counts: Floats

    def reached(self, error: float) -> tuple[float, float]:
        """x-steps and writes until the test error is first at most `error`; inf where it never is."""
        there = np.flatnonzero(self.errors <= error)
        if not there.size:
            return np.inf, np.inf
        return float(self.x_steps[there[0]]), float(self.write_counts[there[0]])


class Parameters:
    """Weights [post, pre] and biases of all layers, changed in place."""

    def __init__(self, seed: int, sizes: tuple[int, ...] = SIZES) -> None:
        network = random_network(sizes, "sigmoid", seed=seed)
        self.weights = [w.copy() for w in network.W]
        self.biases = [b.copy() for b in network.b]

    def forward(self, inputs: Floats) -> list[Floats]:
        """Activities of layers 0 ... L at the forward state."""
        x = [inputs]
        for w, b in zip(self.weights, self.biases, strict=True):
            x.append(_rates(x)[-1] @ w.T + b)
        return x

    def errors(self, x: list[Floats]) -> tuple[list[Floats], list[Floats]]:
        """Rates of layers 0 ... L - 1 and prediction errors of layers 1 ... L."""
        rates = _rates(x[:-1])
        eps = [a - r @ w.T - b for a, r, w, b in zip(x[1:], rates, self.weights, self.biases, strict=True)]
        return rates, eps

    def pulls(self, rates: list[Floats], eps: list[Floats]) -> list[Floats]:
        """f'(x_l) W_{l+1}^T eps_{l+1} of hidden layers."""
        return [r * (1.0 - r) * (e @ w) for r, e, w in zip(rates[1:], eps[1:], self.weights[1:], strict=True)]

    def write(self, rates: list[Floats], eps: list[Floats], lr: float) -> None:
        each = lr / len(eps[0])
        for w, b, r, e in zip(self.weights, self.biases, rates, eps, strict=True):
            w += each * (e.T @ r)
            b += each * e.sum(axis=0)

    @property
    def finite(self) -> bool:
        return all(bool(np.isfinite(w).all()) for w in self.weights)

    def wrong(self, inputs: Floats, labels: Ints) -> float:
        """Share of mistakes."""
        return float(np.mean(self.forward(inputs)[-1].argmax(axis=1) != labels))


def _rates(x: list[Floats]) -> list[Floats]:
    """f of every layer; the raw input passes as it is."""
    return [x[0], *(expit(a) for a in x[1:])]


def learn_batch(parameters: Parameters, inputs: Floats, targets: Floats, schedule: Schedule) -> list[float]:
    """One batch by a rule; the energy per sample before every x-step."""
    x = parameters.forward(inputs)
    x[-1] = targets
    if schedule.rule == "bp":
        rates, eps = parameters.errors(x)
        for layer in range(len(eps) - 1, 0, -1):
            eps[layer - 1] = parameters.pulls(rates, eps)[layer - 1]
        parameters.write(rates, eps, schedule.lr)
        return []
    energies = []
    for _ in range(schedule.steps):
        rates, eps = parameters.errors(x)
        energies.append(0.5 * sum(float((e * e).sum()) for e in eps) / len(inputs))
        pulls = parameters.pulls(rates, eps)
        if schedule.rule == "ipc":
            parameters.write(rates, eps, schedule.lr)
        for layer, pull in enumerate(pulls, 1):
            x[layer] = x[layer] - schedule.dt * (eps[layer - 1] - pull)
    if schedule.rule == "pc":
        parameters.write(*parameters.errors(x), schedule.lr)
    return energies


def train(data: Data, schedule: Schedule, epochs: int, seed: int, stop: float = 0.0) -> Course:
    """Learn for some epochs, or until the test error is at most `stop`, or until learning diverges."""
    parameters = Parameters(seed)
    rng = np.random.default_rng(seed)
    targets = one_hot(data.labels, SIZES[-1])
    x_steps = 0 if schedule.rule == "bp" else schedule.steps
    each = schedule.steps if schedule.rule == "ipc" else 1
    errors: list[float] = []
    for _ in range(epochs):
        order = rng.permutation(len(data.labels))
        for first in range(0, len(order) - schedule.batch + 1, schedule.batch):
            chosen = order[first : first + schedule.batch]
            with np.errstate(over="ignore", invalid="ignore"):
                learn_batch(parameters, data.inputs[chosen], targets[chosen], schedule)
                errors.append(parameters.wrong(data.test_inputs, data.test_labels))
            if errors[-1] <= stop or not parameters.finite:
                break
        if errors[-1] <= stop or not parameters.finite:
            break
    batches = np.arange(1.0, len(errors) + 1.0)
    return Course(np.array(errors), x_steps * batches, each * batches)
