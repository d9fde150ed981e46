"""The laws of `circuit/transfer.py` in compiled code: value and slope of one law at many voltages.

A search in compiled code cannot call numpy's laws, and need not: numpy's tanh takes three times as long.  NaN
stays NaN, so that a search notices.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from analog_pc.arrays import Any
from analog_pc.circuit.transfer import LOST
from analog_pc.simulators.native.unit_kernel import OPTIONS

NAMES = ("tanh", "tanh_gate", "sigmoid", "sigmoid_gate", "ramp", "limiter", "sinh", "cubic")
TANH, TANH_GATE, SIGMOID, SIGMOID_GATE, RAMP, LIMITER, SINH, CUBIC = range(len(NAMES))

# `tanh` must keep the order of its sums; other loops may regroup theirs.
STRICT: dict[str, Any] = {**OPTIONS, "fastmath": OPTIONS["fastmath"] - {"reassoc"}}

ONE_PART = 1.0 / math.log(2.0)
# log 2 in two parts; the first has trailing zeros, so that k times it is exact for |k| < 2^20.
LOG_2, LOG_2_REST = float.fromhex("0x1.62e42fee00000p-1"), float.fromhex("0x1.a39ef35793c76p-33")
ROUND = 1.5 * 2.0**52  # x + ROUND has the nearest integer to x in its last bits
TAYLOR = tuple(1.0 / math.factorial(k) for k in range(13, 1, -1))  # the next term is below 4e-18 of the sum
SATURATED = 40.0  # tanh(20) is 1 to rounding


@numba.njit(**STRICT)  # type: ignore[untyped-decorator, unused-ignore]
def tanh(v, offset, factor, out, power):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
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


@numba.njit(**STRICT)  # type: ignore[untyped-decorator, unused-ignore]
def evaluate(kind, p, v, offset, t, value, slope):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Fill value and slope [n] of the law `NAMES[kind]` with parameters p at v [n] + offset.

    t [n]: the hyperbolic tangent that a law of the family of `tanh_factor` is made of.
    """
    if kind == TANH:
        _of_tanh(1.0, 0.0, p[0], t, value, slope)
    elif kind == SIGMOID:
        _of_tanh(0.5, p[0], p[0], t, value, slope)
    elif kind == TANH_GATE:
        _gate(1.0, -2.0 / p[0], t, value, slope)
    elif kind == SIGMOID_GATE:
        _gate(0.25, -1.0 / p[0], t, value, slope)
    elif kind == RAMP:
        _ramp(p, v, offset, value, slope)
    elif kind == LIMITER:
        _limiter(p[0], int(p[1]), v, offset, value, slope)
    elif kind == SINH:
        for s in range(len(v)):
            x = p[0] * (v[s] + offset)
            value[s], slope[s] = math.sinh(x) / p[0], math.cosh(x)
    else:
        for s in range(len(v)):
            x = v[s] + offset
            value[s], slope[s] = x + p[0] * x * x * x, 1.0 + 3.0 * p[0] * x * x


def tanh_factor(kind: int, parameters: tuple[float, ...]) -> float:
    """The law is made of tanh(factor v); 0 for other laws."""
    part = {TANH: 1.0, TANH_GATE: 1.0, SIGMOID: 0.5, SIGMOID_GATE: 0.5}.get(kind)
    return 0.0 if part is None else part / parameters[0]


@numba.njit(**STRICT)  # type: ignore[untyped-decorator, unused-ignore]
def _of_tanh(part, middle, scale, t, value, slope):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """part (middle + scale t), and its slope."""
    for s in range(len(t)):
        value[s], slope[s] = part * (middle + scale * t[s]), part * part * (1.0 - t[s] * t[s])


@numba.njit(**STRICT)  # type: ignore[untyped-decorator, unused-ignore]
def _gate(height, turn, t, value, slope):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """height (1 - t^2), and its slope."""
    for s in range(len(t)):
        value[s] = height * (1.0 - t[s] * t[s])
        slope[s] = turn * t[s] * value[s]


@numba.njit(**STRICT)  # type: ignore[untyped-decorator, unused-ignore]
def _ramp(p, v, offset, value, slope):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """p: a constant, the edges, and one slope more."""
    constant, n = p[0], (len(p) - 2) // 2
    edges, slopes = p[1 : n + 1], p[n + 1 :]
    for s in range(len(v)):
        x = v[s] + offset
        y, at = constant + slopes[0] * (edges[0] if x > edges[0] else x), 0
        for k in range(n):
            if x > edges[k]:
                end = edges[k + 1] if k + 1 < n and x > edges[k + 1] else x
                y += slopes[k + 1] * (end - edges[k])
                at = k + 1
        value[s], slope[s] = y, slopes[at]


@numba.njit(**STRICT)  # type: ignore[untyped-decorator, unused-ignore]
def _limiter(most, order, v, offset, value, slope):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    for s in range(len(v)):
        x = v[s] + offset
        power = (x / most) ** order
        if power < LOST:
            value[s], slope[s] = x, 1.0
        else:
            root = 1.0 / math.sqrt(1.0 + power) if order == 2 else math.exp(math.log(1.0 + power) / -order)
            value[s], slope[s] = x * root, root ** (order + 1)
