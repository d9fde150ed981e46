"""Newton's method of every sample of a large batch, where K is sparse but for a coupling of low rank.

::

    (1 - D K) dq = f,    f = delta(y) - q,    y = feedforward + K q,    D: the slopes at y
    K = S + L R          S: sparse;  L R: a coupling of low rank

With the coupling voltages t = R dq as unknowns beside dq, the matrix is sparse with a border::

    [ 1 - D S   -D L ] [ dq ]   [ f ]
    [   -R        1  ] [ t  ] = [ 0 ]

All samples have one structure: which entries Gaussian elimination fills is known before (`Bordered`).

The last axis of every array counts the samples of a tile, and every inner loop runs along it: SIMD does four
or eight at a time.  There is no pivoting, because samples would differ in it; a sample with a bad pivot gets
a bad step, or NaN, and is not found.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.compiled.kernel import kernel
from analog_pc.simulators.native.kernels import INNER, OPTIONS
from analog_pc.simulators.native.kernels.transfer_functions import TransferTable, evaluate_outputs

STEPS = 60
TILE = 32  # samples, whose matrices stay in the cache of a core


class Bordered(NamedTuple):
    """S, L and R, and the structure of the factors, which is symmetric: row i has the columns
    `columns[starts[i] : starts[i + 1]]` in their order, and the first right of the diagonal at `right_of[i]`.
    """

    gain: Floats  # S and L side by side, [inputs, outputs + rank]
    to_coupling: Floats  # R [rank, outputs]
    starts: Ints
    right_of: Ints
    columns: Ints


class BorderedProblem(NamedTuple):
    """q = delta(feedforward + K q) of outputs whose transfer functions compiled code knows."""

    bordered: Bordered  # what a step follows
    table: TransferTable
    gain: Floats  # K [inputs, outputs], exact
    largest_gain: Floats  # of each output to any input, [outputs]
    stop: float  # the last step, as a part of the largest input


class Batch(NamedTuple):
    """Samples to be solved: feedforward is given, q where the search starts; q, y and found are filled."""

    feedforward: Floats  # [inputs, samples]
    q: Floats  # [outputs, samples]
    y: Floats
    found: Bools


class Workspace(NamedTuple):
    """Arrays for a tile, used again and again."""

    feedforward: Floats  # [inputs, tile]
    y: Floats
    new: Floats
    q: Floats  # [outputs, tile]
    f: Floats
    slopes: Floats  # [inputs of an output, outputs, tile]
    matrix: Floats  # of dq and t, [outputs + rank, outputs + rank, tile]
    step: Floats  # dq and t, [outputs + rank, tile]
    tanh: Floats  # [2, tile]
    factor: Floats  # [tile]
    change: Floats  # the last step of y
    size: Floats  # the largest y
    residual: Floats  # the largest f as a voltage; now, and
    previous: Floats  # before the last step
    arrived: Bools
    lost: Bools


@kernel(**INNER)
def workspace(problem: BorderedProblem, samples: int) -> Workspace:
    """Arrays for so many samples."""
    inputs, outputs = problem.gain.shape
    n = len(problem.bordered.right_of)
    return Workspace(
        np.zeros((inputs, samples)),
        np.zeros((inputs, samples)),
        np.zeros((inputs, samples)),
        np.zeros((outputs, samples)),
        np.zeros((outputs, samples)),
        np.zeros((len(problem.table.inputs), outputs, samples)),
        np.zeros((n, n, samples)),
        np.zeros((n, samples)),
        np.zeros((2, samples)),
        np.zeros(samples),
        np.zeros(samples),
        np.zeros(samples),
        np.zeros(samples),
        np.zeros(samples),
        np.zeros(samples, dtype=np.bool_),
        np.zeros(samples, dtype=np.bool_),
    )


@kernel(**INNER)
def _fill(problem: BorderedProblem, work: Workspace) -> None:
    """The matrix, where it is not 0 or will be filled, and f as the right-hand side."""
    bordered = problem.bordered
    inputs = problem.table.inputs
    outputs, samples = work.f.shape
    work.step[:outputs] = work.f
    work.step[outputs:] = 0.0
    for i in range(len(work.step)):
        for j in bordered.columns[bordered.starts[i] : bordered.starts[i + 1]]:
            entry = work.matrix[i, j]
            entry[:] = 1.0 if i == j else 0.0
            if i >= outputs:
                if j < outputs:
                    entry[:] = -bordered.to_coupling[i - outputs, j]
                continue
            for a in range(len(inputs)):
                value = bordered.gain[inputs[a, i], j]
                if value != 0.0:
                    for s in range(samples):
                        entry[s] -= value * work.slopes[a, i, s]


@kernel(**INNER)
def newton_step(problem: BorderedProblem, work: Workspace) -> None:
    """dq and t in work.step, by Gaussian elimination."""
    bordered = problem.bordered
    samples = work.f.shape[1]
    matrix = work.matrix
    step = work.step
    factor = work.factor
    _fill(problem, work)
    for i in range(len(step)):
        right = bordered.columns[bordered.right_of[i] : bordered.starts[i + 1]]
        for s in range(samples):
            matrix[i, i, s] = 1.0 / matrix[i, i, s]
        for row in right:
            for s in range(samples):
                factor[s] = matrix[row, i, s] * matrix[i, i, s]
                step[row, s] -= factor[s] * step[i, s]
            for j in right:
                for s in range(samples):
                    matrix[row, j, s] -= factor[s] * matrix[i, j, s]
    for i in range(len(step) - 1, -1, -1):
        for j in bordered.columns[bordered.right_of[i] : bordered.starts[i + 1]]:
            for s in range(samples):
                step[i, s] -= matrix[i, j, s] * step[j, s]
        for s in range(samples):
            step[i, s] *= matrix[i, i, s]


@kernel(**INNER)
def _advance(problem: BorderedProblem, work: Workspace) -> None:
    """q += dq, y = feedforward + K q; leaves the largest change of y and its size, NaN where one is."""
    samples = work.f.shape[1]
    change = work.change
    size = work.size
    for o in range(len(work.q)):
        for s in range(samples):
            work.q[o, s] += work.step[o, s]
    np.dot(problem.gain, work.q, work.new)
    change[:] = 0.0
    size[:] = 0.0
    for i in range(len(work.y)):
        for s in range(samples):
            to = work.new[i, s] + work.feedforward[i, s]
            by = abs(to - work.y[i, s])
            far = abs(to)
            change[s] = change[s] if by <= change[s] else by
            size[s] = size[s] if far <= size[s] else far
            work.y[i, s] = to


@kernel(**INNER)
def residual(problem: BorderedProblem, work: Workspace) -> None:
    """Leave f = delta(y) - q, the slopes, and the largest f of every sample, V, NaN where one is."""
    evaluate_outputs(problem.table, work.y, work.tanh, work.f, work.slopes)
    samples = work.f.shape[1]
    largest = work.residual
    largest[:] = 0.0
    for o in range(len(work.f)):
        volts = problem.largest_gain[o]
        for s in range(samples):
            f = work.f[o, s] - work.q[o, s]
            size = abs(volts * f)
            largest[s] = largest[s] if size <= largest[s] else size
            work.f[o, s] = f


@kernel(**INNER)
def _iterate(problem: BorderedProblem, work: Workspace) -> None:
    """From `work.q`, for `work.feedforward`: steps until every sample of a tile has arrived or is lost.

    A sample arrives where the next step, which is to the last one as their residuals are to each other, would
    move y by less than `stop` of it, or where there is no residual; it is lost where the residual has grown.
    """
    samples = work.f.shape[1]
    arrived = work.arrived
    lost = work.lost
    now = work.residual
    before = work.previous
    work.step[:] = 0.0
    arrived[:] = False
    lost[:] = False
    _advance(problem, work)
    for step in range(STEPS):
        residual(problem, work)
        going = samples
        for s in range(samples):
            near = now[s] == 0.0
            if step > 0:
                near = near or work.change[s] * now[s] <= problem.stop * work.size[s] * before[s]
                lost[s] = lost[s] or not (arrived[s] or near or now[s] < before[s])
            arrived[s] = arrived[s] or (near and not lost[s])
            going -= arrived[s] or lost[s]
            before[s] = now[s]
        if going == 0:
            break
        newton_step(problem, work)
        _advance(problem, work)


@kernel(**OPTIONS)
def solve_tiles(problem: BorderedProblem, batch: Batch, first: int, last: int) -> None:
    """Solve samples `first` to `last` of a batch, tile by tile; the last tile may overlap the one before."""
    width = min(TILE, last - first)
    work = workspace(problem, width)
    for tile in range(first, last, TILE):
        start = min(tile, last - width)
        end = start + width
        work.feedforward[:] = batch.feedforward[:, start:end]
        work.q[:] = batch.q[:, start:end]
        _iterate(problem, work)
        batch.y[:, start:end] = work.y
        batch.q[:, start:end] = work.q
        batch.found[start:end] = work.arrived
