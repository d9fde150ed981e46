"""Newton's method for the rest of a chain with its own error path, compiled, one sample after the other.

Layers l = 1 ... L of a sample stand side by side; the output is clamped, so layers 1 ... L - 1 move.  Factors
of an earlier Jacobian, of an earlier sample too, are used as long as max |R| falls by `REUSE` in a step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.activations.compiled import Pieces, activate
from analog_pc.arrays import Bools, Floats
from analog_pc.compiled.block_tridiagonal import BlockMatrix, Layout, empty_matrix, factor, solve
from analog_pc.compiled.kernel import REGROUPED_SUMS, kernel

REUSE = 0.4  # largest ratio of max |R| after and before a step with an earlier Jacobian
GROWTH = 1.5  # the same for an implicit Euler step
SHRINK = 0.4  # of the shift, 1 / length of the implicit Euler step, after a step
LEAST_SHIFT = 1e-3  # below it a step is Newton's
FIRST_SHIFT = 0.1


class Equations(NamedTuple):
    """The flow of `relax.py` as flat matrices laid out as blocks."""

    layout: Layout  # of the layers 1 ... L
    forward: Floats  # V_l, as couplings
    back: Floats  # p_l B_l^T [post, pre], as couplings
    loops: Floats  # p_{l+1} B_{l+1} V_{l+1}, as squares
    constant: Floats  # c, [all]
    precision: Floats  # p, [L]
    code: int  # of the activation
    pieces: Pieces
    gate: float  # constant; 0: f'


class Point(NamedTuple):
    """One sample; vectors [1, all]."""

    x: Floats
    rate: Floats
    slope: Floats
    curvature: Floats
    eps: Floats
    feedback: Floats
    residual: Floats
    measures: Floats  # WORST, SCALE


WORST, SCALE = range(2)  # max |R|; the largest feedback, at least the smallest precision


@kernel()
def new_point(count: int) -> Point:
    """Room for one sample of `count` activities."""
    return Point(
        np.empty((1, count)),
        np.empty((1, count)),
        np.empty((1, count)),
        np.empty((1, count)),
        np.empty((1, count)),
        np.empty((1, count)),
        np.empty((1, count)),
        np.empty(2),
    )


@kernel(fastmath=REGROUPED_SUMS)
def evaluate(equations: Equations, mu1: Floats, point: Point) -> None:
    """Set everything of a point from its activities.

    Parameters
    ----------
    equations
        The flow.
    mu1
        The prediction of layer 1, [n_1].
    point
        Its `x` is read.
    """
    sizes = equations.layout.sizes
    starts = equations.layout.starts
    couplings = equations.layout.couplings
    hidden = starts[sizes.size - 1]
    activate(equations.code, equations.pieces, point.x, 1, hidden, point.rate, point.slope, point.curvature)
    x = point.x[0]
    rate = point.rate[0]
    eps = point.eps[0]
    feedback = point.feedback[0]
    residual = point.residual[0]
    for j in range(mu1.size):
        eps[j] = x[j] - mu1[j]
    for layer in range(1, sizes.size):
        below = rate[starts[layer - 1] : starts[layer]]
        for i in range(sizes[layer]):
            at = couplings[layer] + i * below.size
            row = equations.forward[at : at + below.size]
            total = 0.0
            for j in range(below.size):
                total += row[j] * below[j]
            k = starts[layer] + i
            eps[k] = x[k] - equations.constant[k] - total
    for j in range(hidden):
        feedback[j] = 0.0
    worst = 0.0
    scale = equations.precision.min()
    for layer in range(sizes.size - 1):
        out = feedback[starts[layer] : starts[layer + 1]]
        for i in range(sizes[layer + 1]):
            at = couplings[layer + 1] + i * out.size
            row = equations.back[at : at + out.size]
            error = eps[starts[layer + 1] + i]
            for j in range(out.size):
                out[j] += row[j] * error
        p = equations.precision[layer]
        for j in range(starts[layer], starts[layer + 1]):
            gate = equations.gate if equations.gate > 0.0 else point.slope[0, j]
            residual[j] = gate * feedback[j] - p * eps[j]
            worst = max(worst, abs(residual[j])) if residual[j] == residual[j] else np.inf
            scale = max(scale, abs(feedback[j]))
    point.measures[WORST] = worst
    point.measures[SCALE] = scale


@kernel(fastmath=REGROUPED_SUMS)
def jacobian(equations: Equations, point: Point, shift: float, out: BlockMatrix) -> None:
    """Fill shift - dR/dx over the layers that move; see `relax.py` for its blocks.

    Parameters
    ----------
    equations
        The flow.
    point
        Where, evaluated.
    shift
        1 / length of an implicit Euler step; 0 for Newton's.
    out
        Of the layout of the equations.
    """
    layout = equations.layout
    sizes = layout.sizes
    starts = layout.starts
    slope = point.slope[0]
    for layer in range(sizes.size - 1):
        n = sizes[layer]
        first = starts[layer]
        p = equations.precision[layer]
        for i in range(n):
            k = first + i
            gate = equations.gate if equations.gate > 0.0 else slope[k]
            square = layout.squares[layer] + i * n
            for j in range(n):
                out.diagonal[square + j] = gate * equations.loops[square + j] * slope[first + j]
            bent = 0.0 if equations.gate > 0.0 else point.curvature[0, k] * point.feedback[0, k]
            out.diagonal[square + i] += p + shift - bent
            if layer > 0:
                pre = sizes[layer - 1]
                at = layout.couplings[layer] + i * pre
                for j in range(pre):
                    out.lower[at + j] = -p * equations.forward[at + j] * slope[starts[layer - 1] + j]
            if layer + 2 < sizes.size:
                post = sizes[layer + 1]
                at = layout.couplings[layer + 1]
                for j in range(post):
                    out.upper[at + i * post + j] = -gate * equations.back[at + j * n + i]


@kernel()
def _relax_sample(
    equations: Equations,
    mu1: Floats,
    now: Point,
    other: Point,
    matrix: BlockMatrix,
    is_factored: bool,
    limits: tuple[float, int, float],
) -> tuple[Point, Point, bool, int]:
    """Search from `now.x`; the end, the other point, whether `matrix` holds Newton's factors, iterations."""
    tolerance, most, reach = limits
    follows = reach < np.inf
    layout = equations.layout
    count = layout.sizes.size - 1
    moving = layout.starts[count]
    step = np.empty(moving)
    shift = FIRST_SHIFT if follows else 0.0
    iteration = 0
    evaluate(equations, mu1, now)
    while True:
        worst = now.measures[WORST]
        done = worst <= tolerance * now.measures[SCALE] or not worst < np.inf
        if done or iteration == most:
            return now, other, is_factored, iteration
        iteration += 1
        earlier = is_factored and shift == 0.0
        if not earlier:
            jacobian(equations, now, shift, matrix)
            factor(layout, count, matrix)
            is_factored = shift == 0.0
        solve(layout, count, matrix, now.residual[0, :moving], step)
        other.x[:] = now.x
        size = 0.0
        longest = 0.0
        for j in range(moving):
            other.x[0, j] += step[j]
            longest = max(longest, abs(step[j]))
            size = max(size, abs(now.x[0, j]))
        if longest > reach * max(size, 1.0):
            is_factored = False
            shift = max(3.0 * shift, FIRST_SHIFT)
            continue
        evaluate(equations, mu1, other)
        limit = REUSE if earlier else GROWTH if shift > 0.0 else 1.0
        if follows and shift > 0.0:
            limit = np.inf  # a flow without energy may speed up
        if other.measures[WORST] < limit * worst:
            shift = SHRINK * shift if SHRINK * shift > LEAST_SHIFT else 0.0
            accepted = other
            other = now
            now = accepted
            continue
        is_factored = False
        if not earlier:
            shift = max(3.0 * shift, FIRST_SHIFT)


@kernel()
def search(
    equations: Equations, mu1: Floats, x: Floats, tolerance: float, most: int, reach: float
) -> tuple[Floats, Bools, int]:
    """Rests from activities x; x, whether each sample is at rest, and the most iterations of a sample.

    Parameters
    ----------
    equations
        The flow.
    mu1
        The predictions of layer 1, [samples, n_1].
    x
        Where to start, layers 1 ... L side by side, [samples, all].
    tolerance
        On max |R|, as a part of the sample's largest feedback (at least of the smallest precision).
    most
        Iterations for a sample.
    reach
        The longest step, of the largest activity or 1: implicit Euler steps that short follow the flow.
        Infinite: straight to a near root.
    """
    samples, activities = x.shape
    now = new_point(activities)
    other = new_point(activities)
    matrix = empty_matrix(equations.layout)
    end = np.empty_like(x)
    settled = np.empty(samples, dtype=np.bool_)
    largest = 0
    is_factored = False
    for s in range(samples):
        now.x[0] = x[s]
        now, other, is_factored, iterations = _relax_sample(
            equations, mu1[s], now, other, matrix, is_factored, (tolerance, most, reach)
        )
        end[s] = now.x[0]
        settled[s] = now.measures[WORST] <= tolerance * now.measures[SCALE]
        largest = max(largest, iterations)
    return end, settled, largest
