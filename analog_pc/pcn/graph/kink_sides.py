"""Units on a kink to both sides of which E is level: the curvature of either side counts.

Where r = h = 0, no force holds a unit on its kink, and E bends to the left and to the right of it, each with
the gate of that side.  With the other units (S) where E is lowest, E of a step u_i >= 0 from each such unit
to a side of its own is::

    E = 1/2 u^T A u      A_ij = s_i s_j (K_ij - K_iS K_SS^-1 K_Sj)      s = -1 to the left, 1 to the right

and falls where a diagonal entry is negative, or A_ij < -sqrt(A_ii A_jj) of two units.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from analog_pc.arrays import Bools, Ints
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState

ROUNDING = 1e-12  # a curvature above this part of the largest is not negative


def falling_sides(
    landscape: GraphLandscape, state: GraphState, masks: Bools, unstable: Collection[int]
) -> Iterator[tuple[int, float]]:
    """Samples of which E falls to a side of kinks on which no force acts, and its curvature there.

    Steps of more than two units at once are not looked at, and neither is a graph without an energy.  Where
    neither f'' h nor a gain takes part, K is a sum of squares whatever the sides, and E falls to none.

    Parameters
    ----------
    landscape, state
        A graph under clamps, at rest.
    masks
        Which free units move, [samples, n].
    unstable
        Samples that are known not to be stable.
    """
    if not landscape.symmetric or not any(act.jumps for act in landscape.activations):
        return
    level = _level(landscape, state)[:, landscape.free]
    for sample in np.flatnonzero(level.any(axis=1) & _is_curved(landscape, state)).tolist():
        if sample not in unstable:
            curvature = _lowest_curvature(landscape, state, sample, level[sample], masks[sample])
            if curvature < 0.0:
                yield sample, curvature


def _level(landscape: GraphLandscape, state: GraphState) -> Bools:
    """Free units on a kink on which no force acts, [samples, all units]."""
    parts = zip(
        landscape.activations, landscape.clamps.free, state.x, state.force, state.feedback, strict=True
    )
    found = []
    for act, free, x, force, feedback in parts:
        level = np.zeros(x.shape, dtype=np.bool_)
        for kink, _, _ in act.jumps:
            level |= (x == kink) & free & (force == 0.0) & (feedback == 0.0)
        found.append(level)
    return np.concatenate(found, axis=1)


def _is_curved(landscape: GraphLandscape, state: GraphState) -> Bools:
    """Whether K is more than the sum of squares M^T Pi M + leak, [samples]: f'' h, or a gain."""
    found = np.zeros(len(state.energy), dtype=np.bool_)
    for act, x, feedback in zip(landscape.activations, state.x, state.feedback, strict=True):
        found |= (act.curvature(x) * feedback != 0.0).any(axis=1)
    for link in landscape.links:
        if link.gain is not None:
            found |= (state.weighted[link.target] != 0.0).any(axis=1)
    return found


def _lowest_curvature(
    landscape: GraphLandscape, state: GraphState, sample: int, level: Bools, mask: Bools
) -> float:
    """The most negative curvature of E along steps of one or two units from their kinks; 0 where E rises."""
    chosen = np.flatnonzero(level)
    others = np.flatnonzero(mask & ~level)
    count = len(chosen)
    # K with all of them on their left sides, all on the right ones, and one after the other on the right.
    right = np.vstack([np.zeros((1, count)), np.ones((1, count)), np.eye(count)]).astype(np.bool_)
    k = landscape.stiffness_matrix(_at_sides(landscape, state, sample, landscape.free[chosen], right))
    rows = np.concatenate([k[0][chosen], k[1][chosen]])[:, others]  # left sides, then right ones
    within = k[:, chosen][:, :, chosen]
    mixed = within[2:][np.arange(count), np.arange(count)]  # row i: unit i to the right
    pairs = np.block([[within[0], mixed.T], [mixed, within[1]]])
    reduced = pairs - rows @ np.linalg.solve(k[0][np.ix_(others, others)], rows.T)
    sign = np.repeat([-1.0, 1.0], count)
    a = sign[:, None] * sign * reduced
    unit = np.tile(np.arange(count), 2)
    own = np.diag(a)
    root = np.sqrt(np.maximum(own, 0.0))
    together = np.where(unit[:, None] != unit, a + np.outer(root, root), 0.0)
    lowest = min(float(own.min()), float(together.min()))
    return lowest if lowest < -ROUNDING * float(np.abs(pairs).max()) else 0.0


def _at_sides(
    landscape: GraphLandscape, state: GraphState, sample: int, units: Ints, right: Bools
) -> GraphState:
    """A sample with some of its units to the right of their kinks and some to the left, [combinations]."""
    copies = np.full(len(right), sample)
    x = [a[copies] for a in state.x]
    gates = [None if gate is None else gate[copies] for gate in state.kink_gate]
    ends = np.cumsum(landscape.graph.sizes)
    for unit, to_right in zip(units.tolist(), right.T, strict=True):
        v = int(np.searchsorted(ends, unit, side="right"))
        i = unit - (ends[v] - landscape.graph.sizes[v])
        jumps = landscape.activations[v].jumps
        _, below, above = next(jump for jump in jumps if jump[0] == x[v][0, i])
        gate = gates[v]
        assert gate is not None  # it has kinks
        gate[:, i] = np.where(to_right, above, below)
    return landscape.state(x, gates)
