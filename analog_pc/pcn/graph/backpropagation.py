"""Reverse differentiation by predictive coding, on acyclic graphs.

The loss is that of the clamped targets, 1/2 sum eps^T Pi eps at the forward state.  Two ways to its gradient:

Fixed prediction.  Activities and predictions stay at their forward values while the errors relax to ::

    Pi_v eps_v = f'(x_v) * sum_p g_p F_p^T Pi_c eps_c        (p: out of v, into c; targets: eps = t - mu)

which is reverse differentiation on any acyclic graph (Millidge, Tschantz and Buckley, arXiv:2006.04182).

Zero-divergence inference (Z-IL).  The network itself relaxes, in synchronous steps from the forward state, ::

    x_v <- x_v + gamma Pi_v^-1 dx_v/dt

and a projection into a population k steps below the targets learns after k steps, when gamma^k times the
gradient has just arrived (Song, Lukasiewicz, Xu and Bogacz, NeurIPS 2020).  This is exact if all paths from a
population to targets have one length: in a levelled graph (`levels`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.errors import BadInput
from analog_pc.pcn.clamps import Clamps, ClampValues, make_clamps
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.graph.graph import Population, PredictiveCodingGraph
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.learning import ProjectionUpdate, graph_update
from analog_pc.pcn.graph.levels import refuse_cycles
from analog_pc.pcn.network import PredictiveCodingNetwork, as_graph


def fixed_prediction(
    graph: PredictiveCodingGraph | PredictiveCodingNetwork, clamps: ClampValues
) -> Equilibrium:
    """Errors at rest while all activities keep their forward values; `graph_update` of it is backpropagation.

    Parameters
    ----------
    graph
        Without cycles; a chain is read as its `graph`.
    clamps
        As for `relax`: all inputs, and at least one target.

    Returns
    -------
    Equilibrium
        In which x - mu = eps holds for targets only.

    Raises
    ------
    BadInput
        For a graph with cycles, an input that is not clamped, a leak, or a target that predicts others.
    """
    graph = as_graph(graph)
    landscape = _landscape(graph, clamps)
    held = landscape.clamps
    inputs = GraphLandscape(graph, Clamps(_inputs_alone(graph, held), held.values))
    forward = inputs.state(inputs.forward())
    eps = [np.zeros_like(e) for e in forward.eps]
    weighted = list(eps)
    arrived = [np.zeros_like(x) for x in forward.x]
    for v in reversed(graph.order):
        if not graph.predicted[v]:
            continue
        p = graph.populations[v]
        reached = held.values[v] - forward.mu[v]
        eps[v] = _settled_errors(p, held.free[v], reached, arrived[v])
        weighted[v] = p.weighted(eps[v])
        for link in landscape.links:
            if link.target != v:
                continue
            gate = forward.gate[link.source]
            arrived[link.source] += gate * forward.factor[link.number] * (weighted[v] @ link.back)
            if link.gain is not None:
                force = np.einsum("si,si->s", weighted[v], forward.carried[link.number])
                arrived[link.gain[0]][:, link.gain[1]] += force
    energy = np.zeros(held.samples)
    for v, free in enumerate(held.free):
        if graph.predicted[v] and not free.all():
            energy += 0.5 * np.einsum("si,si->s", eps[v], weighted[v])
    done = Relaxation(np.ones(held.samples, dtype=np.bool_), np.zeros(held.samples), 0, "a forward pass")
    rest = inputs.equilibrium(forward, done)
    return replace(rest, activities=tuple(landscape.held(forward.x)), eps=tuple(eps), energy=energy)


def zero_divergence_update(
    graph: PredictiveCodingGraph | PredictiveCodingNetwork,
    clamps: ClampValues,
    lr: float = 1.0,
    *,
    gamma: float = 1.0,
) -> dict[str, ProjectionUpdate]:
    """Updates by zero-divergence inference (Z-IL), summed over the samples.

    Parameters
    ----------
    graph
        Without cycles; levelled, as a chain is, or the updates are not those of backpropagation.
    clamps
        As for `fixed_prediction`.
    lr
        Learning rate.
    gamma
        Length of a step, 0 < gamma <= 1: 1 - exp(-n) of a clock with period n tau.  A projection whose target
        is k steps below the targets gets gamma^k of the gradient.

    Returns
    -------
    dict
        As `graph_update`.

    Raises
    ------
    BadInput
        As `fixed_prediction`, and for another gamma.
    """
    graph = as_graph(graph)
    if not 0.0 < gamma <= 1.0:
        raise BadInput(f"gamma is {gamma!r}, must be > 0 and <= 1")
    landscape = _landscape(graph, clamps)
    delays = _steps_below_targets(graph, landscape.clamps)
    x = landscape.held(landscape.forward())
    found: dict[str, ProjectionUpdate] = {}
    for step in range(max(delays) + 1):
        state = landscape.state(x)
        moving = Relaxation(np.zeros(len(state.energy), dtype=np.bool_), state.residual, step, "not at rest")
        now = graph_update(graph, landscape.equilibrium(state, moving), lr)
        for p, target in zip(graph.projections, graph.targets, strict=True):
            if p.name in now and delays[target] == step:
                found[p.name] = now[p.name]
        x = [
            a - gamma * _over_precision(graph.populations[v], g) if graph.predicted[v] else a
            for v, (a, g) in enumerate(zip(x, state.gradient, strict=True))
        ]
    for p in graph.projections:
        if p.plastic and p.W is not None and p.name not in found:  # no path to a target
            found[p.name] = ProjectionUpdate(np.zeros_like(p.W), np.zeros(len(p.W)))
    return found


def _landscape(graph: PredictiveCodingGraph, clamps: ClampValues) -> GraphLandscape:
    """A graph under clamps that allow reverse differentiation."""
    refuse_cycles(graph, "backpropagated errors")
    held = make_clamps(graph, clamps=clamps)
    predicts = set(graph.sources)
    if not any(known and not free.all() for known, free in zip(graph.predicted, held.free, strict=True)):
        raise BadInput("no target is clamped: clamp a population that others predict")
    for v, p in enumerate(graph.populations):
        clamped = not held.free[v].all()
        if not graph.predicted[v] and held.free[v].any():
            raise BadInput(f"input {p.name} is free: backpropagation needs all inputs clamped")
        if graph.predicted[v] and clamped and v in predicts:
            raise BadInput(f"target {p.name} predicts others: backpropagation needs targets at the end")
        if graph.predicted[v] and p.leaks.any():
            raise BadInput(f"population {p.name} has a leak: backpropagation needs leak 0")
    return GraphLandscape(graph, held)


def _inputs_alone(graph: PredictiveCodingGraph, held: Clamps) -> tuple[Bools, ...]:
    return tuple(
        np.ones_like(free) if known else free for free, known in zip(held.free, graph.predicted, strict=True)
    )


def _settled_errors(p: Population, free: Bools, reached: Floats, arrived: Floats) -> Floats:
    """eps of clamped units, and of free ones where Pi eps = what has arrived, [samples, size]."""
    eps = np.where(free, 0.0, reached)
    if free.any():
        stiffness = p.precision_matrix
        force = arrived[:, free] - eps[:, ~free] @ stiffness[np.ix_(~free, free)]
        eps[:, free] = np.linalg.solve(stiffness[np.ix_(free, free)], force.T).T
    return eps


def _over_precision(p: Population, force: Floats) -> Floats:
    """Pi^-1 of the forces on a population, [samples, size]."""
    return force / p.pi if p.pi.ndim == 1 else np.asarray(np.linalg.solve(p.pi, force.T).T)


def _steps_below_targets(graph: PredictiveCodingGraph, clamps: Clamps) -> list[int]:
    """Longest path from each population to a clamped target, in projections; -1 where there is none."""
    found = [
        0 if known and not free.all() else -1
        for known, free in zip(graph.predicted, clamps.free, strict=True)
    ]
    for v in reversed(graph.order):
        above = [found[k] for k in np.flatnonzero(graph.adjacency[:, v]) if found[k] >= 0]
        if above:
            found[v] = 1 + max(above)
    return found
