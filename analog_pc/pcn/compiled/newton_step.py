"""Newton's step with a shift: the block elimination of (H + shift) dx = -dE/dx (equations: `compiled`)."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiled.factorization import (
    factor_lu,
    factor_packed,
    factor_symmetric,
    solve_lu,
    solve_packed,
    solve_symmetric,
)
from analog_pc.compiled.kernel import INNER, kernel
from analog_pc.pcn.compiled.chain import Chain
from analog_pc.pcn.compiled.workspace import BatchState, Workspace


@kernel(**INNER)
def _eliminate_first(
    chain: Chain, p: BatchState, count: int, shift: Floats, sign: Floats, work: Workspace
) -> None:
    """p_0, gate_0 P_0 and f'_0 p_0 (`wide`) of the lowest layer, whose P_0 is diagonal; how many of its
    entries are negative, `sign` [samples]."""
    n = chain.sizes[0]
    gate = p.gate
    slope = p.slope
    moving = p.moving
    compliance = work.compliance
    wide = work.wide
    for b in range(count):
        negative = 0.0
        for j in range(n):
            stiffness = chain.pi[0] - p.curvature[0, b, j] * p.feedback[0, b, j] + shift[b]
            wide[b, j] = stiffness if moving[0, b, j] > 0.0 else 1.0
        for j in range(n):
            negative += 1.0 if wide[b, j] < 0.0 else 0.0
            compliance[b, j] = moving[0, b, j] / wide[b, j]
        sign[b] = negative
        for j in range(n):
            work.particular[0, b, j] = -compliance[b, j] * p.gradient[0, b, j]
        for j in range(n):
            compliance[b, j] *= gate[0, b, j]
            wide[b, j] = slope[0, b, j] * work.particular[0, b, j]


@kernel(**INNER)
def _first_s(chain: Chain, compliance: Floats, b: int, work: Workspace) -> None:
    """s = B P_0 C^T + 1 / pi_1 of sample b, `compliance` f'_0 P_0 gate_0, into work.s; where it is symmetric
    its lower triangle."""
    n = chain.sizes[1]
    m = chain.sizes[0]
    weights = chain.weights[1]
    back = chain.back[1]
    row = work.row
    s = work.s
    if len(work.pairs) > 0:
        at = 0
        for i in range(n):
            columns = i + 1 if chain.symmetric else n
            for other in range(columns):
                s[i, other] = work.packed[b, at + other]
            at += columns
    else:
        for i in range(n):
            for j in range(m):
                row[j] = weights[i, j] * compliance[j]
            for other in range(i + 1 if chain.symmetric else n):
                total = 0.0
                for j in range(m):
                    total += row[j] * back[other, j]
                s[i, other] = total
    for i in range(n):
        s[i, i] += 1.0 / chain.pi[1]


@kernel(**INNER)
def _closed_direction(chain: Chain, p: BatchState, count: int, sign: Floats, work: Workspace) -> None:
    """dlambda of a clamped layer 1; sign > 0: H + shift is positive definite.

    s dlambda = -B p with s = B P_0 B^T + 1 / pi_1.  H = D + B^T pi B is positive definite if
    s = 1 / pi + B D^-1 B^T has as many negative eigenvalues as D.
    """
    m = chain.sizes[0]
    gate = p.gate
    compliance = work.compliance
    wide = work.wide
    np.dot(wide[:count], chain.weights[1].T, work.narrow[:count])
    for b in range(count):
        for j in range(m):
            wide[b, j] = gate[0, b, j] * compliance[b, j]
    if len(work.pairs) > 0:
        _closed_side_by_side(chain, count, sign, work)
    else:
        for b in range(count):
            _first_s(chain, wide[b], b, work)
            negative = factor_symmetric(work.s, chain.sizes[1])
            solve_symmetric(work.s, chain.sizes[1], work.narrow[b])
            sign[b] = 1.0 if negative == sign[b] else -1.0
    for b in range(count):
        for i in range(chain.sizes[1]):
            work.narrow[b, i] = -work.narrow[b, i]


@kernel(**INNER)
def _closed_side_by_side(chain: Chain, count: int, sign: Floats, work: Workspace) -> None:
    """work.narrow becomes s^-1 work.narrow, all samples side by side."""
    n = chain.sizes[1]
    packed = np.dot(work.pairs, work.wide[:count].T)  # lower triangles of s, [pairs, samples]
    for i in range(n):
        at = i * (i + 3) // 2
        for b in range(count):
            packed[at, b] += 1.0 / chain.pi[1]
    rhs = np.empty((n, count))
    for b in range(count):
        for i in range(n):
            rhs[i, b] = work.narrow[b, i]
    inverse = np.empty((n, count))
    negative = work.norms[0]
    factor_packed(packed, n, inverse, negative)
    solve_packed(packed, n, inverse, rhs)
    for b in range(count):
        sign[b] = 1.0 if negative[b] == sign[b] else -1.0
        for i in range(n):
            work.narrow[b, i] = rhs[i, b]


@kernel(**INNER)
def _upper_s(chain: Chain, k: int, p: BatchState, b: int, work: Workspace) -> None:
    """s = B P_{k-1} C^T + 1 / pi_k of sample b, k > 1, as `_first_s`; B p_{k-1} in p_k."""
    n = chain.sizes[k]
    m = chain.sizes[k - 1]
    weights = chain.weights[k]
    spread = work.spread[k]
    below = work.particular[k - 1, b]
    slope = p.slope[k - 1, b]
    moving = p.moving[k - 1, b]
    row = work.row
    s = work.s
    for i in range(n):
        projected = 0.0
        for j in range(m):
            row[j] = weights[i, j] * (slope[j] * moving[j])
            projected += row[j] * below[j]
        work.particular[k, b, i] = projected
        for other in range(i + 1 if chain.symmetric else n):
            total = 0.0
            for j in range(m):
                total += row[j] * spread[other, j]
            s[i, other] = total
        s[i, i] += 1.0 / chain.pi[k]


@kernel(**INNER)
def _eliminate(chain: Chain, k: int, p: BatchState, b: int, shift: float, work: Workspace) -> float:
    """p_k and P_k C_{k+1}^T of layer k > 0 of sample b; the sign of the determinant.

    The unknown of a node is dx where it moves, and dlambda where it is held.
    """
    n = chain.sizes[k]
    s = work.s
    if k == 1:
        _first_s(chain, work.wide[b], b, work)
        work.particular[1, b, :n] = work.narrow[b, :n]
    else:
        _upper_s(chain, k, p, b, work)
    if chain.symmetric:
        for i in range(n):
            for j in range(i):
                s[j, i] = s[i, j]
    a = work.a
    row = work.row
    spread = work.spread
    back = chain.back
    gate = p.gate
    moving = p.moving
    particular = work.particular
    pivots = work.pivots
    curvature = p.curvature
    feedback = p.feedback
    gradient = p.gradient
    sign = 1.0
    for j in range(n):
        row[j] = shift - curvature[k, b, j] * feedback[k, b, j]
        if moving[k, b, j] == 0.0:
            row[j] = -1.0
            sign = -sign
    slope = gradient[k, b]
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += s[i, j] * slope[j]
        for j in range(n):
            a[i, j] = s[i, j] * row[j]
        a[i, i] += moving[k, b, i]
        particular[k, b, i] -= total
    sign *= factor_lu(a, n, pivots, row)
    if sign == 0.0:
        return 0.0
    solve_lu(a, n, pivots, particular[k, b : b + 1])
    if k + 1 < chain.sizes.size:
        above = chain.sizes[k + 1]
        for r in range(above):
            for j in range(n):
                row[j] = back[k + 1, r, j] * (gate[k, b, j] * moving[k, b, j])
            for i in range(n):
                total = 0.0
                for j in range(n):
                    total += s[i, j] * row[j]
                spread[k + 1, r, i] = total
        solve_lu(a, n, pivots, spread[k + 1, :above])
    return sign


@kernel(**INNER)
def _substitute(chain: Chain, k: int, p: BatchState, b: int, shift: float, work: Workspace) -> None:
    """dx and dlambda of layer k > 0 of sample b from dlambda of layer k + 1."""
    n = chain.sizes[k]
    dx = work.dx
    row = work.row
    change = work.change
    spread = work.spread
    back = chain.back
    gate = p.gate
    moving = p.moving
    particular = work.particular
    curvature = p.curvature
    feedback = p.feedback
    gradient = p.gradient
    step = dx[k, b]
    for j in range(n):
        step[j] = particular[k, b, j]
        row[j] = 0.0
    if k + 1 < chain.sizes.size:
        for i in range(chain.sizes[k + 1]):
            rise = change[k + 1, i]
            below = spread[k + 1, i]
            weight = back[k + 1, i]
            for j in range(n):
                step[j] += rise * below[j]
            for j in range(n):
                row[j] += rise * weight[j]
    for j in range(n):
        bending = shift - curvature[k, b, j] * feedback[k, b, j]
        pulled = gate[k, b, j] * row[j] - gradient[k, b, j] - bending * dx[k, b, j]
        held = moving[k, b, j] == 0.0
        change[k, j] = dx[k, b, j] if held else pulled
        dx[k, b, j] = 0.0 if held else dx[k, b, j]


@kernel(**INNER)
def _upper_direction(
    chain: Chain, p: BatchState, count: int, shift: Floats, sign: Floats, work: Workspace
) -> None:
    """dx above the lowest layer and dlambda of layer 1, sample by sample; the signs of det (H + shift)."""
    layers = chain.sizes.size
    np.dot(work.wide[:count], chain.weights[1].T, work.narrow[:count])
    for b in range(count):
        for j in range(chain.sizes[0]):
            work.wide[b, j] = p.slope[0, b, j] * work.compliance[b, j]
    if len(work.pairs) > 0:
        np.dot(work.wide[:count], work.pairs.T, work.packed[:count])
    for b in range(count):
        sign[b] = 1.0 - 2.0 * (sign[b] % 2.0)
        for k in range(1, layers):
            sign[b] *= _eliminate(chain, k, p, b, shift[b], work)
        for k in range(layers - 1, 0, -1):
            _substitute(chain, k, p, b, shift[b], work)
        for i in range(chain.sizes[1]):
            work.narrow[b, i] = work.change[1, i]
        for i in range(chain.sizes[1], work.narrow.shape[1]):
            work.narrow[b, i] = 0.0


@kernel(**INNER)
def direction(chain: Chain, p: BatchState, count: int, shift: Floats, sign: Floats, work: Workspace) -> None:
    """Solve (H + shift) dx = -dE/dx over the moving nodes, into work.dx.

    Parameters
    ----------
    chain
        The network.
    p
        The batch, evaluated.
    count
        How many of its samples are meant, from the first on.
    shift
        1 / length of an implicit Euler step, 0 for Newton's, [samples].
    sign
        Filled: positive where H + shift is positive definite as far as the elimination tells, by its inertia
        where the chain is closed, else by the sign of its determinant, [samples].
    work
        Scratch.
    """
    _eliminate_first(chain, p, count, shift, sign, work)
    if chain.sizes.size == 1:
        for b in range(count):
            sign[b] = 1.0 if sign[b] == 0.0 else -1.0
            for j in range(chain.sizes[0]):
                work.dx[0, b, j] = work.particular[0, b, j]
        return
    if chain.closed:
        _closed_direction(chain, p, count, sign, work)
    else:
        _upper_direction(chain, p, count, shift, sign, work)
    np.dot(work.narrow[:count], chain.back[1], work.wide[:count])
    for b in range(count):
        for j in range(chain.sizes[0]):
            work.dx[0, b, j] = work.particular[0, b, j] + work.compliance[b, j] * work.wide[b, j]
