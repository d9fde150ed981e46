"""The slow flow of one sample after the other, in compiled code.

::

    dx/dt = A x + E q + push,      q = delta(y),    y = drive + C x + K q

A step of h seconds solves x1 = x0 + h dx/dt(x1) together with q by Newton's method.  With slopes D the
outputs are eliminated first, and what is left has the size of x::

    T = (1 - D K)^-1 D C,   w = (1 - D K)^-1 (delta - q),   J = A + E T
    (1/h - J) dx = dx/dt - (x - x0) / h + E w,   dq = T dx + w

In the metric of the capacitances, S = sqrt(C), the flow contracts where -(S J S^-1 + its transpose) is
positive definite: two solutions come nearer to each other (Lohmiller & Slotine, Automatica 34, 683 (1998)).
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.simulators.native.laws import Laws, bend_at
from analog_pc.simulators.native.slope_bounds import largest_slopes, worst_slopes
from analog_pc.simulators.native.unit_kernel import INNER, OPTIONS

REACH = 0.02  # of full scale: the longest step where the flow does not contract, and
TRUNCATION = 5e-4  # of full scale: the local truncation h |dx/dt(x1) - dx/dt(x0)| / 2 of such a step
FINE = 1e-4  # of full scale: the longest step over a kink that pushes the state away
MOST_PIECES = 8
PIECE = 0.25  # of full scale: the longest step, or part of one, over which a mean Jacobian is looked at
MOST_STEPS = 4000
SWEEPS = 4
ITERATIONS = 12  # of Newton's method in a step
NEAR = 1e-7  # of full scale: the last iteration of a step
UNLIMITED = 2.0**10  # of the fastest time constant: a longer step is tried as an infinite one
SHORTEST = 2.0**-60
TRIED = 6  # steps after which an infinite one is tried


class FlowProblem(NamedTuple):
    """The slow flow of a circuit; outputs stand in an order in which most depend on earlier ones alone."""

    laws: Laws
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
    laws: Floats  # of `bend_at`
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


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def make_room(problem):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Arrays for one sample."""
    inputs = len(problem.gain)
    outputs = problem.gain.shape[1]
    n = len(problem.rate_x)
    terms = len(problem.laws.reads)
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


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _evaluate(problem, drive, x, q, room):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
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
    bend_at(problem.laws, room.y, room.laws, room.f, room.slopes)
    return moved


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _eliminate_outputs(problem, slopes, q, room, with_residual):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
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


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _fill_system(problem, slopes, room):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """1 - D K, and D C in place of T; `spans` [outputs, 2] holds the columns where a row of T is not 0."""
    outputs = len(room.system)
    n = len(room.jacobian)
    laws = problem.laws
    room.used[:] = slopes
    room.system[:] = 0.0
    room.t[:] = 0.0
    for o in range(outputs):
        room.spans[o, 0] = n
        room.spans[o, 1] = 0
        for a in range(2 if laws.gated[o] else 1):
            slope = slopes[a, o]
            if slope != 0.0:
                i = laws.reads[a, o]
                for p in range(outputs):
                    room.system[o, p] -= slope * problem.gain[i, p]
                for k in range(problem.spans[i, 0], problem.spans[i, 1]):
                    room.t[o, k] += slope * problem.by_x[i, k]
                room.spans[o, 0] = min(room.spans[o, 0], problem.spans[i, 0])
                room.spans[o, 1] = max(room.spans[o, 1], problem.spans[i, 1])
        room.system[o, o] += 1.0


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _subtract_row(room, o, j, factor):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Subtract factor times row j of T and w from row o."""
    n = len(room.jacobian)
    for k in range(room.spans[j, 0], room.spans[j, 1]):
        room.t[o, k] -= factor * room.t[j, k]
    room.t[o, n] -= factor * room.t[j, n]
    room.spans[o, 0] = min(room.spans[o, 0], room.spans[j, 0])
    room.spans[o, 1] = max(room.spans[o, 1], room.spans[j, 1])


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def positive_definite(matrix, n):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
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


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def contracts(problem, room, rate):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Whether rate - (S J S^-1 + transpose) / 2 is positive definite."""
    n = len(room.jacobian)
    s = problem.metric
    for i in range(n):
        for j in range(i + 1):
            room.matrix[i, j] = -0.5 * (room.jacobian[i, j] * s[i] / s[j] + room.jacobian[j, i] * s[j] / s[i])
        room.matrix[i, i] += rate
    return positive_definite(room.matrix, n)


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _solve(matrix):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
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


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _newton_update(problem, push, x, q, inverse_step, room):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """One iteration of an implicit Euler step of 1 / inverse_step s from room.x0; how far x moved, V."""
    n = len(x)
    outputs = len(q)
    _eliminate_outputs(problem, room.slopes, q, room, True)
    matrix = room.matrix
    for i in range(n):
        value = push[i] - (x[i] - room.x0[i]) * inverse_step
        for k in range(n):
            value += problem.rate_x[i, k] * x[k]
            matrix[i, k] = -room.jacobian[i, k]
        matrix[i, i] += inverse_step
        for o in range(outputs):
            value += problem.rate_q[i, o] * (q[o] + room.t[o, n])
        matrix[i, n] = value
    _solve(matrix)
    moved = 0.0
    for i in range(n):
        x[i] += matrix[i, n]
        by = abs(matrix[i, n])
        moved = moved if by <= moved else by
    for o in range(outputs):
        value = room.t[o, n]
        for k in range(n):
            value += room.t[o, k] * matrix[k, n]
        q[o] += value
    return moved


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _step(problem, drive, push, x, q, inverse_step, near, room):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """One step in x and q; whether Newton's method has converged."""
    for _ in range(ITERATIONS):
        moved = _newton_update(problem, push, x, q, inverse_step, room)
        by = _evaluate(problem, drive, x, q, room)
        if not (np.isfinite(moved) and np.isfinite(by)):
            return False
        if moved <= near and by <= near:
            return True
    return False


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _equal(one, other):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    for a in range(one.shape[0]):
        for o in range(one.shape[1]):
            if one[a, o] != other[a, o]:
                return False
    return True


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _contracts_between(problem, q, rate, around, room):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Whether nothing grows by `rate` or more, 1/s, on the way from (y0, f0, slopes0) to (y, f, slopes).

    around: V beside the way that the flow may take; with any, also for the largest slopes there.
    """
    worst_slopes(problem, around, room)
    if not _equal(room.mean, room.used):  # rectifiers: J is still that of the last iteration
        _eliminate_outputs(problem, room.mean, q, room, False)
    if not contracts(problem, room, rate):
        return False
    if around == 0.0:
        return True
    largest_slopes(problem, around, room)
    if _equal(room.mean, room.used):
        return True
    _eliminate_outputs(problem, room.mean, q, room, False)
    return contracts(problem, room, rate)


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _admissible(problem, q, moved, truncation, growth, scale, room):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Whether a step of `moved` (of full scale) ends where the flow goes; growth: 1 / (2 h)."""
    if moved > REACH:
        return moved <= PIECE and _contracts_between(problem, q, 0.0, moved * scale, room)
    if truncation > TRUNCATION and moved > FINE:
        return False
    if growth == 0.0 and moved > FINE:  # an infinite step: other rests may lie as near as its end
        return _contracts_between(problem, q, 0.0, moved * scale, room)
    if _contracts_between(problem, q, growth, 0.0, room):
        return True
    if moved > FINE:
        return False
    _eliminate_outputs(problem, room.slopes, q, room, False)
    return contracts(problem, room, growth)


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _rate(problem, push, x, q, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Fill out [states] with dx/dt."""
    for i in range(len(x)):
        value = push[i]
        for k in range(len(x)):
            value += problem.rate_x[i, k] * x[k]
        for o in range(len(q)):
            value += problem.rate_q[i, o] * q[o]
        out[i] = value


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _keep(x, q, room):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    room.x0[:] = x
    room.q0[:] = q
    room.y0[:] = room.y
    room.f0[:] = room.f
    room.slopes0[:] = room.slopes


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _follow_one(problem, drive, push, x, q, scale, room):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Follow one sample from x and q to where it rests; whether it does.

    h doubles after a step that is admissible, and falls to a quarter after another.  An infinite step is
    tried every now and then, since the flow may contract all the way to its end.
    """
    near = NEAR * scale
    h = 0.25 * problem.tick
    longest = UNLIMITED * problem.tick
    _evaluate(problem, drive, x, q, room)
    if not _rest_outputs(problem, drive, x, q, near, room):
        return False
    for step in range(MOST_STEPS):
        _keep(x, q, room)
        _rate(problem, push, x, q, room.rate0)
        trial = step % TRIED == TRIED - 1
        last = trial or h > longest
        inverse_step = 0.0 if last else 1.0 / h
        good = _step(problem, drive, push, x, q, inverse_step, near, room)
        moved = 0.0
        truncation = 0.0
        if good:
            for i in range(len(x)):
                by = abs(x[i] - room.x0[i]) / scale
                moved = moved if by <= moved else by
                by = 0.5 * abs(x[i] - room.x0[i] - h * room.rate0[i]) / scale
                truncation = truncation if by <= truncation else by
            truncation = 0.0 if last else truncation
            good = _admissible(problem, q, moved, truncation, 0.5 * inverse_step, scale, room)
        if good:
            if last:
                return True
            if moved > REACH or (moved <= 0.5 * REACH and truncation <= 0.25 * TRUNCATION):
                h *= 2.0
            if moved <= 0.1 * REACH and truncation <= 0.05 * TRUNCATION:
                h *= 2.0
        else:
            x[:] = room.x0
            q[:] = room.q0
            room.y[:] = room.y0
            room.f[:] = room.f0
            room.slopes[:] = room.slopes0
            if not trial:
                h = (longest if last else h) * 0.25
            if h < SHORTEST * problem.tick:
                return False
    return False


@numba.njit(**OPTIONS)  # type: ignore[untyped-decorator, unused-ignore]
def follow(problem, state, first, last):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Follow samples `first` to `last`; x and q move, and `found` says which have come to rest."""
    room = make_room(problem)
    for s in range(first, last):
        state.found[s] = _follow_one(
            problem, state.drive[s], state.push[s], state.x[s], state.q[s], state.scale[s], room
        )


@numba.njit(**OPTIONS)  # type: ignore[untyped-decorator, unused-ignore]
def contracts_to(problem, state, x, q, first, last):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """`found`: whether the flow contracts all the way from state.x to x (and q there), in pieces.

    On the way x moves along the straight line, and q is brought to rest beside it.  The flow takes another
    way, but as long as it comes nearer to x it stays within the distance at the start, and so far around the
    line outputs are looked at.
    """
    room = make_room(problem)
    n = x.shape[1]
    at = np.empty(n)
    outputs = np.empty(q.shape[1])
    start = np.empty(q.shape[1])
    for s in range(first, last):
        moved = 0.0
        for i in range(n):
            by = abs(x[s, i] - state.x[s, i]) / state.scale[s]
            moved = moved if by <= moved else by
        state.found[s] = False
        if not moved <= MOST_PIECES * PIECE:
            continue
        pieces = max(1, int(np.ceil(moved / PIECE)))
        at[:] = state.x[s]
        outputs[:] = state.q[s]
        _evaluate(problem, state.drive[s], at, outputs, room)
        good = _rest_outputs(problem, state.drive[s], at, outputs, NEAR * state.scale[s], room)
        start[:] = outputs
        for piece in range(1, pieces + 1):
            if not good:
                break
            _keep(at, outputs, room)
            part = piece / pieces
            for i in range(n):
                at[i] = state.x[s, i] + part * (x[s, i] - state.x[s, i])
            for o in range(len(outputs)):
                outputs[o] = start[o] + part * (q[s, o] - start[o])
            _evaluate(problem, state.drive[s], at, outputs, room)
            if piece < pieces:
                good = _rest_outputs(problem, state.drive[s], at, outputs, NEAR * state.scale[s], room)
            good = good and _contracts_between(problem, outputs, 0.0, moved * state.scale[s], room)
        state.found[s] = good


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _rest_outputs(problem, drive, x, q, near, room):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """q = delta(y) beside a held x; whether it was found.

    By fixed point, exact after a few sweeps where outputs depend on earlier ones alone; else by Newton.
    """
    n = len(x)
    for _ in range(SWEEPS):
        for o in range(len(q)):
            q[o] = room.f[o]
        if _evaluate(problem, drive, x, q, room) <= near:
            return True
    for _ in range(ITERATIONS):
        _eliminate_outputs(problem, room.slopes, q, room, True)
        for o in range(len(q)):
            q[o] += room.t[o, n]
        if _evaluate(problem, drive, x, q, room) <= near:
            return True
    return False


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def jacobian_at(problem, y, room):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Fill room.jacobian with J at inputs y [inputs]."""
    for i in range(len(y)):
        room.y[i] = y[i]
    bend_at(problem.laws, room.y, room.laws, room.f, room.slopes)
    _eliminate_outputs(problem, room.slopes, room.q0, room, False)


@numba.njit(**OPTIONS)  # type: ignore[untyped-decorator, unused-ignore]
def contracts_at(problem, y, out, first, last):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Fill `out`: whether the flow contracts at inputs y [samples, inputs]."""
    room = make_room(problem)
    for s in range(first, last):
        jacobian_at(problem, y[s], room)
        out[s] = contracts(problem, room, 0.0)
