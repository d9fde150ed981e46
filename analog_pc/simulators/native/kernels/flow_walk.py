"""The walk of a sample along its slow flow to where it rests, in implicit Euler steps, in compiled code.

A step of h seconds solves x1 = x0 + h dx/dt(x1) together with q by Newton's method (`flow_kernel.py`)::

    (1/h - J) dx = dx/dt - (x - x0) / h + E w,   dq = T dx + w
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import kernel
from analog_pc.simulators.native.kernels import INNER, OPTIONS
from analog_pc.simulators.native.kernels.flow_kernel import (
    ITERATIONS,
    FlowProblem,
    FlowState,
    Workspace,
    contracts,
    eliminate_outputs,
    evaluate,
    settle_outputs,
    slow_rate,
    workspace,
)
from analog_pc.simulators.native.kernels.slope_bounds import largest_slopes, worst_slopes

REACH = 0.02  # of full scale: the longest step where the flow does not contract, and
TRUNCATION = 5e-4  # of full scale: the local truncation h |dx/dt(x1) - dx/dt(x0)| / 2 of such a step
FINE = 1e-4  # of full scale: the longest step over a kink that pushes the state away
MOST_PIECES = 8
PIECE = 0.25  # of full scale: the longest step, or part of one, over which a mean Jacobian is looked at
MOST_STEPS = 4000
NEAR = 1e-7  # of full scale: the last iteration of a step
ROUNDING = 1e-13  # of full scale: what sums of some hundred voltages leave
UNLIMITED = 2.0**10  # of the fastest time constant: a longer step is tried as an infinite one
SHORTEST = 2.0**-60
TRIED = 6  # steps after which an infinite one is tried


@kernel(**INNER)
def _solve(matrix: Floats) -> None:
    """Gaussian elimination with pivots; the last column is the right-hand side, and becomes the solution."""
    n = len(matrix)
    for j in range(n):
        pivot = j
        for i in range(j + 1, n):
            if abs(matrix[i, j]) > abs(matrix[pivot, j]):
                pivot = i
        if pivot != j:
            for k in range(j, n + 1):
                held = matrix[j, k]
                matrix[j, k] = matrix[pivot, k]
                matrix[pivot, k] = held
        for i in range(j + 1, n):
            factor = matrix[i, j] / matrix[j, j]
            if factor != 0.0:
                for k in range(j + 1, n + 1):
                    matrix[i, k] -= factor * matrix[j, k]
    for j in range(n - 1, -1, -1):
        value = matrix[j, n]
        for k in range(j + 1, n):
            value -= matrix[j, k] * matrix[k, n]
        matrix[j, n] = value / matrix[j, j]


@kernel(**INNER)
def _newton_update(
    problem: FlowProblem, push: Floats, x: Floats, q: Floats, inverse_step: float, work: Workspace
) -> float:
    """One iteration of an implicit Euler step of 1 / inverse_step s from work.x0; largest change of x, V."""
    n = len(x)
    outputs = len(q)
    eliminate_outputs(problem, work.slopes, q, work, True)
    matrix = work.matrix
    for i in range(n):
        value = push[i] - (x[i] - work.x0[i]) * inverse_step
        for k in range(n):
            value += problem.rate_x[i, k] * x[k]
            matrix[i, k] = -work.jacobian[i, k]
        matrix[i, i] += inverse_step
        for o in range(outputs):
            value += problem.rate_q[i, o] * (q[o] + work.t[o, n])
        matrix[i, n] = value
    _solve(matrix)
    change = 0.0
    for i in range(n):
        x[i] += matrix[i, n]
        by = abs(matrix[i, n])
        change = change if by <= change else by
    for o in range(outputs):
        value = work.t[o, n]
        for k in range(n):
            value += work.t[o, k] * matrix[k, n]
        q[o] += value
    return change


@kernel(**INNER)
def _step(
    problem: FlowProblem,
    drive: Floats,
    push: Floats,
    x: Floats,
    q: Floats,
    inverse_step: float,
    scale: float,
    work: Workspace,
) -> bool:
    """One step in x and q; whether Newton's method has converged."""
    near = NEAR * scale
    for _ in range(ITERATIONS):
        change = _newton_update(problem, push, x, q, inverse_step, work)
        by = evaluate(problem, drive, x, q, work)
        if not (np.isfinite(change) and np.isfinite(by)):
            return False
        if (change <= near and by <= near) or _on_line(problem, q, scale, work):
            return True
    return False


@kernel(**INNER)
def _on_line(problem: FlowProblem, q: Floats, scale: float, work: Workspace) -> bool:
    """Whether no output has left the straight line that Newton's step followed, but for rounding.

    Rectifiers whose pieces have stayed the same have not: another step would end where this one did.
    """
    straight = True
    for o in range(len(q)):
        volts = abs(work.f[o] - q[o])
        straight = straight and volts <= ROUNDING * scale * abs(problem.table.gain[o])
    return straight


@kernel(**INNER)
def _equal(one: Floats, other: Floats) -> bool:
    for a in range(one.shape[0]):
        for o in range(one.shape[1]):
            if one[a, o] != other[a, o]:
                return False
    return True


@kernel(**INNER)
def _contracts_between(problem: FlowProblem, q: Floats, rate: float, around: float, work: Workspace) -> bool:
    """Whether nothing grows by `rate` or more, 1/s, on the way from (y0, f0, slopes0) to (y, f, slopes).

    around: V beside the way that the flow may take; with any, also for the largest slopes there.
    """
    worst_slopes(problem, around, work)
    if not _equal(work.mean, work.used):  # rectifiers: J of the last iteration still holds
        eliminate_outputs(problem, work.mean, q, work, False)
    if not contracts(problem, work, rate):
        return False
    if around == 0.0:
        return True
    largest_slopes(problem, around, work)
    if _equal(work.mean, work.used):
        return True
    eliminate_outputs(problem, work.mean, q, work, False)
    return contracts(problem, work, rate)


@kernel(**INNER)
def _admissible(
    problem: FlowProblem,
    q: Floats,
    change: float,
    truncation: float,
    growth: float,
    scale: float,
    work: Workspace,
) -> bool:
    """Whether a step of `change` (of full scale) ends where the flow goes; growth: 1 / (2 h)."""
    if change > REACH:
        return change <= PIECE and _contracts_between(problem, q, 0.0, change * scale, work)
    if truncation > TRUNCATION and change > FINE:
        return False
    if growth == 0.0 and change > FINE:  # an infinite step: other rests may lie as near as its end
        return _contracts_between(problem, q, 0.0, change * scale, work)
    if _contracts_between(problem, q, growth, 0.0, work):
        return True
    if change > FINE:
        return False
    eliminate_outputs(problem, work.slopes, q, work, False)
    return contracts(problem, work, growth)


@kernel(**INNER)
def keep(x: Floats, q: Floats, work: Workspace) -> None:
    """Where a step starts."""
    work.x0[:] = x
    work.q0[:] = q
    work.y0[:] = work.y
    work.f0[:] = work.f
    work.slopes0[:] = work.slopes


@kernel(**INNER)
def _follow_one(
    problem: FlowProblem, drive: Floats, push: Floats, x: Floats, q: Floats, scale: float, work: Workspace
) -> bool:
    """Follow one sample from x and q to where it rests; whether it does.

    h doubles after a step that is admissible, and falls to a quarter after another.  An infinite step is
    tried every now and then, since the flow may contract all the way to its end.
    """
    h = 0.25 * problem.tick
    longest = UNLIMITED * problem.tick
    evaluate(problem, drive, x, q, work)
    if not settle_outputs(problem, drive, x, q, NEAR * scale, work):
        return False
    for step in range(MOST_STEPS):
        keep(x, q, work)
        slow_rate(problem, push, x, q, work.rate0)
        trial = step % TRIED == TRIED - 1
        last = trial or h > longest
        inverse_step = 0.0 if last else 1.0 / h
        good = _step(problem, drive, push, x, q, inverse_step, scale, work)
        change = 0.0
        truncation = 0.0
        if good:
            for i in range(len(x)):
                by = abs(x[i] - work.x0[i]) / scale
                change = change if by <= change else by
                by = 0.5 * abs(x[i] - work.x0[i] - h * work.rate0[i]) / scale
                truncation = truncation if by <= truncation else by
            truncation = 0.0 if last else truncation
            good = _admissible(problem, q, change, truncation, 0.5 * inverse_step, scale, work)
        if good:
            if last:
                return True
            if change > REACH or (change <= 0.5 * REACH and truncation <= 0.25 * TRUNCATION):
                h *= 2.0
            if change <= 0.1 * REACH and truncation <= 0.05 * TRUNCATION:
                h *= 2.0
        else:
            x[:] = work.x0
            q[:] = work.q0
            work.y[:] = work.y0
            work.f[:] = work.f0
            work.slopes[:] = work.slopes0
            if not trial:
                h = (longest if last else h) * 0.25
            if h < SHORTEST * problem.tick:
                return False
    return False


@kernel(**OPTIONS)
def follow(problem: FlowProblem, state: FlowState, first: int, last: int) -> None:
    """Follow samples `first` to `last`; x and q move, and `found` says which have come to rest."""
    work = workspace(problem)
    for s in range(first, last):
        state.found[s] = _follow_one(
            problem, state.drive[s], state.push[s], state.x[s], state.q[s], state.scale[s], work
        )


@kernel(**OPTIONS)
def contracts_to(problem: FlowProblem, state: FlowState, x: Floats, q: Floats, first: int, last: int) -> None:
    """`found`: whether the flow contracts all the way from state.x to x (and q there), in pieces.

    On the way x moves along the straight line, and q is brought to rest beside it.  The flow takes another
    way, but as long as it comes nearer to x it stays within the distance at the start, and so far around the
    line outputs are looked at.
    """
    work = workspace(problem)
    n = x.shape[1]
    at = np.empty(n)
    outputs = np.empty(q.shape[1])
    start = np.empty(q.shape[1])
    for s in range(first, last):
        change = 0.0
        for i in range(n):
            by = abs(x[s, i] - state.x[s, i]) / state.scale[s]
            change = change if by <= change else by
        state.found[s] = False
        if not change <= MOST_PIECES * PIECE:
            continue
        pieces = max(1, int(np.ceil(change / PIECE)))
        at[:] = state.x[s]
        outputs[:] = state.q[s]
        evaluate(problem, state.drive[s], at, outputs, work)
        good = settle_outputs(problem, state.drive[s], at, outputs, NEAR * state.scale[s], work)
        start[:] = outputs
        for piece in range(1, pieces + 1):
            if not good:
                break
            keep(at, outputs, work)
            part = piece / pieces
            for i in range(n):
                at[i] = state.x[s, i] + part * (x[s, i] - state.x[s, i])
            for o in range(len(outputs)):
                outputs[o] = start[o] + part * (q[s, o] - start[o])
            evaluate(problem, state.drive[s], at, outputs, work)
            if piece < pieces:
                good = settle_outputs(problem, state.drive[s], at, outputs, NEAR * state.scale[s], work)
            good = good and _contracts_between(problem, outputs, 0.0, change * state.scale[s], work)
        state.found[s] = good
