"""Equilibrium propagation in predictive coding networks: updates from nudged equilibria, outputs free.

A current into the output nodes nudges them towards their targets y, in proportion to a small beta::

    E_n(x) = E(x) - I . x_L,        I = n precision_L (y - o*),        n = 0, beta or -beta

held while the network settles; o* is the output of the free phase, a forward pass.  A nudge by a current adds
no stiffness, so that both signs are alike.  The rules compare two states, of nudges n and n'::

    dW_l = (post'_l pre'_l^T - post_l pre_l^T) / (n' - n),    post_l = precision_l eps_l,  pre_l = f(x_{l-1})

The free state has no errors and contributes nothing; a nudged state gives its own outer products, so that no
device has to store anything between two states.  For beta -> 0 each is the gradient of
``1/2 precision_L |y - o*|^2`` (`Backpropagation`); one-sided ones are off by O(beta), the centred one by
O(beta^2).

Source: Scellier and Bengio, Frontiers in Computational Neuroscience 11:24 (2017); Scellier, Ernoult, Kendall,
Kumar, "Energy-based learning algorithms for analog computing: a comparative study" (2023), for the signs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.numeric import finite_number
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.learning.protocol import Factors, LearningWeights, deltas
from analog_pc.pcn.network import PredictiveCodingNetwork, forward_pass

TOLERANCE = 1e-11  # on dE/dx of each layer, as a part of the forces in it
MOST_SWEEPS = 200


def nudged_equilibrium(
    network: PredictiveCodingNetwork,
    feedback: Sequence[Floats],
    inputs: Floats,
    currents: Floats,
    *,
    tolerance: float = TOLERANCE,
    max_sweeps: int = MOST_SWEEPS,
) -> Equilibrium:
    """The equilibrium with the inputs clamped and currents into the free outputs.

    The force on an output is known, ``precision_L eps_L = I``.  Sweeps give the others: errors backwards at
    the present activities, activities forwards with these errors::

        precision_l eps_l = f'(x_l) * W_{l+1}^T precision_{l+1} eps_{l+1}
        x_l = W_l f(x_{l-1}) + b_l + eps_l

    They contract by the largest eigenvalue of P^-1 D, P - D being the Hessian of E_n, P that of a network
    with the present slopes (positive definite) and D = diag(f'' W^T precision eps): where the sweeps
    converge the Hessian is positive definite, and the rest is a minimum.

    Parameters
    ----------
    network
        What relaxes.
    feedback
        W_1 ... W_L [post, pre], or what stands for them on the way back.
    inputs
        x_0, [samples, n_0].
    currents
        I, [samples, n_L].
    tolerance
        On |dE/dx| of each layer, as a part of the forces in that layer.
    max_sweeps
        After which a sample counts as not at rest: a large current, or a unit that stands on a kink of f.

    Returns
    -------
    Equilibrium
        ``relaxation.converged`` per sample.
    """
    depth = network.depth
    x = forward_pass(network, inputs)
    post = [np.zeros_like(a) for a in x[1:]]
    residual = np.full(len(inputs), np.inf)
    sweeps = 0
    while sweeps < max_sweeps and not (residual <= tolerance).all():
        sweeps += 1
        slopes = [inputs, *(network.activation_of(k).slope(x[k]) for k in range(1, depth))]
        now = deltas(feedback, slopes, currents)
        residual = _residual(now, post)
        post = now
        x = _forward_with(network, inputs, post)
    rates = tuple(network.activation_of(k).f(x[k]) for k in range(depth))
    eps = [p / pi for p, pi in zip(post, network.pi, strict=True)]
    empty = np.empty((len(inputs), 0))
    mu = [a - e for a, e in zip(x[1:], eps, strict=True)]
    energy = 0.5 * sum(np.einsum("si,si->s", p, e) for p, e in zip(post, eps, strict=True))
    settled = residual <= tolerance
    message = f"{settled.sum()} of {len(inputs)} samples at rest after {sweeps} sweeps"
    message += "" if settled.all() else "; make beta smaller"
    verdict = Relaxation(settled, residual, sweeps, message)
    return Equilibrium(tuple(x), (empty, *mu), (empty, *eps), rates, np.asarray(energy), verdict)


def _forward_with(network: PredictiveCodingNetwork, inputs: Floats, post: Sequence[Floats]) -> list[Floats]:
    """Activities whose errors, times their precisions, are `post`."""
    x = [inputs]
    for k, (force, pi) in enumerate(zip(post, network.pi, strict=True)):
        x.append(network.activation_of(k).f(x[k]) @ network.W[k].T + network.b[k] + force / pi)
    return x


def _residual(now: Sequence[Floats], before: Sequence[Floats]) -> Floats:
    """Largest |dE/dx| of a layer as a part of its forces, [samples]: what is left at the activities that
    `before` gave."""
    worst = np.zeros(len(now[0]))
    for force, old in zip(now, before, strict=True):
        size = np.abs(force).max(axis=1)
        left = np.abs(force - old).max(axis=1)
        worst = np.maximum(worst, np.where(left > 0.0, left / np.where(size > 0.0, size, 1.0), 0.0))
    return np.where(np.isnan(worst), np.inf, worst)


@dataclass(frozen=True)
class PositiveEquilibriumPropagation:
    """P-EP: the free state and the one nudged towards the targets.

    Parameters
    ----------
    beta
        Strength of the nudge, > 0; in a network without units of its own, the part of the output's error that
        the current is.

    Raises
    ------
    BadInput
        For a beta that is not a finite number > 0.
    """

    beta: float = 0.1

    name = "p-ep"
    signs: ClassVar[tuple[int, int]] = (0, 1)

    def __post_init__(self) -> None:
        object.__setattr__(self, "beta", finite_number(f"rule {self.name}: beta", self.beta))

    @property
    def phases(self) -> int:
        """Relaxations a sample: the nudged ones, and the free one, which gives o*."""
        return 1 + sum(sign != 0 for sign in self.signs)

    def updates(self, weights: LearningWeights, inputs: Floats, targets: Floats) -> Iterator[Factors]:
        """The factors of all nudged states together, their signs and 1 / (n' - n) in post_l."""
        network = weights.network
        error = targets - forward_pass(network, inputs)[-1]
        top = network.pi[-1] * error
        span = (self.signs[1] - self.signs[0]) * self.beta
        states = []
        settled = np.ones(len(inputs), dtype=bool)
        for sign in (sign for sign in self.signs if sign):
            state = nudged_equilibrium(network, weights.feedback, inputs, sign * self.beta * top)
            settled &= state.relaxation.converged
            states.append((sign / span, state))
        post = []
        pre = []
        for k, pi in enumerate(network.pi):
            post.append(np.concatenate([part * pi * s.eps[k + 1][settled] for part, s in states]))
            pre.append(np.concatenate([s.rates[k][settled] for _, s in states]))
        losses = 0.5 * np.einsum("si,si->s", top, error)[settled]
        loss = float(losses.mean()) if losses.size else math.nan
        yield Factors(tuple(post), tuple(pre), loss, int((~settled).sum()))


@dataclass(frozen=True)
class NegativeEquilibriumPropagation(PositiveEquilibriumPropagation):
    """N-EP: the state nudged away from the targets and the free one."""

    name = "n-ep"
    signs: ClassVar[tuple[int, int]] = (-1, 0)


@dataclass(frozen=True)
class CentredEquilibriumPropagation(PositiveEquilibriumPropagation):
    """C-EP: the states nudged away from the targets and towards them."""

    name = "c-ep"
    signs: ClassVar[tuple[int, int]] = (-1, 1)
