"""Smooth activations: arrays, compiled code and SPICE text of each, side by side.

To add one: its compiled function, its loop in `activate_smooth`, and its entry at the same place of `SMOOTH`.

Compiled functions return f, f' and f'' of one number.  tanh and sigmoid are made of one exponential, written
in arithmetic that the compiler turns into SIMD where it loops over many numbers::

    e^x = 2^k (1 + q(r)),      k = round(x / ln 2),      r = x - k ln 2,      |r| <= ln 2 / 2

q is the Taylor polynomial of e^r - 1 to degree 13, whose remainder r^14 / 14! is below 5e-18.  It is kept
apart from the 1, so that tanh of a small argument is as precise as the argument, to two units in the last
place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from analog_pc.activations.activation import Activation
from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import FAST_MATH, ORDERED_SUMS, kernel

Derivatives = tuple[float, float, float]

_LOG2_E = 1.0 / math.log(2.0)
_LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # the leading 32 bits of ln 2: exact in products with k
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")  # the following bits
_ROUND = 1.5 * 2.0**52  # a double of this size has no fraction: adding it rounds, and its low bits hold k
_LOWEST = -700.0  # e^-700 = 1e-304: below it f and f' of a double are those of infinity
_C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11, _C12, _C13 = (
    1.0 / math.factorial(n) for n in range(2, 14)
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Smooth(Activation):
    """An activation without kinks.

    `expression(v, s)` and `slope_expression(v, s)` are the SPICE texts of s f(v / s) and of f'(v / s).
    """

    expression: Callable[[str, float], str]
    slope_expression: Callable[[str, float], str]


@kernel(error_model="numpy", fastmath=ORDERED_SUMS)
def _exponential(x: float) -> tuple[float, float]:
    """power and q of e^x = power (1 + q), for -700 <= x <= 0; NaN of NaN."""
    rounded = x * _LOG2_E + _ROUND
    k = rounded - _ROUND
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
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
    exponent = np.float64(rounded).view(np.int64) + 1023
    return np.int64(exponent << 52).view(np.float64), (total * r + _C2) * r * r + r


@kernel(**FAST_MATH)
def identity(x: float) -> Derivatives:
    """x, 1 and 0."""
    return x, 1.0, 0.0


@kernel(**FAST_MATH)
def tanh(x: float) -> Derivatives:
    """tanh, tanh' and tanh''."""
    negative = -2.0 * abs(x)
    negative = _LOWEST if negative < _LOWEST else negative
    power, q = _exponential(negative)
    less_one = power * q + (power - 1.0)  # e^(-2|x|) - 1
    f = math.copysign(less_one / (2.0 + less_one), x)
    slope = 1.0 - f * f
    return f, slope, -2.0 * f * slope


@kernel(**FAST_MATH)
def sigmoid(x: float) -> Derivatives:
    """1 / (1 + e^-x), and its derivatives."""
    negative = -abs(x)
    negative = _LOWEST if negative < _LOWEST else negative
    power, q = _exponential(negative)
    e = power * q + power
    larger = 1.0 / (1.0 + e)  # of f(x) and f(-x)
    smaller = e * larger
    f = larger if x >= 0.0 else smaller
    slope = larger * smaller
    return f, slope, slope * (1.0 - 2.0 * f)


@kernel(**FAST_MATH)
def activate_smooth(
    code: int, x: Floats, count: int, n: int, f: Floats, slope: Floats, curvature: Floats
) -> None:
    """Fill f, f' and f'' of `SMOOTH[code]`, as `compiled.activate` does.

    Parameters
    ----------
    code
        Place of the activation in `SMOOTH`; it is decided on outside the loops, which are SIMD then.
    x, count, n, f, slope, curvature
        As for `compiled.activate`.
    """
    if code == 0:
        for b in range(count):
            for j in range(n):
                f[b, j], slope[b, j], curvature[b, j] = identity(x[b, j])
    elif code == 1:
        for b in range(count):
            for j in range(n):
                f[b, j], slope[b, j], curvature[b, j] = tanh(x[b, j])
    elif code == 2:
        for b in range(count):
            for j in range(n):
                f[b, j], slope[b, j], curvature[b, j] = sigmoid(x[b, j])


def _tanh_derivatives(x: Floats) -> tuple[Floats, Floats]:
    y = np.tanh(x)
    slope = 1.0 - y * y
    return slope, -2.0 * y * slope


def _sigmoid_derivatives(x: Floats) -> tuple[Floats, Floats]:
    y = expit(x)
    slope = np.asarray(y * (1.0 - y))
    return slope, slope * (1.0 - 2.0 * y)


IDENTITY = Smooth(
    name="identity",
    f=lambda x: x,
    derivatives=lambda x: (np.ones_like(x), np.zeros_like(x)),
    unit=0.0,
    expression=lambda v, s: v,
    slope_expression=lambda v, s: "1",
)
TANH = Smooth(
    name="tanh",
    f=np.tanh,
    derivatives=_tanh_derivatives,
    expression=lambda v, s: f"{s!r}*tanh({v}/{s!r})",
    slope_expression=lambda v, s: f"(1-tanh({v}/{s!r})^2)",
)
SIGMOID = Smooth(  # by tanh: exp overflows in a simulator's iterates
    name="sigmoid",
    f=lambda x: np.asarray(expit(x)),
    derivatives=_sigmoid_derivatives,
    expression=lambda v, s: f"{0.5 * s!r}*(1+tanh({v}/{2.0 * s!r}))",
    slope_expression=lambda v, s: f"0.25*(1-tanh({v}/{2.0 * s!r})^2)",
)
SMOOTH = (IDENTITY, TANH, SIGMOID)
