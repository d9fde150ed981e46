"""Relaxation of one sample after the other in compiled code, for any depth, clamps and activation.

A *chain* is the part of a network that can move: layers k = 0 ... K-1, of which layer 0 has a constant
prediction mu_0 (the first hidden layer under a clamped input), or none (a free input, pi_0 = 0)::

    mu_k = W_k f(x_{k-1}) + b_k      lambda_k = pi_k (x_k - mu_k)      h_k = W_{k+1}^T lambda_{k+1}
    dE/dx_k = lambda_k - gate_k h_k

A step solves (H + shift) dx = -dE/dx, H the Hessian.  Shift 0 is Newton's step; a large shift is an implicit
Euler step of length 1 / shift of the flow dx/dt = -dE/dx.  With B_k = W_k gate_{k-1} and the curvature
K_k = -f'' h_k + shift the linear system is ::

    dx_k = B_k dx_{k-1} + dlambda_k / pi_k          dlambda_k + K_k dx_k = -dE/dx_k + B_{k+1}^T dlambda_{k+1}

and is eliminated upwards as dx_k = p_k + P_k B_{k+1}^T dlambda_{k+1}.  P_0 is diagonal, so that a 784-128-10
network with both ends clamped solves a system of 10 unknowns.

Kinks.  On a kink x* of f the gate may take any value between the two slopes.  A node that arrives there
stops.  If the one-sided derivatives of E point to the kink from both sides, it stays, with the gate that
balances its forces; otherwise it goes on downhill.  Between kinks E is quadratic, and one step is exact.

When is a sample at rest?  Where ||dE/dx_k|| <= tolerance ||lambda_k|| + rounding_k in every free layer.  The
second term is what no iteration can lower: with u = 2^-53 and sums of n products rounded by n u,

    delta_k    = u (||x_k|| + (n_{k-1} + 2) (||W_k|| ||f_{k-1}|| + ||b_k||))              of x_k - mu_k
    rounding_k = pi_k delta_k + 4 u ||h_k||
               + ||W_{k+1}|| (pi_{k+1} delta_{k+1} + (n_{k+1} + 2) u ||lambda_{k+1}||)

(||W||: Frobenius' norm).  Everything scales with the precisions, and with the unit of activity.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.pcn.activations import IDENTITY
from analog_pc.pcn.compiled_activations import COMPILED, KINKED, activate, code_of, pieces_of
from analog_pc.pcn.state import Landscape

UNIT_ROUNDOFF = 2.0**-53
SHRINK = 0.4  # of the shift, after a step of at most half the reach
GROW = 3.0  # of the shift, after a step that was refused
FIRST_SHIFT = 0.1  # in units of the smallest precision: where a refused Newton step starts
LAST_SHIFT = 1e-3  # in the same unit: below it a shift becomes the smallest
FREE_INPUT_SHIFT = 1e-6  # smallest shift, in the same unit, where nothing else keeps a free input (pi_0 = 0)
AT_A_TIME = 32  # samples
BLAS_FROM = 4  # samples, from which products of matrices are left to BLAS
PAIRS_FROM = 8  # samples, from which s_1 of all is one product of matrices
MOST_PAIRS = 2**19  # numbers in that matrix, which has to stay in the cache
CERTAIN = 1e-3  # a step that lowers the gradient by this factor is taken whatever the energy's rounding says


class Chain(NamedTuple):
    """The moving part of a network: K layers of at most `width` activities.

    Arrays hold one row per layer, padded with zeros, so that compiled loops count from 0: only then does the
    compiler make them SIMD.
    """

    sizes: Ints  # n_k, [K]
    weights: Floats  # W_k, [K, most rows of any, width]; none for k = 0
    bias: Floats  # b_k, [K, width]
    pi: Floats  # precisions, [K]
    free: Floats  # 1 where an activity moves, 0 where it is clamped, [K, width]
    closed: bool  # whether all of two layers is: the lower free, or partly so, and the upper clamped
    norms: Floats  # Frobenius' norm of W_k, [K]
    bias_norms: Floats  # [K]
    codes: Ints  # of the activations, [K]
    kinks: Floats
    slopes: Floats
    first_value: float  # f at the first kink


class Points(NamedTuple):
    """States of the samples of a batch; arrays [K, samples, width], per layer [K, samples], or [samples]."""

    x: Floats
    f: Floats
    slope: Floats
    curvature: Floats
    force: Floats  # lambda
    back: Floats  # h
    gate: Floats
    gradient: Floats
    loose: Floats  # 1 where free and not resting on a kink
    delta: Floats  # rounding of x - mu, [K, samples]
    force_norm: Floats  # ||lambda_k||, [K, samples]
    total: Floats  # rows ENERGY, NOISE, SLOPE, RATIO (below), [4, samples]


ENERGY, NOISE, SLOPE, RATIO = range(4)  # E, its rounding, ||dE/dx||, largest ||dE/dx_k|| / limit_k


class Work(NamedTuple):
    """Scratch of a step; rows: most activities of a layer above the lowest."""

    dx: Floats  # [K, samples, width]
    particular: Floats  # p_k, [K, samples, width]
    compliance: Floats  # gate_0 P_0 (diagonal), [samples, width]
    wide: Floats  # [samples, width]
    narrow: Floats  # [samples, rows]
    pairs: Floats  # W_1[i] W_1[j] of every pair i >= j, [pairs, width]; none where the batch is too small
    norms: Floats  # [2, samples]
    spread: Floats  # (P_{k-1} B_k^T)^T of one sample, shaped as the weights
    scaled: Floats  # [rows, width]
    change: Floats  # dlambda of one sample, [K, width]
    s: Floats  # [rows, rows]
    a: Floats  # [rows, rows]
    row: Floats  # [width]
    pivots: Ints  # [rows]


class Search(NamedTuple):
    """How to search."""

    tolerance: float
    most: int  # iterations
    reach: float  # longest step, as a part of the sample's largest activity (or of `unit`); infinite: any
    unit: float  # the scale on which the activation bends; 0 for those that have none


def chain_of(landscape: Landscape) -> Chain:
    """The chain of a network under clamps."""
    net = landscape.network
    first = 1 if landscape.clamps.input_is_clamped else 0
    sizes = net.sizes[first:]
    layers, width = len(sizes), max(sizes)
    weights = np.zeros((layers, max(sizes[1:], default=0), width))
    bias = np.zeros((layers, width))
    free = np.zeros((layers, width))
    norms = np.zeros(layers)
    bias_norms = np.zeros(layers)
    for k, n in enumerate(sizes):
        free[k, :n] = landscape.movable[first + k]
        if k > 0:
            w, b = net.W[first + k - 1], net.b[first + k - 1]
            weights[k, :n, : w.shape[1]] = w
            bias[k, :n] = b
            norms[k] = math.sqrt(np.vdot(w, w))
            bias_norms[k] = math.sqrt(np.vdot(b, b))
    activations = landscape.activations[first:]
    kinks, slopes, first_value = pieces_of(next((f for f in activations if f.kinks), IDENTITY))
    return Chain(
        sizes=np.array(sizes, dtype=np.int64),
        weights=weights,
        bias=bias,
        pi=np.array([net.precision_of(first + k) for k in range(layers)]),
        free=free,
        closed=layers == 2 and not free[1].any(),
        norms=norms,
        bias_norms=bias_norms,
        codes=np.array([*(code_of(f) for f in activations), 0], dtype=np.int64),
        kinks=kinks,
        slopes=slopes,
        first_value=first_value,
    )


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def points(chain, samples):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """States of a batch, not yet evaluated."""
    layers, _, width = chain.weights.shape
    parts = np.zeros((9, layers, samples, width))
    return Points(
        parts[0],
        parts[1],
        parts[2],
        parts[3],
        parts[4],
        parts[5],
        parts[6],
        parts[7],
        parts[8],
        np.zeros((layers, samples)),
        np.zeros((layers, samples)),
        np.zeros((4, samples)),
    )


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _row_pairs(weights, n):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Products of every two rows i >= j of weights, [pairs, width]."""
    out = np.empty((n * (n + 1) // 2, weights.shape[1]))
    at = 0
    for i in range(n):
        for j in range(i + 1):
            for m in range(weights.shape[1]):
                out[at, m] = weights[i, m] * weights[j, m]
            at += 1
    return out


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def workspace(chain, samples):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Scratch for the steps of a batch."""
    layers, rows, width = chain.weights.shape
    pairs = np.empty((0, width))
    if chain.closed and samples >= PAIRS_FROM:
        n = chain.sizes[1]
        if n * (n + 1) // 2 * width <= MOST_PAIRS:
            pairs = _row_pairs(chain.weights[1], n)
    return Work(
        np.zeros((layers, samples, width)),
        np.zeros((layers, samples, width)),
        np.zeros((samples, width)),
        np.zeros((samples, width)),
        np.zeros((samples, rows)),
        pairs,
        np.zeros((2, samples)),
        np.zeros((layers, rows, width)),
        np.zeros((rows, width)),
        np.zeros((layers, width)),
        np.zeros((rows, rows)),
        np.zeros((rows, rows)),
        np.zeros(width),
        np.zeros(rows, dtype=np.int64),
    )


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _times_transposed(a, w, count, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """out = a w^T; loops where a call of BLAS would take longer than its work."""
    if count >= BLAS_FROM:
        np.dot(a[:count], w.T, out[:count])
        return
    for b in range(count):
        for i in range(w.shape[0]):
            total = 0.0
            for j in range(w.shape[1]):
                total += a[b, j] * w[i, j]
            out[b, i] = total


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _times(a, w, count, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """out = a w, as `_times_transposed`."""
    if count >= BLAS_FROM:
        np.dot(a[:count], w, out[:count])
        return
    for b in range(count):
        for j in range(w.shape[1]):
            out[b, j] = 0.0
        for i in range(w.shape[0]):
            factor = a[b, i]
            for j in range(w.shape[1]):
                out[b, j] += factor * w[i, j]


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _set_forces(chain, k, mu0, p, count, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """lambda_k of the first `count` samples, its rounding, and what it adds to E and to the rounding of E."""
    n, pi = chain.sizes[k], chain.pi[k]
    x, force, bias, mu = p.x, p.force, chain.bias, work.narrow
    if k > 0:
        _times_transposed(p.f[k - 1], chain.weights[k], count, mu)
    for b in range(count):
        below = 0.0
        if k > 0:
            m = chain.sizes[k - 1]
            for i in range(n):
                force[k, b, i] = x[k, b, i] - (mu[b, i] + bias[k, i])
            for j in range(m):
                below += p.f[k - 1, b, j] * p.f[k - 1, b, j]
            below = (m + 2) * (chain.norms[k] * math.sqrt(below) + chain.bias_norms[k])
        else:
            for i in range(n):
                force[k, b, i] = x[k, b, i] - mu0[b, i]
                below += mu0[b, i] * mu0[b, i]
            below = math.sqrt(below)
        squared = 0.0
        size = 0.0
        for i in range(n):
            squared += force[k, b, i] * force[k, b, i]
            size += x[k, b, i] * x[k, b, i]
            force[k, b, i] *= pi
        norm = math.sqrt(squared)
        delta = UNIT_ROUNDOFF * (math.sqrt(size) + below) if pi > 0.0 else 0.0
        p.delta[k, b] = delta
        p.force_norm[k, b] = pi * norm
        p.total[ENERGY, b] += 0.5 * pi * squared
        p.total[NOISE, b] += pi * (norm * delta + n * UNIT_ROUNDOFF * squared)


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _set_feedback(chain, k, p, count, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """h_k from lambda_{k+1}."""
    for b in range(count):
        for i in range(chain.sizes[k + 1]):
            work.narrow[b, i] = p.force[k + 1, b, i]
        for i in range(chain.sizes[k + 1], work.narrow.shape[1]):
            work.narrow[b, i] = 0.0
    _times(work.narrow, chain.weights[k + 1], count, p.back[k])


@numba.njit(inline="always", error_model="numpy")  # type: ignore[untyped-decorator, unused-ignore]
def _gate_on_kink(left, right, force, back):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """The gate of a node on a kink, and whether it stays there.

    The derivatives of E to the left and to the right are force - left back and force - right back.
    """
    leftwards = force - left * back  # > 0: E falls to the left
    rightwards = force - right * back  # < 0: E falls to the right
    if leftwards <= 0.0 <= rightwards and leftwards < rightwards:
        return force / back, True
    if rightwards < 0.0 and (leftwards < 0.0 or -rightwards > leftwards > 0.0):
        return right, False
    return left, False


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _row_norms(a, count, n, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    for b in range(count):
        total = 0.0
        for j in range(n):
            total += a[b, j] * a[b, j]
        out[b] = math.sqrt(total)


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _set_gradient(chain, k, p, count):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Gates, dE/dx and what may move in layer k."""
    n = chain.sizes[k]
    gate, loose, free, x, slope = p.gate, p.loose, chain.free, p.x, p.slope
    force, back, gradient = p.force, p.back, p.gradient
    for b in range(count):
        for i in range(n):
            gate[k, b, i] = slope[k, b, i]
            loose[k, b, i] = free[k, i]
    if chain.codes[k] == KINKED:
        for b in range(count):
            for j in range(chain.kinks.size):
                for i in range(n):
                    if x[k, b, i] == chain.kinks[j] and free[k, i] > 0.0:
                        value, rests = _gate_on_kink(
                            chain.slopes[j], chain.slopes[j + 1], force[k, b, i], back[k, b, i]
                        )
                        gate[k, b, i] = value
                        if rests:
                            loose[k, b, i] = 0.0
    for b in range(count):
        for i in range(n):
            gradient[k, b, i] = (force[k, b, i] - gate[k, b, i] * back[k, b, i]) * loose[k, b, i]


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _compare(chain, k, p, count, work, tolerance):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """||dE/dx_k|| against the limit at which layer k is at rest, into p.total."""
    n = chain.sizes[k]
    pi, own, total, delta, norm = chain.pi[k], p.force_norm, p.total, p.delta, work.norms
    last = k + 1 == chain.sizes.size
    pi_above = 0.0 if last else chain.pi[k + 1]
    m = 0 if last else chain.sizes[k + 1] + 2
    weight = 0.0 if last else chain.norms[k + 1]
    next_k = k if last else k + 1
    _row_norms(p.gradient[k], count, n, norm[0])
    _row_norms(p.back[k], count, n, norm[1])
    for b in range(count):
        above = own[next_k, b]
        passed = pi_above * delta[next_k, b] + m * UNIT_ROUNDOFF * above
        rounding = pi * delta[k, b] + weight * passed + 4.0 * UNIT_ROUNDOFF * norm[1, b]
        force = own[k, b] if pi > 0.0 else weight * above
        g = norm[0, b]
        total[SLOPE, b] += g * g
        if not g < np.inf:
            total[RATIO, b] = np.inf
        elif g > 0.0:
            total[RATIO, b] = max(total[RATIO, b], g / (tolerance * force + rounding))


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def evaluate(chain, mu0, p, count, tolerance, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Everything that follows from the activities p.x of the first `count` samples."""
    layers = chain.sizes.size
    pieces = (chain.kinks, chain.slopes, chain.first_value)
    p.total[:, :count] = 0.0
    for k in range(layers):
        if k + 1 < layers:
            activate(
                chain.codes[k],
                pieces,
                p.x[k],
                count,
                chain.sizes[k],
                p.f[k],
                p.slope[k],
                p.curvature[k],
                p.gate[k],
            )
        _set_forces(chain, k, mu0, p, count, work)
    for k in range(layers):
        if k + 1 < layers:
            _set_feedback(chain, k, p, count, work)
        _set_gradient(chain, k, p, count)
        _compare(chain, k, p, count, work, tolerance)
    for b in range(count):
        p.total[SLOPE, b] = math.sqrt(p.total[SLOPE, b])


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _factor(a, n, pivots, row):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """LU factors of a [n, n], in place, rows exchanged; the sign of the determinant."""
    sign = 1.0
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(a[i, k]) > abs(a[best, k]):
                best = i
        pivots[k] = best
        if best != k:
            sign = -sign
            for j in range(n):
                kept = a[k, j]
                a[k, j] = a[best, j]
                a[best, j] = kept
        pivot = a[k, k]
        if pivot < 0.0:
            sign = -sign
        elif not pivot > 0.0:
            return 0.0
        for j in range(n):
            row[j] = a[k, j] if j > k else 0.0  # so that the loop below counts from 0: see `Chain`
        for i in range(k + 1, n):
            ratio = a[i, k] / pivot
            for j in range(n):
                a[i, j] -= ratio * row[j]
            a[i, k] = ratio
    return sign


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _solve(a, n, pivots, b, row):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """b becomes a^-1 b, by the factors of `_factor`; `row` is scratch."""
    for k in range(n):
        other = pivots[k]
        kept = b[k]
        b[k] = b[other]
        b[other] = kept
    for i in range(1, n):
        total = 0.0
        for j in range(i):
            total += a[i, j] * b[j]
        b[i] -= total
    for j in range(n):
        row[j] = 0.0  # what is not solved yet
    for i in range(n - 1, -1, -1):
        total = 0.0
        for j in range(n):
            total += a[i, j] * row[j]
        row[i] = (b[i] - total) / a[i, i]
    for j in range(n):
        b[j] = row[j]


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _eliminate_first(chain, p, count, shift, sign, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """p_0, gate_0 P_0 and gate_0 p_0 (`wide`) of the lowest layer, whose P_0 is diagonal; how many of its
    entries are negative, `sign` [samples]."""
    n = chain.sizes[0]
    gate, loose, compliance, wide = p.gate, p.loose, work.compliance, work.wide
    for b in range(count):
        negative = 0.0
        for j in range(n):
            stiffness = chain.pi[0] - p.curvature[0, b, j] * p.back[0, b, j] + shift[b]
            wide[b, j] = stiffness if loose[0, b, j] > 0.0 else 1.0
        for j in range(n):
            negative += 1.0 if wide[b, j] < 0.0 else 0.0
            compliance[b, j] = loose[0, b, j] / wide[b, j]
        sign[b] = negative
        for j in range(n):
            work.particular[0, b, j] = -compliance[b, j] * p.gradient[0, b, j]
        for j in range(n):
            compliance[b, j] *= gate[0, b, j]
            wide[b, j] = gate[0, b, j] * work.particular[0, b, j]


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _packed_s(chain, p, count, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """The lower triangle of s_1 = B_1 P_0 B_1^T + 1 / pi_1 of all samples, [pairs, samples]."""
    n, m = chain.sizes[1], chain.sizes[0]
    gate, compliance, wide, weights = p.gate, work.compliance, work.wide, chain.weights
    for b in range(count):
        for j in range(m):
            wide[b, j] = gate[0, b, j] * compliance[b, j]
    if len(work.pairs) > 0:
        packed = np.dot(work.pairs, wide[:count].T)
    else:
        packed = np.empty((n * (n + 1) // 2, count))
        for b in range(count):
            at = 0
            for i in range(n):
                for j in range(m):
                    work.row[j] = weights[1, i, j] * wide[b, j]
                for other in range(i + 1):
                    total = 0.0
                    for j in range(m):
                        total += work.row[j] * weights[1, other, j]
                    packed[at, b] = total
                    at += 1
    for i in range(n):
        at = i * (i + 3) // 2
        for b in range(count):
            packed[at, b] += 1.0 / chain.pi[1]
    return packed


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _factor_packed(packed, n, inverse, negative):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """L D L^T of symmetric matrices, as lower triangles [pairs, samples], in place; 1 / D [n, samples] and
    how many of D are negative [samples], which is how many eigenvalues are (Sylvester's law of inertia)."""
    count = packed.shape[1]
    negative[:count] = 0.0
    for i in range(n):
        row = i * (i + 1) // 2
        for j in range(i):
            other = j * (j + 1) // 2
            for m in range(j):
                for b in range(count):
                    packed[row + j, b] -= packed[row + m, b] * packed[other + m, b]
        for j in range(i):
            for b in range(count):
                ratio = packed[row + j, b] * inverse[j, b]
                packed[row + i, b] -= packed[row + j, b] * ratio
                packed[row + j, b] = ratio
        for b in range(count):
            inverse[i, b] = 1.0 / packed[row + i, b]
            negative[b] += 1.0 if packed[row + i, b] < 0.0 else 0.0


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _solve_packed(packed, n, inverse, rhs):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """rhs [n, samples] becomes the solution, by the factors of `_factor_packed`."""
    count = packed.shape[1]
    for i in range(n):
        for j in range(i):
            at = i * (i + 1) // 2 + j
            for b in range(count):
                rhs[i, b] -= packed[at, b] * rhs[j, b]
    for i in range(n - 1, -1, -1):
        for b in range(count):
            rhs[i, b] *= inverse[i, b]
        for j in range(i + 1, n):
            at = j * (j + 1) // 2 + i
            for b in range(count):
                rhs[i, b] -= packed[at, b] * rhs[j, b]


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _closed_direction(chain, p, count, sign, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """dlambda of a clamped layer 1, all samples side by side; sign > 0: H + shift is positive definite.

    H = D + B^T pi B is so if s = 1 / pi + B D^-1 B^T has as many negative eigenvalues as D.
    """
    n = chain.sizes[1]
    _times_transposed(work.wide, chain.weights[1], count, work.narrow)
    force = np.empty((n, count))
    for b in range(count):
        for i in range(n):
            force[i, b] = work.narrow[b, i]
    packed = _packed_s(chain, p, count, work)
    inverse = np.empty((n, count))
    negative = work.norms[0]
    _factor_packed(packed, n, inverse, negative)
    _solve_packed(packed, n, inverse, force)
    for b in range(count):
        sign[b] = 1.0 if negative[b] == sign[b] else -1.0
        for i in range(n):
            work.narrow[b, i] = -force[i, b]


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _set_s(chain, k, p, b, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """s = B P B^T + 1 / pi of layer k > 0 of sample b, and B p in the place of p_k."""
    n, m = chain.sizes[k], chain.sizes[k - 1]
    s, weights, scaled, row, spread = work.s, chain.weights, work.scaled, work.row, work.spread
    gate, loose, particular, compliance = p.gate, p.loose, work.particular, work.compliance
    narrow = work.narrow
    if k == 1:
        for i in range(n):
            particular[k, b, i] = narrow[b, i]
            for j in range(m):
                scaled[i, j] = weights[k, i, j] * (gate[0, b, j] * compliance[b, j])
        np.dot(scaled, weights[k].T, s)
    else:
        for j in range(m):
            row[j] = gate[k - 1, b, j] * loose[k - 1, b, j]
        for i in range(n):
            total = 0.0
            for j in range(m):
                scaled[i, j] = weights[k, i, j] * row[j]
                total += scaled[i, j] * particular[k - 1, b, j]
            particular[k, b, i] = total
        np.dot(scaled, spread[k].T, s)
    for i in range(n):
        s[i, i] += 1.0 / chain.pi[k]


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _eliminate(chain, k, p, b, shift, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """p_k and P_k B_{k+1}^T of layer k > 0 of sample b; the sign of the determinant.

    The unknown of a node is dx where it is loose, and dlambda where it is held.
    """
    _set_s(chain, k, p, b, work)
    n = chain.sizes[k]
    s, a, row, spread, weights = work.s, work.a, work.row, work.spread, chain.weights
    gate, loose, particular, pivots = p.gate, p.loose, work.particular, work.pivots
    curvature, back, gradient = p.curvature, p.back, p.gradient
    sign = 1.0
    for j in range(n):
        row[j] = shift - curvature[k, b, j] * back[k, b, j]
        if loose[k, b, j] == 0.0:
            row[j] = -1.0
            sign = -sign
    for i in range(n):
        total = 0.0
        for j in range(n):
            a[i, j] = s[i, j] * row[j]
            total += s[i, j] * gradient[k, b, j]
        a[i, i] += loose[k, b, i]
        particular[k, b, i] -= total
    sign *= _factor(a, n, pivots, row)
    if sign == 0.0:
        return 0.0
    _solve(a, n, pivots, particular[k, b], row)
    if k + 1 < chain.sizes.size:
        for r in range(chain.sizes[k + 1]):
            for j in range(n):
                row[j] = weights[k + 1, r, j] * gate[k, b, j] * loose[k, b, j]
            for i in range(n):
                total = 0.0
                for j in range(n):
                    total += s[i, j] * row[j]
                spread[k + 1, r, i] = total
            _solve(a, n, pivots, spread[k + 1, r], row)
    return sign


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _substitute(chain, k, p, b, shift, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """dx and dlambda of layer k > 0 of sample b from dlambda of layer k + 1."""
    n = chain.sizes[k]
    dx, row, change, spread, weights = work.dx, work.row, work.change, work.spread, chain.weights
    gate, loose, particular = p.gate, p.loose, work.particular
    curvature, back, gradient = p.curvature, p.back, p.gradient
    for j in range(n):
        dx[k, b, j] = particular[k, b, j]
        row[j] = 0.0
    if k + 1 < chain.sizes.size:
        for i in range(chain.sizes[k + 1]):
            force = change[k + 1, i]
            for j in range(n):
                dx[k, b, j] += force * spread[k + 1, i, j]
                row[j] += force * weights[k + 1, i, j]
    for j in range(n):
        bending = shift - curvature[k, b, j] * back[k, b, j]
        pulled = gate[k, b, j] * row[j] - gradient[k, b, j] - bending * dx[k, b, j]
        held = loose[k, b, j] == 0.0
        change[k, j] = dx[k, b, j] if held else pulled
        dx[k, b, j] = 0.0 if held else dx[k, b, j]


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _upper_direction(chain, p, count, shift, sign, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """dx above the lowest layer and dlambda of layer 1, sample by sample; the signs of det (H + shift)."""
    layers = chain.sizes.size
    _times_transposed(work.wide, chain.weights[1], count, work.narrow)
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


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def direction(chain, p, count, shift, sign, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """work.dx with (H + shift) dx = -dE/dx over the loose nodes of the first `count` samples.

    `sign` [samples] is positive where H + shift is positive definite as far as the elimination tells: by its
    inertia where the chain is closed, else by the sign of its determinant.
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
    _times(work.narrow, chain.weights[1], count, work.wide)
    for b in range(count):
        for j in range(chain.sizes[0]):
            work.dx[0, b, j] = work.particular[0, b, j] + work.compliance[b, j] * work.wide[b, j]


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _move(chain, p, count, dx, out, moved):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """out = x + dx, stopped at the first kink on the way; the largest change of each sample.

    From a kink a node moves only to the side whose slope the step was made with.
    """
    x, gate = p.x, p.gate
    moved[:count] = 0.0
    for k in range(chain.sizes.size):
        n = chain.sizes[k]
        for b in range(count):
            for i in range(n):
                out[k, b, i] = x[k, b, i] + dx[k, b, i]
        if chain.codes[k] == KINKED:
            for j in range(chain.kinks.size):
                kink, left, right = chain.kinks[j], chain.slopes[j], chain.slopes[j + 1]
                for b in range(count):
                    for i in range(n):
                        at = x[k, b, i]
                        from_left = at < kink or (at == kink and gate[k, b, i] == left)
                        from_right = at > kink or (at == kink and gate[k, b, i] == right)
                        if (from_left and out[k, b, i] > kink) or (from_right and out[k, b, i] < kink):
                            out[k, b, i] = kink
        for b in range(count):
            longest = moved[b]
            for i in range(n):
                longest = max(longest, abs(out[k, b, i] - x[k, b, i]))
            moved[b] = longest


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _copy(chain, source, a, target, b):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Sample a of `source` becomes sample b of `target`: what a step and its judgement need."""
    for k in range(chain.sizes.size):
        target.x[k, b] = source.x[k, a]
        target.gate[k, b] = source.gate[k, a]
        target.loose[k, b] = source.loose[k, a]
        target.curvature[k, b] = source.curvature[k, a]
        target.back[k, b] = source.back[k, a]
        target.gradient[k, b] = source.gradient[k, a]
    target.total[:, b] = source.total[:, a]


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _judge(chain, now, other, count, sign, moved, longest, shift, smallest, kappa):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Take the step of a sample back unless E falls, up to its rounding, or its gradient vanishes; adapt the
    shift."""
    before, after = now.total, other.total
    for b in range(count):
        falls = after[ENERGY, b] - before[ENERGY, b] <= before[NOISE, b] + after[NOISE, b]
        falls = falls or after[SLOPE, b] < CERTAIN * before[SLOPE, b]
        if falls and sign[b] > 0.0 and moved[b] <= longest[b] and after[RATIO, b] < np.inf:
            if moved[b] <= 0.5 * longest[b]:
                shift[b] *= SHRINK
            if shift[b] <= LAST_SHIFT * kappa:
                shift[b] = smallest
        else:
            shift[b] = max(GROW * shift[b], FIRST_SHIFT * kappa)
            _copy(chain, now, b, other, b)


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _begin(chain, x, p, search, longest):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Activities from x [samples, all], and the longest step of each sample."""
    to, sizes = p.x, chain.sizes
    for b in range(len(x)):
        size = search.unit
        at = 0
        for k in range(sizes.size):
            for i in range(sizes[k]):
                to[k, b, i] = x[b, at]
                size = max(size, abs(x[b, at]))
                at += 1
        longest[b] = search.reach * size if size > 0.0 else np.inf


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _store(chain, p, b, x, gate):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Activities, and gates on kinks (NaN elsewhere), of sample b as rows [all]."""
    found, gates, free, loose, sizes = p.x, p.gate, chain.free, p.loose, chain.sizes
    at = 0
    for k in range(sizes.size):
        for i in range(sizes[k]):
            x[at] = found[k, b, i]
            gate[at] = gates[k, b, i] if free[k, i] > loose[k, b, i] else np.nan
            at += 1


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _relax_some(chain, mu0, x, gate, ratio, now, other, work, kappa, search):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Relax x [samples, all] in place; mu0 is scratch afterwards.  Returns the number of iterations.

    The samples that still move stand first: a sample that is done is stored, and the last one that moves
    takes its place.
    """
    count = len(x)
    which = np.arange(count)
    longest, shift, sign, moved = np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count)
    smallest = FREE_INPUT_SHIFT * kappa if chain.pi[0] == 0.0 else 0.0
    _begin(chain, x, now, search, longest)
    evaluate(chain, mu0, now, count, search.tolerance, work)
    for b in range(count):
        shift[b] = max(smallest, now.total[SLOPE, b] / longest[b])
    iteration = 0
    while True:
        total = now.total
        for b in range(count - 1, -1, -1):
            if total[RATIO, b] <= 1.0 or total[RATIO, b] == np.inf or iteration == search.most:
                _store(chain, now, b, x[which[b]], gate[which[b]])
                ratio[which[b]] = total[RATIO, b]
                count -= 1
                if b < count:
                    _copy(chain, now, count, now, b)
                    which[b], longest[b], shift[b] = which[count], longest[count], shift[count]
                    mu0[b] = mu0[count]
        if count == 0:
            return iteration
        iteration += 1
        direction(chain, now, count, shift, sign, work)
        _move(chain, now, count, work.dx, other.x, moved)
        evaluate(chain, mu0, other, count, search.tolerance, work)
        _judge(chain, now, other, count, sign, moved, longest, shift, smallest, kappa)
        now, other = other, now


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _relax(chain, mu0, x, gate, ratio, kappa, search):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Relax all samples, so many at a time that their states stay in the cache."""
    samples = len(x)
    count = min(samples, AT_A_TIME)
    now, other, work = points(chain, count), points(chain, count), workspace(chain, count)
    most = 0
    for a in range(0, samples, AT_A_TIME):
        part = slice(a, min(a + AT_A_TIME, samples))
        iterations = _relax_some(
            chain, mu0[part], x[part], gate[part], ratio[part], now, other, work, kappa, search
        )
        most = max(most, iterations)
    return most


def relax_chain(
    landscape: Landscape, x: list[Floats], search: Search
) -> tuple[list[Floats], list[Floats | None], Bools, int]:
    """Activities and gates on kinks (see `State.kink_gate`) of all layers, at rest [samples], iterations."""
    chain = chain_of(landscape)
    first = landscape.network.depth + 1 - len(chain.sizes)
    joined = np.concatenate(x[first:], axis=1)
    gate = np.empty_like(joined)
    ratio = np.empty(len(joined))
    iterations = _relax(
        chain,
        landscape.constant_prediction().copy(),
        joined,
        gate,
        ratio,
        float(landscape.network.pi.min()),
        search,
    )
    cut = np.cumsum(chain.sizes)[:-1]
    gates: list[Floats | None] = [None] * len(x)
    if chain.kinks.size:
        gates[first:] = np.split(gate, cut, axis=1)
    return [*x[:first], *np.split(joined, cut, axis=1)], gates, ratio <= 1.0, int(iterations)
