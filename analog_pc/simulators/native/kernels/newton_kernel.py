"""Newton's method of every sample in compiled code, a tile of samples at a time.

A tile's arrays stay in the cache of a core, and no step comes back to Python, so that threads really work
side by side.  The last axis of every array counts samples.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.compiled.kernel import kernel
from analog_pc.simulators.native.kernels.unit_kernel import INNER, OPTIONS, eliminate, join, respond
from analog_pc.simulators.native.nonlinear_solve.gain import Gain, feel
from analog_pc.simulators.native.nonlinear_solve.laws import Laws, bend
from analog_pc.simulators.native.nonlinear_solve.units import Units

STEPS = 60
TILE = 256  # samples


class Problem(NamedTuple):
    """q = delta(drive + K q) for outputs with transfer functions that compiled code knows."""

    units: Units
    laws: Laws
    gain: Gain  # K [inputs, outputs]
    volts: Floats  # largest gain of each output to any input, [outputs]


class Workspace(NamedTuple):
    """Arrays for a tile, used again and again: fresh memory would take longer than the arithmetic."""

    drive: Floats  # [inputs, tile]
    y: Floats
    new: Floats
    q: Floats  # [outputs, tile]
    f: Floats
    slopes: Floats  # [inputs of an output, outputs, tile]
    answers: Floats  # of units.respond, [outputs, channels + 1, tile]
    through: Floats  # [units, channels, channels, tile]
    put: Floats  # [units, channels, tile]
    system: Floats  # [ties, ties, tile]
    ties: Floats  # [ties, 1, tile]
    gain_ties: Floats  # of the gain, [ties, tile]
    room: Floats  # [2, tile]
    sizes: Floats  # [4, tile]: of the last step, of y, of residuals now and before
    arrived: Bools  # [tile]
    lost: Bools


def workspace(problem: Problem, samples: int) -> Workspace:
    """Arrays for so many samples."""
    units = problem.units
    outputs, _, channels = units.into.shape
    inputs = problem.gain.left.shape[0]
    n = len(units.starts) - 1
    ties = len(units.to_ties)

    def room(*shape: int) -> Floats:
        return np.zeros((*shape, samples))

    return Workspace(
        drive=room(inputs),
        y=room(inputs),
        new=room(inputs),
        q=room(outputs),
        f=room(outputs),
        slopes=room(len(problem.laws.reads), outputs),
        answers=room(outputs, channels + 1),
        through=room(n, channels, channels),
        put=room(n, channels),
        system=room(ties, ties),
        ties=room(ties, 1),
        gain_ties=room(len(problem.gain.right)),
        room=room(2),
        sizes=room(4),
        arrived=np.zeros(samples, dtype=np.bool_),
        lost=np.zeros(samples, dtype=np.bool_),
    )


@kernel(**OPTIONS)
def newton_step(units: Units, work: Workspace) -> None:
    """dq = (1 - D K)^-1 f in the place of f, by the Woodbury identity (`units.py`)."""
    n = len(work.system)
    samples = work.f.shape[1]
    respond(
        work.slopes, work.f, units.order, units.starts, units.own, units.into, units.out,
        work.answers, work.through, work.put,
    )  # fmt: skip
    np.dot(units.to_ties, work.put.reshape(-1, samples), work.ties.reshape(n, samples))
    np.dot(units.between, work.through.reshape(-1, samples), work.system.reshape(-1, samples))
    for i in range(n):
        for s in range(samples):
            work.system[i, i, s] += 1.0
    eliminate(work.system, n, work.ties, 0)
    np.dot(units.from_ties, work.ties.reshape(n, samples), work.put.reshape(-1, samples))
    join(work.answers, work.put, units.order, units.starts, work.f)


@kernel(**INNER)
def _advance(problem: Problem, work: Workspace) -> None:
    """q += f, y = drive + K q; leaves how far y moved and its size, NaN where one is."""
    samples = work.f.shape[1]
    moved = work.sizes[0]
    size = work.sizes[1]
    for o in range(len(work.q)):
        for s in range(samples):
            work.q[o, s] += work.f[o, s]
    feel(problem.gain, work.q, work.gain_ties, work.new)
    for s in range(samples):
        moved[s] = 0.0
        size[s] = 0.0
    for i in range(len(work.y)):
        for s in range(samples):
            to = work.new[i, s] + work.drive[i, s]
            by = abs(to - work.y[i, s])
            far = abs(to)
            moved[s] = moved[s] if by <= moved[s] else by
            size[s] = size[s] if far <= size[s] else far
            work.y[i, s] = to


@kernel(**OPTIONS)
def residual(problem: Problem, work: Workspace) -> None:
    """Leave f = delta(y) - q, the slopes, and the largest f of every sample, V, NaN where one is."""
    bend(problem.laws, work.y, work.room, work.f, work.slopes)
    samples = work.f.shape[1]
    largest = work.sizes[2]
    for s in range(samples):
        largest[s] = 0.0
    for o in range(len(work.f)):
        volts = problem.volts[o]
        for s in range(samples):
            f = work.f[o, s] - work.q[o, s]
            size = abs(volts * f)
            largest[s] = largest[s] if size <= largest[s] else size
            work.f[o, s] = f


@kernel(**INNER)
def _iterate(problem: Problem, work: Workspace, stop: float) -> None:
    """From `work.q`, for `work.drive`: take steps until every sample of a tile has arrived or is lost.

    A sample arrives where the next step, which is to the last one as their residuals are to each other, would
    move y by less than `stop` of it, or where there is no residual; it is lost where the residual has grown.
    """
    samples = work.f.shape[1]
    arrived = work.arrived
    lost = work.lost
    moved = work.sizes[0]
    size = work.sizes[1]
    largest = work.sizes[2]
    before = work.sizes[3]
    work.f[:] = 0.0
    arrived[:] = False
    lost[:] = False
    _advance(problem, work)
    for step in range(STEPS):
        residual(problem, work)
        going = samples
        for s in range(samples):
            near = largest[s] == 0.0
            if step > 0:
                near = near or moved[s] * largest[s] <= stop * size[s] * before[s]
                lost[s] = lost[s] or not (arrived[s] or near or largest[s] < before[s])
            arrived[s] = arrived[s] or (near and not lost[s])
            going -= arrived[s] or lost[s]
            before[s] = largest[s]
        if going == 0:
            break
        newton_step(problem.units, work)
        _advance(problem, work)


@kernel(**OPTIONS)
def solve_tiles(
    problem: Problem,
    work: Workspace,
    drive: Floats,
    stop: float,
    q: Floats,
    y: Floats,
    found: Bools,
    first: int,
    last: int,
) -> None:
    """Solve samples `first` to `last` of drive [inputs, samples] from q [outputs, samples].

    Fills q, y [inputs, samples] and found.  They are at least as many as a tile has.
    """
    width = work.f.shape[1]
    for tile in range(first, last, width):
        start = min(tile, last - width)
        for i in range(len(drive)):
            for s in range(width):
                work.drive[i, s] = drive[i, start + s]
        for o in range(len(q)):
            for s in range(width):
                work.q[o, s] = q[o, start + s]
        _iterate(problem, work, stop)
        for i in range(len(drive)):
            for s in range(width):
                y[i, start + s] = work.y[i, s]
        for o in range(len(q)):
            for s in range(width):
                q[o, start + s] = work.q[o, s]
        for s in range(width):
            found[start + s] = work.arrived[s]
