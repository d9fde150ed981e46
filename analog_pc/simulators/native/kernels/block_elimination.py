"""Newton's method of every sample of a large batch, where K is block diagonal but for a coupling of low rank.

::

    (1 - D K) dq = f,    f = delta(y) - q,    y = feedforward + K q,    D: the slopes at y
    K = S + L R          S: within blocks of a few outputs;  L R: a coupling of low rank

By the Woodbury identity (Hager, SIAM Review 31, 221 (1989)) a sample needs the inverses of small blocks,
H = 1 - D S, and one small system for the voltages of the coupling, t = R dq::

    (1 - R H^-1 D L) t = R H^-1 f,    dq = H^-1 (f + D L t)

A block sees the coupling through few voltages, most often one, and gives it as few: R H^-1 D L is a product
of fixed numbers with one response for each pair of them, one matrix product for all samples of a tile.

The last axis of every array counts the samples of a tile, and every inner loop runs along it: SIMD does four
or eight at a time.  There is no pivoting, because samples would differ in it; a sample with a bad pivot gets
a bad step, or NaN, and is not found.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.compiled.kernel import INNER, kernel
from analog_pc.simulators.native.kernels import OPTIONS, TILE
from analog_pc.simulators.native.kernels.transfer_functions import TransferTable, evaluate_outputs

STEPS = 60


class BlockGain(NamedTuple):
    """K = S + L R, and the structure of H^-1 (`entries`: its blocks, row by row, one after another)."""

    order: Ints  # the outputs, block by block
    starts: Ints  # of each block in `order`, and the end
    within: Floats  # S [inputs, outputs]
    into: Floats  # L [inputs, rank]
    out: Floats  # R [rank, outputs]
    terms: Ints  # of responses, entries of H^-1 D: response, entry, input of the output, output [terms, 4]
    weights: Floats  # of terms in their responses, [terms]
    between: Floats  # -R H^-1 D L of each response, [rank^2, responses]


class BlockProblem(NamedTuple):
    """q = delta(feedforward + K q) of outputs whose transfer functions compiled code knows."""

    block_gain: BlockGain  # what a step follows
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
    step: Floats  # dq
    slopes: Floats  # [inputs of an output, outputs, tile]
    inverse: Floats  # H^-1 [entries, tile]
    response: Floats  # of a block's voltage in R to one in L, [responses, tile]
    system: Floats  # 1 - R H^-1 D L [rank^2, tile]
    coupling: Floats  # t [rank, tile]
    drive: Floats  # L t [inputs, tile]
    tanh: Floats  # [2, tile]
    factor: Floats  # [tile]
    change: Floats  # the last step of y
    size: Floats  # the largest y
    residual: Floats  # the largest f as a voltage; now, and
    previous: Floats  # before the last step
    arrived: Bools
    lost: Bools


@kernel(**INNER)
def workspace(problem: BlockProblem, samples: int) -> Workspace:
    """Arrays for so many samples."""
    gain = problem.block_gain
    inputs, outputs = problem.gain.shape
    rank = len(gain.out)
    sizes = np.diff(gain.starts)
    return Workspace(
        np.zeros((inputs, samples)),
        np.zeros((inputs, samples)),
        np.zeros((inputs, samples)),
        np.zeros((outputs, samples)),
        np.zeros((outputs, samples)),
        np.zeros((outputs, samples)),
        np.zeros((len(problem.table.inputs), outputs, samples)),
        np.zeros((np.sum(sizes * sizes), samples)),
        np.zeros((gain.between.shape[1], samples)),
        np.zeros((rank * rank, samples)),
        np.zeros((rank, samples)),
        np.zeros((inputs, samples)),
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
def _fill_block(problem: BlockProblem, work: Workspace, members: Ints, first: int) -> None:
    """H of the outputs `members`, in the entries that begin with `first`."""
    inputs = problem.table.inputs
    samples = len(work.factor)
    entry = first
    for o in members:
        for to in members:
            for s in range(samples):
                work.inverse[entry, s] = 1.0 if o == to else 0.0
            for a in range(2 if problem.table.gated[o] else 1):
                value = problem.block_gain.within[inputs[a, o], to]
                if value != 0.0:
                    for s in range(samples):
                        work.inverse[entry, s] -= value * work.slopes[a, o, s]
            entry += 1


@kernel(**INNER)
def _invert(matrix: Floats, n: int, factor: Floats) -> None:
    """The inverse in the place of matrices [n n, samples], by Gauss-Jordan elimination; factor: [samples]."""
    samples = len(factor)
    for k in range(n):
        pivot = k * n + k
        for s in range(samples):
            factor[s] = 1.0 / matrix[pivot, s]
            matrix[pivot, s] = 1.0
        for j in range(n):
            for s in range(samples):
                matrix[k * n + j, s] *= factor[s]
        for i in range(n):
            if i == k:
                continue
            for s in range(samples):
                factor[s] = matrix[i * n + k, s]
                matrix[i * n + k, s] = 0.0
            for j in range(n):
                for s in range(samples):
                    matrix[i * n + j, s] -= factor[s] * matrix[k * n + j, s]


@kernel(**INNER)
def _solve_blocks(gain: BlockGain, work: Workspace) -> None:
    """step = H^-1 f."""
    samples = len(work.factor)
    entry = 0
    work.step[:] = 0.0
    for block in range(len(gain.starts) - 1):
        members = gain.order[gain.starts[block] : gain.starts[block + 1]]
        for o in members:
            for by in members:
                for s in range(samples):
                    work.step[o, s] += work.inverse[entry, s] * work.f[by, s]
                entry += 1


@kernel(**INNER)
def _solve_coupling(gain: BlockGain, work: Workspace) -> None:
    """t in the place of R H^-1 f, by Gaussian elimination."""
    n = len(gain.out)
    system = work.system
    right = work.coupling
    factor = work.factor
    for k in range(n):
        for s in range(len(factor)):
            system[k * n + k, s] = 1.0 / system[k * n + k, s]
        for i in range(k + 1, n):
            for s in range(len(factor)):
                factor[s] = system[i * n + k, s] * system[k * n + k, s]
                right[i, s] -= factor[s] * right[k, s]
            for j in range(k + 1, n):
                for s in range(len(factor)):
                    system[i * n + j, s] -= factor[s] * system[k * n + j, s]
    for k in range(n - 1, -1, -1):
        for j in range(k + 1, n):
            for s in range(len(factor)):
                right[k, s] -= system[k * n + j, s] * right[j, s]
        for s in range(len(factor)):
            right[k, s] *= system[k * n + k, s]


@kernel(**INNER)
def newton_step(problem: BlockProblem, work: Workspace) -> None:
    """dq in work.step; f becomes f + D L t."""
    gain = problem.block_gain
    inputs = problem.table.inputs
    rank = len(gain.out)
    samples = len(work.factor)
    first = 0
    for block in range(len(gain.starts) - 1):
        members = gain.order[gain.starts[block] : gain.starts[block + 1]]
        n = len(members)
        _fill_block(problem, work, members, first)
        _invert(work.inverse[first : first + n * n], n, work.factor)
        first += n * n
    _solve_blocks(gain, work)
    if rank == 0:
        return
    work.response[:] = 0.0
    for k in range(len(gain.terms)):
        response, entry, a, o = gain.terms[k]
        weight = gain.weights[k]
        for s in range(samples):
            work.response[response, s] += weight * work.inverse[entry, s] * work.slopes[a, o, s]
    np.dot(gain.between, work.response, work.system)
    for k in range(rank):
        work.system[k * rank + k] += 1.0
    np.dot(gain.out, work.step, work.coupling)
    _solve_coupling(gain, work)
    np.dot(gain.into, work.coupling, work.drive)
    for o in range(len(work.f)):
        for a in range(2 if problem.table.gated[o] else 1):
            i = inputs[a, o]
            for s in range(samples):
                work.f[o, s] += work.slopes[a, o, s] * work.drive[i, s]
    _solve_blocks(gain, work)


@kernel(**INNER)
def _advance(problem: BlockProblem, work: Workspace) -> None:
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
def residual(problem: BlockProblem, work: Workspace) -> None:
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
def _iterate(problem: BlockProblem, work: Workspace) -> None:
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
def solve_tiles(problem: BlockProblem, batch: Batch, first: int, last: int) -> None:
    """Solve samples `first` to `last` of a batch in tiles of one width; the last may overlap another."""
    tiles = max(1, -(-(last - first) // TILE))
    width = -(-(last - first) // tiles)
    work = workspace(problem, width)
    for tile in range(first, last, max(1, width)):
        start = min(tile, last - width)
        end = start + width
        work.feedforward[:] = batch.feedforward[:, start:end]
        work.q[:] = batch.q[:, start:end]
        _iterate(problem, work)
        batch.y[:, start:end] = work.y
        batch.q[:, start:end] = work.q
        batch.found[start:end] = work.arrived
