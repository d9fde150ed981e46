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

from analog_pc.arrays import Floats, Ints
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.gain import truncated_svd
from analog_pc.simulators.native.nonlinear_solve.laws import Laws, bend

DROPPED = 1e-5  # of the loop gain, which has no unit: what a step does not follow
# Of all, and of one unit: beyond, the dense matrices of `newton.py` take less time.
MOST_TIES = 40
MOST_OUTPUTS = 12


class Units(NamedTuple):
    """K in units, channels and ties; `order` numbers the outputs unit by unit."""

    order: Ints
    starts: Ints
    own: Floats  # [outputs, inputs of an output, largest unit]
    into: Floats  # [outputs, inputs of an output, channels]
    out: Floats  # [outputs, channels]
    between: Floats  # -to_ties from_ties of every unit, [ties * ties, units * channels * channels]
    to_ties: Floats  # [ties, units * channels]
    from_ties: Floats  # [units * channels, ties]


def units_of(form: FeedbackForm, y: Floats, own_gain: Floats | None) -> Units | None:
    """The units of a feedback form; None where they are too large, or tied by too much.

    Parameters
    ----------
    y
        Typical inputs, [samples, inputs], for the size of slopes.
    own_gain
        K without what crossbars do between their ports.
    """
    if form.laws is None or own_gain is None:
        return None
    input_index = form.input_index
    slopes = _largest_slopes(form.laws, y)
    left, size, right = truncated_svd((form.gain - own_gain) * slopes, MOST_TIES)
    ties = max(1, int((size > DROPPED).sum()))
    linked = (np.abs(own_gain[input_index]) * slopes > DROPPED).any(axis=0)
    label = connected_components(linked, directed=False)[1]
    order = np.argsort(label, kind="stable")
    places = _Places.of(np.bincount(label))
    if ties > MOST_TIES or places.size > MOST_OUTPUTS:
        return None
    reading = (left[:, :ties] * size[:ties])[input_index[:, order]].transpose(1, 0, 2)
    writing = right[:ties].T[order][:, None]
    channels = max(places.ranks(reading), places.ranks(writing), 1)
    into, from_ties = places.channels(reading, channels)
    out, to_ties = places.channels(writing, channels)
    between = -np.einsum("uat,ubs->tsuab", to_ties, from_ties).reshape(ties * ties, -1)
    return Units(
        order=order,
        starts=places.starts,
        own=places.blocks(own_gain, input_index, order),
        into=into,
        out=np.ascontiguousarray(out[:, 0] / slopes[order, None]),
        between=np.ascontiguousarray(between),
        to_ties=np.ascontiguousarray(to_ties.reshape(-1, ties).T),
        from_ties=np.ascontiguousarray(from_ties.reshape(-1, ties)),
    )


def _largest_slopes(laws: Laws, y: Floats) -> Floats:
    """Largest slope of each output in some samples; 1 where there is none, [outputs].

    An output's volts or amperes are no loop gain; K times slopes is.
    """
    outputs = len(laws.kind)
    slopes = np.zeros((len(laws.reads), outputs, len(y)))
    bend(laws, np.ascontiguousarray(y.T), np.empty((2, len(y))), np.empty((outputs, len(y))), slopes)
    largest = np.abs(slopes).max(axis=(0, 2))
    return np.where(largest > 0.0, largest, 1.0)


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
