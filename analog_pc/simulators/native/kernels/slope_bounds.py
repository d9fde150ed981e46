"""Slopes of outputs that stand for a whole part of the way of a state, for `flow_walk.py`.

What they leave out: the drive of a gate is looked at where the part begins and ends, and other outputs than
gates, ramps, tanh and sigmoid have their secant.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import kernel
from analog_pc.simulators.native.kernels import INNER
from analog_pc.simulators.native.kernels.flow_kernel import FlowProblem, Workspace
from analog_pc.simulators.native.kernels.transfer_functions import (
    RAMP,
    SIGMOID,
    SIGMOID_GATE,
    TANH,
    TANH_GATE,
    TransferTable,
)

CANCELLED = 1e-7  # a difference that is a smaller part of its terms has lost half of its digits


@kernel(**INNER)
def _touched_slopes(p: Floats, low: float, high: float) -> tuple[float, float]:
    """Smallest and largest slope of a ramp with parameters p between two voltages, ends too."""
    n = (len(p) - 2) // 2
    least = np.inf
    most = -np.inf
    for k in range(n + 1):
        if (k == 0 or p[k] <= high) and (k == n or p[k + 1] >= low):
            slope = p[n + 1 + k]
            least = min(least, slope)
            most = max(most, slope)
    return least, most


@kernel(**INNER)
def _gate_slopes(height: float, turn: float, low: float, high: float) -> tuple[float, float]:
    """Smallest and largest slope of a gate, turn height t (1 - t^2), for t = tanh(..) between two values."""
    factor = turn * height
    least = min(factor * low * (1.0 - low * low), factor * high * (1.0 - high * high))
    most = max(factor * low * (1.0 - low * low), factor * high * (1.0 - high * high))
    for t in (-1.0 / np.sqrt(3.0), 1.0 / np.sqrt(3.0)):
        if low < t < high:
            least = min(least, factor * t * (1.0 - t * t))
            most = max(most, factor * t * (1.0 - t * t))
    return least, most


@kernel(**INNER)
def _slope_range(table: TransferTable, o: int, low: float, high: float) -> tuple[float, float]:
    """Smallest and largest slope of output o between two voltages: a ramp or a gate; NaN for others."""
    p = table.parameters[table.starts[o, 0] : table.starts[o, 1]]
    low += table.offset[o]
    high += table.offset[o]
    least = np.nan
    most = np.nan
    if table.kind[o] == RAMP:
        least, most = _touched_slopes(p, low, high)
    elif table.kind[o] == TANH_GATE:
        least, most = _gate_slopes(
            1.0, -2.0 / p[0], np.tanh(table.factor[o] * low), np.tanh(table.factor[o] * high)
        )
    elif table.kind[o] == SIGMOID_GATE:
        least, most = _gate_slopes(
            0.25, -1.0 / p[0], np.tanh(table.factor[o] * low), np.tanh(table.factor[o] * high)
        )
    return table.gain[o] * least - table.slope[o], table.gain[o] * most - table.slope[o]


@kernel(**INNER)
def _largest(table: TransferTable, o: int, low: float, high: float) -> float:
    """Largest slope of tanh or sigmoid, largest value of their gates, between two voltages; NaN for others.

    All are in proportion to 1 - t^2, t = tanh(factor v), which is largest nearest to 0 V.
    """
    nearest = max(0.0, low + table.offset[o], -(high + table.offset[o]))
    t = np.tanh(table.factor[o] * nearest)
    height: float = np.nan
    if table.kind[o] == TANH or table.kind[o] == TANH_GATE:
        height = 1.0
    elif table.kind[o] == SIGMOID or table.kind[o] == SIGMOID_GATE:
        height = 0.25
    constant = table.gain[o] * table.rest[o] if table.gated[o] else table.slope[o]
    largest: float = table.gain[o] * height * (1.0 - t * t) - constant
    return largest


@kernel(**INNER)
def largest_slopes(problem: FlowProblem, around: float, work: Workspace) -> None:
    """Change work.mean to the largest slope and gate of each smooth output within `around` V of the way."""
    table = problem.table
    for o in range(work.mean.shape[1]):
        i = table.inputs[0, o]
        low = min(work.y[i], work.y0[i]) - around
        high = max(work.y[i], work.y0[i]) + around
        largest = _largest(table, o, low, high)
        if not np.isnan(largest):
            work.mean[1 if table.gated[o] else 0, o] = largest


@kernel(**INNER)
def worst_slopes(problem: FlowProblem, around: float, work: Workspace) -> None:
    """Fill work.mean with slopes that stand for all between (y0, f0, slopes0) and (y, f, slopes).

    A gated output, delta = gate(control) drive, pushes the state that its control reads: the slope by the
    control is the one that pushes away most, within `around` V of the way, since the flow need not take the
    straight way and a gate with a kink opens however short that part of it is.  A ramp: its steepest piece.
    All others: secants.
    """
    table = problem.table
    y = work.y
    y0 = work.y0
    for o in range(work.mean.shape[1]):
        i = table.inputs[0, o]
        least, most = _slope_range(table, o, min(y[i], y0[i]) - around, max(y[i], y0[i]) + around)
        change = y[i] - y0[i]
        if table.gated[o]:
            d = table.inputs[1, o]
            work.mean[1, o] = 0.5 * (work.slopes[1, o] + work.slopes0[1, o])
            if np.isnan(least):
                least = min(work.slopes[0, o], work.slopes0[0, o])
                most = max(work.slopes[0, o], work.slopes0[0, o])
                work.mean[0, o] = most if problem.pushes[o] > 0.0 else least
                continue
            one = problem.pushes[o] * y[d]
            other = problem.pushes[o] * y0[d]
            worst = max(max(least * one, most * one), max(least * other, most * other))
            work.mean[0, o] = problem.pushes[o] * worst
        elif table.kind[o] == RAMP:
            work.mean[0, o] = most if abs(most) >= abs(least) else least
        elif abs(change) > CANCELLED * (abs(y[i]) + abs(y0[i])):
            work.mean[0, o] = (work.f[o] - work.f0[o]) / change
        else:
            work.mean[0, o] = 0.5 * (work.slopes[0, o] + work.slopes0[0, o])
