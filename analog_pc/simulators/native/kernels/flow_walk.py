"""The walk of a sample along its slow flow to where it rests, in implicit Euler steps, in compiled code.

A step of h seconds solves x1 = x0 + h dx/dt(x1) together with q by Newton's method (`flow_kernel.py`)::

    (1/h - J) dx = dx/dt - (x - x0) / h + E w,   dq = T dx + w

Its truncation is taken back where no kink lies on the way, which makes the step second order::

    x1 - (1 - h J)^-1 h (dx/dt(x1) - dx/dt(x0)) / 2

The inverse damps what is faster than the step.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import INNER, kernel
from analog_pc.simulators.native.kernels import OPTIONS
from analog_pc.simulators.native.kernels.contraction import (
    NEAR,
    Segment,
    change_of_state,
    contracts_along,
    contracts_between,
    keep,
)
from analog_pc.simulators.native.kernels.flow_kernel import (
    FlowProblem,
    FlowState,
    Workspace,
    balance,
    contracts,
    eliminate_outputs,
    evaluate,
    settle_outputs,
    slow_rate,
    workspace,
)
from analog_pc.simulators.native.kernels.slope_bounds import pieces_kept
from analog_pc.simulators.native.kernels.transfer_functions import RAMP, TransferTable

REACH = 0.05  # of full scale: the longest step where the flow does not contract, and
TRUNCATION = 4e-3  # of full scale: the truncation h |dx/dt(x1) - dx/dt(x0)| / 2 that is taken back from it
AT_KINKS = 5e-4  # the same of a step over a kink, where it is left
FINE = 1e-4  # of full scale: the longest step over a kink that pushes the state away
MOST_STEPS = 4000
UNLIMITED = 2.0**10  # of the fastest time constant: a longer step is tried as an infinite one
LONGER = 4.0  # growth of that limit each time that such a step fails: the circuit has slow modes
SHORTEST = 2.0**-40  # of it: a shorter one hardly moves a state
SAFETY = 0.9  # of the step that would just do
TRIED = 6  # steps after which an infinite one is tried
BEYOND = 1e-6  # of a ramp: so far beyond its end a control is moved
MOST_ITERATIONS = 6  # of Newton's method in a step: what takes more is solved by a shorter one


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
    problem: FlowProblem, push: Floats, segment: Segment, inverse_step: float, work: Workspace
) -> None:
    """One iteration of an implicit Euler step of 1 / inverse_step s; the end of `segment` moves."""
    x = segment.x1
    q = segment.q1
    n = len(x)
    outputs = len(q)
    eliminate_outputs(problem, work.slopes, q, work, True)
    matrix = work.matrix
    for i in range(n):
        value = push[i] - (x[i] - segment.x0[i]) * inverse_step
        for k in range(n):
            value += problem.rate_x[i, k] * x[k]
            matrix[i, k] = -work.jacobian[i, k]
        matrix[i, i] += inverse_step
        for o in range(outputs):
            value += problem.rate_q[i, o] * (q[o] + work.t[o, n])
        matrix[i, n] = value
    _solve(matrix)
    for i in range(n):
        x[i] += matrix[i, n]
    for o in range(outputs):
        value = work.t[o, n]
        for k in range(n):
            value += work.t[o, k] * matrix[k, n]
        q[o] += value


@kernel(**INNER)
def _step(
    problem: FlowProblem,
    drive: Floats,
    push: Floats,
    segment: Segment,
    inverse_step: float,
    scale: float,
    work: Workspace,
) -> bool:
    """One step from the start of `segment` to its end; whether Newton's method has converged."""
    for _ in range(MOST_ITERATIONS):
        _newton_update(problem, push, segment, inverse_step, work)
        by = evaluate(problem, drive, segment.x1, segment.q1, work)
        if not np.isfinite(by):
            return False
        if _leave_ramps(problem, segment.q1, inverse_step, work):
            evaluate(problem, drive, segment.x1, segment.q1, work)
            continue
        if _solved(problem, segment.q1, NEAR * scale, work):
            return True
    return False


@kernel(**INNER)
def _leave_ramps(problem: FlowProblem, q: Floats, inverse_step: float, work: Workspace) -> bool:
    """Move the controls of gates that have come onto a ramp to its other end; whether there were any.

    Where a ramp pushes its unit on, and faster than the step resolves, a step may end before it, beyond it,
    or on it.  The last of these is where two flows part, and Newton's method would turn back from it to where
    it came from, and so on.
    """
    table = problem.table
    found = False
    for o in range(len(q)):
        if table.gated[o] and table.kind[o] == RAMP and work.slopes[0, o] != 0.0:
            i = table.inputs[0, o]
            n = problem.reads[o]
            holder = np.argmax(
                np.abs(problem.gain[i])
            )  # holds the control on its ramp: the rectifier's diodes
            gain = problem.gain[i, holder]
            steepness = problem.by_x[i, n] / (1.0 - gain * work.slopes[0, holder])
            growth = problem.rate_q[n, o] * work.slopes[0, o] * steepness
            beyond = _other_end(table, o, work.y0[i], work.y[i])
            if growth > inverse_step and gain != 0.0 and not np.isnan(beyond):
                q[holder] += (beyond - work.y[i]) / gain
                found = True
    return found


@kernel(**INNER)
def _other_end(table: TransferTable, o: int, before: float, now: float) -> float:
    """A voltage beyond the ramp of gate o that a control has come onto; NaN if it has not done so."""
    p = table.parameters
    first = table.starts[o, 0] + 1
    n = (table.starts[o, 1] - first - 1) // 2
    for k in range(n - 1):
        low: float = p[first + k] - table.offset[o]
        high: float = p[first + k + 1] - table.offset[o]
        margin = BEYOND * (high - low)
        if low < now <= high and before <= low:
            return high + margin
        if low < now <= high and before > high:
            return low - margin
    return np.nan


@kernel(**INNER)
def _solved(problem: FlowProblem, q: Floats, near: float, work: Workspace) -> bool:
    """Whether all outputs are what their elements give, q = delta(y): states follow from them exactly."""
    solved = True
    for o in range(len(q)):
        solved = solved and abs(work.f[o] - q[o]) <= near * abs(problem.table.gain[o])
    return solved


@kernel(**INNER)
def _admissible(
    problem: FlowProblem,
    drive: Floats,
    segment: Segment,
    change: float,
    coarseness: float,
    growth: float,
    scale: float,
    work: Workspace,
) -> bool:
    """Whether a step of `change` (of full scale) ends where the flow goes; growth: 1 / (2 h).

    coarseness: its truncation, as a part of what is allowed; 0 if it ends at a rest.  That the flow contracts
    does not do for other steps: what they miss by is still there where the flow ceases to contract.
    """
    if coarseness > 1.0 and change > FINE:
        return False
    if change > REACH or (growth == 0.0 and change > FINE):  # other rests may lie as near as an infinite step
        return contracts_along(problem, drive, segment, scale, work)
    if contracts_between(problem, segment.q1, growth, 0.0, work):
        return True
    eliminate_outputs(problem, work.slopes, segment.q1, work, False)
    if balance(work) and contracts_between(problem, segment.q1, growth, 0.0, work):
        return True
    if change > FINE:
        return False
    eliminate_outputs(problem, work.slopes, segment.q1, work, False)
    return contracts(work, growth)


@kernel(**INNER)
def _truncation(segment: Segment, h: float, scale: float, work: Workspace) -> float:
    """h |dx/dt(x1) - dx/dt(x0)| / 2 of a step of h seconds, of full scale."""
    largest = 0.0
    for i in range(len(segment.x0)):
        by = 0.5 * abs(segment.x1[i] - segment.x0[i] - h * work.rate0[i]) / scale
        largest = largest if by <= largest else by
    return largest


@kernel(**INNER)
def _make_second_order(
    problem: FlowProblem, drive: Floats, segment: Segment, h: float, scale: float, work: Workspace
) -> bool:
    """Take the truncation of a step of h seconds back; whether outputs come to rest beside it."""
    x = segment.x1
    matrix = work.matrix
    n = len(x)
    for i in range(n):
        for k in range(n):
            matrix[i, k] = -h * work.jacobian[i, k]
        matrix[i, i] += 1.0
        matrix[i, n] = 0.5 * (x[i] - segment.x0[i] - h * work.rate0[i])
    _solve(matrix)
    for i in range(n):
        x[i] -= matrix[i, n]
    evaluate(problem, drive, x, segment.q1, work)
    return settle_outputs(problem, drive, x, segment.q1, NEAR * scale, work)


@kernel(**INNER)
def _next_step(h: float, change: float, coarseness: float, good: bool, refused: bool) -> float:
    """The next step after one of h; change and coarseness as in `_admissible`.

    refused: the step before.  One that follows it is not lengthened, or the two would take turns.
    """
    part: float = SAFETY * np.sqrt(1.0 / coarseness)
    if not good or change <= REACH:
        part = min(part, SAFETY * REACH / change)
    if good:
        return h * min(1.0 if refused else 4.0, part)
    most = 0.6 if coarseness > 1.0 else 0.25  # 0.6 where it is known how much too coarse the step was
    return h * max(1.0 / 16.0, min(most, part))


@kernel(**INNER)
def _up_to_kinks(problem: FlowProblem, h: float, scale: float, work: Workspace) -> float:
    """The longest step up to h that ends before the next kinks of units, or is fine enough to cross them.

    A unit comes to a kink by its rate; there the rates jump by what its gate lets through.
    """
    table = problem.table
    for o in range(work.mean.shape[1]):
        if not (table.gated[o] and table.kind[o] == RAMP):
            continue
        i = table.inputs[0, o]
        rate = work.rate0[problem.reads[o]]
        volts, opening = _next_ramp(table, o, work.y[i], rate)
        if not volts < h * abs(rate):
            continue
        current = opening * work.y[table.inputs[1, o]]
        jump = 0.0
        for n in range(len(work.rate0)):
            jump = max(jump, abs(problem.rate_q[n, o] * current))
        across = 2.0 * AT_KINKS * scale / jump
        if current * problem.pushes[o] * rate > 0.0:
            across = FINE * scale / (abs(rate) + jump)
        h = min(h, max(SAFETY * across, volts / abs(rate) - 0.5 * across))
    return h


@kernel(**INNER)
def _next_ramp(table: TransferTable, o: int, volts: float, rate: float) -> tuple[float, float]:
    """Distance of the control of gate o to the ramp that it moves to, V, and by how much that opens the gate.

    Infinite where there is none, or where it is on a ramp.
    """
    p = table.parameters
    edge = table.starts[o, 0] + 1
    n = (table.starts[o, 1] - edge - 1) // 2
    at = volts + table.offset[o]
    distance = np.inf
    opening = 0.0
    for k in range(0, n - 1, 2):
        low = p[edge + k]
        high = p[edge + k + 1]
        part = table.gain[o] * p[edge + n + k + 1] * (high - low)
        if rate > 0.0 and at <= low and low - at < distance:
            distance = low - at
            opening = part
        if rate < 0.0 and at > high and at - high < distance:
            distance = at - high
            opening = -part
    return distance, opening


@kernel(**INNER)
def _copy(x: Floats, q: Floats, to_x: Floats, to_q: Floats) -> None:
    """States and outputs of one place become those of another."""
    for i in range(len(x)):
        to_x[i] = x[i]
    for o in range(len(q)):
        to_q[o] = q[o]


@kernel(**INNER)
def _follow_one(
    problem: FlowProblem, drive: Floats, push: Floats, x: Floats, q: Floats, scale: float, work: Workspace
) -> bool:
    """Follow one sample from x and q to where it rests; whether it does.

    An infinite step is tried every now and then, since the flow may contract all the way to its end.
    """
    for i in range(len(x)):
        work.metric[i] = problem.metric[i]
    free = 0.25 * problem.tick  # the step that kinks do not shorten
    longest = UNLIMITED * problem.tick
    evaluate(problem, drive, x, q, work)
    if not settle_outputs(problem, drive, x, q, NEAR * scale, work):
        return False
    segment = Segment(x.copy(), q.copy(), x, q)
    refused = False
    trial_at = TRIED
    for step in range(MOST_STEPS):
        trial = step == trial_at
        if trial:
            trial_at += TRIED + step // 4
        slow_rate(problem, push, x, q, work.rate0)
        h = _up_to_kinks(problem, free, scale, work)
        last = trial or h > longest
        inverse_step = 0.0 if last else 1.0 / h
        keep(work)
        _copy(x, q, segment.x0, segment.q0)
        good = _step(problem, drive, push, segment, inverse_step, scale, work)
        change = 0.0
        truncation = 0.0
        coarseness = 0.0
        smooth = False
        if good:
            change = change_of_state(segment, scale)
            truncation = _truncation(segment, h, scale, work)
            smooth = pieces_kept(problem, work)
            coarseness = 0.0 if last else truncation / (TRUNCATION if smooth else AT_KINKS)
            good = _admissible(problem, drive, segment, change, coarseness, 0.5 * inverse_step, scale, work)
        if good and last:
            return True
        if good and smooth:
            good = _make_second_order(problem, drive, segment, h, scale, work)
            good = good and (truncation <= AT_KINKS or pieces_kept(problem, work))
        if not good:
            _copy(segment.x0, segment.q0, x, q)
            evaluate(problem, drive, x, q, work)
        if not trial:
            following = _next_step(longest if last else h, change, coarseness, good, refused)
            free = max(free, following) if good and h < free else following
            refused = not good
            longest *= LONGER if last and refused else 1.0
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
