"""Newton's step of every sample on its own, where a circuit is small cells that few voltages tie together.

Without its crossbars a circuit falls apart into cells of a few outputs, the *units*.  Crossbars tie them by
a matrix of low rank: all that a hidden layer of any width feels of ten outputs is ten errors.  So the
linear part of the loop, for the outputs whose slopes matter, is ::

    K = S + from_ties to_ties        S [reads, outputs]: blocks, one per unit;  ties: few

and (1 - D K) dq = g, with slopes D of each sample, is one small system per unit and one for the ties t::

    H_u = 1 - D_u S_u                                    a unit by itself
    dq_u = H_u^-1 (g_u + D_u from_ties_u t)              what it makes of the ties
    t = sum_u to_ties_u dq_u                             what the ties make of all units

Of a unit's ties only few combinations matter too (its *channels*, most often one), so that the sum over units
is one product of matrices for a batch.  K is truncated here (`DROPPED`); a residual never is, so the answer
is exact and only the step misses by that much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse.csgraph import connected_components

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.simulators.native.gain import parts_of
from analog_pc.simulators.native.laws import bend
from analog_pc.simulators.native.loop import Loop

DROPPED = 1e-5  # of the loop gain, which has no unit: what a step does not follow
MOST_TIES, MOST_OUTPUTS = 40, 12  # of all, and of one unit: where a matrix for all samples takes less time


class Units(NamedTuple):
    """K of the picked outputs in units, channels and ties; `order` numbers the outputs unit by unit."""

    pick: Bools
    order: Ints
    starts: Ints
    own: Floats  # [picked, inputs, largest unit]
    into: Floats  # [picked, inputs, channels]
    out: Floats  # [picked, channels]
    between: Floats  # -to_ties from_ties of every unit, [ties * ties, units * channels * channels]
    to_ties: Floats  # [ties, units * channels]
    from_ties: Floats  # [units * channels, ties]

    @classmethod
    def none(cls, outputs: int) -> Units:
        """No output is picked."""
        flags, numbers = np.zeros(outputs, dtype=np.bool_), np.zeros(1, dtype=np.int64)
        no_rows, tie = np.zeros((0, 1, 1)), np.zeros((1, 0))
        return cls(flags, numbers[:0], numbers, no_rows, no_rows, no_rows[:, 0], tie, tie, no_rows[:, 0])


def units_of(loop: Loop, y: Floats, pick: Bools, loud: Bools) -> Units | None:
    """The units of the picked of the loud outputs; None where they are too large, or tied by too much.

    y [samples, reads]: typical reads, for the size of slopes.
    """
    if loop.laws is None:
        return None
    if not pick.any():
        return Units.none(len(pick))
    part = loop.part(pick)
    laws = loop.laws.of(part.writes, part.loop.read_of)
    alone = loop.gain_alone(loud)
    if alone is None:
        return None
    cells = alone[np.ix_(part.reads, np.flatnonzero(pick[loud]))]
    read_of = part.loop.read_of
    shape = len(part.writes), len(y)
    slopes = np.zeros((len(read_of), *shape))
    seen = np.ascontiguousarray(y[:, part.reads].T)
    bend(laws, seen, np.empty((2, len(y))), np.empty(shape), slopes)
    slopes = np.abs(slopes).max(axis=(0, 2))
    slopes = np.where(slopes > 0.0, slopes, 1.0)  # an output's volts or amperes are no loop gain; K slopes is
    left, size, right = parts_of((part.loop.gain - cells) * slopes, MOST_TIES)
    ties = max(1, int((size > DROPPED).sum()))
    linked = (np.abs(cells[read_of]) * slopes > DROPPED).any(axis=0)
    label = connected_components(linked, directed=False)[1]
    order, places = np.argsort(label, kind="stable"), _Places.of(np.bincount(label))
    if ties > MOST_TIES or places.size > MOST_OUTPUTS:
        return None
    reading = (left[:, :ties] * size[:ties])[read_of[:, order]].transpose(1, 0, 2)
    writing = right[:ties].T[order][:, None]
    channels = max(places.ranks(reading), places.ranks(writing), 1)
    into, from_ties = places.channels(reading, channels)
    out, to_ties = places.channels(writing, channels)
    return Units(
        pick=pick,
        order=order,
        starts=places.starts,
        own=places.blocks(cells, read_of, order),
        into=into,
        out=np.ascontiguousarray(out[:, 0] / slopes[order, None]),
        between=np.ascontiguousarray(
            -np.einsum("uat,ubs->tsuab", to_ties, from_ties).reshape(ties * ties, -1)
        ),
        to_ties=np.ascontiguousarray(to_ties.reshape(-1, ties).T),
        from_ties=np.ascontiguousarray(from_ties.reshape(-1, ties)),
    )


@dataclass(frozen=True, eq=False)
class _Places:
    """Where outputs in the order of units are: in which unit, and as which (`nth`) of its outputs."""

    starts: Ints
    unit: Ints
    nth: Ints

    @classmethod
    def of(cls, sizes: Ints) -> _Places:
        starts = np.concatenate([[0], np.cumsum(sizes)])
        unit = np.repeat(np.arange(len(sizes)), sizes)
        return cls(starts, unit, np.arange(starts[-1]) - starts[unit])

    @property
    def size(self) -> int:
        """Outputs of the largest unit."""
        return int(np.diff(self.starts).max())

    def stacked(self, rows: Floats) -> Floats:
        """Rows [outputs, inputs, ties] by unit, zeros where one is smaller: [units, size * inputs, ties]."""
        _, inputs, ties = rows.shape
        out = np.zeros((len(self.starts) - 1, self.size, inputs, ties))
        out[self.unit, self.nth] = rows
        return out.reshape(len(out), -1, ties)

    def ranks(self, rows: Floats) -> int:
        """Combinations of ties that matter to a unit, at most."""
        sizes = np.linalg.svd(self.stacked(rows), compute_uv=False)
        return int((sizes > DROPPED).sum(axis=1).max())

    def channels(self, rows: Floats, channels: int) -> tuple[Floats, Floats]:
        """Rows as a product over channels: [outputs, inputs, channels] and [units, channels, ties]."""
        left, size, right = np.linalg.svd(self.stacked(rows), full_matrices=False)
        missing = max(0, channels - size.shape[1])
        left = np.pad(left * size[:, None], [(0, 0), (0, 0), (0, missing)])[:, :, :channels]
        right = np.pad(right, [(0, 0), (0, missing), (0, 0)])[:, :channels]
        by_output = left.reshape(len(left), self.size, rows.shape[1], channels)[self.unit, self.nth]
        return np.ascontiguousarray(by_output), np.ascontiguousarray(right)

    def blocks(self, cells: Floats, read_of: Ints, order: Ints) -> Floats:
        """What the reads of every output see of the outputs of its own unit, [outputs, inputs, size]."""
        columns = self.starts[self.unit, None] + np.arange(self.size)
        mine = columns < self.starts[self.unit + 1, None]
        columns = order[np.where(mine, columns, 0)]
        seen = cells[read_of[:, order].T[:, :, None], columns[:, None, :]]
        return np.ascontiguousarray(np.where(mine[:, None, :], seen, 0.0))
