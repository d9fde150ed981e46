"""How far a graph is from rest, against what its forces and their rounding allow.

As for chains (`analog_pc.pcn.compiled`), with u = 2^-53, in every population::

    ||dx/dt||  <=  tolerance (||lambda|| + ||leak (x - prior)||) + rounding
    delta_v    = u (||x|| + sum_p (n_p + 2) (|g_p| ||W_p|| ||f_p|| + ||b_p||))                of x_v - mu_v
    rounding_v = ||Pi|| delta_v + u ||leak|| (||x|| + ||prior||) + 4 u ||h||
               + sum_p |g_p| ||F_p|| (||Pi_c|| delta_c + (n_c + 2) u ||lambda_c||)     p: out of v, into c

(||W||: Frobenius' norm), and the forces on a gain unit likewise.  Where a population has neither prediction
nor leak, the forces are those that its projections send back.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState

UNIT_ROUNDOFF = 2.0**-53


class Distance(NamedTuple):
    """How far each sample is from rest, [samples]."""

    ratio: Floats  # largest ||dx/dt|| of a population over its limit; infinite where it is not finite
    slope: Floats  # ||dx/dt||
    noise: Floats  # rounding of E


def distance(landscape: GraphLandscape, state: GraphState, tolerance: float) -> Distance:
    """How far the samples are from rest.

    Parameters
    ----------
    landscape, state
        A graph under clamps, at some activities.
    tolerance
        Part of the forces that counts as rest.
    """
    graph = landscape.graph
    samples = len(state.energy)
    size = [_norm(x) for x in state.x]
    seen = [_norm(f) for f in state.activation]
    delta = [UNIT_ROUNDOFF * n for n in size]
    for link in landscape.links:
        products = (graph.sizes[link.source] + 2) * UNIT_ROUNDOFF
        bias = graph.projections[link.number].b
        offset = 0.0 if bias is None else float(np.linalg.norm(bias))
        gain = np.abs(state.factor[link.number][:, 0])
        delta[link.target] = delta[link.target] + products * (
            gain * np.linalg.norm(link.weight) * seen[link.source] + offset
        )
    own = [_norm(w) for w in state.weighted]
    arriving = []  # rounding of lambda
    noise = np.zeros(samples)
    for v, (p, known) in enumerate(zip(graph.populations, graph.predicted, strict=True)):
        stiffness = float(np.linalg.norm(p.pi, 2) if p.pi.ndim == 2 else p.pi.max())
        arriving.append(stiffness * delta[v] if known else np.zeros(samples))
        if known:
            noise += own[v] * delta[v] + p.size * UNIT_ROUNDOFF * own[v] * _norm(state.eps[v])
        noise += p.size * UNIT_ROUNDOFF * ((state.x[v] ** 2 + p.priors**2) @ p.leaks)
    force, rounding = _limits(landscape, state, own, arriving)
    ratio = np.zeros(samples)
    slope = np.zeros(samples)
    for v, gradient in enumerate(state.gradient):
        g = _norm(gradient)
        slope += g * g
        limit = tolerance * force[v] + rounding[v]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.fmax(ratio, np.where(g > 0.0, g / limit, 0.0))
    ratio[~np.isfinite(slope)] = np.inf
    return Distance(ratio, np.sqrt(slope), noise)


def _limits(
    landscape: GraphLandscape, state: GraphState, own: list[Floats], arriving: list[Floats]
) -> tuple[list[Floats], list[Floats]]:
    """Forces on each population, and their rounding, [samples] each."""
    graph = landscape.graph
    force = list(own)
    rounding = []
    for v, p in enumerate(graph.populations):
        leak = float(p.leaks.max())
        force[v] = own[v] + _norm(p.leaks * (state.x[v] - p.priors))
        prior = float(np.linalg.norm(p.priors))
        rounding.append(arriving[v] + UNIT_ROUNDOFF * (leak * (_norm(state.x[v]) + prior)))
        rounding[v] = rounding[v] + 4.0 * UNIT_ROUNDOFF * _norm(state.feedback[v])
    for link in landscape.links:
        n = link.number
        products = (graph.sizes[link.target] + 2) * UNIT_ROUNDOFF
        passed = arriving[link.target] + products * own[link.target]
        back = np.abs(state.factor[n][:, 0]) * np.linalg.norm(link.back)
        rounding[link.source] = rounding[link.source] + back * passed
        if not (graph.predicted[link.source] or graph.populations[link.source].leaks.any()):
            force[link.source] = force[link.source] + back * own[link.target]
        if link.gain is None:
            continue
        unit = link.gain[0]
        carried = _norm(state.carried[n])
        terms = (graph.sizes[link.source] + 2) * UNIT_ROUNDOFF * np.linalg.norm(link.weight)
        rounding[unit] = (
            rounding[unit]
            + passed * carried
            + terms * _norm(state.activation[link.source]) * own[link.target]
        )
        if not (graph.predicted[unit] or graph.populations[unit].leaks.any()):
            force[unit] = force[unit] + carried * own[link.target]
    return force, rounding


def _norm(values: Floats) -> Floats:
    """Euclidean norm of each sample, [samples]."""
    return np.asarray(np.sqrt(np.einsum("si,si->s", values, values)))
