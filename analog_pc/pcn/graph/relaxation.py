"""Relaxation of a graph: along its flow by implicit Euler steps that end as Newton's, or in closed form.

Where f is the identity everywhere, dx/dt is linear, and the rest is one solution of K dx = dx/dt.  In
directions in which K is 0 activities stay where the flow leaves them, and these are reported.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.clamps import Clamps
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.flow import settle_by_flow
from analog_pc.pcn.graph.graph import PredictiveCodingGraph
from analog_pc.pcn.graph.kinks import LEAVES, leaves_a_kink
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.residual import Distance, distance
from analog_pc.pcn.graph.stability import FLAT, stability_of
from analog_pc.pcn.graph.state import GraphState
from analog_pc.pcn.graph.steps import implicit_step, moved

SHRINK = 0.4  # of the shift, after a step of at most half the reach
GROW = 3.0  # of the shift, after a step that was refused
FIRST_SHIFT = 0.1  # in units of the softest spring: where a refused Newton step starts
LAST_SHIFT = 1e-3  # in the same unit: below it a step is Newton's
CERTAIN = 1e-3  # a step that lowers dx/dt by this factor is taken whatever the rounding of E says
MISFIT = 0.5  # largest error of the linearisation in a step of a flow that is not one of E, in its dx/dt
REFINEMENTS = 4  # of the closed form
NUMBERS = 2**23  # of the matrices that hold derivatives of a part of the samples, at most


class GraphSearch(NamedTuple):
    """How to search; as the parameters of `analog_pc.relax`, `reach` as a part of the largest activity."""

    method: str
    tolerance: float
    max_iterations: int
    reach: float


def relax_graph(graph: PredictiveCodingGraph, clamps: Clamps, search: GraphSearch) -> Equilibrium:
    """The equilibrium of a graph under clamps, as `analog_pc.relax` has it.

    Parameters
    ----------
    graph
        The graph.
    clamps
        Made by `make_clamps`.
    search
        How to search.
    """
    landscape = GraphLandscape(graph, clamps)
    x = landscape.forward()
    if search.method == "flow":
        state, settled = settle_by_flow(landscape, x, search.tolerance)
        assert isinstance(state, GraphState)
        return _ended(landscape, state, settled, 0, search.tolerance)
    if landscape.is_linear:
        return _closed_form(landscape, x, search)
    x = landscape.held(x)
    samples = len(x[0])
    each = max(1, NUMBERS // (max(1, landscape.free.size) * sum(graph.sizes)))
    starts = range(0, samples, each)
    parts = [_follow(landscape, [a[k : k + each] for a in x], search) for k in starts]
    found = [np.concatenate(several) for several in zip(*(part[0] for part in parts), strict=True)]
    settled = np.concatenate([part[1] for part in parts])
    iterations = max(part[2] for part in parts)
    certain = search.tolerance if np.isfinite(search.reach) else None
    return _ended(landscape, landscape.state(found), settled, iterations, certain)


def _ended(
    landscape: GraphLandscape, state: GraphState, settled: Bools, iterations: int, certain: float | None
) -> Equilibrium:
    """The equilibrium, with how it ended; `certain`: also whether it is stable and determined, to a part of
    its forces."""
    residual = state.residual
    message = f"at rest: |dE/dx| <= {residual.max(initial=0.0):.1e} after {iterations} iterations"
    converged = settled
    if certain is not None and np.isfinite(residual).all():
        found = stability_of(landscape, state)
        leaves = leaves_a_kink(landscape, state, certain)
        converged = settled & found.stable & ~leaves
        message = found.message or (f"sample {int(np.argmax(leaves))} {LEAVES}" if leaves.any() else message)
    if not settled.all():
        worst = int(np.argmin(settled))
        message = (
            f"not at rest: |dE/dx| = {residual[worst]:.1e} in sample {worst} after {iterations} iterations"
        )
    return landscape.equilibrium(state, Relaxation(converged, residual, iterations, message))


def _closed_form(landscape: GraphLandscape, x: list[Floats], search: GraphSearch) -> Equilibrium:
    state = landscape.state(landscape.held(x))
    if landscape.free.size == 0:
        return _ended(landscape, state, np.ones(len(state.energy), dtype=np.bool_), 0, None)
    one = landscape.state([a[:1] for a in state.x])
    inverse = _pseudo_inverse(landscape.stiffness_matrix(one)[0], landscape.graph.symmetric)
    iterations = 0
    settled = distance(landscape, state, search.tolerance).ratio <= 1.0
    while not settled.all() and iterations < min(REFINEMENTS, search.max_iterations):
        force = -np.concatenate(state.gradient, axis=1)[:, landscape.free]
        changed, _ = moved(landscape, state, force @ inverse.T)
        state = landscape.state(changed)
        settled = distance(landscape, state, search.tolerance).ratio <= 1.0
        iterations += 1
    return _ended(landscape, state, settled, iterations, search.tolerance)


def _pseudo_inverse(k: Floats, symmetric: bool) -> Floats:
    """K^-1; what is 0 up to rounding stays 0: a force in such a direction is rounding too."""
    if symmetric:
        values, vectors = np.linalg.eigh(0.5 * (k + k.T))
        kept = np.abs(values) > FLAT * np.abs(values).max()
        return np.asarray((vectors[:, kept] / values[kept]) @ vectors[:, kept].T)
    return np.asarray(np.linalg.pinv(k, rcond=FLAT))


def _follow(
    landscape: GraphLandscape, x: list[Floats], search: GraphSearch
) -> tuple[list[Floats], Bools, int]:
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
    search: GraphSearch,
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
    if landscape.graph.symmetric:
        good = after.energy - state.energy <= now.noise + then.noise
    else:
        force = -np.concatenate(after.gradient, axis=1)[:, landscape.free]
        misfit = np.linalg.norm(force - step.shift[:, None] * step.dx, axis=1)
        good = (misfit <= MISFIT * now.slope) | stopped
    good |= then.slope < CERTAIN * now.slope
    good &= step.falling & np.isfinite(then.ratio) & (change <= longest)
    unit = landscape.softness
    following = np.where(change <= 0.5 * longest, SHRINK * shift, shift)
    following = np.where(following <= LAST_SHIFT * unit, 0.0, following)
    refused = np.maximum(GROW * shift, FIRST_SHIFT * unit)
    return good, after, then, np.where(good, following, refused)
