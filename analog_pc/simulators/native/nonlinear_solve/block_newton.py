"""Newton's method of every sample of a large batch, where a circuit is small blocks with a weak coupling.

Without its crossbars a circuit falls apart into cells of a few outputs, the diagonal blocks of K.  Crossbars
couple them by a matrix of low rank: a hidden layer of any width depends on ten outputs by ten errors alone.
So K, for the outputs whose slopes matter, is ::

    K = S + L R        S [inputs, outputs]: diagonal blocks;  L R: a coupling of low rank

and a step of Newton's method costs each sample small systems alone (`kernels/block_newton.py`).  K is
truncated here (`DROPPED`); a residual never is, so the answer is exact and only the step misses by that much.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.sparse.csgraph import connected_components

from analog_pc.arrays import Floats, Ints
from analog_pc.simulators.native.kernels.block_newton import (
    TILE,
    Batch,
    BlockGain,
    BlockProblem,
    solve_tiles,
    workspace,
)
from analog_pc.simulators.native.kernels.threads import in_slices
from analog_pc.simulators.native.kernels.transfer_functions import (
    TransferTable,
    empty_table,
    evaluate_outputs,
)
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.newton import STOP, Solved

DROPPED = 1e-5  # of the loop gain, which has no unit: what a step does not follow
LARGEST_RANK = 40  # of the coupling; and
LARGEST_BLOCK = 12  # outputs: beyond, the dense matrices of `newton.py` take less time
LEAST_SAMPLES = 32  # for which looking for blocks is worth its time


class BlockNewton:
    """Compiled Newton's method on one feedback form.

    Parameters
    ----------
    problem
        The form with its different input voltages only, for compiled code.
    distinct, input_of
        Inputs that are different voltages, and which of these each input is.
    """

    def __init__(self, problem: BlockProblem, distinct: Ints, input_of: Ints) -> None:
        self._problem = problem
        self._distinct = distinct
        self._input_of = input_of

    @classmethod
    def of(cls, form: FeedbackForm, y: Floats) -> BlockNewton | None:
        """None for a circuit without small blocks; y [samples, inputs] are typical inputs."""
        uncoupled = form.uncoupled_gain()
        if form.table is None or uncoupled is None:
            return None
        block_gain = block_gain_of(form, form.table, y, uncoupled)
        if block_gain is None:
            return None
        distinct, input_of = _distinct_inputs(form)
        outputs = np.arange(form.gain.shape[1])
        problem = BlockProblem(
            block_gain=block_gain,
            table=form.table.select(outputs, input_of[form.input_index]),
            gain=np.ascontiguousarray(form.gain[distinct]),
            largest_gain=form.largest_gain,
            stop=STOP,
        )
        return cls(problem, distinct, input_of)

    def solve(self, r: Floats, start: Floats) -> Solved:
        """As `DenseNewton.solve`; a sample whose residual grows is not found."""
        feedforward = np.ascontiguousarray(r[:, self._distinct].T)
        found = np.zeros(len(r), dtype=np.bool_)
        batch = Batch(feedforward, np.array(start.T, order="C"), np.empty_like(feedforward), found)

        def work(part: slice) -> None:
            room = workspace(self._problem, min(TILE, part.stop - part.start))
            solve_tiles(self._problem, room, batch, part.start, part.stop)

        in_slices(len(r), len(feedforward), work)
        return Solved(batch.y[self._input_of].T, batch.q.T, found)


@cache
def compile_block_newton() -> None:
    """Compile Newton's method, or load it."""
    none = np.zeros((0, 0))
    numbers = np.zeros(1, dtype=np.int64)
    basis = np.zeros((0, 1, 1))
    pairs = np.zeros((1, 0))
    gain = BlockGain(numbers[:0], numbers, basis, basis, pairs.T.copy(), pairs, pairs.T.copy(), pairs)
    problem = BlockProblem(gain, empty_table(), none, np.zeros(0), STOP)
    batch = Batch(none, none, none, np.zeros(0, dtype=np.bool_))
    solve_tiles(problem, workspace(problem, 1), batch, 0, 0)


def _distinct_inputs(form: FeedbackForm) -> tuple[Ints, Ints]:
    """Inputs that are different voltages, and which of these each input is."""
    if form.shared_input is None:
        every = np.arange(len(form.gain))
        return every, every
    distinct, number = np.unique(form.shared_input, return_inverse=True)
    return distinct, number


def block_gain_of(form: FeedbackForm, table: TransferTable, y: Floats, uncoupled: Floats) -> BlockGain | None:
    """K as diagonal blocks and a coupling; None where blocks are too large, or the rank is too high.

    Parameters
    ----------
    form, table
        The feedback form, and its outputs for compiled code.
    y
        Typical inputs, [samples, inputs] in V, for the size of slopes.
    uncoupled
        K without currents between the ports of a crossbar.
    """
    index = form.input_index
    slopes = _largest_slopes(table, y)
    left, size, right = truncated_svd((form.gain - uncoupled) * slopes, LARGEST_RANK)
    rank = max(1, int((size > DROPPED).sum()))
    linked = (np.abs(uncoupled[index]) * slopes > DROPPED).any(axis=0)
    label = connected_components(linked, directed=False)[1]
    order = np.argsort(label, kind="stable")
    blocks = _BlockLayout.of(np.bincount(label))
    if rank > LARGEST_RANK or blocks.largest > LARGEST_BLOCK:
        return None
    by_input = (left[:, :rank] * size[:rank])[index[:, order]].transpose(1, 0, 2)
    by_output = right[:rank].T[order][:, None]
    local_rank = max(blocks.rank(by_input), blocks.rank(by_output), 1)
    into, from_coupling = blocks.factorise(by_input, local_rank)
    out, to_coupling = blocks.factorise(by_output, local_rank)
    between = -np.einsum("uat,ubs->tsuab", to_coupling, from_coupling).reshape(rank * rank, -1)
    return BlockGain(
        order=order,
        starts=blocks.starts,
        blocks=blocks.diagonal(uncoupled, index, order),
        into=into,
        out=np.ascontiguousarray(out[:, 0] / slopes[order, None]),
        to_coupling=np.ascontiguousarray(to_coupling.reshape(-1, rank).T),
        from_coupling=np.ascontiguousarray(from_coupling.reshape(-1, rank)),
        between=np.ascontiguousarray(between),
    )


def truncated_svd(matrix: Floats, most: int) -> tuple[Floats, Floats, Floats]:
    """The largest singular values, some more than `most`, and their vectors; exact where these are all.

    Its columns lie in the span of random combinations of them, with more combinations than its rank (Halko,
    Martinsson & Tropp, SIAM Review 53, 217 (2011)): faster than all singular values of a wide layer.
    """
    some = np.random.default_rng(0).standard_normal((matrix.shape[1], most + 8))
    basis = np.linalg.qr(matrix @ some)[0]
    left, size, right = np.linalg.svd(basis.T @ matrix, full_matrices=False)
    return basis @ left, size, right


def _largest_slopes(table: TransferTable, y: Floats) -> Floats:
    """Largest slope of each output in some samples; 1 where there is none, [outputs].

    An output's volts or amperes are no loop gain; K times slopes is.
    """
    outputs = len(table.kind)
    slopes = np.zeros((len(table.inputs), outputs, len(y)))
    value = np.empty((outputs, len(y)))
    evaluate_outputs(table, np.ascontiguousarray(y.T), np.empty((2, len(y))), value, slopes)
    largest = np.abs(slopes).max(axis=(0, 2))
    return np.where(largest > 0.0, largest, 1.0)


@dataclass(frozen=True, eq=False)
class _BlockLayout:
    """Outputs block by block: the block of each one, and its place in it (`nth`)."""

    starts: Ints
    block: Ints
    nth: Ints

    @classmethod
    def of(cls, sizes: Ints) -> _BlockLayout:
        starts = np.concatenate([[0], np.cumsum(sizes)])
        block = np.repeat(np.arange(len(sizes)), sizes)
        return cls(starts, block, np.arange(starts[-1]) - starts[block])

    @property
    def largest(self) -> int:
        """Outputs of the largest block."""
        return int(np.diff(self.starts).max())

    def _stacked(self, rows: Floats) -> Floats:
        """Rows [outputs, inputs, rank] by block, zeros in smaller ones, [blocks, largest * inputs, rank]."""
        _, inputs, rank = rows.shape
        out = np.zeros((len(self.starts) - 1, self.largest, inputs, rank))
        out[self.block, self.nth] = rows
        return out.reshape(len(out), -1, rank)

    def rank(self, rows: Floats) -> int:
        """The largest rank of a block's rows."""
        sizes = np.linalg.svd(self._stacked(rows), compute_uv=False)
        return int((sizes > DROPPED).sum(axis=1).max())

    def factorise(self, rows: Floats, rank: int) -> tuple[Floats, Floats]:
        """Rows as a local basis [outputs, inputs, rank] and a factor by block [blocks, rank, coupling]."""
        left, size, right = np.linalg.svd(self._stacked(rows), full_matrices=False)
        missing = max(0, rank - size.shape[1])
        left = np.pad(left * size[:, None], [(0, 0), (0, 0), (0, missing)])[:, :, :rank]
        right = np.pad(right, [(0, 0), (0, missing), (0, 0)])[:, :rank]
        basis = left.reshape(len(left), self.largest, rows.shape[1], rank)[self.block, self.nth]
        return np.ascontiguousarray(basis), np.ascontiguousarray(right)

    def diagonal(self, gain: Floats, index: Ints, order: Ints) -> Floats:
        """Gain within each block, [outputs, inputs of an output, outputs of the largest block]."""
        columns = self.starts[self.block, None] + np.arange(self.largest)
        own = columns < self.starts[self.block + 1, None]
        columns = order[np.where(own, columns, 0)]
        values = gain[index[:, order].T[:, :, None], columns[:, None, :]]
        return np.ascontiguousarray(np.where(own[:, None, :], values, 0.0))
