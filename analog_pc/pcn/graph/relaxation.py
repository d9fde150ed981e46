"""Relaxation of a graph: along its flow by implicit Euler steps that end as Newton's, or in closed form.

Where f is the identity everywhere, dx/dt is linear, and the rest is one solution of K dx = dx/dt.  In
directions in which K is 0 activities stay where the flow leaves them, and these are reported.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.residual import Distance, distance
from analog_pc.pcn.graph.stability import FLAT, sample_parts
from analog_pc.pcn.graph.state import GraphState
from analog_pc.pcn.graph.steps import implicit_step, moved
from analog_pc.pcn.search import CERTAIN, FIRST_SHIFT, GROW, LAST_SHIFT, MISFIT, SHRINK, Search

REFINEMENTS = 4  # of the closed form


def relax_graph(landscape: GraphLandscape, search: Search) -> tuple[GraphState, Bools, int]:
    """Search for the rest of a graph from its forward state.

    Parameters
    ----------
    landscape
        The graph under clamps.
    search
        How to search.

    Returns
    -------
    tuple
        Where the search ended, which samples are at rest, [samples], and the number of iterations.
    """
    x = landscape.held(landscape.forward())
    if landscape.is_linear:
        return _closed_form(landscape, landscape.state(x), search)
    found = [_follow(landscape, [a[part] for a in x], search) for part in sample_parts(landscape, len(x[0]))]
    ends, settled, iterations = zip(*found, strict=True)
    state = landscape.state([np.concatenate(several) for several in zip(*ends, strict=True)])
    return state, np.concatenate(settled), max(iterations)


def _closed_form(
    landscape: GraphLandscape, state: GraphState, search: Search
) -> tuple[GraphState, Bools, int]:
    one = landscape.state([a[:1] for a in state.x])
    inverse = _pseudo_inverse(landscape.stiffness_matrix(one)[0], landscape.symmetric)
    iterations = 0
    settled = distance(landscape, state, search.tolerance).ratio <= 1.0
    while not settled.all() and iterations < min(REFINEMENTS, search.max_iterations):
        force = -landscape.flat(state.gradient)
        changed, _ = moved(landscape, state, force @ inverse.T)
        state = landscape.state(changed)
        settled = distance(landscape, state, search.tolerance).ratio <= 1.0
        iterations += 1
    return state, settled, iterations


def _pseudo_inverse(k: Floats, symmetric: bool) -> Floats:
    """K^-1; what is 0 up to rounding stays 0: a force in such a direction is rounding too."""
    if symmetric:
        values, vectors = np.linalg.eigh(0.5 * (k + k.T))
        kept = np.abs(values) > FLAT * np.abs(values).max(initial=0.0)
        return np.asarray((vectors[:, kept] / values[kept]) @ vectors[:, kept].T)
    return np.asarray(np.linalg.pinv(k, rcond=FLAT))


def _follow(landscape: GraphLandscape, x: list[Floats], search: Search) -> tuple[list[Floats], Bools, int]:
    """Follow the flow of some samples, x with its clamps; those that are at rest no longer take part."""
    found = [a.copy() for a in x]
    samples = len(x[0])
    settled = np.zeros(samples, dtype=np.bool_)
    which = np.arange(samples)
    unit = max((landscape.activations[link.source].unit for link in landscape.links), default=0.0)
    state = landscape.state(x)
    now = distance(landscape, state, search.tolerance)
    longest = _longest(state, search.reach, unit)
    shift = now.slope / longest
    iteration = 0
    while True:
        done = (now.ratio <= 1.0) | ~np.isfinite(now.ratio) | (iteration == search.max_iterations)
        for kept, a in zip(found, state.x, strict=True):
            kept[which[done]] = a[done]
        settled[which[done]] = now.ratio[done] <= 1.0
        if done.all():
            return found, settled, iteration
        if done.any():
            which = which[~done]
            shift = shift[~done]
            state = landscape.state([a[~done] for a in state.x])
            now = distance(landscape, state, search.tolerance)
            longest = _longest(state, search.reach, unit)
        iteration += 1
        taken, after, then, shift = _one_step(landscape, state, now, shift, longest, search)
        if taken.all():
            state = after
            now = then
        elif taken.any():
            x = [np.where(taken[:, None], b, a) for a, b in zip(state.x, after.x, strict=True)]
            state = landscape.state(x)
            now = distance(landscape, state, search.tolerance)
        longest = _longest(state, search.reach, unit)


def _longest(state: GraphState, reach: float, unit: float) -> Floats:
    """The longest step of each sample: a part of what its largest activity is now."""
    size = np.max([np.full(len(state.energy), unit), *(np.abs(a).max(axis=1) for a in state.x)], axis=0)
    return np.where(size > 0.0, reach * np.where(size > 0.0, size, 1.0), np.inf)


def _one_step(
    landscape: GraphLandscape,
    state: GraphState,
    now: Distance,
    shift: Floats,
    longest: Floats,
    search: Search,
) -> tuple[Bools, GraphState, Distance, Floats]:
    """Which samples take their step, the state after it and its distance from rest, and the next shift.

    A step is taken if E falls, up to its rounding, or, where there is no E, if dx/dt after it is what its
    linearisation says; and if it is not too long.
    """
    step = implicit_step(landscape, state, shift, FLAT)
    x, stopped = moved(landscape, state, step.dx)
    after = landscape.state(x)
    then = distance(landscape, after, search.tolerance)
    change = np.max([np.abs(b - a).max(axis=1) for a, b in zip(state.x, x, strict=True)], axis=0)
    if landscape.symmetric:
        good = after.energy - state.energy <= now.noise + then.noise
    else:
        force = -landscape.flat(after.gradient)
        misfit = np.linalg.norm(force - step.shift[:, None] * step.dx, axis=1)
        good = (misfit <= MISFIT * now.slope) | stopped
    good |= then.slope < CERTAIN * now.slope
    good &= step.falling & np.isfinite(then.ratio) & (change <= longest)
    unit = landscape.softness
    following = np.where(change <= 0.5 * longest, SHRINK * shift, shift)
    following = np.where(following <= LAST_SHIFT * unit, 0.0, following)
    refused = np.maximum(GROW * shift, FIRST_SHIFT * unit)
    return good, after, then, np.where(good, following, refused)
