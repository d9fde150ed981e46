"""Rests of a chain with an error path of its own, by Newton's method.

Between a clamped input and a clamped output the free layers l = 1 ... L - 1 rest where

::

    R_l = -p_l (x_l - V_l f(x_{l-1}) - c_l) + g_l * B_{l+1} p_{l+1} eps_{l+1} = 0,    V = M W, c = M b

    dR_l/dx_l     = -p_l + diag(g_l' * B eps') - diag(g_l) p_{l+1} B_{l+1} V_{l+1} diag(f'_l)
    dR_l/dx_{l-1} = p_l V_l diag(f'_{l-1})            dR_l/dx_{l+1} = diag(g_l) p_{l+1} B_{l+1}

(eps' = p_{l+1} eps_{l+1}; g = f' and g' = f'', or a constant gate and 0).  There is no energy to go down:
a step has to lower max |R|; where it does not, an implicit Euler step along dx/dt = R is taken instead.
The search is compiled (`search.py`); what is here is the same flow in numpy, which its answer is read from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from analog_pc.activations.compiled import code_of, pieces_of
from analog_pc.arrays import ArrayLike, Bools, Floats
from analog_pc.compiled.block_tridiagonal import layout_of
from analog_pc.errors import BadInput
from analog_pc.pcn.clamps import make_clamps
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.feedback.error_path import ErrorPath
from analog_pc.pcn.feedback.search import Equations, search
from analog_pc.pcn.network import PredictiveCodingNetwork

REACH = 0.01


class Rest(NamedTuple):
    """A batch at given activities: everything that the flow needs, lists over layers 0 ... L."""

    x: list[Floats]
    rates: list[Floats]
    mu: list[Floats]
    eps: list[Floats]
    feedback: list[Floats]  # B_{l+1} p_{l+1} eps_{l+1}
    residual: list[Floats]  # R
    worst: Floats  # max |R|, [samples]


@dataclass(frozen=True, eq=False)
class PathFlow:
    """The flow of a chain with its error path, input and output clamped.

    Parameters
    ----------
    network
        Weights W, biases, activation and precisions.
    path
        Feedback weights, gate and mixing.
    """

    network: PredictiveCodingNetwork
    path: ErrorPath

    def __post_init__(self) -> None:
        if any(self.network.activation_of(layer).kinks for layer in range(1, self.network.depth)):
            raise BadInput(
                f"error path: activation {self.network.activation!r} has kinks, use a smooth one such as tanh"
            )

    @cached_property
    def predictive(self) -> PredictiveCodingNetwork:
        """V = M W and c = M b."""
        return self.path.predictive(self.network)

    @cached_property
    def back(self) -> tuple[Floats, ...]:
        """p_l B_l^T [post, pre] of layers 1 ... L."""
        found = self.path.feedback_of(self.network)
        return tuple(pi * b for pi, b in zip(self.network.pi, found, strict=True))

    @cached_property
    def loops(self) -> tuple[Floats, ...]:
        """p_l B_l V_l [pre, pre] of layers 1 ... L: once around."""
        return tuple(b.T @ v for b, v in zip(self.back, self.predictive.W, strict=True))

    def forward(self, inputs: Floats, targets: Floats) -> list[Floats]:
        """Activities that the input alone predicts, the output at its target."""
        net = self.predictive
        x = [inputs]
        for k in range(net.depth - 1):
            x.append(net.activation_of(k).f(x[k]) @ net.W[k].T + net.b[k])
        return [*x, targets]

    def at(self, x: list[Floats]) -> Rest:
        """Errors, feedback and residual at activities [samples, n_l] of layers 0 ... L."""
        net = self.predictive
        depth = net.depth
        rates = [net.activation_of(k).f(x[k]) for k in range(depth)]
        empty = np.empty((len(x[0]), 0))
        mu = [empty, *(rates[k] @ net.W[k].T + net.b[k] for k in range(depth))]
        eps = [empty, *(x[k] - mu[k] for k in range(1, depth + 1))]
        feedback = [empty] * (depth + 1)
        residual = [empty] * (depth + 1)
        worst = np.zeros(len(x[0]))
        for k in range(1, depth):
            feedback[k] = eps[k + 1] @ self.back[k]
            force = self._gate(k, x[k]) * feedback[k]
            residual[k] = force - net.pi[k - 1] * eps[k]
            worst = np.maximum(worst, np.abs(residual[k]).max(axis=1))
        return Rest(x, rates, mu, eps, feedback, residual, worst)

    def _gate(self, layer: int, x: Floats) -> Floats:
        if self.path.gate is not None:
            return np.full_like(x, self.path.gate)
        return self.network.activation_of(layer).slope(x)

    def jacobian(self, rest: Rest) -> Floats:
        """-dR/dx over the free layers side by side, [samples, n, n]."""
        net = self.predictive
        starts = np.cumsum([0, *net.sizes[1:-1]])
        found = np.zeros((len(rest.worst), starts[-1], starts[-1]))
        for k in range(1, net.depth):
            own = slice(starts[k - 1], starts[k])
            act = net.activation_of(k)
            slope = act.slope(rest.x[k])
            gate = self._gate(k, rest.x[k])
            found[:, own, own] = gate[:, :, None] * self.loops[k] * slope[:, None, :]
            diagonal = np.arange(starts[k - 1], starts[k])
            found[:, diagonal, diagonal] += net.pi[k - 1]
            if self.path.gate is None:
                found[:, diagonal, diagonal] -= act.curvature(rest.x[k]) * rest.feedback[k]
            if k > 1:
                below = slice(starts[k - 2], starts[k - 1])
                lower = net.activation_of(k - 1).slope(rest.x[k - 1])
                found[:, own, below] = -net.pi[k - 1] * net.W[k - 1] * lower[:, None, :]
            if k + 1 < net.depth:
                above = slice(starts[k], starts[k + 1])
                found[:, own, above] = -gate[:, :, None] * self.back[k].T
        return found

    def margins(self, rest: Rest) -> Floats:
        """Smallest real part of the eigenvalues of `jacobian`, [samples]."""
        return np.asarray(np.linalg.eigvals(self.jacobian(rest)).real.min(axis=1))


@np.errstate(over="ignore", invalid="ignore")  # an overflow ends as "not at rest", in words
def relax_on_path(
    network: PredictiveCodingNetwork,
    path: ErrorPath,
    inputs: ArrayLike,
    targets: ArrayLike,
    *,
    tolerance: float = 1e-11,
    max_iterations: int = 2000,
    follow: bool = True,
) -> Equilibrium:
    """The rest of a chain with its own error path, between a clamped input and a clamped output.

    Parameters
    ----------
    network
        Weights W, biases, smooth activation and precisions.
    path
        Feedback weights, gate and mixing.
    inputs, targets
        [samples, n_0] and [samples, n_L].
    tolerance
        On max |R| of a sample, as a part of its largest feedback (at least of the smallest precision).
    max_iterations
        Steps for a sample.
    follow
        Implicit Euler steps along the flow, each at most `REACH` of the largest activity (or of 1), so that
        the rest is the one that the flow ends in, and its stability is checked.  False goes straight to a
        near root, as training does: many times faster; where there are several rests it may find another
        one, or one that the flow leaves (see `margins`).

    Returns
    -------
    Equilibrium
        Predictions are M mu where there is mixing; samples that found no rest are not converged.

    Raises
    ------
    BadInput
        For shapes that do not fit, values that are not finite, or an activation with kinks.

    Examples
    --------
    >>> from analog_pc.pcn import PredictiveCodingNetwork
    >>> from analog_pc.pcn.feedback import ErrorPath, relax_on_path
    >>> network = PredictiveCodingNetwork([[[1.0]], [[1.0]]], activation="identity")
    >>> path = ErrorPath(feedback=[[[1.0]], [[3.0]]])
    >>> relax_on_path(network, path, [[1.0]], [[2.0]]).activities[1]
    array([[1.75]])
    """
    clamps = make_clamps(network, inputs, targets)
    flow = PathFlow(network, path)
    start = flow.forward(clamps.values[0], clamps.values[-1])
    iterations = 0
    settled = np.ones(clamps.samples, dtype=np.bool_)
    if network.depth > 1:
        first = flow.predictive
        mu1 = first.activation_of(0).f(start[0]) @ first.W[0].T + first.b[0]
        side_by_side = np.concatenate(start[1:], axis=1)
        end, settled, iterations = search(
            _equations(flow), mu1, side_by_side, tolerance, max_iterations, REACH if follow else np.inf
        )
        start[1:] = np.split(end, np.cumsum(network.sizes[1:-1]), axis=1)
    rest = flow.at(start)
    leaves = np.zeros(clamps.samples, dtype=np.bool_)
    if follow and network.depth > 1 and settled.any():
        leaves[settled] = flow.margins(flow.at([a[settled] for a in start])) <= 0.0
    energy = sum(0.5 * pi * (e * e).sum(axis=1) for pi, e in zip(network.pi, rest.eps[1:], strict=True))
    return Equilibrium(
        tuple(rest.x),
        tuple(rest.mu),
        tuple(rest.eps),
        tuple(rest.rates),
        np.asarray(energy),
        Relaxation(settled & ~leaves, rest.worst, iterations, _message(rest, settled, leaves, iterations)),
    )


def _equations(flow: PathFlow) -> Equations:
    net = flow.predictive
    act = net.activation_of(1)
    return Equations(
        layout_of(net.sizes[1:]),
        _flat(net.W[1:]),
        _flat(flow.back[1:]),
        _flat(flow.loops[1:]),
        np.concatenate(net.b),
        np.array(net.pi),
        code_of(act),
        pieces_of(act),
        flow.path.gate or 0.0,
    )


def _flat(matrices: Sequence[Floats]) -> Floats:
    return np.concatenate([np.empty(0), *(one.ravel() for one in matrices)])


def _message(rest: Rest, settled: Bools, leaves: Bools, iterations: int) -> str:
    if leaves.any():
        return f"sample {int(np.argmax(leaves))} rests where the flow leaves: a mode grows there"
    if settled.all():
        return f"at rest: |dx/dt| <= {rest.worst.max(initial=0.0):.1e} after {iterations} iterations"
    worst = int(np.argmin(settled))
    return f"not at rest: |dx/dt| = {rest.worst[worst]:.1e} in sample {worst} after {iterations} iterations"
