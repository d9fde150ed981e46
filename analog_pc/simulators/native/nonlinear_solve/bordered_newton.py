"""Newton's method of every sample of a large batch, where K is sparse but for a coupling of low rank.

Without its crossbars a circuit falls apart into cells of a few outputs.  Crossbars couple them by a matrix of
low rank: a hidden layer of any width depends on ten outputs by ten errors alone.  So K, for the outputs whose
slopes matter, is ::

    K = S + L R        S [inputs, outputs]: within the cells;  L R: a coupling of low rank

and a step of Newton's method costs each sample a sparse elimination (`kernels/bordered_newton.py`).  K is
truncated here (`DROPPED`); a residual never is, so the answer is exact and only the step misses by that much.
"""

from __future__ import annotations

from functools import cache, partial

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.kernels.bordered_newton import (
    TILE,
    Batch,
    Bordered,
    BorderedProblem,
    solve_tiles,
)
from analog_pc.simulators.native.kernels.threads import in_slices
from analog_pc.simulators.native.kernels.transfer_functions import (
    TransferTable,
    empty_table,
    evaluate_batch,
)
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.newton import STOP, Solved

DROPPED = 1e-5  # of the loop gain, which has no unit: what a step does not follow
# Of the operations of a dense elimination: with more, the matrices of `newton.py` take less time.
DENSE_PART = 0.1
LEAST_SAMPLES = 32  # for which looking for the structure is worth its time


class BorderedNewton:
    """Compiled Newton's method on one feedback form."""

    def __init__(self, problem: BorderedProblem) -> None:
        self._problem = problem

    @classmethod
    def of(cls, form: FeedbackForm, y: Floats) -> BorderedNewton | None:
        """None where K has no such structure; y [samples, inputs] are typical inputs."""
        uncoupled = form.uncoupled_gain()
        if form.table is None or uncoupled is None:
            return None
        bordered = bordered_of(form, form.table, y, uncoupled)
        if bordered is None:
            return None
        gain = np.ascontiguousarray(form.gain)
        return cls(BorderedProblem(bordered, form.table, gain, form.largest_gain, STOP))

    def solve(self, r: Floats, start: Floats) -> Solved:
        """As `DenseNewton.solve`; a sample whose residual grows is not found."""
        feedforward = np.ascontiguousarray(r.T)
        found = np.zeros(len(r), dtype=np.bool_)
        batch = Batch(feedforward, np.array(start.T, order="C"), np.empty_like(feedforward), found)
        in_slices(len(r), partial(solve_tiles, self._problem, batch), TILE)
        return Solved(batch.y.T, batch.q.T, found)


@cache
def compile_bordered_newton() -> None:
    """Compile Newton's method, or load it."""
    none = np.zeros((0, 0))
    numbers = np.zeros(0, dtype=np.int64)
    bordered = Bordered(none, none, numbers, numbers, numbers)
    problem = BorderedProblem(bordered, empty_table(), none, np.zeros(0), STOP)
    solve_tiles(problem, Batch(none, none, none, np.zeros(0, dtype=np.bool_)), 0, 0)


def bordered_of(form: FeedbackForm, table: TransferTable, y: Floats, uncoupled: Floats) -> Bordered | None:
    """K as a sparse matrix and a coupling; None where elimination would fill too much.

    Parameters
    ----------
    form, table
        The feedback form, and its outputs for compiled code.
    y
        Typical inputs, [samples, inputs] in V, for the size of slopes.
    uncoupled
        K without currents between the ports of a crossbar.
    """
    slopes = _largest_slopes(table, y)
    left, size, right = np.linalg.svd((form.gain - uncoupled) * slopes, full_matrices=False)
    rank = int((size > DROPPED).sum())
    into = left[:, :rank] * size[:rank]
    outputs = len(slopes)
    reads = np.zeros((outputs + rank, outputs + rank), dtype=np.bool_)
    loop_gain = np.concatenate([uncoupled * slopes, into], axis=1)
    reads[:outputs] = (np.abs(loop_gain[form.input_index]) > DROPPED).any(axis=0)
    reads[outputs:, :outputs] = np.abs(right[:rank]) > DROPPED
    filled = filled_by_elimination(reads)
    above = np.triu(filled, 1).sum(axis=1)
    if (above**2).sum() > DENSE_PART * outputs**3 / 3.0:
        return None
    columns = filled.sum(axis=1)
    starts = np.concatenate([[0], np.cumsum(columns)])
    return Bordered(
        gain=np.ascontiguousarray(np.concatenate([uncoupled, into], axis=1)),
        to_coupling=np.ascontiguousarray(right[:rank] / slopes),
        starts=starts,
        right_of=starts[1:] - above,
        columns=np.ascontiguousarray(np.nonzero(filled)[1]),
    )


def filled_by_elimination(entries: Bools) -> Bools:
    """The entries of a matrix and its transpose that are not 0 after Gaussian elimination, [n, n]."""
    filled = entries | entries.T | np.eye(len(entries), dtype=np.bool_)
    for pivot in range(len(filled)):
        below = pivot + np.flatnonzero(filled[pivot, pivot:])
        filled[np.ix_(below, below)] = True
    return filled


def _largest_slopes(table: TransferTable, y: Floats) -> Floats:
    """Largest slope of each output in some samples; 1 where there is none, [outputs].

    An output's volts or amperes are no loop gain; K times slopes is.
    """
    largest = np.abs(evaluate_batch(table, y)[1]).max(axis=(0, 2))
    return np.where(largest > 0.0, largest, 1.0)
