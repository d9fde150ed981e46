"""Whether the slow flow contracts all along a segment: from its start it then leads to a rest at its end.

A segment is looked at in pieces, each by slopes that stand for all of it (`slope_bounds.py`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import INNER, kernel
from analog_pc.simulators.native.kernels import OPTIONS
from analog_pc.simulators.native.kernels.flow_kernel import (
    FlowProblem,
    FlowState,
    Workspace,
    balance,
    contracts,
    eliminate_outputs,
    evaluate,
    settle_outputs,
    workspace,
)
from analog_pc.simulators.native.kernels.slope_bounds import largest_slopes, worst_slopes

MOST_PIECES = 8
PIECE = 0.25  # of full scale: the longest piece of a segment
NEAR = 1e-7  # of full scale: the last iteration of a step, and of outputs beside a held state


class Segment(NamedTuple):
    """From states x0 and outputs q0 to x1 and q1, in a straight line."""

    x0: Floats
    q0: Floats
    x1: Floats
    q1: Floats


@kernel(**INNER)
def change_of_state(segment: Segment, scale: float) -> float:
    """Largest change of a state, of full scale."""
    change = 0.0
    for i in range(len(segment.x0)):
        by = abs(segment.x1[i] - segment.x0[i]) / scale
        change = change if by <= change else by
    return change


@kernel(**INNER)
def keep(work: Workspace) -> None:
    """A step, or a piece of a segment, starts at what was evaluated last."""
    for i in range(len(work.y)):
        work.y0[i] = work.y[i]
    for o in range(len(work.f)):
        work.f0[o] = work.f[o]
        for a in range(len(work.slopes)):
            work.slopes0[a, o] = work.slopes[a, o]


@kernel(**INNER)
def _equal(one: Floats, other: Floats) -> bool:
    for a in range(one.shape[0]):
        for o in range(one.shape[1]):
            if one[a, o] != other[a, o]:
                return False
    return True


@kernel(**INNER)
def contracts_between(problem: FlowProblem, q: Floats, rate: float, around: float, work: Workspace) -> bool:
    """Whether nothing grows by `rate` or more, 1/s, on the way from (y0, f0, slopes0) to (y, f, slopes).

    around: how far beside the way the flow may be, V in the metric of the sample; with any, also for the
    largest slopes there.
    """
    worst_slopes(problem, around, work)
    if not _equal(work.mean, work.used):  # rectifiers: J of the last iteration still holds
        eliminate_outputs(problem, work.mean, q, work, False)
    if not contracts(work, rate):
        return False
    if around == 0.0:
        return True
    largest_slopes(problem, around, work)
    if _equal(work.mean, work.used):
        return True
    eliminate_outputs(problem, work.mean, q, work, False)
    return contracts(work, rate)


@kernel(**INNER)
def _contracts_in_metric(
    problem: FlowProblem, drive: Floats, segment: Segment, scale: float, work: Workspace
) -> bool:
    """Whether the flow contracts all along a segment in the metric of the sample as it is, in pieces.

    q is brought to rest beside x.  The flow takes another way, but as long as it comes nearer to the end it
    stays within the distance at the start, in this metric; so far around the segment outputs are looked at.
    """
    change = change_of_state(segment, scale)
    if not change <= MOST_PIECES * PIECE:
        return False
    around = 0.0
    for i in range(len(segment.x0)):
        around = max(around, work.metric[i] * abs(segment.x1[i] - segment.x0[i]))
    pieces = max(1, int(np.ceil(change / PIECE)))
    x = segment.x0.copy()
    q = segment.q0.copy()
    evaluate(problem, drive, x, q, work)
    good = settle_outputs(problem, drive, x, q, NEAR * scale, work)
    for piece in range(1, pieces + 1):
        if not good:
            return False
        keep(work)
        part = piece / pieces
        for i in range(len(x)):
            x[i] = (1.0 - part) * segment.x0[i] + part * segment.x1[i]
        for o in range(len(q)):
            q[o] = (1.0 - part) * segment.q0[o] + part * segment.q1[o]
        evaluate(problem, drive, x, q, work)
        if piece < pieces:
            good = settle_outputs(problem, drive, x, q, NEAR * scale, work)
        good = good and contracts_between(problem, q, 0.0, around, work)
    return good


@kernel(**INNER)
def contracts_along(
    problem: FlowProblem, drive: Floats, segment: Segment, scale: float, work: Workspace
) -> bool:
    """Whether the flow contracts all along a segment, in the metric of the sample, or balanced at its end."""
    for balanced in (False, True):
        if balanced:
            evaluate(problem, drive, segment.x1, segment.q1, work)
            eliminate_outputs(problem, work.slopes, segment.q1, work, False)
            if not balance(work):
                break
        if _contracts_in_metric(problem, drive, segment, scale, work):
            return True
    return False


@kernel(**OPTIONS)
def contracts_to(problem: FlowProblem, state: FlowState, x: Floats, q: Floats, first: int, last: int) -> None:
    """`found`: whether the flow contracts all the way from state.x to x (and q there)."""
    work = workspace(problem)
    for s in range(first, last):
        for i in range(len(work.metric)):
            work.metric[i] = problem.metric[i]
        segment = Segment(state.x[s], state.q[s], x[s], q[s])
        state.found[s] = contracts_along(problem, state.drive[s], segment, state.scale[s], work)
