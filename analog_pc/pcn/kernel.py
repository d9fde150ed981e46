"""Compiled Newton relaxation of the shape that training uses: one smooth hidden layer, both ends clamped.

Same equations as `newton.py` with the layers written out, one sample after the other so that a sample
stays in cache.  It gives up (converged = False) instead of guessing: when E would rise, or when a
diagonal pi_1 - f'' h is not positive, so that every answer it does give is a strict minimum of E.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.state import Landscape

SMOOTH = {"identity": 0, "tanh": 1, "sigmoid": 2}
FAST_MATH = {"reassoc", "contract", "nsz"}  # lets sums use SIMD; NaN and infinity keep their meaning


def applies(landscape: Landscape) -> bool:
    """Whether the kernel covers this network and these clamps."""
    free = landscape.any_free
    net = landscape.network
    fully_free = bool(landscape.clamps.free[1].all())
    return net.depth == 2 and free == [False, True, False] and fully_free and net.activation in SMOOTH


def relax_hidden(
    landscape: Landscape, mu: Floats, tolerance: float, most: int = 30
) -> tuple[Floats, Bools, int]:
    """Hidden activities [samples, n_1], converged [samples] and the largest number of iterations.

    `mu` [samples, n_1] is the hidden prediction, where the relaxation starts (the forward state).
    """
    net = landscape.network
    x = mu.copy()
    converged = np.zeros(len(x), dtype=np.bool_)
    offset = landscape.clamps.values[2] - net.b[1]
    pi1, pi2 = float(net.pi[0]), float(net.pi[1])
    code = SMOOTH[net.activation]
    iterations = _relax(x, converged, mu, offset, net.W[1], pi1, pi2, code, tolerance, most)
    return x, converged, int(iterations)


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _activate(code, x, a, g, c):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """a = f, g = f', c = f'' of one sample."""
    for j in range(x.size):
        if code == 0:
            a[j], g[j], c[j] = x[j], 1.0, 0.0
        elif code == 1:
            y = math.tanh(x[j])
            slope = 1.0 - y * y
            a[j], g[j], c[j] = y, slope, -2.0 * y * slope
        else:
            y = 1.0 / (1.0 + math.exp(-x[j])) if x[j] >= 0.0 else 1.0 - 1.0 / (1.0 + math.exp(x[j]))
            slope = y * (1.0 - y)
            a[j], g[j], c[j] = y, slope, slope * (1.0 - 2.0 * y)


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _solve_spd(s, rhs):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Solve s y = rhs in place by Cholesky; s is overwritten."""
    n = rhs.size
    for i in range(n):
        for k in range(i + 1):
            total = s[i, k]
            for m in range(k):
                total -= s[i, m] * s[k, m]
            s[i, k] = math.sqrt(total) if i == k else total / s[k, k]
        total = rhs[i]
        for m in range(i):
            total -= s[i, m] * rhs[m]
        rhs[i] = total / s[i, i]
    for i in range(n - 1, -1, -1):
        total = rhs[i]
        for m in range(i + 1, n):
            total -= s[m, i] * rhs[m]
        rhs[i] = total / s[i, i]


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _relax(x, converged, mu, offset, w, pi1, pi2, code, tolerance, most):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    samples, hidden = x.shape
    outputs = w.shape[0]
    a, g, c = np.empty(hidden), np.empty(hidden), np.empty(hidden)
    h, d, grad = np.empty(hidden), np.empty(hidden), np.empty(hidden)
    scaled, down = np.empty(hidden), np.empty((outputs, hidden))
    e, lam, s = np.empty(outputs), np.empty(outputs), np.empty((outputs, outputs))
    longest = 0
    for k in range(samples):
        xk, muk = x[k], mu[k]
        last_energy, last_residual = np.inf, np.inf
        for iteration in range(most):
            _activate(code, xk, a, g, c)
            energy = 0.0
            h[:] = 0.0
            for i in range(outputs):
                total = 0.0
                for j in range(hidden):
                    total += w[i, j] * a[j]
                e[i] = offset[k, i] - total
                energy += 0.5 * pi2 * e[i] * e[i]
                for j in range(hidden):
                    h[j] += w[i, j] * (pi2 * e[i])
            residual, force, lowest = 0.0, 1.0, np.inf
            for j in range(hidden):
                eps = xk[j] - muk[j]
                energy += 0.5 * pi1 * eps * eps
                grad[j] = pi1 * eps - g[j] * h[j]
                d[j] = pi1 - c[j] * h[j]
                residual = max(residual, abs(grad[j]))
                force = max(force, abs(h[j]))
                lowest = min(lowest, d[j])
            if (
                not (energy <= last_energy * (1.0 + 1e-13) or residual < 1e-3 * last_residual)
                or not lowest > 0.0
            ):
                break
            if residual <= tolerance * force:
                converged[k] = True
                longest = max(longest, iteration)
                break
            last_energy, last_residual = energy, residual
            for i in range(outputs):
                total = 0.0
                for j in range(hidden):
                    down[i, j] = w[i, j] * g[j]
                    total += down[i, j] * grad[j] / d[j]
                lam[i] = total
            for i in range(outputs):
                for j in range(hidden):
                    scaled[j] = down[i, j] / d[j]
                for m in range(i + 1):
                    total = 0.0
                    for j in range(hidden):
                        total += scaled[j] * down[m, j]
                    s[i, m] = total
                s[i, i] += 1.0 / pi2
            _solve_spd(s, lam)
            for j in range(hidden):
                total = -grad[j]
                for i in range(outputs):
                    total += down[i, j] * lam[i]
                xk[j] += total / d[j]
    return longest
