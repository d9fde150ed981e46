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
    rounding_k = pi_k delta_k + ||W_{k+1}|| (pi_{k+1} delta_{k+1} + (n_{k+1} + 2) u ||lambda_{k+1}||) + 4 u ||h_k||

(||W||: Frobenius' norm).  Everything scales with the precisions, and with the unit of activity.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.pcn.compiled_activations import FAST_MATH, activate, code_of, pieces_of
from analog_pc.pcn.state import Landscape

UNIT_ROUNDOFF = 2.0**-53
SHRINK = 0.4  # of the shift, after a step of at most half the reach
GROW = 3.0  # of the shift, after a step that was refused
FIRST_SHIFT = 0.1  # in units of the smallest precision: where a refused Newton step starts
LAST_SHIFT = 1e-3  # in the same unit: below it a shift becomes the smallest
FREE_INPUT_SHIFT = 1e-6  # smallest shift, in the same unit, where nothing else keeps a free input (pi_0 = 0)
CERTAIN = 1e-3  # a step that lowers the gradient by this factor is taken whatever the energy's rounding says


class Chain(NamedTuple):
    """The moving part of a network; N activities in K layers, side by side."""

    sizes: Ints  # n_k, [K]
    at: Ints  # where layer k begins, [K + 1]
    weights: Floats  # W_1 ... W_{K-1}, [post, pre] each, one after the other
    where: Ints  # where W_k begins, [K]
    bias: Floats  # b_k, [N]
    pi: Floats  # precisions, [K]
    free: Floats  # 1 where an activity moves, 0 where it is clamped, [N]
    codes: Ints  # of the activations, [K]
    kinks: Floats
    slopes: Floats
    first_value: float  # f at the first kink
    norms: Floats  # Frobenius' norm of W_k, [K]


class Point(NamedTuple):
    """A state of one sample; arrays [N] but `total` = (energy, its rounding, ||dE/dx||, residual / limit)."""

    x: Floats
    f: Floats
    slope: Floats
    curvature: Floats
    force: Floats  # lambda
    back: Floats  # h
    gate: Floats
    gradient: Floats
    loose: Floats  # 1 where free and not resting on a kink
    total: Floats


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
    layers = range(first, net.depth + 1)
    sizes = np.array([net.sizes[layer] for layer in layers], dtype=np.int64)
    at = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=at[1:])
    between = [net.W[layer - 1] for layer in layers[1:]]
    where = np.zeros(len(sizes), dtype=np.int64)
    where[2:] = np.cumsum([w.size for w in between[:-1]])
    bias = np.concatenate([np.zeros(sizes[0]), *(net.b[layer - 1] for layer in layers[1:])])
    activations = [landscape.activations[layer] for layer in layers[:-1]]
    norms = np.array([0.0, *(np.sqrt(np.vdot(w, w)) for w in between)])
    kinks, slopes, first_value = pieces_of(next((f for f in activations if f.kinks), net.activation_of(0)))
    return Chain(
        sizes=sizes,
        at=at,
        weights=np.concatenate([np.empty(0), *(w.ravel() for w in between)]),
        where=where,
        bias=bias,
        pi=np.array([net.precision_of(layer) for layer in layers]),
        free=np.concatenate(landscape.movable[first:]),
        codes=np.array([*(code_of(f) for f in activations), 0], dtype=np.int64),
        kinks=kinks,
        slopes=slopes,
        first_value=first_value,
        norms=norms,
    )


@numba.njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _point(total):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    return Point(
        np.zeros(total),
        np.zeros(total),
        np.zeros(total),
        np.zeros(total),
        np.zeros(total),
        np.zeros(total),
        np.zeros(total),
        np.zeros(total),
        np.zeros(total),
        np.zeros(4),
    )


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _dot(a, b):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    total = 0.0
    for j in range(a.size):
        total += a[j] * b[j]
    return total


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _add(out, factor, row):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """out += factor row."""
    for j in range(out.size):
        out[j] += factor * row[j]


@numba.njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _norm(a):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    return math.sqrt(_dot(a, a))


@numba.njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _forces(chain, mu0, p, delta):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """lambda and h of the activities p.x, the energy, and delta_k (see above) as `delta` [K]."""
    layers = chain.sizes.size
    pieces = (chain.kinks, chain.slopes, chain.first_value)
    energy = 0.0
    noise = 0.0
    for k in range(layers):
        here = slice(chain.at[k], chain.at[k + 1])
        x, force, bias = p.x[here], p.force[here], chain.bias[here]
        n = x.size
        pi = chain.pi[k]
        if k == 0:
            for i in range(n):
                force[i] = x[i] - mu0[i]
            rounding = _norm(x) + _norm(mu0)
        else:
            below = p.f[chain.at[k - 1] : chain.at[k]]
            m = below.size
            start = chain.where[k]
            for i in range(n):
                row = chain.weights[start + i * m : start + (i + 1) * m]
                force[i] = x[i] - (_dot(row, below) + bias[i])
            rounding = _norm(x) + (m + 2) * (chain.norms[k] * _norm(below) + _norm(bias))
        delta[k] = UNIT_ROUNDOFF * rounding if pi > 0.0 else 0.0
        squared = _dot(force, force)
        energy += 0.5 * pi * squared
        noise += pi * (math.sqrt(squared) * delta[k] + n * UNIT_ROUNDOFF * squared)
        for i in range(n):
            force[i] *= pi
        if k + 1 < layers:
            activate(chain.codes[k], pieces, x, p.f[here], p.slope[here], p.curvature[here], p.gate[here])
    p.back[:] = 0.0
    for k in range(layers - 1):
        m = chain.sizes[k]
        back = p.back[chain.at[k] : chain.at[k + 1]]
        above = p.force[chain.at[k + 1] : chain.at[k + 2]]
        for i in range(above.size):
            row = chain.weights[chain.where[k + 1] + i * m : chain.where[k + 1] + (i + 1) * m]
            _add(back, above[i], row)
    p.total[0] = energy
    p.total[1] = noise


@numba.njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _gate_on_kink(left, right, force, back):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """The gate of a node on a kink, and whether it stays there.

    The derivatives of E to the left and to the right are force - left back and force - right back.
    """
    downwards = force - left * back  # > 0: E falls to the left
    upwards = force - right * back  # < 0: E falls to the right
    if downwards <= 0.0 <= upwards and downwards < upwards:
        return force / back, True
    if upwards < 0.0 and (downwards < 0.0 or -upwards > downwards > 0.0):
        return right, False
    return left, False


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _set_gates(chain, k, p):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Gate, dE/dx and whether it may move, of every node of layer k."""
    for i in range(chain.at[k], chain.at[k + 1]):
        p.gate[i] = p.slope[i]
        p.loose[i] = chain.free[i]
    if k + 1 < chain.sizes.size and chain.codes[k] == 3:
        for i in range(chain.at[k], chain.at[k + 1]):
            for j in range(chain.kinks.size):
                if p.x[i] == chain.kinks[j] and chain.free[i] > 0.0:
                    left, right = chain.slopes[j], chain.slopes[j + 1]
                    p.gate[i], rests = _gate_on_kink(left, right, p.force[i], p.back[i])
                    if rests:
                        p.loose[i] = 0.0
    for i in range(chain.at[k], chain.at[k + 1]):
        p.gradient[i] = (p.force[i] - p.gate[i] * p.back[i]) * p.loose[i]


@numba.njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def evaluate(chain, mu0, p, delta, tolerance):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Everything that follows from the activities p.x."""
    _forces(chain, mu0, p, delta)
    layers = chain.sizes.size
    squared = 0.0
    ratio = 0.0
    for k in range(layers):
        here = slice(chain.at[k], chain.at[k + 1])
        _set_gates(chain, k, p)
        g = _norm(p.gradient[here])
        force = _norm(p.force[here])
        rounding = chain.pi[k] * delta[k]
        if k + 1 < layers:
            above = _norm(p.force[chain.at[k + 1] : chain.at[k + 2]])
            passed = chain.pi[k + 1] * delta[k + 1] + (chain.sizes[k + 1] + 2) * UNIT_ROUNDOFF * above
            rounding += chain.norms[k + 1] * passed + 4.0 * UNIT_ROUNDOFF * _norm(p.back[here])
            if chain.pi[k] == 0.0:
                force = chain.norms[k + 1] * above
        limit = tolerance * force + rounding
        if not g <= np.inf:
            ratio = np.inf
        elif g > 0.0:
            ratio = max(ratio, g / limit if limit > 0.0 else np.inf)
        squared += g * g
    p.total[2] = math.sqrt(squared)
    p.total[3] = ratio


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _factor(a, pivots):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """LU factors of a, in place, rows exchanged; the sign of the determinant."""
    n = pivots.size
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
                a[k, j], a[best, j] = a[best, j], a[k, j]
        pivot = a[k, k]
        if pivot < 0.0:
            sign = -sign
        elif not pivot > 0.0:
            return 0.0
        for i in range(k + 1, n):
            a[i, k] /= pivot
            _add(a[i][k + 1 : n], -a[i, k], a[k][k + 1 : n])
    return sign


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _solve(a, pivots, b):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """b becomes a^-1 b, by the factors of `_factor`."""
    n = pivots.size
    for k in range(n):
        other = pivots[k]
        b[k], b[other] = b[other], b[k]
    for i in range(1, n):
        b[i] -= _dot(a[i][:i], b[:i])
    for i in range(n - 1, -1, -1):
        b[i] = (b[i] - _dot(a[i][i + 1 : n], b[i + 1 : n])) / a[i, i]


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _eliminate_first(chain, p, shift, particular, spread):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """p_0 and the rows of (P_0 B_1^T)^T; the sign of the determinant of P_0."""
    n = chain.sizes[0]
    sign = 1.0
    for j in range(n):
        stiffness = chain.pi[0] - p.curvature[j] * p.back[j] + shift
        if p.loose[j] == 0.0:
            stiffness = 1.0
        elif stiffness < 0.0:
            sign = -sign
        elif stiffness == 0.0:
            return 0.0
        compliance = p.loose[j] / stiffness
        particular[j] = -compliance * p.gradient[j]
        p.slope[j] = compliance * p.gate[j]  # the slope has done its work: from here on it is scratch
    if chain.sizes.size > 1:
        scaled = p.slope[:n]
        for i in range(chain.sizes[1]):
            row = chain.weights[i * n : (i + 1) * n]
            out = spread[i * n : (i + 1) * n]
            for j in range(n):
                out[j] = row[j] * scaled[j]
    return sign


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _eliminate(chain, k, p, shift, particular, spread, matrices, row):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """p_k and the rows of (P_k B_{k+1}^T)^T of layer k > 0; the sign of the determinant.

    The unknown of a node is dx where it is loose, and dlambda where it is held.
    """
    n, m = chain.sizes[k], chain.sizes[k - 1]
    s = matrices[0][: n * n].reshape(n, n)
    a = matrices[1][: n * n].reshape(n, n)
    here = slice(chain.at[k], chain.at[k + 1])
    below = slice(chain.at[k - 1], chain.at[k])
    loose, gradient, curvature, back = p.loose[here], p.gradient[here], p.curvature[here], p.back[here]
    start = chain.where[k]
    gate, moves, known = p.gate[below], p.loose[below], particular[below]
    inner = row[:m]
    out = particular[here]
    for i in range(n):  # s = B P B^T + 1 / pi, out = B p
        weights = chain.weights[start + i * m : start + (i + 1) * m]
        for j in range(m):
            inner[j] = weights[j] * gate[j] * moves[j]
        for j in range(i + 1):
            s[i, j] = _dot(inner, spread[start + j * m : start + (j + 1) * m])
        s[i, i] += 1.0 / chain.pi[k]
        out[i] = _dot(inner, known)
    sign = 1.0
    for i in range(n):
        for j in range(i):
            s[j, i] = s[i, j]
    for j in range(n):
        if loose[j] == 0.0:
            sign = -sign
    for i in range(n):
        for j in range(n):
            a[i, j] = s[i, j] * (shift - curvature[j] * back[j]) if loose[j] > 0.0 else -s[i, j]
        if loose[i] > 0.0:
            a[i, i] += 1.0
        out[i] -= _dot(s[i], gradient)
    pivots = np.empty(n, np.int64)
    sign *= _factor(a, pivots)
    if sign == 0.0:
        return 0.0
    _solve(a, pivots, out)
    if k + 1 < chain.sizes.size:
        start = chain.where[k + 1]
        push, above = row[:n], p.gate[here]
        for r in range(chain.sizes[k + 1]):
            weights = chain.weights[start + r * n : start + (r + 1) * n]
            for j in range(n):
                push[j] = weights[j] * above[j] * loose[j]
            answer = spread[start + r * n : start + (r + 1) * n]
            for i in range(n):
                answer[i] = _dot(s[i], push)
            _solve(a, pivots, answer)
    return sign


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def direction(chain, p, shift, dx, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """dx with (H + shift) dx = -dE/dx over the loose nodes; the sign of the determinant of H + shift."""
    particular, spread, matrices, row, force = work
    layers = chain.sizes.size
    sign = _eliminate_first(chain, p, shift, particular, spread)
    for k in range(1, layers):
        if sign != 0.0:
            sign *= _eliminate(chain, k, p, shift, particular, spread, matrices, row)
    if sign == 0.0:
        return 0.0
    for k in range(layers - 1, -1, -1):
        n = chain.sizes[k]
        here = slice(chain.at[k], chain.at[k + 1])
        out, push = dx[here], row[:n]
        out[:] = particular[here]
        push[:] = 0.0
        if k + 1 < layers:
            start = chain.where[k + 1]
            above = force[chain.at[k + 1] : chain.at[k + 2]]
            for i in range(above.size):
                _add(out, above[i], spread[start + i * n : start + (i + 1) * n])
                _add(push, above[i], chain.weights[start + i * n : start + (i + 1) * n])
        for i in range(n):
            j = chain.at[k] + i
            if p.loose[j] > 0.0:
                bending = shift - p.curvature[j] * p.back[j]
                force[j] = p.gate[j] * push[i] - p.gradient[j] - bending * out[i]
            else:
                force[j] = out[i]
                out[i] = 0.0
    return sign


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _move(chain, p, dx, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """out = x + dx, stopped at the first kink on the way; the largest change.

    From a kink a node moves only to the side whose slope the step was made with.
    """
    x = p.x
    for i in range(x.size):
        out[i] = x[i] + dx[i]
    for k in range(chain.sizes.size - 1):
        if chain.codes[k] == 3:
            for i in range(chain.at[k], chain.at[k + 1]):
                for j in range(chain.kinks.size):
                    kink = chain.kinks[j]
                    from_left = x[i] < kink or (x[i] == kink and p.gate[i] == chain.slopes[j])
                    from_right = x[i] > kink or (x[i] == kink and p.gate[i] == chain.slopes[j + 1])
                    if (from_left and out[i] > kink) or (from_right and out[i] < kink):
                        out[i] = kink
    longest = 0.0
    for i in range(x.size):
        longest = max(longest, abs(out[i] - x[i]))
    return longest


@numba.njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _relax_sample(chain, mu0, now, other, delta, dx, work, longest, smallest, kappa, search):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Steps until the sample rests; the last point and the number of iterations."""
    evaluate(chain, mu0, now, delta, search.tolerance)
    shift = max(smallest, now.total[2] / longest)
    for iteration in range(search.most):
        if now.total[3] <= 1.0 or now.total[3] == np.inf:
            return now, iteration
        good = direction(chain, now, shift, dx, work) > 0.0
        moved = 0.0
        if good:
            moved = _move(chain, now, dx, other.x)
            evaluate(chain, mu0, other, delta, search.tolerance)
            falls = other.total[0] - now.total[0] <= now.total[1] + other.total[1]
            falls = falls or other.total[2] < CERTAIN * now.total[2]
            good = falls and moved <= longest and other.total[3] < np.inf
        if good:
            if moved <= 0.5 * longest:
                shift *= SHRINK
            if shift <= LAST_SHIFT * kappa:
                shift = smallest
            now, other = other, now
        else:
            shift = max(GROW * shift, FIRST_SHIFT * kappa)
    return now, search.most


@numba.njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _relax(chain, mu0, x, gate, ratio, kappa, search):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    layers, total = chain.sizes.size, chain.free.size
    widest = chain.sizes.max()
    rows = chain.sizes[1:].max() if layers > 1 else 0
    first, second = _point(total), _point(total)
    delta, dx = np.zeros(layers), np.zeros(total)
    work = (
        np.zeros(total),
        np.zeros(chain.weights.size),
        np.zeros((2, rows * rows)),
        np.zeros(widest),
        np.zeros(total),
    )
    smallest = FREE_INPUT_SHIFT * kappa if chain.pi[0] == 0.0 else 0.0
    most = 0
    for s in range(len(x)):
        first.x[:] = x[s]
        size = max(search.unit, np.abs(x[s]).max())
        longest = search.reach * size if size > 0.0 else np.inf
        last, iterations = _relax_sample(
            chain, mu0[s], first, second, delta, dx, work, longest, smallest, kappa, search
        )
        x[s] = last.x
        ratio[s] = last.total[3]
        most = max(most, iterations)
        for i in range(total):
            gate[s, i] = last.gate[i] if chain.free[i] > last.loose[i] else np.nan
    return most


def relax_chain(
    landscape: Landscape, x: list[Floats], search: Search
) -> tuple[list[Floats], list[Floats], Bools, int]:
    """Activities and gates on kinks (NaN elsewhere) of all layers, at rest [samples], iterations."""
    chain = chain_of(landscape)
    first = landscape.network.depth + 1 - len(chain.sizes)
    joined = np.concatenate(x[first:], axis=1)
    mu0 = landscape.constant_prediction()
    gate = np.empty_like(joined)
    ratio = np.empty(len(joined))
    kappa = float(landscape.network.pi.min())
    iterations = _relax(chain, mu0, joined, gate, ratio, kappa, search)
    cut = chain.at[1:-1]
    gates = [np.full_like(a, np.nan) for a in x[:first]]
    return (
        [*x[:first], *np.split(joined, cut, axis=1)],
        [*gates, *np.split(gate, cut, axis=1)],
        ratio <= 1.0,
        int(iterations),
    )
