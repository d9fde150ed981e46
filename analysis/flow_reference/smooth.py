"""Gradient flow dx/dt = -dE/dx of a network with smooth activations, followed until it rests.

The Hessian H of E is symmetric, so the exponential functions of an exponential Rosenbrock method are
exact functions of its eigenvalues.  exprb43 (order 4, embedded order 3; M. Hochbruck, A. Ostermann and
J. Schweitzer, SIAM J. Numer. Anal. 47, 786 (2009)) integrates the linearised flow exactly: no stiffness,
and near a minimum steps grow without bound.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from analog_pc.arrays import Floats
from flow_reference.chain import Chain
from flow_reference.energy import forces, hessian

TANH = 0
SIGMOID = 1
IDENTITY = 2

PRECISION = 1e-9  # local error of a step, of the largest activity (at least 1)
STEPS = 20000
LONGEST = 1e8
GROWTH = 100.0  # most e-foldings in a step: exp would overflow far beyond
NEAR = 1e-6  # Newton's last steps may move this far in all, of the largest activity


@numba.njit(cache=True)
def activate(kind: int, x: Floats) -> tuple[Floats, Floats, Floats]:
    """f, f' and f''."""
    if kind == IDENTITY:
        return x.copy(), np.ones(len(x)), np.zeros(len(x))
    if kind == TANH:
        y = np.tanh(x)
        slope = 1.0 - y * y
        return y, slope, -2.0 * y * slope
    y = 0.5 * (1.0 + np.tanh(0.5 * x))
    slope = y * (1.0 - y)
    return y, slope, slope * (1.0 - 2.0 * y)


@numba.njit(cache=True)
def descent(chain: Chain, kind: int, inputs: Floats, x: Floats) -> Floats:
    """-dE/dx of the free activities."""
    n = chain.first[chain.last + 1]
    rate, slope, _ = activate(kind, x)
    force, back = forces(chain, inputs, x, rate)
    return slope[:n] * back[:n] - force[:n]


@numba.njit(cache=True)
def curvature(chain: Chain, kind: int, inputs: Floats, x: Floats) -> Floats:
    """The Hessian of E over the free activities."""
    rate, slope, bend = activate(kind, x)
    _, back = forces(chain, inputs, x, rate)
    return hessian(chain, slope, bend * back)


@numba.njit(cache=True)
def phi(order: int, z: float) -> float:
    """phi_k(z) = integral_0^1 exp((1 - s) z) s^(k-1) / (k-1)! ds, k = 1 ... 4."""
    if abs(z) < 1.0:  # Taylor: 20 terms are exact to rounding; the recursion would cancel
        term = 1.0 / math.gamma(order + 1.0)
        total = 0.0
        for k in range(20):
            total += term
            term *= z / (order + k + 1.0)
        return total
    value = math.expm1(z) / z
    factorial = 1.0
    for k in range(1, order):
        factorial *= k
        value = (value - 1.0 / factorial) / z
    return value


@numba.njit(cache=True)
def phis(order: int, h: float, eigenvalues: Floats) -> Floats:
    """phi of -h times each eigenvalue."""
    return np.array([phi(order, -h * e) for e in eigenvalues])


@numba.njit(cache=True)
def rest(chain: Chain, kind: int, inputs: Floats, start: Floats) -> tuple[Floats, bool]:
    """Activities (clamped ones included) where the flow from `start` rests, and whether it does."""
    n = chain.first[chain.last + 1]
    x = start.copy()
    h = 1e-3
    for _ in range(STEPS):
        size = max(1.0, np.abs(x).max())
        F = descent(chain, kind, inputs, x)
        H = curvature(chain, kind, inputs, x)
        eigenvalues, Q = np.linalg.eigh(H)
        if eigenvalues[0] > 0.0 and np.abs(F).max() <= 1e-3 * NEAR * size * eigenvalues[0]:
            done, arrived = polish(chain, kind, inputs, x)
            if arrived:
                return done, True
        if eigenvalues[0] < 0.0:
            h = min(h, -GROWTH / eigenvalues[0])
        while True:  # a step that is too long for its error is taken again
            better, worse = step(chain, kind, inputs, x, F, H, eigenvalues, Q, h)
            off = np.abs(better - worse).max() / (PRECISION * size)
            factor = 5.0 if off == 0.0 else min(5.0, 0.9 * off**-0.25)
            if off <= 1.0:
                break
            h *= max(0.1, factor) if off == off else 0.1
        x[:n] = better
        h = min(factor * h, LONGEST)
    return x, False


@numba.njit(cache=True)
def step(
    chain: Chain, kind: int, inputs: Floats, x: Floats, F: Floats, H: Floats, eigenvalues: Floats,
    Q: Floats, h: float,
) -> tuple[Floats, Floats]:  # fmt: skip
    """exprb43: free activities after h, of order 4 and of order 3."""
    n = len(F)
    modes = Q.T @ F
    half = x.copy()
    half[:n] += 0.5 * h * (Q @ (phis(1, 0.5 * h, eigenvalues) * modes))
    D2 = descent(chain, kind, inputs, half) - F + H @ (half[:n] - x[:n])
    p1 = phis(1, h, eigenvalues)
    full = x.copy()
    full[:n] += h * (Q @ (p1 * (modes + Q.T @ D2)))
    D3 = descent(chain, kind, inputs, full) - F + H @ (full[:n] - x[:n])
    p3 = phis(3, h, eigenvalues)
    p4 = phis(4, h, eigenvalues)
    second = Q.T @ D2
    third = Q.T @ D3
    euler = p1 * modes
    better = euler + (16.0 * p3 - 48.0 * p4) * second + (-2.0 * p3 + 12.0 * p4) * third
    worse = euler + 16.0 * p3 * second - 2.0 * p3 * third
    return x[:n] + h * (Q @ better), x[:n] + h * (Q @ worse)


@numba.njit(cache=True)
def polish(chain: Chain, kind: int, inputs: Floats, start: Floats) -> tuple[Floats, bool]:
    """Newton's last steps to the minimum; refused where they move by more than `NEAR` in all."""
    n = chain.first[chain.last + 1]
    x = start.copy()
    size = max(1.0, np.abs(x).max())
    for _ in range(5):
        x[:n] += np.linalg.solve(curvature(chain, kind, inputs, x), descent(chain, kind, inputs, x))
    moved = np.abs(x - start).max()
    stable = np.linalg.eigvalsh(curvature(chain, kind, inputs, x))[0] > 0.0
    return x, moved <= NEAR * size and stable
