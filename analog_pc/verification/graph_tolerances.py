"""Tolerances of compiled graphs: `tolerances.py` for populations and projections.

With delta = NG / (A + NG) of an amplifier of gain A and noise gain NG, and delta_1 = 2 / (A + 2) of a driver
or sense amplifier, the circuit's signals at the ideal equilibrium are off by at most (g_p: gain of a
projection, 1 without one; F_p: what stands for W_p on the way back)::

    dpart_p   = |W_p| delta_1 |f(x_s)| + delta_p |W_p f(x_s)|           delta_p where it has amplifiers
    dmu_v     = sum_p |g_p| dpart_p + delta_v |mu_v|
    dlambda_v = |Pi_v| (dmu_v + delta_1 |eps_v|) + delta_mix |lambda_v| + delta_1 (p_v |x_v| + |lambda_v|)
    dh_s      = sum_p |g_p| |F_p|^T (dlambda_c + (delta_1 + delta'_p) |lambda_c|) + delta'_s |h_s|

the last terms of dlambda where the precision is a matrix: of the mixing amplifier, and of the amplifier that
takes its output from x.  That leaves in the flow at most::

    r_v = dlambda_v + |gate_v| dh_v + (of the unit that is a gain) sum |part| dlambda + |lambda| dpart

and to first order dx = |K^-1| r, K = -d(dx/dt)/dx, the Hessian of E where the feedback is the transpose.
What rests on a kink moves by |z| / A_r (of its drive z and the gain A_r of the rectifier), and f with it by
the steeper of its two slopes; what a simulator's stopping rule adds, and `SECOND_ORDER` are as for chains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.compiler import CompiledGraph
from analog_pc.mapping import spring_scale
from analog_pc.pcn import Equilibrium
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState
from analog_pc.verification.tolerances import (
    RELTOL,
    SECOND_ORDER,
    VNTOL,
    steepest,
    steepest_slopes,
    unity_lag,
)


@dataclass(frozen=True, eq=False)
class _Deviations:
    """Bounds at the ideal equilibrium, [samples, n] each: by projection, and by population."""

    part: list[Floats]
    mu: list[Floats]
    weighted: list[Floats]
    feedback: list[Floats]


def graph_tolerances(
    compiled: CompiledGraph, ideal: Equilibrium, scales: dict[str, float]
) -> dict[str, float]:
    """Tolerances of x, mu, eps, energy and dW as fractions of their full scales.

    Parameters
    ----------
    compiled
        The circuit.
    ideal
        The reference for the same samples.
    scales
        Full scale of each quantity.
    """
    graph = compiled.graph
    landscape = GraphLandscape(graph, compiled.clamps)
    state = landscape.resting_state(list(ideal.activities))
    off = _deviations(compiled, state)
    dx = _moves(compiled, landscape, state, _left_in_flow(compiled, state, off))
    slopes = steepest_slopes(landscape, state)
    dmu = _predictions(compiled, state, off, dx, slopes)
    one = unity_lag(compiled.design.technology.opamp_gain)
    deps = [
        d + m + one * np.abs(e) if known else m
        for d, m, e, known in zip(dx, dmu, state.eps, graph.predicted, strict=True)
    ]
    bounds = {"x": dx, "mu": dmu, "eps": deps}
    found = {name: max(float(b.max(initial=0.0)) for b in parts) for name, parts in bounds.items()}
    found["energy"] = float(np.max(_energy(compiled, state, dx, deps)))
    found["dW"] = _update(compiled, state, dx, deps, slopes)
    return {name: SECOND_ORDER * bound / scales[name] + RELTOL for name, bound in found.items()}


def _deviations(compiled: CompiledGraph, state: GraphState) -> _Deviations:
    design = compiled.design
    graph = compiled.graph
    gain = design.technology.opamp_gain
    one = unity_lag(gain)

    def lag(noise_gain: Floats) -> Floats:
        return np.asarray(noise_gain / (gain + noise_gain))

    parts = []
    for p, (source, weight) in enumerate(zip(graph.sources, graph.weights, strict=True)):
        part = one * np.abs(state.activation[source]) @ np.abs(weight).T
        path = design.forward_path(p)
        if path.has_part:
            part = part + lag(design.part(graph.targets[p], path).noise_gain()) * np.abs(state.carried[p])
        parts.append(part)
    mu = [np.zeros_like(m) for m in state.mu]
    for p, target in enumerate(graph.targets):
        mu[target] = mu[target] + np.abs(state.factor[p]) * parts[p]
    weighted = []
    for k, population in enumerate(graph.populations):
        if not graph.predicted[k]:
            weighted.append(mu[k])
            continue
        volts = compiled.scales.activity[k]
        mu[k] = (
            mu[k] + (lag(design.predictions[k].noise_gain()) + RELTOL) * np.abs(state.mu[k]) + VNTOL / volts
        )
        lam = (mu[k] + one * np.abs(state.eps[k])) @ np.abs(population.precision_matrix)
        if design.is_mixed(k):
            own = lag(design.mixing(k).noise_gain()) * np.abs(state.weighted[k])
            lam = (
                lam
                + own
                + one * (spring_scale(population.pi) * np.abs(state.x[k]) + np.abs(state.weighted[k]))
            )
        weighted.append(lam)
    feedback = [np.zeros_like(a) for a in state.x]
    for k, arrays in design.feedback.items():
        h = np.zeros_like(state.x[k])
        for p, path in zip(design.returns(k), arrays.paths, strict=True):
            target = graph.targets[p]
            own = lag(design.part(k, path).noise_gain()) if path.has_part else np.zeros(1)
            back = np.abs(graph.feedback[p])
            arrives = (weighted[target] + one * np.abs(state.weighted[target])) @ back
            h = h + np.abs(state.factor[p]) * (arrives + own * (np.abs(state.weighted[target]) @ back))
        feedback[k] = h + (lag(arrays.noise_gain()) + RELTOL) * np.abs(state.feedback[k])
    return _Deviations(parts, mu, weighted, feedback)


def _left_in_flow(compiled: CompiledGraph, state: GraphState, off: _Deviations) -> list[Floats]:
    """The bound r of what is left of dx/dt, by population."""
    graph = compiled.graph
    found = []
    for k, x in enumerate(state.x):
        r = off.weighted[k] if graph.predicted[k] else np.zeros_like(x)
        found.append(r + np.abs(state.gate[k]) * off.feedback[k])
    for p, (target, gain) in enumerate(zip(graph.targets, graph.gains, strict=True)):
        if gain is not None:
            pushes = np.abs(state.carried[p]) * off.weighted[target]
            pushes = pushes + np.abs(state.weighted[target]) * off.part[p]
            found[gain[0]][:, gain[1]] += pushes.sum(axis=1)
    return found


def _moves(
    compiled: CompiledGraph, landscape: GraphLandscape, state: GraphState, r: list[Floats]
) -> list[Floats]:
    """|K^-1| r over the moving activities, |z|/A_r on kinks, 0 on clamps; by population."""
    full = landscape.hessian(state)
    steep = landscape.hessian(steepest(landscape, state))
    moving = np.concatenate(state.moving, axis=1)
    resting = np.broadcast_to(np.concatenate(compiled.clamps.free), moving.shape) & ~moving
    drives = [
        np.abs(p.f.drive(x, gate))
        for p, x, gate in zip(compiled.graph.populations, state.x, state.kink_gate, strict=True)
    ]
    out = np.concatenate(drives, axis=1) / compiled.design.technology.rectifier_gain
    out = np.where(resting, out, 0.0)
    total = np.concatenate(r, axis=1)
    for s, mask in enumerate(moving):
        if mask.any():
            push = total[s] + np.abs(steep[s]) @ out[s]
            out[s, mask] = np.abs(np.linalg.inv(full[s][np.ix_(mask, mask)])) @ push[mask]
    return np.split(out, np.cumsum(compiled.graph.sizes)[:-1], axis=1)


def _predictions(
    compiled: CompiledGraph, state: GraphState, off: _Deviations, dx: list[Floats], slopes: list[Floats]
) -> list[Floats]:
    """dmu with what the moves of the sources and gains add."""
    graph = compiled.graph
    found = [m.copy() for m in off.mu]
    for p, (source, target, gain) in enumerate(zip(graph.sources, graph.targets, graph.gains, strict=True)):
        moved = (slopes[source] * dx[source]) @ np.abs(graph.weights[p]).T
        found[target] += np.abs(state.factor[p]) * moved
        if gain is not None:
            found[target] += np.abs(state.carried[p]) * dx[gain[0]][:, gain[1], None]
    return found


def _energy(compiled: CompiledGraph, state: GraphState, dx: list[Floats], deps: list[Floats]) -> Floats:
    total = np.zeros(len(state.x[0]))
    for k, population in enumerate(compiled.graph.populations):
        pulled = np.abs(state.x[k] - population.priors)
        total += (pulled * dx[k] + 0.5 * dx[k] ** 2) @ population.leaks
        if compiled.graph.predicted[k]:
            spread = deps[k] @ np.abs(population.precision_matrix)
            total += ((np.abs(state.eps[k]) + 0.5 * deps[k]) * spread).sum(axis=1)
    return total


def _update(
    compiled: CompiledGraph, state: GraphState, dx: list[Floats], deps: list[Floats], slopes: list[Floats]
) -> float:
    """Largest |d dW| <= dpost^T (|pre| + dpre) + |post|^T dpre, post = lambda, pre = g f(x_source)."""
    graph = compiled.graph
    one = unity_lag(compiled.design.technology.opamp_gain)
    worst = 0.0
    for p, projection in enumerate(graph.projections):
        if not projection.plastic or projection.W is None:
            continue
        source = graph.sources[p]
        target = graph.targets[p]
        f = np.abs(state.activation[source])
        dpre = np.abs(state.factor[p]) * (slopes[source] * dx[source] + one * f)
        gain = graph.gains[p]
        if gain is not None:
            dpre = dpre + dx[gain[0]][:, gain[1], None] * f
        dpost = deps[target] @ np.abs(graph.populations[target].precision_matrix)
        pre = np.abs(state.factor[p]) * f
        bound = dpost.T @ (pre + dpre) + np.abs(state.weighted[target]).T @ dpre
        copies = 1 if projection.shared is None else _copies(projection.shared)
        worst = max(worst, copies * float(bound.max()))
    return worst


def _copies(shared: Ints) -> int:
    """Most entries that share one value, whose updates are added."""
    return int(np.bincount(shared[shared >= 0], minlength=1).max())
