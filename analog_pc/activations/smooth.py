"""Smooth activations: arrays, compiled code and SPICE text of each, side by side.

To add one: its compiled function, its loop in `activate_smooth`, and its entry at the same place of `SMOOTH`.

Compiled functions return f, f' and f'' of one number.  tanh and sigmoid are made of one exponential
(`compiled/elementary.py`), whose q keeps tanh of a small argument as precise as the argument, to two units in
the last place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from analog_pc.activations.activation import Activation
from analog_pc.arrays import Floats
from analog_pc.compiled.elementary import exponential
from analog_pc.compiled.kernel import FAST_MATH, INNER, kernel

Derivatives = tuple[float, float, float]

_LOWEST = -700.0  # e^-700 = 1e-304: below it f and f' of a double are those of infinity


@dataclass(frozen=True, eq=False, kw_only=True)
class Smooth(Activation):
    """An activation without kinks.

    `expression(v, s)` and `slope_expression(v, s)` are the SPICE texts of s f(v / s) and of f'(v / s).
    """

    expression: Callable[[str, float], str]
    slope_expression: Callable[[str, float], str]


@kernel(**FAST_MATH)
def identity(x: float) -> Derivatives:
    """x, 1 and 0."""
    return x, 1.0, 0.0


@kernel(**FAST_MATH)
def tanh(x: float) -> Derivatives:
    """tanh, tanh' and tanh''."""
    negative = -2.0 * abs(x)
    negative = _LOWEST if negative < _LOWEST else negative
    power, q = exponential(negative)
    less_one = power * q + (power - 1.0)  # e^(-2|x|) - 1
    f = math.copysign(less_one / (2.0 + less_one), x)
    slope = 1.0 - f * f
    return f, slope, -2.0 * f * slope


@kernel(**INNER)
def sigmoid(x: float) -> Derivatives:
    """1 / (1 + e^-x), and its derivatives."""
    negative = -abs(x)
    negative = _LOWEST if negative < _LOWEST else negative
    power, q = exponential(negative)
    e = power * q + power
    larger = 1.0 / (1.0 + e)  # of f(x) and f(-x)
    smaller = e * larger
    f = larger if x >= 0.0 else smaller
    slope = larger * smaller
    return f, slope, slope * (1.0 - 2.0 * f)


@kernel(**INNER)
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
