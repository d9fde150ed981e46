"""Newton's method of every sample of a large batch, where K is block diagonal but for a coupling of low rank.

Without its crossbars a circuit falls apart into cells of a few outputs.  Crossbars couple them by a matrix of
low rank: a hidden layer of any width depends on ten outputs by ten errors alone.  So K, for the outputs whose
slopes matter, is ::

    K = S + L R        S [inputs, outputs]: within the cells;  L R: a coupling of low rank

and a step of Newton's method costs each sample a few small systems (`kernels/block_elimination.py`).  K is
truncated here (`DROPPED`); a residual never is, so the answer is exact and only the step misses by that much.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import NamedTuple

import numpy as np
from scipy.sparse.csgraph import connected_components

from analog_pc.arrays import Floats, Ints
from analog_pc.simulators.native.kernels import TILE
from analog_pc.simulators.native.kernels.block_elimination import (
    Batch,
    BlockGain,
    BlockProblem,
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
PRODUCT = 0.25  # an operation in a product of matrices, of the time of one in an elimination
LEAST_SAMPLES = 32  # for which looking for blocks is worth its time


class BlockNewton:
    """Compiled Newton's method on one feedback form."""

    def __init__(self, problem: BlockProblem) -> None:
        self._problem = problem

    @classmethod
    def of(cls, form: FeedbackForm, y: Floats) -> BlockNewton | None:
        """None where K has no such structure; y [samples, inputs] are typical inputs."""
        uncoupled = form.uncoupled_gain()
        if form.table is None or uncoupled is None:
            return None
        block_gain = block_gain_of(form, form.table, y, uncoupled)
        if block_gain is None:
            return None
        gain = np.ascontiguousarray(form.gain)
        return cls(BlockProblem(block_gain, form.table, gain, form.largest_gain, STOP))

    def solve(self, r: Floats, start: Floats) -> Solved:
        """As `DenseNewton.solve`; a sample whose residual grows is not found."""
        feedforward = np.ascontiguousarray(r.T)
        found = np.zeros(len(r), dtype=np.bool_)
        batch = Batch(feedforward, np.array(start.T, order="C"), np.empty_like(feedforward), found)
        in_slices(len(r), partial(solve_tiles, self._problem, batch), TILE)
        return Solved(batch.y.T, batch.q.T, found)


@cache
def compile_block_newton() -> None:
    """Compile Newton's method, or load it."""
    none = np.zeros((0, 0))
    numbers = np.zeros(1, dtype=np.int64)
    terms = np.zeros((0, 4), dtype=np.int64)
    gain = BlockGain(numbers[:0], numbers, none, none, none, terms, np.zeros(0), none)
    problem = BlockProblem(gain, empty_table(), none, np.zeros(0), STOP)
    solve_tiles(problem, Batch(none, none, none, np.zeros(0, dtype=np.bool_)), 0, 0)


def block_gain_of(form: FeedbackForm, table: TransferTable, y: Floats, uncoupled: Floats) -> BlockGain | None:
    """K as diagonal blocks and a coupling; None where a dense matrix takes fewer operations.

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
    linked = (np.abs(uncoupled[form.input_index]) * slopes > DROPPED).any(axis=0)
    block = connected_components(linked, directed=False)[1]
    sizes = np.bincount(block)
    order = np.argsort(block, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)])
    responses = _responses(table, np.split(order, starts[1:-1]), into, right[:rank], slopes)
    operations = (sizes**3).sum() + rank**3 / 3.0 + PRODUCT * responses.between.size
    if operations > len(slopes) ** 3 / 3.0:
        return None
    return BlockGain(
        order=order,
        starts=starts,
        within=np.ascontiguousarray(uncoupled),
        into=np.ascontiguousarray(into),
        out=np.ascontiguousarray(right[:rank] / slopes),
        **responses._asdict(),
    )


class _Responses(NamedTuple):
    """As in `BlockGain`."""

    terms: Ints
    weights: Floats
    between: Floats


def _responses(
    table: TransferTable, blocks: Sequence[Ints], into: Floats, out: Floats, slopes: Floats
) -> _Responses:
    """What each block makes of the coupling.

    L of a block's inputs and R of its outputs (`out` / `slopes`) have a lower rank than the coupling: of one
    voltage through which it drives the block, and one that the block gives it, most often.
    """
    rank = len(out)
    parts = []
    responses = 0
    entries = 0
    for members in blocks:
        n = len(members)
        has_input = np.ones((len(table.inputs), n), dtype=np.bool_)
        has_input[1:] = table.gated[members]
        a, i = np.nonzero(has_input)
        drives, from_coupling = _factors(into[table.inputs[a, members[i]]])
        to_coupling, reads = _factors(out[:, members])
        weights = np.einsum("pj,md->pdjm", reads / slopes[members], drives)
        p, d, j, m = np.nonzero(weights)
        response = responses + p * len(from_coupling) + d
        terms = np.stack([response, entries + j * n + i[m], a[m], members[i[m]]], axis=1)
        between = -np.einsum("up,dv->uvpd", to_coupling, from_coupling).reshape(
            rank * rank, len(reads) * len(from_coupling)
        )
        parts.append(_Responses(terms, weights[p, d, j, m], between))
        responses += between.shape[1]
        entries += n * n
    return _Responses(
        np.concatenate([part.terms for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.between for part in parts], axis=1),
    )


def _factors(matrix: Floats) -> tuple[Floats, Floats]:
    """Two factors of a matrix, [rows, rank] and [rank, columns], but for what is dropped of it."""
    left, size, right = np.linalg.svd(matrix, full_matrices=False)
    rank = int((size > DROPPED).sum())
    return left[:, :rank] * size[:rank], right[:rank]


def _largest_slopes(table: TransferTable, y: Floats) -> Floats:
    """Largest slope of each output in some samples; 1 where there is none, [outputs].

    An output's volts or amperes are no loop gain; K times slopes is.
    """
    largest = np.abs(evaluate_batch(table, y)[1]).max(axis=(0, 2))
    return np.where(largest > 0.0, largest, 1.0)
