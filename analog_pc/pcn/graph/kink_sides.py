"""Units on a kink to both sides of which E is level: the curvature of either side counts.

Where r = h = 0, no force holds a unit on its kink x*, and E is one half of a parabola to either side.  Each
has a gate of its own, and only where K is positive at both is the rest a minimum::

    K(left gate) > 0   |   K(right gate) < 0: a saddle
                       x*
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState

MOST = 6  # units of a sample whose sides are looked at in every combination


def other_sides(landscape: GraphLandscape, state: GraphState) -> Iterator[tuple[int, Floats | None]]:
    """K = -d(dx/dt)/dx at each combination of sides but one: the state itself is at the left side of all.

    Samples in which K is a sum of squares at any gates, so that no side is a saddle, are left out.  Of
    several such units a combination holds in one orthant alone.  Where K is negative only in directions out
    of it, a minimum is called a saddle; never the reverse.

    Yields
    ------
    tuple
        Sample and K over the free activities, [n, n]; None for a sample of more than `MOST` such units.
    """
    if not any(act.jumps for act in landscape.activations):
        return
    level = _level(landscape, state)
    counts = sum(on.sum(axis=1) for on in level)
    if not counts.any():
        return
    for sample in np.flatnonzero((counts > 0) & _is_curved(landscape, state)).tolist():
        if counts[sample] > MOST:
            yield sample, None
            continue
        x = [a[[sample]] for a in state.x]
        for gates in _gates(landscape, state, sample, level):
            yield sample, landscape.stiffness_matrix(landscape.state(x, gates))[0]


def _level(landscape: GraphLandscape, state: GraphState) -> list[Bools]:
    """Free units on a kink on which no force acts, [samples, size] by population."""
    parts = zip(
        landscape.activations, landscape.clamps.free, state.x, state.force, state.feedback, strict=True
    )
    return [
        np.isin(x, [kink for kink, _, _ in act.jumps]) & free & (force == 0.0) & (feedback == 0.0)
        for act, free, x, force, feedback in parts
    ]


def _is_curved(landscape: GraphLandscape, state: GraphState) -> Bools:
    """Whether K is more than the sum of squares M^T Pi M + leak, [samples]: f'' h, gains, a way back of its
    own."""
    if not landscape.symmetric:
        return np.ones(len(state.energy), dtype=np.bool_)
    found = np.zeros(len(state.energy), dtype=np.bool_)
    for act, x, feedback in zip(landscape.activations, state.x, state.feedback, strict=True):
        found |= (act.curvature(x) * feedback != 0.0).any(axis=1)
    for link in landscape.links:
        if link.gain is not None:
            found |= (state.weighted[link.target] != 0.0).any(axis=1)
    return found


def _gates(
    landscape: GraphLandscape, state: GraphState, sample: int, level: list[Bools]
) -> Iterator[list[Floats | None]]:
    """Gates of the units of a sample that are on a kink, as `GraphState.kink_gate`, by combination."""
    places = [(v, i) for v, on in enumerate(level) for i in np.flatnonzero(on[sample]).tolist()]
    sides = []
    for v, i in places:
        (at,) = [jump for jump in landscape.activations[v].jumps if jump[0] == state.x[v][sample, i]]
        sides.append(at[1:])
    combinations = product(*sides)
    next(combinations)  # the left of all
    for slopes in combinations:
        gates = [None if gate is None else gate[[sample]].copy() for gate in state.kink_gate]
        for (v, i), slope in zip(places, slopes, strict=True):
            gate = gates[v]
            assert gate is not None
            gate[0, i] = slope
        yield gates
