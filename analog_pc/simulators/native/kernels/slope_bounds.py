"""Slopes of outputs that stand for a whole part of the way of a state, for `flow_walk.py`.

What they leave out: the drive of a gate is looked at where the part begins and ends, and other outputs than
gates, ramps, tanh and sigmoid have their secant.
"""

from __future__ import annotations

import numpy as np

from analog_pc.activations.smooth import tanh as tanh_and_derivatives
from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import INNER, kernel
from analog_pc.simulators.native.kernels.flow_kernel import FlowProblem, Workspace
from analog_pc.simulators.native.kernels.transfer_functions import (
    RAMP,
    SIGMOID,
    SIGMOID_GATE,
    TANH,
    TANH_GATE,
)

STEEPEST = 1.0 / np.sqrt(3.0)  # where t (1 - t^2) is largest
CANCELLED = 1e-7  # a difference that is a smaller part of its terms has lost half of its digits


@kernel(**INNER)
def _tanh(x: float) -> float:
    """tanh x."""
    return tanh_and_derivatives(x)[0]


@kernel(**INNER)
def _touched_slopes(p: Floats, first: int, last: int, low: float, high: float) -> tuple[float, float]:
    """Smallest and largest slope of a ramp with parameters p [first : last] from one voltage to another."""
    n = (last - first - 2) // 2
    least = np.inf
    most = -np.inf
    for k in range(n + 1):
        if (k == 0 or p[first + k] <= high) and (k == n or p[first + k + 1] >= low):
            slope = p[first + n + 1 + k]
            least = min(least, slope)
            most = max(most, slope)
    return least, most


@kernel(**INNER)
def _gate_slopes(factor: float, low: float, high: float) -> tuple[float, float]:
    """Smallest and largest slope of a gate, factor t (1 - t^2), for t = tanh(..) between two values."""
    one = factor * low * (1.0 - low * low)
    other = factor * high * (1.0 - high * high)
    least = min(one, other)
    most = max(one, other)
    steepest = abs(factor) * STEEPEST * (1.0 - STEEPEST * STEEPEST)
    if (low < STEEPEST < high and factor > 0.0) or (low < -STEEPEST < high and factor < 0.0):
        most = steepest
    if (low < STEEPEST < high and factor < 0.0) or (low < -STEEPEST < high and factor > 0.0):
        least = -steepest
    return least, most


@kernel(**INNER)
def _slope_range(
    kind: int, factor: float, p: Floats, first: int, last: int, low: float, high: float
) -> tuple[float, float]:
    """Smallest and largest slope of a ramp or a gate between two voltages; NaN for others.

    kind, factor, p [first : last]: of its row in the `TransferTable`.
    """
    if kind == RAMP:
        return _touched_slopes(p, first, last, low, high)
    if kind != TANH_GATE and kind != SIGMOID_GATE:
        return np.nan, np.nan
    height = 1.0 if kind == TANH_GATE else 0.25
    return _gate_slopes(-2.0 * height * factor, _tanh(factor * low), _tanh(factor * high))


@kernel(**INNER)
def _largest(kind: int, factor: float, low: float, high: float) -> float:
    """Largest slope of tanh or sigmoid, largest value of their gates, between two voltages; NaN for others.

    All are in proportion to 1 - t^2, t = tanh(factor v), which is largest nearest to 0 V.
    """
    height: float = np.nan
    if kind in (TANH, TANH_GATE):
        height = 1.0
    elif kind in (SIGMOID, SIGMOID_GATE):
        height = 0.25
    t = _tanh(factor * max(0.0, low, -high))
    return height * (1.0 - t * t)


@kernel(**INNER)
def largest_slopes(problem: FlowProblem, around: float, work: Workspace) -> None:
    """Change work.mean to the largest slope and gate of each smooth output beside the way.

    around: as for `worst_slopes`.
    """
    table = problem.table
    for o in range(work.mean.shape[1]):
        i = table.inputs[0, o]
        beside = around / work.metric[problem.reads[o]]
        low = min(work.y[i], work.y0[i]) - beside + table.offset[o]
        high = max(work.y[i], work.y0[i]) + beside + table.offset[o]
        largest = _largest(table.kind[o], table.factor[o], low, high)
        if not np.isnan(largest):
            constant = table.gain[o] * table.rest[o] if table.gated[o] else table.slope[o]
            work.mean[1 if table.gated[o] else 0, o] = table.gain[o] * largest - constant


@kernel(**INNER)
def worst_slopes(problem: FlowProblem, around: float, work: Workspace) -> None:
    """Fill work.mean with slopes that stand for all between (y0, f0, slopes0) and (y, f, slopes).

    A gated output, delta = gate(control) drive, pushes the state that its control reads: the slope by the
    control is the one that pushes away most beside the way, since the flow need not take the straight way and
    a gate with a kink opens however short that part of it is.  A ramp: its steepest piece.  All others:
    secants.

    around: how far beside, V in the metric of the sample: a state that weighs little in it may go farther.
    """
    table = problem.table
    y = work.y
    y0 = work.y0
    for o in range(work.mean.shape[1]):
        i = table.inputs[0, o]
        beside = around / work.metric[problem.reads[o]]
        least, most = _slope_range(
            table.kind[o],
            table.factor[o],
            table.parameters,
            table.starts[o, 0],
            table.starts[o, 1],
            min(y[i], y0[i]) - beside + table.offset[o],
            max(y[i], y0[i]) + beside + table.offset[o],
        )
        least = table.gain[o] * least - table.slope[o]
        most = table.gain[o] * most - table.slope[o]
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


@kernel(**INNER)
def pieces_kept(problem: FlowProblem, work: Workspace) -> bool:
    """Whether no ramp has a kink between (y0, ..) and (y, ..)."""
    table = problem.table
    for o in range(work.mean.shape[1]):
        if table.kind[o] == RAMP:
            i = table.inputs[0, o]
            low = min(work.y[i], work.y0[i]) + table.offset[o]
            high = max(work.y[i], work.y0[i]) + table.offset[o]
            least, most = _touched_slopes(table.parameters, table.starts[o, 0], table.starts[o, 1], low, high)
            if least != most:
                return False
    return True
