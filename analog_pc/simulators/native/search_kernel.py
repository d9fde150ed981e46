"""The compiled part of `batch.py`: Newton's method of every sample, some samples (a tile) at a time.

A tile's arrays stay in the cache of a core, and no step comes back to Python, so that threads really work
side by side.  The last axis of every array counts samples.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.simulators.native.gain import Gain, feel
from analog_pc.simulators.native.laws import Laws, bend
from analog_pc.simulators.native.unit_kernel import INNER, OPTIONS, eliminate, join, respond
from analog_pc.simulators.native.units import Units

STEPS = 60
TILE = 256  # samples


class Cells(NamedTuple):
    """What a search needs to know: the laws of some outputs, the picked ones first, and how they are tied.

    The last outputs are those that no read feels: the search leaves them out, and `finish` adds them.
    """

    units: Units
    laws: Laws
    last: Laws
    writes: Ints  # [outputs, then the last ones]: their numbers among all outputs
    reads: Ints  # [reads]: one of all reads for each voltage that they read
    heard: Ints  # all reads of these voltages, and
    heard_as: Ints  # the number of each one's voltage in `reads`
    gain: Gain  # [reads, outputs]
    from_others: Floats  # the columns of outputs that are not picked
    volts: Floats  # [outputs]: what a unit of a residual makes of the read that sees most of it


class Work(NamedTuple):
    """Arrays for a tile, used again and again: fresh memory would take longer than the arithmetic."""

    drive: Floats  # [reads, tile]
    y: Floats
    new: Floats
    felt: Floats
    q: Floats  # [outputs, tile]
    whole: Floats  # [outputs, then the last ones, tile]; q is a part of it
    f: Floats  # [outputs, tile]
    slopes: Floats  # [inputs, outputs, tile]
    last_slopes: Floats  # [inputs, last ones, tile]
    answers: Floats  # of units.respond, [picked, channels + 1, tile]
    through: Floats  # [units, channels, channels, tile]
    put: Floats  # [units, channels, tile]
    system: Floats  # [ties, ties, tile]
    ties: Floats  # [ties, 1, tile]
    felt_ties: Floats  # of the gain, [ties, tile]
    room: Floats  # [2, tile]
    sizes: Floats  # [4, tile]: of the last move, of y, of residuals now and before
    there: Bools  # [tile]: arrived
    lost: Bools

    @classmethod
    def of(cls, cells: Cells, samples: int) -> Work:
        """Room for so many samples."""
        units, reads, outputs = cells.units, len(cells.reads), len(cells.laws.kind)
        (picked, _, channels), inputs = units.into.shape, len(cells.laws.reads)
        n, ties = len(units.starts) - 1, len(units.to_ties)

        def room(*shape: int) -> Floats:
            return np.zeros((*shape, samples))

        whole = room(len(cells.writes))
        return cls(
            drive=room(reads),
            y=room(reads),
            new=room(reads),
            felt=room(reads),
            q=whole[:outputs],
            whole=whole,
            f=room(outputs),
            slopes=room(inputs, outputs),
            last_slopes=room(inputs, len(whole) - outputs),
            answers=room(picked, channels + 1),
            through=room(n, channels, channels),
            put=room(n, channels),
            system=room(ties, ties),
            ties=room(ties, 1),
            felt_ties=room(len(cells.gain.right)),
            room=room(2),
            sizes=room(4),
            there=np.zeros(samples, dtype=np.bool_),
            lost=np.zeros(samples, dtype=np.bool_),
        )


@numba.njit(**OPTIONS)  # type: ignore[untyped-decorator, unused-ignore]
def solve(units, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """dq of the picked outputs for the slopes and the right-hand side f in `work`, in the place of f."""
    n, samples = len(work.system), work.f.shape[1]
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


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _with_others(cells, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Add to f of the picked outputs what they make of f of the others, in which dq = f."""
    laws, f, picked = cells.laws, work.f, len(cells.units.order)
    np.dot(cells.from_others, f[picked:], work.felt)
    for o in range(picked):
        for a in range(2 if laws.gated[o] else 1):
            read = laws.reads[a, o]
            for s in range(f.shape[1]):
                f[o, s] += work.slopes[a, o, s] * work.felt[read, s]


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def advance(cells, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """q += f, y = drive + K q; leaves how far y moved and its size, NaN where one is."""
    samples, moved, size = work.f.shape[1], work.sizes[0], work.sizes[1]
    for o in range(len(work.q)):
        for s in range(samples):
            work.q[o, s] += work.f[o, s]
    feel(cells.gain, work.q, work.felt_ties, work.new)
    for s in range(samples):
        moved[s] = size[s] = 0.0
    for i in range(len(work.y)):
        for s in range(samples):
            to = work.new[i, s] + work.drive[i, s]
            by, far = abs(to - work.y[i, s]), abs(to)
            moved[s] = moved[s] if by <= moved[s] else by
            size[s] = size[s] if far <= size[s] else far
            work.y[i, s] = to


@numba.njit(**OPTIONS)  # type: ignore[untyped-decorator, unused-ignore]
def miss(cells, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Leave f = delta(y) - q, the slopes, and the largest f of every sample, V, NaN where one is."""
    bend(cells.laws, work.y, work.room, work.f, work.slopes)
    samples, residual = work.f.shape[1], work.sizes[2]
    for s in range(samples):
        residual[s] = 0.0
    for o in range(len(work.f)):
        volts = cells.volts[o]
        for s in range(samples):
            f = work.f[o, s] - work.q[o, s]
            size = abs(volts * f)
            residual[s] = residual[s] if size <= residual[s] else size
            work.f[o, s] = f


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def settle(cells, work, stop):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """From `work.q`, for `work.drive`: take steps until every sample of a tile is `there` or `lost`.

    A search ends where the next step, which is to the last one as their residuals are to each other, would
    move y by less than `stop` of it, where there is no residual, or where it has grown.
    """
    samples, there, lost = work.f.shape[1], work.there, work.lost
    moved, size, residual, before = work.sizes[0], work.sizes[1], work.sizes[2], work.sizes[3]
    for o in range(len(work.f)):
        for s in range(samples):
            work.f[o, s] = 0.0
    for s in range(samples):
        there[s] = lost[s] = False
    advance(cells, work)
    for step in range(STEPS):
        miss(cells, work)
        going = samples
        for s in range(samples):
            near = residual[s] == 0.0
            if step > 0:
                near = near or moved[s] * residual[s] <= stop * size[s] * before[s]
                lost[s] = lost[s] or not (there[s] or near or residual[s] < before[s])
            there[s] = there[s] or (near and not lost[s])
            going -= there[s] or lost[s]
            before[s] = residual[s]
        if going == 0:
            break
        if len(cells.units.order) < len(work.f):
            _with_others(cells, work)
        solve(cells.units, work)
        advance(cells, work)


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def finish(cells, work):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """The last outputs, at the end of a search."""
    bend(cells.last, work.y, work.room, work.whole[len(work.q) :], work.last_slopes)


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def store(cells, work, first, y, q):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Put a tile into y [all reads, samples] and q [all outputs, samples]."""
    samples = work.f.shape[1]
    for k in range(len(cells.heard)):
        for s in range(samples):
            y[cells.heard[k], first + s] = work.y[cells.heard_as[k], s]
    for o in range(len(cells.writes)):
        for s in range(samples):
            q[cells.writes[o], first + s] = work.whole[o, s]
