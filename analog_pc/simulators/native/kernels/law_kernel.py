"""The laws of `circuit/transfer.py` in compiled code: value and slope of one law at many voltages.

A search in compiled code cannot call numpy's laws, and need not: numpy's tanh takes three times as long.  NaN
stays NaN, so that a search notices.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from analog_pc.arrays import Any, Floats
from analog_pc.circuit.transfer import LOST
from analog_pc.compiled.kernel import ORDERED_SUMS, kernel
from analog_pc.simulators.native.kernels.unit_kernel import INNER, OPTIONS

NAMES = ("tanh", "tanh_gate", "sigmoid", "sigmoid_gate", "ramp", "limiter", "sinh", "cubic")
TANH, TANH_GATE, SIGMOID, SIGMOID_GATE, RAMP, LIMITER, SINH, CUBIC = range(len(NAMES))

# `tanh` must keep the order of its sums; other loops may regroup theirs.
STRICT: dict[str, Any] = {**OPTIONS, "fastmath": ORDERED_SUMS}

ONE_PART = 1.0 / math.log(2.0)
# log 2 in two parts; the first has trailing zeros, so that k times it is exact for |k| < 2^20.
LOG_2, LOG_2_REST = float.fromhex("0x1.62e42fee00000p-1"), float.fromhex("0x1.a39ef35793c76p-33")
ROUND = 1.5 * 2.0**52  # x + ROUND has the nearest integer to x in its last bits
TAYLOR = tuple(1.0 / math.factorial(k) for k in range(13, 1, -1))  # the next term is below 4e-18 of the sum
SATURATED = 40.0  # tanh(20) is 1 to rounding


@kernel(**STRICT)
def tanh(v: Floats, offset: float, factor: float, out: Floats, power: Floats) -> None:
    """Fill out [n] with tanh(factor (v + offset)), to 3 units in the last place; `power` [n] is room.

    With e = exp(2 x) - 1: tanh x = e / (e + 2), and e = 2^k (exp(r) - 1) + 2^k - 1 with 2 x = k log 2 + r and
    a Taylor series for |r| <= (log 2) / 2, so that small x lose nothing.
    """
    bits = power.view(np.int64)
    for s in range(len(v)):
        x = 2.0 * factor * (v[s] + offset)
        x = SATURATED if x > SATURATED else x
        x = -SATURATED if x < -SATURATED else x
        k = x * ONE_PART + ROUND
        power[s] = k
        k -= ROUND
        r = x - k * LOG_2
        r -= k * LOG_2_REST
        p = 0.0
        for c in numba.literal_unroll(TAYLOR):
            p = p * r + c
        out[s] = r + r * r * p
    for s in range(len(v)):
        bits[s] = (bits[s] + 1023) << 52  # 2^k
    for s in range(len(v)):
        e = power[s] * out[s] + (power[s] - 1.0)
        out[s] = e / (e + 2.0)


@kernel(**OPTIONS)
def evaluate(kind: int, p: Floats, v: Floats, offset: float, t: Floats, value: Floats, slope: Floats) -> None:
    """Fill value and slope [n] of the law `NAMES[kind]` with parameters p at v [n] + offset.

    t [n]: the hyperbolic tangent that a law of the family of `tanh_factor` is made of.
    """
    if kind == TANH:
        for s in range(len(v)):
            value[s], slope[s] = _of_tanh(1.0, 0.0, p[0], t[s])
    elif kind == SIGMOID:
        for s in range(len(v)):
            value[s], slope[s] = _of_tanh(0.5, p[0], p[0], t[s])
    elif kind == TANH_GATE:
        for s in range(len(v)):
            value[s], slope[s] = _gate(1.0, -2.0 / p[0], t[s])
    elif kind == SIGMOID_GATE:
        for s in range(len(v)):
            value[s], slope[s] = _gate(0.25, -1.0 / p[0], t[s])
    else:
        for s in range(len(v)):
            value[s], slope[s] = evaluate_at(kind, p, 0, len(p), v[s] + offset, 0.0)


@kernel(**INNER)
def evaluate_at(kind: int, p: Floats, first: int, last: int, x: float, t: float) -> tuple[float, float]:
    """Value and slope of the law `NAMES[kind]` with parameters p [first : last] at one voltage x.

    t: tanh(factor x), see `tanh_factor`.
    """
    if kind == TANH:
        return _of_tanh(1.0, 0.0, p[first], t)
    if kind == SIGMOID:
        return _of_tanh(0.5, p[first], p[first], t)
    if kind == TANH_GATE:
        return _gate(1.0, -2.0 / p[first], t)
    if kind == SIGMOID_GATE:
        return _gate(0.25, -1.0 / p[first], t)
    if kind == RAMP:
        return _ramp(p, first, last, x)
    if kind == LIMITER:
        return _limiter(p[first], int(p[first + 1]), x)
    if kind == SINH:
        return math.sinh(p[first] * x) / p[first], math.cosh(p[first] * x)
    return x + p[first] * x * x * x, 1.0 + 3.0 * p[first] * x * x


def tanh_factor(kind: int, parameters: tuple[float, ...]) -> float:
    """The law is made of tanh(factor v); 0 for other laws."""
    part = {TANH: 1.0, TANH_GATE: 1.0, SIGMOID: 0.5, SIGMOID_GATE: 0.5}.get(kind)
    return 0.0 if part is None else part / parameters[0]


@kernel(**INNER)
def _of_tanh(part: float, middle: float, scale: float, t: float) -> tuple[float, float]:
    """part (middle + scale t), and its slope."""
    return part * (middle + scale * t), part * part * (1.0 - t * t)


@kernel(**INNER)
def _gate(height: float, turn: float, t: float) -> tuple[float, float]:
    """height (1 - t^2), and its slope."""
    value = height * (1.0 - t * t)
    return value, turn * t * value


@kernel(**INNER)
def _ramp(p: Floats, first: int, last: int, x: float) -> tuple[float, float]:
    """p [first : last]: a constant, n edges, and n + 1 slopes."""
    n = (last - first - 2) // 2
    edge = first + 1
    slope = edge + n
    value = p[first] + p[slope] * min(x, p[edge])
    at = p[slope]
    for k in range(n):
        if x > p[edge + k]:
            end = p[edge + k + 1] if k + 1 < n and x > p[edge + k + 1] else x
            value += p[slope + k + 1] * (end - p[edge + k])
            at = p[slope + k + 1]
    return value, at


@kernel(**INNER)
def _limiter(most: float, order: int, x: float) -> tuple[float, float]:
    power = (x / most) ** order
    if power < LOST:
        return x, 1.0
    root = 1.0 / math.sqrt(1.0 + power) if order == 2 else math.exp(math.log(1.0 + power) / -order)
    return x * root, root ** (order + 1)
