"""Equations of an effective network, compiled: residual and Jacobian of one sample.

Layers l = 1 ... L, all activities of a sample side by side in x; phi = gain f(x + offset), gate = f'(x)::

    mu_l = F_l phi_{l-1} + N_l x_l + c_l            e_l = x_l - mu_l
    h_l  = p_{l+1} k_l (T_{l+1} e_{l+1} + d_{l+1})
    R_l  = -p_l e_l + gate_l h_l                    0 at the equilibrium, in every free layer

Unknowns are drives z.  Smooth activations have z = x.  A rectifier (`cells/activations.py`), whose op-amp
has gain A, unfolds the kinks of a piecewise-linear f::

    x = X(z) + z / A     X rests at a kink while z crosses a dead zone of width 1, where the gate opens

Outside dead zones dx/dz = 1 + 1/A, inside 1/A; all of x, f(x) and the gate are continuous in z.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.activations.compiled import KINKED, Pieces, activate
from analog_pc.arrays import Bools, Floats
from analog_pc.compiled.block_tridiagonal import BlockMatrix, Layout
from analog_pc.compiled.kernel import REGROUPED_SUMS, WITHOUT_ENTRY, kernel


class ActivationCircuits(NamedTuple):
    """The activation circuits of the hidden layers; vectors [hidden activities]."""

    code: int
    pieces: Pieces
    inverse_gain: float  # 1 / A; 0 of smooth activations
    gain: Floats
    offset: Floats  # in units of activity


class Problem(NamedTuple):
    """The equations of a network under clamps: flat matrices, laid out as blocks, and vectors."""

    layout: Layout  # of the layers 1 ... L
    forward: Floats  # F_l, as couplings
    load: Floats  # N_l, as squares
    feedback: Floats  # T_{l+1}, as couplings
    feedback_forward: Floats  # T_{l+1} F_{l+1}, as squares
    feedback_load: Floats  # T_{l+1} (1 - N_{l+1}), as couplings
    constant: Floats  # c, [all]
    feedback_constant: Floats  # d_{l+1}, [hidden activities]
    gate_gain: Floats  # k, [hidden activities]
    precision: Floats  # p, [L]
    activation: ActivationCircuits
    output_is_free: Bools  # [n_L]


class Point(NamedTuple):
    """One sample at its drives; vectors [all]."""

    z: Floats
    x: Floats
    dx_dz: Floats
    phi: Floats
    dphi_dz: Floats
    gate: Floats
    dgate_dz: Floats
    mu: Floats
    eps: Floats
    feedback: Floats  # h; of hidden activities
    residual: Floats  # R
    rows: Floats  # all of these, [11, all]
    measures: Floats  # WORST, SCALE, ENERGY below


WORST, SCALE, ENERGY = range(3)  # max |R|; largest |h|, at least 1; sum p e^2 / 2


@kernel()
def new_point(count: int) -> Point:
    """Room for one sample of `count` activities."""
    rows = np.empty((11, count))
    return Point(
        rows[0],
        rows[1],
        rows[2],
        rows[3],
        rows[4],
        rows[5],
        rows[6],
        rows[7],
        rows[8],
        rows[9],
        rows[10],
        rows,
        np.empty(3),
    )


@kernel(fastmath=REGROUPED_SUMS, **WITHOUT_ENTRY)
def _unfold(circuits: ActivationCircuits, hidden: int, point: Point) -> None:
    """x and gate of rectifiers, with their derivatives by z."""
    kinks = circuits.pieces.kinks
    slopes = circuits.pieces.slopes
    z = point.z
    x = point.x
    dx_dz = point.dx_dz
    gate = point.gate
    dgate_dz = point.dgate_dz
    for j in range(hidden):
        position = z[j]
        moves = 1.0
        value = slopes[0]
        opens = 0.0
        for k in range(kinks.size):
            step = slopes[k + 1] - slopes[k]
            inside = min(max(z[j] - (kinks[k] + k), 0.0), 1.0)
            position -= inside
            value += step * inside
            if 0.0 < inside < 1.0:
                moves = 0.0
                opens = step
        x[j] = position + circuits.inverse_gain * z[j]
        dx_dz[j] = moves + circuits.inverse_gain
        gate[j] = value
        dgate_dz[j] = opens


@kernel(fastmath=REGROUPED_SUMS, **WITHOUT_ENTRY)
def _set_activations(circuits: ActivationCircuits, hidden: int, point: Point) -> None:
    """x, phi and gate with their derivatives by z; the first `hidden` activities have an activation."""
    code = circuits.code
    pieces = circuits.pieces
    z = point.z
    x = point.x
    dx_dz = point.dx_dz
    phi = point.phi
    dphi_dz = point.dphi_dz
    gain = circuits.gain
    offset = circuits.offset
    shifted = point.eps  # set later
    for j in range(z.size):
        x[j] = z[j]
        dx_dz[j] = 1.0
    rows = point.rows  # slices of them are what `activate` takes
    unused = rows[9:10]  # `feedback`, set later
    if code == KINKED:
        _unfold(circuits, hidden, point)
    else:
        activate(code, pieces, rows[1:2], 1, hidden, unused, rows[5:6], rows[6:7])
    for j in range(hidden):
        shifted[j] = x[j] + offset[j]
    activate(code, pieces, rows[8:9], 1, hidden, rows[3:4], rows[4:5], unused)
    for j in range(hidden):
        phi[j] *= gain[j]
        dphi_dz[j] *= gain[j] * dx_dz[j]


@kernel(fastmath=REGROUPED_SUMS, **WITHOUT_ENTRY)
def _add_product(flat: Floats, start: int, vector: Floats, out: Floats) -> None:
    """out += M vector; M [out.size, vector.size] lies flat from `start`.

    Slices keep indices from 0 on, without which the sum is not made SIMD: eight times slower.
    """
    for i in range(out.size):
        row = flat[start + i * vector.size : start + (i + 1) * vector.size]
        total = 0.0
        for j in range(vector.size):
            total += row[j] * vector[j]
        out[i] += total


@kernel(fastmath=REGROUPED_SUMS)
def evaluate(problem: Problem, mu1: Floats, point: Point) -> None:
    """Set everything of a point from its drives.

    Parameters
    ----------
    problem
        The equations.
    mu1
        What the clamped input adds to mu_1, c_1 included, [n_1].
    point
        Its `z` is read.
    """
    sizes = problem.layout.sizes
    starts = problem.layout.starts
    squares = problem.layout.squares
    couplings = problem.layout.couplings
    x = point.x
    mu = point.mu
    eps = point.eps
    back = point.feedback
    layers = sizes.size
    hidden = starts[layers - 1]
    _set_activations(problem.activation, hidden, point)
    for j in range(mu.size):
        mu[j] = mu1[j] if j < mu1.size else problem.constant[j]
    for layer in range(layers):
        first = starts[layer]
        end = first + sizes[layer]
        if layer > 0:
            phi = point.phi[starts[layer - 1] : first]
            _add_product(problem.forward, couplings[layer], phi, mu[first:end])
        _add_product(problem.load, squares[layer], x[first:end], mu[first:end])
    for j in range(x.size):
        eps[j] = x[j] - mu[j]
    for j in range(hidden):
        back[j] = problem.feedback_constant[j]
    for layer in range(layers - 1):
        first = starts[layer + 1]
        above = eps[first : first + sizes[layer + 1]]
        _add_product(problem.feedback, couplings[layer + 1], above, back[starts[layer] : first])
    _set_residual(problem, point)


@kernel(fastmath=REGROUPED_SUMS, **WITHOUT_ENTRY)
def _set_residual(problem: Problem, point: Point) -> None:
    """h, R and the measures, from T e + d in `feedback`."""
    sizes = problem.layout.sizes
    starts = problem.layout.starts
    gate_gain = problem.gate_gain
    is_free = problem.output_is_free
    eps = point.eps
    gate = point.gate
    back = point.feedback
    residual = point.residual
    layers = sizes.size
    worst = 0.0
    scale = 1.0
    energy = 0.0
    for layer in range(layers):
        start = starts[layer]
        p = problem.precision[layer]
        above = problem.precision[layer + 1] if layer + 1 < layers else 0.0
        for i in range(start, start + sizes[layer]):
            r = -p * eps[i]
            energy -= 0.5 * r * eps[i]
            if layer + 1 < layers:
                back[i] *= above * gate_gain[i]
                r += gate[i] * back[i]
                scale = max(scale, abs(back[i]))
            elif not is_free[i - start]:
                r = 0.0
            residual[i] = r
            worst = max(worst, abs(r)) if r == r else np.inf
    point.measures[WORST] = worst
    point.measures[SCALE] = scale
    point.measures[ENERGY] = energy


@kernel(**WITHOUT_ENTRY)
def free_layers(problem: Problem) -> int:
    """How many layers move."""
    layers = problem.layout.sizes.size
    return layers if problem.output_is_free.any() else layers - 1


@kernel(fastmath=REGROUPED_SUMS, **WITHOUT_ENTRY)
def _add_row(out: Floats, factor: float, row: Floats, scale: Floats) -> None:
    """out += factor row scale, as slices: see `_add_product`."""
    for j in range(out.size):
        out[j] += factor * row[j] * scale[j]


@kernel(fastmath=REGROUPED_SUMS)
def jacobian(problem: Problem, point: Point, shift: float, out: BlockMatrix) -> None:
    """Fill shift dx/dz - dR/dz over the free layers, ' the derivative by z, g = p_{l+1} k gate::

        (l, l)      (p_l + shift) x' - p_l N_l x' - gate' h + g T_{l+1} F_{l+1} phi'
        (l, l - 1)  -p_l F_l phi'
        (l, l + 1)  -g T_{l+1} (1 - N_{l+1}) x'

    An output that is clamped among free ones keeps its place, with an equation of its own: it does not move.

    Parameters
    ----------
    problem
        The equations.
    point
        Where, evaluated.
    shift
        1 / length of an implicit Euler step; 0 for Newton's.
    out
        BlockMatrix of the layout of the problem.
    """
    diagonal = out.diagonal
    lower = out.lower
    upper = out.upper
    diagonal[:] = 0.0
    lower[:] = 0.0
    upper[:] = 0.0
    sizes = problem.layout.sizes
    starts = problem.layout.starts
    layers = free_layers(problem)
    for layer in range(layers):
        n = sizes[layer]
        first = starts[layer]
        is_output = layer + 1 == sizes.size
        p = problem.precision[layer]
        dx_dz = point.dx_dz[first : first + n]
        dphi_dz = point.dphi_dz[first : first + n]
        for i in range(n):
            row = problem.layout.squares[layer] + i * n
            here = diagonal[row : row + n]
            if is_output and not problem.output_is_free[i]:
                here[i] = 1.0
                continue
            _add_row(here, -p, problem.load[row : row + n], dx_dz)
            here[i] += (p + shift) * dx_dz[i]
            if layer > 0:
                below = starts[layer - 1]
                start = problem.layout.couplings[layer] + i * (first - below)
                end = start + first - below
                _add_row(lower[start:end], -p, problem.forward[start:end], point.dphi_dz[below:first])
            if is_output:
                continue
            here[i] -= point.dgate_dz[first + i] * point.feedback[first + i]
            g = problem.precision[layer + 1] * problem.gate_gain[first + i] * point.gate[first + i]
            _add_row(here, g, problem.feedback_forward[row : row + n], dphi_dz)
            if layer + 1 < layers:
                post = sizes[layer + 1]
                start = problem.layout.couplings[layer + 1] + i * post
                end = start + post
                above = point.dx_dz[first + n : first + n + post]
                _add_row(upper[start:end], -g, problem.feedback_load[start:end], above)
