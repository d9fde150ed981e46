"""The equations of the slow flow for one sample, in compiled code.

::

    dx/dt = A x + E q + push,      q = delta(y),    y = drive + C x + K q

With slopes D the outputs are eliminated, and what is left has the size of x::

    T = (1 - D K)^-1 D C,   w = (1 - D K)^-1 (delta - q),   J = A + E T

In a metric S, a diagonal matrix (`balance`), the flow contracts where -(S J S^-1 + its transpose) is
positive definite: two solutions come nearer to each other (Lohmiller & Slotine, Automatica 34, 683 (1998)).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.compiled.kernel import INNER, kernel
from analog_pc.simulators.native.kernels import OPTIONS
from analog_pc.simulators.native.kernels.transfer_functions import TransferTable, evaluate_sample

SWEEPS = 4
ITERATIONS = 12  # of Newton's method in a step
BALANCING_SWEEPS = 6
LEAST_COUPLING = 1e-3  # of a state's own rate: less binds no other state to it, see `metric.py`


class FlowProblem(NamedTuple):
    """The slow flow of a circuit; outputs stand in an order in which most depend on earlier ones alone."""

    table: TransferTable
    gain: Floats  # K [inputs, outputs]
    by_x: Floats  # C [inputs, states]
    spans: Ints  # first and last + 1 column where a row of C is not 0, [inputs, 2]
    rate_x: Floats  # A [states, states], 1/s
    rate_q: Floats  # E [states, outputs]
    reads: Ints  # the state that the first input of each output depends on most, [outputs]
    pushes: Floats  # +1 where a gated output pushes up the state that its control reads, -1 down, [outputs]
    metric: Floats  # S [states], relative
    tick: float  # s: the fastest time constant


class FlowState(NamedTuple):
    """Samples on their way, [samples, ..]; `found`: samples at rest in a contracting point."""

    x: Floats
    q: Floats
    drive: Floats
    push: Floats
    scale: Floats  # full scale, V
    found: Bools


class Workspace(NamedTuple):
    """Arrays for one sample."""

    y: Floats  # [inputs]
    f: Floats  # delta [outputs]
    slopes: Floats  # [inputs of an output, outputs]
    tanh: Floats  # of `evaluate_sample`
    system: Floats  # 1 - D K
    ends: Ints  # last + 1 column where a row of its upper factor is not 0, [outputs]
    t: Floats  # T and w [outputs, states + 1]
    spans: Ints  # first and last + 1 column where a row of T is not 0, [outputs, 2]
    jacobian: Floats
    matrix: Floats  # [states, states + 1]
    y0: Floats  # at the start of a step
    f0: Floats
    slopes0: Floats
    mean: Floats
    used: Floats  # slopes that T and J belong to
    rate0: Floats  # dx/dt there
    metric: Floats  # S in which the sample's flow is looked at, [states]


@kernel(**INNER)
def workspace(problem: FlowProblem) -> Workspace:
    """Arrays for one sample."""
    inputs = len(problem.gain)
    outputs = problem.gain.shape[1]
    n = len(problem.rate_x)
    terms = len(problem.table.inputs)
    return Workspace(
        np.zeros(inputs),
        np.zeros(outputs),
        np.zeros((terms, outputs)),
        np.zeros((3, outputs)),
        np.zeros((outputs, outputs)),
        np.zeros(outputs, dtype=np.int64),
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
        problem.metric.copy(),
    )


@kernel(**INNER)
def evaluate(problem: FlowProblem, drive: Floats, x: Floats, q: Floats, work: Workspace) -> float:
    """y, delta and slopes; returns the largest change of y, V."""
    change = 0.0
    for i in range(len(drive)):
        value = drive[i]
        for k in range(problem.spans[i, 0], problem.spans[i, 1]):
            value += problem.by_x[i, k] * x[k]
        for o in range(len(q)):
            value += problem.gain[i, o] * q[o]
        by = abs(value - work.y[i])
        change = change if by <= change else by
        work.y[i] = value
    evaluate_sample(problem.table, work.y, work.tanh, work.f, work.slopes)
    return change


@kernel(**INNER)
def eliminate_outputs(
    problem: FlowProblem, slopes: Floats, q: Floats, work: Workspace, with_residual: bool
) -> None:
    """Fill T, w and J for slopes [inputs of an output, outputs]; w for the residual delta - q."""
    _fill_system(problem, slopes, work)
    outputs = len(work.system)
    n = len(work.jacobian)
    for o in range(outputs):
        work.t[o, n] = work.f[o] - q[o] if with_residual else 0.0
    for o in range(outputs):
        for j in range(o):
            if work.system[o, j] != 0.0:
                factor = work.system[o, j] / work.system[j, j]
                for p in range(j + 1, work.ends[j]):
                    work.system[o, p] -= factor * work.system[j, p]
                _subtract_row(work, o, j, factor)
        for p in range(o, outputs):
            if work.system[o, p] != 0.0:
                work.ends[o] = p + 1
    for j in range(outputs - 1, -1, -1):
        for p in range(j + 1, work.ends[j]):
            if work.system[j, p] != 0.0:
                _subtract_row(work, j, p, work.system[j, p])
        for k in range(work.spans[j, 0], work.spans[j, 1]):
            work.t[j, k] /= work.system[j, j]
        work.t[j, n] /= work.system[j, j]
    for i in range(n):
        for k in range(n):
            work.jacobian[i, k] = problem.rate_x[i, k]
        for o in range(outputs):
            value = problem.rate_q[i, o]
            if value != 0.0:
                for k in range(work.spans[o, 0], work.spans[o, 1]):
                    work.jacobian[i, k] += value * work.t[o, k]


@kernel(**INNER)
def _fill_system(problem: FlowProblem, slopes: Floats, work: Workspace) -> None:
    """1 - D K, and D C in place of T; `spans` [outputs, 2] holds the columns where a row of T is not 0."""
    outputs = len(work.system)
    n = len(work.jacobian)
    table = problem.table
    work.system[:] = 0.0
    work.t[:] = 0.0
    for o in range(outputs):
        work.spans[o, 0] = n
        work.spans[o, 1] = 0
        for a in range(len(slopes)):
            work.used[a, o] = slopes[a, o]
        for a in range(2 if table.gated[o] else 1):
            slope = slopes[a, o]
            if slope != 0.0:
                i = table.inputs[a, o]
                for p in range(outputs):
                    work.system[o, p] -= slope * problem.gain[i, p]
                for k in range(problem.spans[i, 0], problem.spans[i, 1]):
                    work.t[o, k] += slope * problem.by_x[i, k]
                work.spans[o, 0] = min(work.spans[o, 0], problem.spans[i, 0])
                work.spans[o, 1] = max(work.spans[o, 1], problem.spans[i, 1])
        work.system[o, o] += 1.0


@kernel(**INNER)
def _subtract_row(work: Workspace, o: int, j: int, factor: float) -> None:
    """Subtract factor times row j of T and w from row o."""
    n = len(work.jacobian)
    for k in range(work.spans[j, 0], work.spans[j, 1]):
        work.t[o, k] -= factor * work.t[j, k]
    work.t[o, n] -= factor * work.t[j, n]
    work.spans[o, 0] = min(work.spans[o, 0], work.spans[j, 0])
    work.spans[o, 1] = max(work.spans[o, 1], work.spans[j, 1])


@kernel(**INNER)
def settle_outputs(
    problem: FlowProblem, drive: Floats, x: Floats, q: Floats, near: float, work: Workspace
) -> bool:
    """q = delta(y) beside a held x; whether it was found.

    By fixed point, exact after a few sweeps where outputs depend on earlier ones alone; else by Newton.
    """
    n = len(x)
    for _ in range(SWEEPS):
        for o in range(len(q)):
            q[o] = work.f[o]
        if evaluate(problem, drive, x, q, work) <= near:
            return True
    for _ in range(ITERATIONS):
        eliminate_outputs(problem, work.slopes, q, work, True)
        for o in range(len(q)):
            q[o] += work.t[o, n]
        if evaluate(problem, drive, x, q, work) <= near:
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


@kernel(**OPTIONS)
def fill_jacobians(problem: FlowProblem, y: Floats, out: Floats) -> None:
    """Fill out [samples, states, states] with S J S^-1 at inputs y [samples, inputs]."""
    work = workspace(problem)
    n = len(problem.rate_x)
    metric = problem.metric
    for s in range(len(y)):
        evaluate_sample(problem.table, y[s], work.tanh, work.f, work.slopes)
        eliminate_outputs(problem, work.slopes, work.f, work, False)
        for i in range(n):
            for j in range(n):
                out[s, i, j] = work.jacobian[i, j] * metric[i] / metric[j]


@kernel(**INNER)
def balance(work: Workspace) -> bool:
    """Change S so that rows and columns of S J S^-1 weigh the same; whether it changed by more than a tenth.

    The metric of the problem comes from a few samples, and knows nothing of a rectifier that conducts in
    none of them.  A unit on its kink sends with the slope of one side and receives through a gate between.
    (Osborne's method, J. ACM 7, 338 (1960).)
    """
    s = work.metric
    n = len(s)
    most = 1.0
    for _ in range(BALANCING_SWEEPS):
        for i in range(n):
            row = (LEAST_COUPLING * work.jacobian[i, i]) ** 2
            column = row
            for j in range(n):
                if j != i:
                    row += (work.jacobian[i, j] * s[i] / s[j]) ** 2
                    column += (work.jacobian[j, i] * s[j] / s[i]) ** 2
            if row > 0.0:
                factor = np.sqrt(np.sqrt(column / row))
                s[i] *= factor
                most = max(most, factor, 1.0 / factor)
    return most > 1.1


@kernel(**INNER)
def contracts(work: Workspace, rate: float) -> bool:
    """Whether rate - (S J S^-1 + transpose) / 2 is positive definite: it has a Cholesky factor."""
    n = len(work.jacobian)
    s = work.metric
    matrix = work.matrix
    for i in range(n):
        for j in range(i + 1):
            value = -0.5 * (work.jacobian[i, j] * s[i] / s[j] + work.jacobian[j, i] * s[j] / s[i])
            for k in range(j):
                value -= matrix[i, k] * matrix[j, k]
            if j < i:
                matrix[i, j] = value / matrix[j, j]
            elif not value + rate > 0.0:
                return False
            else:
                matrix[i, i] = np.sqrt(value + rate)
    return True
