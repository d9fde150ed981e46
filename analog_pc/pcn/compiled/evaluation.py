"""Energy, weighted errors, dE/dx and its distance from 0, at given activities (equations: `compiled`)."""

from __future__ import annotations

import math

import numpy as np

from analog_pc.activations.compiled import KINKED, activate
from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import INNER, kernel
from analog_pc.pcn.compiled.chain import Chain
from analog_pc.pcn.compiled.workspace import ENERGY, NOISE, RATIO, SLOPE, BatchState, Workspace

UNIT_ROUNDOFF = 2.0**-53


@kernel(**INNER)
def _set_errors(chain: Chain, k: int, mu0: Floats, p: BatchState, count: int, work: Workspace) -> None:
    """lambda_k of the first `count` samples, its rounding, and what it adds to E and to the rounding of E."""
    n = chain.sizes[k]
    pi = chain.pi[k]
    x = p.x
    error = p.weighted_error
    bias = chain.bias
    mu = work.narrow
    if k > 0:
        np.dot(p.f[k - 1, :count], chain.weights[k].T, mu[:count])
    for b in range(count):
        below = 0.0
        if k > 0:
            m = chain.sizes[k - 1]
            for i in range(n):
                error[k, b, i] = x[k, b, i] - (mu[b, i] + bias[k, i])
            for j in range(m):
                below += p.f[k - 1, b, j] * p.f[k - 1, b, j]
            below = (m + 2) * (work.weight_norms[k] * math.sqrt(below) + work.bias_norms[k])
        else:
            for i in range(n):
                error[k, b, i] = x[k, b, i] - mu0[b, i]
                below += mu0[b, i] * mu0[b, i]
            below = math.sqrt(below)
        squared = 0.0
        size = 0.0
        for i in range(n):
            squared += error[k, b, i] * error[k, b, i]
            size += x[k, b, i] * x[k, b, i]
            error[k, b, i] *= pi
        norm = math.sqrt(squared)
        delta = UNIT_ROUNDOFF * (math.sqrt(size) + below) if pi > 0.0 else 0.0
        p.delta[k, b] = delta
        p.error_norm[k, b] = pi * norm
        p.total[ENERGY, b] += 0.5 * pi * squared
        p.total[NOISE, b] += pi * (norm * delta + n * UNIT_ROUNDOFF * squared)


@kernel(**INNER)
def _set_feedback(chain: Chain, k: int, p: BatchState, count: int, work: Workspace) -> None:
    """h_k from lambda_{k+1}."""
    for b in range(count):
        for i in range(chain.sizes[k + 1]):
            work.narrow[b, i] = p.weighted_error[k + 1, b, i]
        for i in range(chain.sizes[k + 1], work.narrow.shape[1]):
            work.narrow[b, i] = 0.0
    np.dot(work.narrow[:count], chain.back[k + 1], p.feedback[k, :count])


@kernel(inline="always", error_model="numpy")
def _gate_on_kink(left: float, right: float, error: float, feedback: float) -> tuple[float, bool]:
    """The gate of a node on a kink, and whether it stays there.

    The derivatives of E to the left and to the right are error - left feedback and error - right feedback.
    """
    leftwards = error - left * feedback  # > 0: E falls to the left
    rightwards = error - right * feedback  # < 0: E falls to the right
    if leftwards <= 0.0 <= rightwards and leftwards < rightwards:
        return error / feedback, True
    if rightwards < 0.0 and (leftwards < 0.0 or -rightwards > leftwards > 0.0):
        return right, False
    return left, False


@kernel(**INNER)
def _set_gradient(chain: Chain, k: int, p: BatchState, count: int) -> None:
    """Gates, dE/dx and what may move in layer k."""
    n = chain.sizes[k]
    gate = p.gate
    moving = p.moving
    free = chain.free
    x = p.x
    slope = p.slope
    error = p.weighted_error
    feedback = p.feedback
    gradient = p.gradient
    for b in range(count):
        for i in range(n):
            gate[k, b, i] = slope[k, b, i]
            moving[k, b, i] = free[k, i]
    if chain.codes[k] == KINKED:
        for b in range(count):
            for j in range(chain.pieces.kinks.size):
                for i in range(n):
                    if x[k, b, i] == chain.pieces.kinks[j] and free[k, i] > 0.0:
                        value, rests = _gate_on_kink(
                            chain.pieces.slopes[j],
                            chain.pieces.slopes[j + 1],
                            error[k, b, i],
                            feedback[k, b, i],
                        )
                        gate[k, b, i] = value
                        slope[k, b, i] = value
                        if rests:
                            moving[k, b, i] = 0.0
    if chain.gate > 0.0:
        gate[k, :count, :n] = chain.gate
        p.curvature[k, :count, :n] = 0.0
    for b in range(count):
        for i in range(n):
            gradient[k, b, i] = (error[k, b, i] - gate[k, b, i] * feedback[k, b, i]) * moving[k, b, i]


@kernel(**INNER)
def _norm(a: Floats, n: int) -> float:
    """Euclidean norm of the first n numbers."""
    total = 0.0
    for j in range(n):
        total += a[j] * a[j]
    return math.sqrt(total)


@kernel(**INNER)
def _open_feedback(p: BatchState, k: int, b: int, n: int) -> float:
    """||h_k|| of the first n units that move, where their gate is open."""
    total = 0.0
    for i in range(n):
        if p.gate[k, b, i] != 0.0:
            total += p.moving[k, b, i] * p.feedback[k, b, i] * p.feedback[k, b, i]
    return math.sqrt(total)


@kernel(**INNER)
def _compare(chain: Chain, k: int, p: BatchState, count: int, work: Workspace, tolerance: float) -> None:
    """||dE/dx_k|| against the limit at which layer k is at rest, into p.total."""
    n = chain.sizes[k]
    pi = chain.pi[k]
    own = p.error_norm
    total = p.total
    delta = p.delta
    last = k + 1 == chain.sizes.size
    pi_above = 0.0 if last else chain.pi[k + 1]
    m = 0 if last else chain.sizes[k + 1] + 2
    weight = 0.0 if last else work.back_norms[k + 1]
    next_k = k if last else k + 1
    for b in range(count):
        above = own[next_k, b]
        passed = pi_above * delta[next_k, b] + m * UNIT_ROUNDOFF * above
        rounding = pi * delta[k, b] + weight * passed + 4.0 * UNIT_ROUNDOFF * _norm(p.feedback[k, b], n)
        error = own[k, b] if pi > 0.0 else weight * above
        g = _norm(p.gradient[k, b], n)
        total[SLOPE, b] += g * g
        if pi == 0.0:
            g = _open_feedback(p, k, b, n)
        limit = tolerance * error + rounding
        if not (g < np.inf and limit < np.inf):
            total[RATIO, b] = np.inf
        elif g > 0.0:
            total[RATIO, b] = max(total[RATIO, b], g / limit)


@kernel(**INNER)
def evaluate(chain: Chain, mu0: Floats, p: BatchState, count: int, tolerance: float, work: Workspace) -> None:
    """Set everything of a batch that follows from its activities p.x.

    Parameters
    ----------
    chain
        The network.
    mu0
        Constant prediction of its lowest layer, [samples, n_0].
    p
        The batch.
    count
        How many of its samples are meant, from the first on.
    tolerance
        On ||dE/dx_k|| / ||lambda_k||.
    work
        Scratch.
    """
    layers = chain.sizes.size
    p.total[:, :count] = 0.0
    for k in range(layers):
        n = chain.sizes[k]
        if k + 1 < layers:
            activate(chain.codes[k], chain.pieces, p.x[k], count, n, p.f[k], p.slope[k], p.curvature[k])
        _set_errors(chain, k, mu0, p, count, work)
    for k in range(layers):
        if k + 1 < layers:
            _set_feedback(chain, k, p, count, work)
        _set_gradient(chain, k, p, count)
        _compare(chain, k, p, count, work, tolerance)
    for b in range(count):
        p.total[SLOPE, b] = math.sqrt(p.total[SLOPE, b])
