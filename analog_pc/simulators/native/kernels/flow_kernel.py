"""The equations of the slow flow for one sample, in compiled code.

::

    dx/dt = A x + E q + push,      q = delta(y),    y = drive + C x + K q

With slopes D the outputs are eliminated, and what is left has the size of x::

    T = (1 - D K)^-1 D C,   w = (1 - D K)^-1 (delta - q),   J = A + E T

In a metric S, a diagonal matrix (`metric.py`), the flow contracts where -(S J S^-1 + its transpose) is
positive definite: two solutions come nearer to each other (Lohmiller & Slotine, Automatica 34, 683 (1998)).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.compiled.kernel import kernel
from analog_pc.simulators.native.kernels import INNER, OPTIONS
from analog_pc.simulators.native.kernels.transfer_functions import TransferTable, evaluate_sample

SWEEPS = 4
ITERATIONS = 12  # of Newton's method in a step


class FlowProblem(NamedTuple):
    """The slow flow of a circuit; outputs stand in an order in which most depend on earlier ones alone."""

    table: TransferTable
    gain: Floats  # K [inputs, outputs]
    by_x: Floats  # C [inputs, states]
    spans: Ints  # first and last + 1 column where a row of C is not 0, [inputs, 2]
    rate_x: Floats  # A [states, states], 1/s
    rate_q: Floats  # E [states, outputs]
    pushes: Floats  # +1 where a gated output pushes up the state that its control reads, -1 down, [outputs]
    metric: Floats  # S [states], relative
    tick: float  # s: the fastest time constant


class FlowState(NamedTuple):
    """Samples on their way, [samples, ..]; `found`: those that have come to rest in a contracting point."""

    x: Floats
    q: Floats
    drive: Floats
    push: Floats
    scale: Floats  # full scale, V
    found: Bools


class Room(NamedTuple):
    """Arrays for one sample."""

    y: Floats  # [inputs]
    f: Floats  # delta [outputs]
    slopes: Floats  # [inputs of an output, outputs]
    tanh: Floats  # of `evaluate_sample`
    system: Floats  # 1 - D K
    t: Floats  # T and w [outputs, states + 1]
    spans: Ints  # first and last + 1 column where a row of T is not 0, [outputs, 2]
    jacobian: Floats
    matrix: Floats  # [states, states + 1]
    y0: Floats  # at the start of a step
    f0: Floats
    slopes0: Floats
    mean: Floats
    used: Floats  # slopes that T and J belong to
    x0: Floats
    q0: Floats
    rate0: Floats  # dx/dt there


@kernel(**INNER)
def make_room(problem: FlowProblem) -> Room:
    """Arrays for one sample."""
    inputs = len(problem.gain)
    outputs = problem.gain.shape[1]
    n = len(problem.rate_x)
    terms = len(problem.table.inputs)
    return Room(
        np.zeros(inputs),
        np.zeros(outputs),
        np.zeros((terms, outputs)),
        np.zeros((3, outputs)),
        np.zeros((outputs, outputs)),
        np.zeros((outputs, n + 1)),
        np.zeros((outputs, 2), dtype=np.int64),
        np.zeros((n, n)),
        np.zeros((n, n + 1)),
        np.zeros(inputs),
        np.zeros(outputs),
        np.zeros((terms, outputs)),
        np.zeros((terms, outputs)),
        np.full((terms, outputs), np.nan),
        np.zeros(n),
        np.zeros(outputs),
        np.zeros(n),
    )


@kernel(**INNER)
def evaluate(problem: FlowProblem, drive: Floats, x: Floats, q: Floats, room: Room) -> float:
    """y, delta and slopes; returns how far y has moved, V."""
    moved = 0.0
    for i in range(len(drive)):
        value = drive[i]
        for k in range(len(x)):
            value += problem.by_x[i, k] * x[k]
        for o in range(len(q)):
            value += problem.gain[i, o] * q[o]
        by = abs(value - room.y[i])
        moved = moved if by <= moved else by
        room.y[i] = value
    evaluate_sample(problem.table, room.y, room.tanh, room.f, room.slopes)
    return moved


@kernel(**INNER)
def eliminate_outputs(
    problem: FlowProblem, slopes: Floats, q: Floats, room: Room, with_residual: bool
) -> None:
    """Fill T, w and J for slopes [inputs of an output, outputs]; w for the residual delta - q."""
    _fill_system(problem, slopes, room)
    outputs = len(room.system)
    n = len(room.jacobian)
    for o in range(outputs):
        room.t[o, n] = room.f[o] - q[o] if with_residual else 0.0
    for j in range(outputs):
        last = j
        for p in range(j + 1, outputs):
            if room.system[j, p] != 0.0:
                last = p
        for o in range(j + 1, outputs):
            if room.system[o, j] != 0.0:
                factor = room.system[o, j] / room.system[j, j]
                for p in range(j + 1, last + 1):
                    room.system[o, p] -= factor * room.system[j, p]
                _subtract_row(room, o, j, factor)
    for j in range(outputs - 1, -1, -1):
        for p in range(j + 1, outputs):
            if room.system[j, p] != 0.0:
                _subtract_row(room, j, p, room.system[j, p])
        for k in range(room.spans[j, 0], room.spans[j, 1]):
            room.t[j, k] /= room.system[j, j]
        room.t[j, n] /= room.system[j, j]
    room.jacobian[:] = problem.rate_x
    for i in range(n):
        for o in range(outputs):
            value = problem.rate_q[i, o]
            if value != 0.0:
                for k in range(room.spans[o, 0], room.spans[o, 1]):
                    room.jacobian[i, k] += value * room.t[o, k]


@kernel(**INNER)
def _fill_system(problem: FlowProblem, slopes: Floats, room: Room) -> None:
    """1 - D K, and D C in place of T; `spans` [outputs, 2] holds the columns where a row of T is not 0."""
    outputs = len(room.system)
    n = len(room.jacobian)
    table = problem.table
    room.used[:] = slopes
    room.system[:] = 0.0
    room.t[:] = 0.0
    for o in range(outputs):
        room.spans[o, 0] = n
        room.spans[o, 1] = 0
        for a in range(2 if table.gated[o] else 1):
            slope = slopes[a, o]
            if slope != 0.0:
                i = table.inputs[a, o]
                for p in range(outputs):
                    room.system[o, p] -= slope * problem.gain[i, p]
                for k in range(problem.spans[i, 0], problem.spans[i, 1]):
                    room.t[o, k] += slope * problem.by_x[i, k]
                room.spans[o, 0] = min(room.spans[o, 0], problem.spans[i, 0])
                room.spans[o, 1] = max(room.spans[o, 1], problem.spans[i, 1])
        room.system[o, o] += 1.0


@kernel(**INNER)
def _subtract_row(room: Room, o: int, j: int, factor: float) -> None:
    """Subtract factor times row j of T and w from row o."""
    n = len(room.jacobian)
    for k in range(room.spans[j, 0], room.spans[j, 1]):
        room.t[o, k] -= factor * room.t[j, k]
    room.t[o, n] -= factor * room.t[j, n]
    room.spans[o, 0] = min(room.spans[o, 0], room.spans[j, 0])
    room.spans[o, 1] = max(room.spans[o, 1], room.spans[j, 1])


@kernel(**INNER)
def rest_outputs(problem: FlowProblem, drive: Floats, x: Floats, q: Floats, near: float, room: Room) -> bool:
    """q = delta(y) beside a held x; whether it was found.

    By fixed point, exact after a few sweeps where outputs depend on earlier ones alone; else by Newton.
    """
    n = len(x)
    for _ in range(SWEEPS):
        for o in range(len(q)):
            q[o] = room.f[o]
        if evaluate(problem, drive, x, q, room) <= near:
            return True
    for _ in range(ITERATIONS):
        eliminate_outputs(problem, room.slopes, q, room, True)
        for o in range(len(q)):
            q[o] += room.t[o, n]
        if evaluate(problem, drive, x, q, room) <= near:
            return True
    return False


@kernel(**INNER)
def slow_rate(problem: FlowProblem, push: Floats, x: Floats, q: Floats, out: Floats) -> None:
    """Fill out [states] with dx/dt."""
    for i in range(len(x)):
        value = push[i]
        for k in range(len(x)):
            value += problem.rate_x[i, k] * x[k]
        for o in range(len(q)):
            value += problem.rate_q[i, o] * q[o]
        out[i] = value


@kernel(**INNER)
def jacobian_at(problem: FlowProblem, y: Floats, room: Room) -> None:
    """Fill room.jacobian with J at inputs y [inputs]."""
    for i in range(len(y)):
        room.y[i] = y[i]
    evaluate_sample(problem.table, room.y, room.tanh, room.f, room.slopes)
    eliminate_outputs(problem, room.slopes, room.q0, room, False)


@kernel(**INNER)
def positive_definite(matrix: Floats, n: int) -> bool:
    """Whether matrix [: n, : n], of which the lower triangle counts, is positive definite; its factor
    replaces it.
    """
    for i in range(n):
        for j in range(i + 1):
            value = matrix[i, j]
            for k in range(j):
                value -= matrix[i, k] * matrix[j, k]
            if i == j:
                if not value > 0.0:
                    return False
                matrix[i, i] = np.sqrt(value)
            else:
                matrix[i, j] = value / matrix[j, j]
    return True


@kernel(**INNER)
def contracts(problem: FlowProblem, room: Room, rate: float) -> bool:
    """Whether rate - (S J S^-1 + transpose) / 2 is positive definite."""
    n = len(room.jacobian)
    s = problem.metric
    for i in range(n):
        for j in range(i + 1):
            room.matrix[i, j] = -0.5 * (room.jacobian[i, j] * s[i] / s[j] + room.jacobian[j, i] * s[j] / s[i])
        room.matrix[i, i] += rate
    return positive_definite(room.matrix, n)


@kernel(**OPTIONS)
def contracts_at(problem: FlowProblem, y: Floats, out: Bools, first: int, last: int) -> None:
    """Fill `out`: whether the flow contracts at inputs y [samples, inputs]."""
    room = make_room(problem)
    for s in range(first, last):
        jacobian_at(problem, y[s], room)
        out[s] = contracts(problem, room, 0.0)
