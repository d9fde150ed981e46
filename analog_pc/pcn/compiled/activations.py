"""Activation functions for compiled code: f, f' and f'' of all nodes of a layer of one sample.

tanh and sigmoid are made of one exponential, written in arithmetic that the compiler turns into SIMD::

    e^x = 2^k (1 + q(r)),      k = round(x / ln 2),      r = x - k ln 2,      |r| <= ln 2 / 2

q is the Taylor polynomial of e^r - 1 to degree 13, whose remainder r^14 / 14! is below 5e-18.  It is kept
apart from the 1, so that tanh of a small argument is as precise as the argument, to two units in the last
place.
"""

from __future__ import annotations

import math

import numpy as np

from analog_pc.arrays import Any, Floats
from analog_pc.compiled.kernel import ORDERED_SUMS, REGROUPED_SUMS, kernel
from analog_pc.pcn.activations import Activation, PiecewiseLinear

# Loops below write one or two arrays each: with more, the compiler gives up to prove that they do not
# overlap, and makes no SIMD of them.
SMOOTH = {"identity": 0, "tanh": 1, "sigmoid": 2}
KINKED = len(SMOOTH)
# A division by zero is an infinity, as in numpy: a test before each would forbid SIMD.
COMPILED: dict[str, Any] = {"error_model": "numpy", "fastmath": REGROUPED_SUMS}
KEEP_ORDER = COMPILED | {"fastmath": ORDERED_SUMS}  # where the order of additions is the algorithm
_LOG2_E = 1.0 / math.log(2.0)
_LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # the leading 32 bits of ln 2: exact in products with k
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")  # the following bits
_ROUND = 1.5 * 2.0**52  # a double of this size has no fraction: adding it rounds, and its low bits hold k
_LOWEST = -700.0  # e^-700 = 1e-304: below it f and f' of a double are those of infinity
_C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11, _C12, _C13 = (
    1.0 / math.factorial(n) for n in range(2, 14)
)


def code_of(f: Activation) -> int:
    """Number of an activation, for `activate`."""
    return KINKED if f.kinks else SMOOTH[f.name]


def pieces_of(f: Activation) -> tuple[Floats, Floats, float]:
    """Kinks, slopes between them and f at the first kink; all empty for a smooth activation."""
    if not isinstance(f, PiecewiseLinear):
        return np.empty(0), np.zeros(1), 0.0
    kinks = np.array(f.kinks)
    return kinks, np.array(f.slopes), float(f.f(kinks[:1])[0])


@kernel(**KEEP_ORDER)
def _exponential(x: Floats, count: int, n: int, q: Floats, power: Floats) -> None:
    """e^x = power (1 + q) for -700 <= x <= 0."""
    bits = power.view(np.int64)
    for b in range(count):
        for j in range(n):
            rounded = x[b, j] * _LOG2_E + _ROUND
            k = rounded - _ROUND
            r = (x[b, j] - k * _LN2_HIGH) - k * _LN2_LOW
            total = _C13 * r + _C12
            total = total * r + _C11
            total = total * r + _C10
            total = total * r + _C9
            total = total * r + _C8
            total = total * r + _C7
            total = total * r + _C6
            total = total * r + _C5
            total = total * r + _C4
            total = total * r + _C3
            q[b, j] = (total * r + _C2) * r * r + r
            power[b, j] = rounded
        for j in range(n):
            bits[b, j] = (bits[b, j] + 1023) << 52  # the exponent field of 2^k


@kernel(**COMPILED)
def _tanh(x: Floats, count: int, n: int, f: Floats, slope: Floats, curvature: Floats, power: Floats) -> None:
    for b in range(count):
        for j in range(n):
            slope[b, j] = -2.0 * abs(x[b, j])
            if slope[b, j] < _LOWEST:
                slope[b, j] = _LOWEST
    _exponential(slope, count, n, f, power)
    for b in range(count):
        for j in range(n):
            less_one = power[b, j] * f[b, j] + (power[b, j] - 1.0)  # e^(-2|x|) - 1
            f[b, j] = math.copysign(less_one / (2.0 + less_one), x[b, j])
        for j in range(n):
            slope[b, j] = 1.0 - f[b, j] * f[b, j]
            curvature[b, j] = -2.0 * f[b, j] * (1.0 - f[b, j] * f[b, j])


@kernel(**COMPILED)
def _sigmoid(
    x: Floats, count: int, n: int, f: Floats, slope: Floats, curvature: Floats, power: Floats
) -> None:
    for b in range(count):
        for j in range(n):
            slope[b, j] = -abs(x[b, j])
            if slope[b, j] < _LOWEST:
                slope[b, j] = _LOWEST
    _exponential(slope, count, n, f, power)
    for b in range(count):
        for j in range(n):
            e = power[b, j] * f[b, j] + power[b, j]
            larger = 1.0 / (1.0 + e)  # of f(x) and f(-x)
            power[b, j] = larger
            f[b, j] = e * larger
        for j in range(n):
            slope[b, j] = power[b, j] * f[b, j]
            f[b, j] = power[b, j] if x[b, j] >= 0.0 else f[b, j]
        for j in range(n):
            curvature[b, j] = slope[b, j] * (1.0 - 2.0 * f[b, j])


@kernel(**COMPILED)
def _piecewise(
    pieces: tuple[Floats, Floats, float], x: Floats, count: int, n: int, f: Floats, slope: Floats
) -> None:
    """On a kink the slope is that of its left side, as in `Activation.slope`."""
    kinks, slopes, first = pieces
    for b in range(count):
        for j in range(n):
            f[b, j] = first + slopes[0] * (x[b, j] - kinks[0])
            slope[b, j] = slopes[0]
        for k in range(kinks.size):
            step = slopes[k + 1] - slopes[k]
            kink = kinks[k]
            for j in range(n):
                f[b, j] += step * max(x[b, j] - kink, 0.0)
                slope[b, j] += step if x[b, j] > kink else 0.0


@kernel(**COMPILED)
def activate(
    code: int,
    pieces: tuple[Floats, Floats, float],
    x: Floats,
    count: int,
    n: int,
    f: Floats,
    slope: Floats,
    curvature: Floats,
    power: Floats,
) -> None:
    """f, f' and f'' of n nodes of `count` samples; arrays [samples, nodes or more], `power` is scratch."""
    if code == 1:
        _tanh(x, count, n, f, slope, curvature, power)
    elif code == 2:
        _sigmoid(x, count, n, f, slope, curvature, power)
    elif code == 0:
        for b in range(count):
            for j in range(n):
                f[b, j] = x[b, j]
                slope[b, j] = 1.0
                curvature[b, j] = 0.0
    else:
        _piecewise(pieces, x, count, n, f, slope)
        for b in range(count):
            for j in range(n):
                curvature[b, j] = 0.0
