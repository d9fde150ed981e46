"""Newton's method of every sample of a large batch, in compiled code, where K is nearly block diagonal.

::

    (1 - D K) dq = f,    f = delta(y) - q,    y = feedforward + K q,    D: the slopes at y
    K = S + L R          S: diagonal blocks;  L R: a coupling of low rank

By the Woodbury identity each sample needs one small system for each block b and one for t = R dq::

    dq_b = H_b^-1 (f_b + D_b L_b t),     H_b = 1 - D_b S_b
    (1 - sum_b R_b H_b^-1 D_b L_b) t = sum_b R_b H_b^-1 f_b

L_b and R_b of one block have a lower rank than the coupling: they are products of a local basis (most often
of one vector) and a factor for all samples, so that the sums over blocks are products of matrices.

A tile's arrays stay in the cache of a core.  The last axis of every array counts samples, and every inner
loop runs along it: SIMD does four or eight at a time.  There is no pivoting, because samples would differ in
it; a sample with a bad pivot gets a bad step, or NaN, and is not found.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.compiled.kernel import kernel
from analog_pc.simulators.native.kernels import INNER, OPTIONS
from analog_pc.simulators.native.kernels.transfer_functions import TransferTable, evaluate_outputs

STEPS = 60
TILE = 256  # samples


class BlockGain(NamedTuple):
    """K = S + L R; `order` [outputs] numbers the outputs block by block, and other arrays follow it."""

    order: Ints
    starts: Ints  # first output of each block, and the end
    blocks: Floats  # S [outputs, inputs of an output, largest block]
    into: Floats  # local basis of L [outputs, inputs of an output, local rank]
    out: Floats  # local basis of R [outputs, local rank]
    to_coupling: Floats  # R = to_coupling out [rank, blocks * local rank]
    from_coupling: Floats  # L = into from_coupling [blocks * local rank, rank]
    between: Floats  # -to_coupling from_coupling of each block [rank^2, blocks * local rank^2]


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
    """Arrays for a tile, used again and again: fresh memory would take longer than the arithmetic."""

    feedforward: Floats  # [inputs, tile]
    y: Floats
    new: Floats
    q: Floats  # [outputs, tile]
    f: Floats
    slopes: Floats  # [inputs of an output, outputs, tile]
    block: Floats  # H of one block, [largest block, largest block, tile]
    responses: Floats  # H^-1 of D L and of f, [outputs, local rank + 1, tile]
    local_gain: Floats  # R H^-1 D L in local bases, [blocks, local rank, local rank, tile]
    local: Floats  # R H^-1 f, then L t, in local bases, [blocks, local rank, tile]
    system: Floats  # [rank, rank, tile]
    coupling: Floats  # t [rank, 1, tile]
    tanh: Floats  # [2, tile]
    change: Floats  # the last step of y, [tile]
    size: Floats  # the largest y
    residual: Floats  # the largest f as a voltage; now, and
    previous: Floats  # before the last step
    arrived: Bools
    lost: Bools


def workspace(problem: BlockProblem, samples: int) -> Workspace:
    """Arrays for so many samples."""
    gain = problem.block_gain
    outputs, _, rank = gain.into.shape
    inputs = len(problem.gain)
    blocks = len(gain.starts) - 1
    coupling = len(gain.to_coupling)
    largest = gain.blocks.shape[2]

    def room(*shape: int) -> Floats:
        return np.zeros((*shape, samples))

    return Workspace(
        feedforward=room(inputs),
        y=room(inputs),
        new=room(inputs),
        q=room(outputs),
        f=room(outputs),
        slopes=room(len(problem.table.inputs), outputs),
        block=room(largest, largest),
        responses=room(outputs, rank + 1),
        local_gain=room(blocks, rank, rank),
        local=room(blocks, rank),
        system=room(coupling, coupling),
        coupling=room(coupling, 1),
        tanh=room(2),
        change=room(),
        size=room(),
        residual=room(),
        previous=room(),
        arrived=np.zeros(samples, dtype=np.bool_),
        lost=np.zeros(samples, dtype=np.bool_),
    )


@kernel(**INNER)
def _eliminate(system: Floats, n: int, right: Floats, first: int) -> None:
    """Solve system [: n, : n, samples] x = right [first : first + n, k, samples]; x takes the place of it."""
    k = right.shape[1]
    samples = right.shape[2]
    factor = np.empty(samples)
    for i in range(n):
        for s in range(samples):
            factor[s] = 1.0 / system[i, i, s]
        for j in range(i + 1, n):
            for s in range(samples):
                system[i, j, s] *= factor[s]
        for j in range(k):
            for s in range(samples):
                right[first + i, j, s] *= factor[s]
        for row in range(i + 1, n):
            for j in range(i + 1, n):
                for s in range(samples):
                    system[row, j, s] -= system[row, i, s] * system[i, j, s]
            for j in range(k):
                for s in range(samples):
                    right[first + row, j, s] -= system[row, i, s] * right[first + i, j, s]
    for i in range(n - 1, -1, -1):
        for row in range(i + 1, n):
            for j in range(k):
                for s in range(samples):
                    right[first + i, j, s] -= system[i, row, s] * right[first + row, j, s]


@kernel(**INNER)
def _fill_block(gain: BlockGain, work: Workspace, block: int) -> None:
    """H of one block in work.block, and its right-hand sides D L and f in work.responses."""
    samples = work.f.shape[1]
    rank = gain.into.shape[2]
    first = gain.starts[block]
    n = gain.starts[block + 1] - first
    for i in range(n):
        p = first + i
        o = gain.order[p]
        for j in range(n):
            for s in range(samples):
                work.block[i, j, s] = 1.0 if i == j else 0.0
        for j in range(rank):
            for s in range(samples):
                work.responses[p, j, s] = 0.0
        for s in range(samples):
            work.responses[p, rank, s] = work.f[o, s]
        for a in range(gain.blocks.shape[1]):
            for j in range(n):
                value = gain.blocks[p, a, j]
                if value != 0.0:
                    for s in range(samples):
                        work.block[i, j, s] -= value * work.slopes[a, o, s]
            for j in range(rank):
                value = gain.into[p, a, j]
                if value != 0.0:
                    for s in range(samples):
                        work.responses[p, j, s] += value * work.slopes[a, o, s]


@kernel(**INNER)
def _solve_blocks(gain: BlockGain, work: Workspace) -> None:
    """Fill work.responses, work.local_gain and work.local, see `Workspace`."""
    samples = work.f.shape[1]
    rank = gain.into.shape[2]
    work.local_gain[:] = 0.0
    work.local[:] = 0.0
    for block in range(len(gain.starts) - 1):
        first = gain.starts[block]
        end = gain.starts[block + 1]
        _fill_block(gain, work, block)
        _eliminate(work.block, end - first, work.responses, first)
        for p in range(first, end):
            for a in range(rank):
                factor = gain.out[p, a]
                for s in range(samples):
                    work.local[block, a, s] += factor * work.responses[p, rank, s]
                for j in range(rank):
                    for s in range(samples):
                        work.local_gain[block, a, j, s] += factor * work.responses[p, j, s]


@kernel(**INNER)
def _join_blocks(gain: BlockGain, work: Workspace) -> None:
    """dq in the place of f, from work.responses and L t in work.local."""
    samples = work.f.shape[1]
    rank = gain.into.shape[2]
    for block in range(len(gain.starts) - 1):
        for p in range(gain.starts[block], gain.starts[block + 1]):
            o = gain.order[p]
            for s in range(samples):
                work.f[o, s] = work.responses[p, rank, s]
            for j in range(rank):
                for s in range(samples):
                    work.f[o, s] += work.responses[p, j, s] * work.local[block, j, s]


@kernel(**OPTIONS)
def newton_step(gain: BlockGain, work: Workspace) -> None:
    """dq = (1 - D K)^-1 f in the place of f."""
    n = len(work.system)
    samples = work.f.shape[1]
    _solve_blocks(gain, work)
    np.dot(gain.to_coupling, work.local.reshape(-1, samples), work.coupling.reshape(n, samples))
    np.dot(gain.between, work.local_gain.reshape(-1, samples), work.system.reshape(-1, samples))
    for i in range(n):
        for s in range(samples):
            work.system[i, i, s] += 1.0
    _eliminate(work.system, n, work.coupling, 0)
    np.dot(gain.from_coupling, work.coupling.reshape(n, samples), work.local.reshape(-1, samples))
    _join_blocks(gain, work)


@kernel(**INNER)
def _advance(problem: BlockProblem, work: Workspace) -> None:
    """q += f, y = feedforward + K q; leaves the largest change of y and its size, NaN where one is."""
    samples = work.f.shape[1]
    change = work.change
    size = work.size
    for o in range(len(work.q)):
        for s in range(samples):
            work.q[o, s] += work.f[o, s]
    np.dot(problem.gain, work.q, work.new)
    for s in range(samples):
        change[s] = 0.0
        size[s] = 0.0
    for i in range(len(work.y)):
        for s in range(samples):
            to = work.new[i, s] + work.feedforward[i, s]
            by = abs(to - work.y[i, s])
            far = abs(to)
            change[s] = change[s] if by <= change[s] else by
            size[s] = size[s] if far <= size[s] else far
            work.y[i, s] = to


@kernel(**OPTIONS)
def residual(problem: BlockProblem, work: Workspace) -> None:
    """Leave f = delta(y) - q, the slopes, and the largest f of every sample, V, NaN where one is."""
    evaluate_outputs(problem.table, work.y, work.tanh, work.f, work.slopes)
    samples = work.f.shape[1]
    largest = work.residual
    for s in range(samples):
        largest[s] = 0.0
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
    work.f[:] = 0.0
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
        newton_step(problem.block_gain, work)
        _advance(problem, work)


@kernel(**OPTIONS)
def solve_tiles(problem: BlockProblem, work: Workspace, batch: Batch, first: int, last: int) -> None:
    """Solve samples `first` to `last` of a batch, which are at least as many as a tile has."""
    width = work.f.shape[1]
    for tile in range(first, last, width):
        start = min(tile, last - width)
        end = start + width
        work.feedforward[:] = batch.feedforward[:, start:end]
        work.q[:] = batch.q[:, start:end]
        _iterate(problem, work)
        batch.y[:, start:end] = work.y
        batch.q[:, start:end] = work.q
        batch.found[start:end] = work.arrived
