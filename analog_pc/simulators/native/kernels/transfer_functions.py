"""Transfer functions of `circuit/transfer.py` in compiled code: value and slope at many voltages at once.

An output of a circuit's nonlinear elements is ::

    delta = (gain (f(y0 + offset) - f(offset)) - slope y0) y1      y1: second factor of a multiplier, or 1

A search in compiled code cannot call numpy's functions, and need not: numpy's tanh takes three times as long.
NaN stays NaN, so that a search notices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from analog_pc.activations.smooth import tanh as tanh_and_derivatives
from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.circuit.transfer import LOST
from analog_pc.compiled.elementary import exponential, logarithm
from analog_pc.compiled.kernel import INNER, kernel
from analog_pc.simulators.native.kernels import OPTIONS, TILE
from analog_pc.simulators.native.kernels.wright_omega import wright_omega
from analog_pc.simulators.native.mna.elements import NonlinearElement

NAMES = ("tanh", "tanh_gate", "sigmoid", "sigmoid_gate", "ramp", "limiter", "sinh", "cubic", "wright_omega")
TANH, TANH_GATE, SIGMOID, SIGMOID_GATE, RAMP, LIMITER, SINH, CUBIC, WRIGHT_OMEGA = range(len(NAMES))

HUGE = 1e300  # a larger 1 + (v / most)^order overflows soon, and a limiter gives 0, as in Python


class TransferTable(NamedTuple):
    """`Formula`s of outputs [outputs]; `inputs` [inputs of an output, outputs] are the numbers of theirs."""

    kind: Ints
    starts: Ints  # of each one's parameters, and where the next begins: [outputs, 2]
    parameters: Floats
    gain: Floats
    offset: Floats
    rest: Floats  # f(offset), to the bit what is subtracted from it at y = 0
    slope: Floats
    gated: Bools
    factor: Floats  # `tanh_factor`
    inputs: Ints

    def select(self, outputs: Ints, inputs: Ints) -> TransferTable:
        """The rows of some outputs, with the inputs [inputs of an output, outputs] that are now theirs."""
        fixed = "parameters", "inputs"
        rows = {name: getattr(self, name)[outputs] for name in self._fields if name not in fixed}
        return self._replace(**rows, inputs=np.ascontiguousarray(inputs))


def transfer_table(elements: Sequence[NonlinearElement], inputs: Ints) -> TransferTable | None:
    """All outputs of elements with these inputs; None where compiled code does not know a function."""
    if not elements:
        return empty_table()
    formulas = [element.formula for element in elements if element.formula is not None]
    parameters = [f.transfer.parameters for f in formulas if f.transfer.parameters is not None]
    if len(parameters) < len(elements) or any(f.transfer.name not in NAMES for f in formulas):
        return None
    counts = [len(f.gain) for f in formulas]
    kinds = [NAMES.index(f.transfer.name) for f in formulas]
    factors = [tanh_factor(kind, p) for kind, p in zip(kinds, parameters, strict=True)]
    ends = np.concatenate([[0], np.cumsum([len(p) for p in parameters])])
    starts = np.stack([ends[:-1], ends[1:]], axis=1)

    def by_output(name: str) -> Floats:
        return np.concatenate([getattr(f, name) for f in formulas])

    table = TransferTable(
        kind=np.repeat(kinds, counts),
        starts=np.repeat(starts, counts, axis=0),
        parameters=np.concatenate(parameters),
        gain=by_output("gain"),
        offset=by_output("offset"),
        rest=np.zeros(sum(counts)),
        slope=by_output("slope"),
        gated=np.repeat([f.gated for f in formulas], counts),
        factor=np.repeat(factors, counts),
        inputs=np.ascontiguousarray(inputs),
    )
    return table._replace(rest=_values_at_rest(table))


def _values_at_rest(table: TransferTable) -> Floats:
    """f(offset) of each output, [outputs]."""
    one = np.ones_like(table.gain)
    plain = table._replace(gain=one, slope=0.0 * one, gated=np.zeros(len(one), dtype=np.bool_))
    value, _ = evaluate_batch(plain, np.zeros((1, int(table.inputs.max(initial=0)) + 1)))
    return np.array(value[0])


@cache
def empty_table() -> TransferTable:
    """The table of no outputs."""
    none = np.empty(0)
    pairs = np.empty((0, 2), dtype=np.int64)
    kind = np.empty(0, dtype=np.int64)
    gated = np.empty(0, dtype=np.bool_)
    return TransferTable(kind, pairs, none, none, none, none, none, gated, none, pairs.T.copy())


def evaluate_batch(table: TransferTable, y: Floats) -> tuple[Floats, Floats]:
    """Outputs [samples, outputs] and slopes [inputs of an output, outputs, samples] at y [samples, inputs].

    A slope by an input that an output does not have is 0.
    """
    samples = len(y)
    outputs = len(table.kind)
    value = np.empty((outputs, samples))
    slopes = np.zeros((len(table.inputs), outputs, samples))
    evaluate_outputs(table, np.ascontiguousarray(y.T), np.empty((1, samples)), value, slopes)
    return value.T, slopes


def evaluate_values(table: TransferTable, y: Floats) -> Floats:
    """Outputs [samples, outputs] at y [samples, inputs]."""
    value = np.empty((len(y), len(table.kind)))
    _evaluate_values(table, np.ascontiguousarray(y), value)
    return value


@kernel(**OPTIONS)
def tanh(v: Floats, offset: float, factor: float, out: Floats) -> None:
    """Fill out [n] with tanh(factor (v + offset)), to 3 units in the last place."""
    for s in range(len(v)):
        out[s] = tanh_and_derivatives(factor * (v[s] + offset))[0]


@kernel(**OPTIONS)
def evaluate(kind: int, p: Floats, v: Floats, offset: float, t: Floats, value: Floats, slope: Floats) -> None:
    """Fill value and slope [n] of transfer function `NAMES[kind]` with parameters p at v [n] + offset.

    t [n]: tanh(factor (v + offset)), see `tanh_factor`.
    """
    if kind == TANH:  # loops of their own where SIMD can do them
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
    elif kind == LIMITER:
        _limit(p[0], int(p[1]), v, offset, value, slope)
    else:
        for s in range(len(v)):
            value[s], slope[s] = evaluate_at(kind, p, 0, len(p), v[s] + offset, t[s])


@kernel(**INNER)
def _limit(most: float, order: int, v: Floats, offset: float, value: Floats, slope: Floats) -> None:
    """`evaluate` of a limiter."""
    for s in range(len(v)):
        value[s] = ((v[s] + offset) / most) ** 2
        slope[s] = value[s]
    for _ in range(order // 2 - 1):
        for s in range(len(v)):
            slope[s] *= value[s]
    if order == 2:  # decided on outside the loops, which are SIMD then
        for s in range(len(v)):
            value[s] = 1.0 / math.sqrt(1.0 + slope[s])
    else:
        for s in range(len(v)):
            value[s] = _root(1.0 + slope[s], order)
    for s in range(len(v)):
        slope[s] = value[s] / (1.0 + slope[s])
        value[s] *= v[s] + offset


@kernel(**INNER)
def evaluate_at(kind: int, p: Floats, first: int, last: int, x: float, t: float) -> tuple[float, float]:
    """Value and slope of transfer function `NAMES[kind]` with parameters p [first : last] at one voltage x.

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
    if kind == WRIGHT_OMEGA:
        omega, rise = wright_omega(x / p[first])
        return p[first] * omega, rise
    return x + p[first] * x * x * x, 1.0 + 3.0 * p[first] * x * x


def tanh_factor(kind: int, parameters: tuple[float, ...]) -> float:
    """The function is made of tanh(factor v); 0 for others."""
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
    square = (x / most) ** 2
    power = 1.0
    for _ in range(order // 2):
        power *= square
    large = 1.0 + power
    root = 1.0 / math.sqrt(large) if order == 2 else _root(large, order)
    return x * root, root / large


@kernel(**INNER)
def _root(large: float, order: int) -> float:
    """large^(-1/order) of a number >= 1, and 1 of 1 to the bit."""
    leading, rest = exponential(logarithm(large) / -order)
    return 0.0 if large > HUGE else leading * rest + leading


@kernel(**INNER)
def _all_straight(most: float, order: int, v: Floats, offset: float) -> bool:
    """Whether a limiter is a line of slope 1 at all voltages v [n] + offset."""
    limit = most * LOST ** (1.0 / order)
    beyond = 0
    for s in range(len(v)):
        beyond += abs(v[s] + offset) >= limit
    return beyond == 0


@kernel(**OPTIONS)
def evaluate_outputs(table: TransferTable, y: Floats, work: Floats, value: Floats, slopes: Floats) -> None:
    """Fill value [outputs, samples] and slopes [inputs of an output, outputs, samples].

    y [inputs, samples]; work [1 or more, samples] is overwritten.  A slope by an input that an output does
    not have stays as it is.
    """
    kinds, starts, parameters, gains, offsets, rests, lines, gated, factors, inputs = table
    t = work[0]
    samples = y.shape[1]
    for o in range(len(value)):
        y0 = y[inputs[0, o]]
        offset = offsets[o]
        if factors[o] != 0.0:
            tanh(y0, offset, factors[o], t)
        p = parameters[starts[o, 0] : starts[o, 1]]
        delta = value[o]
        slope = slopes[0, o]
        gain = gains[o]
        rest = rests[o]
        line = lines[o]
        if kinds[o] == LIMITER and _all_straight(p[0], int(p[1]), y0, offset):  # as most amplifiers are
            for s in range(samples):
                delta[s] = (gain - line) * y0[s]
                slope[s] = gain - line
        else:
            evaluate(kinds[o], p, y0, offset, t, delta, slope)
            for s in range(samples):
                delta[s] = gain * (delta[s] - rest) - line * y0[s]
                slope[s] = gain * slope[s] - line
        if gated[o]:
            i = inputs[1, o]
            for s in range(samples):
                slopes[1, o, s] = delta[s]
                delta[s] *= y[i, s]
                slope[s] *= y[i, s]


@kernel(**OPTIONS)
def _evaluate_values(table: TransferTable, y: Floats, value: Floats) -> None:
    """Fill value [samples, outputs] at y [samples, inputs], in tiles that stay in the cache of a core."""
    samples, inputs = y.shape
    outputs = value.shape[1]
    width = min(TILE, samples)
    y_tile = np.empty((inputs, width))
    work = np.empty((1, width))
    value_tile = np.empty((outputs, width))
    slopes = np.empty((len(table.inputs), outputs, width))
    for first in range(0, samples, TILE):
        start = min(first, samples - width)
        y_tile[:] = y[start : start + width].T
        evaluate_outputs(table, y_tile, work, value_tile, slopes)
        value[start : start + width] = value_tile.T


@kernel(**INNER)
def evaluate_sample(table: TransferTable, y: Floats, work: Floats, value: Floats, slopes: Floats) -> None:
    """`evaluate_outputs` for one sample.

    y [inputs], work [2 or more, outputs], value [outputs], slopes [inputs of an output, outputs].
    """
    x = work[0]
    t = work[1]
    for o in range(len(value)):
        x[o] = table.factor[o] * (y[table.inputs[0, o]] + table.offset[o])
    tanh(x, 0.0, 1.0, t)
    for o in range(len(value)):
        y0 = y[table.inputs[0, o]]
        first = table.starts[o, 0]
        last = table.starts[o, 1]
        f, rise = evaluate_at(table.kind[o], table.parameters, first, last, y0 + table.offset[o], t[o])
        factor = table.gain[o] * (f - table.rest[o]) - table.slope[o] * y0
        y1 = y[table.inputs[1, o]] if table.gated[o] else 1.0
        value[o] = factor * y1
        slopes[0, o] = (table.gain[o] * rise - table.slope[o]) * y1
        if table.gated[o]:
            slopes[1, o] = factor
