"""The compiled part of `finding.py` and `batch.py`: operating points of a batch, a tile of samples at a time.

From stimuli to node voltages in one go: what a tile needs between them stays in the cache of a core.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.simulators.native.laws import Laws, bend, no_laws
from analog_pc.simulators.native.map_kernel import Plan, copies, fill, product, put
from analog_pc.simulators.native.search_kernel import finish, settle, store
from analog_pc.simulators.native.unit_kernel import INNER, OPTIONS


class Start(NamedTuple):
    """Block outputs from which a search starts: q, or those at volts of some nodes, the rest at 0 V."""

    q: Floats  # [all outputs, samples], or empty
    at_rest: Floats  # [outputs of the search]: without volts
    writes: Ints  # those of them that nodes with volts reach
    laws: Laws
    reads: Plan  # what they read of the nodes
    volts: Floats  # [nodes, samples]

    @classmethod
    def at(cls, q: Floats) -> Start:
        """From outputs q [all outputs, samples]."""
        writes = np.zeros(0, dtype=np.int64)
        return cls(q, np.zeros(0), writes, no_laws(), copies(0), np.zeros((0, 0)))


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _begin(start, cells, work, first):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """The outputs from which a tile starts; takes f and the slopes in `work` as room."""
    outputs, width = work.q.shape
    if len(start.q):
        for o in range(outputs):
            for s in range(width):
                work.q[o, s] = start.q[cells.writes[o], first + s]
        return
    for o in range(outputs):
        for s in range(width):
            work.q[o, s] = start.at_rest[o]
    y = np.empty((len(start.reads.constant), width))
    fill(start.reads, start.volts, first, first + width, y, -first)
    bend(start.laws, y, work.room, work.f, work.slopes)
    for k in range(len(start.writes)):
        for s in range(width):
            work.q[start.writes[k], s] = work.f[k, s]
        for a in range(1, len(work.slopes)):
            for s in range(width):
                work.slopes[a, k, s] = 0.0  # output k of the tile may have no such input


@numba.njit(**INNER)  # type: ignore[untyped-decorator, unused-ignore]
def _follow(matrix, change, room, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Add to out [n, samples] what a change [inputs, samples], often of few inputs, makes of it."""
    product(matrix, change, room)
    for i in range(len(out)):
        for s in range(out.shape[1]):
            out[i, s] += room[i, s]


@numba.njit(**OPTIONS)  # type: ignore[untyped-decorator, unused-ignore]
def find_part(cells, work, drive, nodes, start, stop, way, shift, volts, y, q, found, part):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Find part (first, last) of a batch at each of the inputs way [steps, inputs, some], in turn.

    The inputs of sample s are in column s - shift.  `drive` is the map of inputs to `cells.reads`, `nodes`
    that of outputs, inputs and reads to volts [steps, nodes, samples], which it fills; found too, and, where
    they have any rows, y [all reads, samples] and q [all outputs, samples] at the end of the way.  A part has
    as many samples as a tile at least.
    """
    (steps, inputs, _), width = way.shape, work.f.shape[1]
    u, change, none = np.empty((inputs, width)), np.empty((inputs, width)), np.empty((0, width))
    driven, more_driven = np.empty((len(drive.second), width)), np.empty((len(drive.second), width))
    felt, more_felt = np.empty((len(nodes.second), width)), np.empty((len(nodes.second), width))
    bent = np.empty((len(nodes.first), width))
    for tile in range(part[0], part[1], width):
        first = min(tile, part[1] - width)
        _begin(start, cells, work, first)
        for s in range(width):
            found[first + s] = True
        for k in range(steps):
            for i in range(inputs):
                for s in range(width):
                    to = way[k, i, first - shift + s]
                    change[i, s] = to - u[i, s]
                    u[i, s] = to
            if k == 0:
                np.dot(drive.second, u, driven)
                np.dot(nodes.second, u, felt)
            else:
                _follow(drive.second, change, more_driven, driven)
                _follow(nodes.second, change, more_felt, felt)
            put(drive, none, driven, none, u, none, work.drive, 0)
            settle(cells, work, stop)
            finish(cells, work)
            product(nodes.first, work.whole, bent)
            put(nodes, bent, felt, work.whole, u, work.y, volts[k], first)
            for s in range(width):
                found[first + s] = found[first + s] and work.there[s]
        if len(y):
            store(cells, work, first, y, q)
