"""How far a graph is from rest, against what its forces and their rounding allow.

As for chains (`analog_pc.pcn.compiled`), with u = 2^-53, in every population::

    ||dx/dt||  <=  tolerance (||lambda|| + ||leak (x - prior)||) + rounding
    delta_v    = u (||x|| + sum_p (n_p + 2) (|g_p| ||W_p|| ||f_p|| + ||b_p||))                of x_v - mu_v
    rounding_v = ||Pi|| delta_v + u ||leak|| (||x|| + ||prior||) + 4 u ||h||
               + sum_p |g_p| ||F_p|| (||Pi_c|| delta_c + (n_c + 2) u ||lambda_c||)     p: out of v, into c

(||W||: Frobenius' norm), and the forces on a gain unit likewise.  A unit that has neither prediction nor leak
and is no gain has one force alone, gate h, which vanishes where f saturates, although nothing balances it: h
takes the place of dx/dt there, wherever the gate is open, and the limit is of what the projections send back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState

UNIT_ROUNDOFF = 2.0**-53


class Distance(NamedTuple):
    """How far each sample is from rest, [samples]."""

    ratio: Floats  # largest ||dx/dt|| of a population over its limit; infinite where it is not finite
    slope: Floats  # ||dx/dt||
    noise: Floats  # rounding of E


def distance(
    landscape: GraphLandscape, state: GraphState, tolerance: float, gradient: Sequence[Floats] | None = None
) -> Distance:
    """How far the samples are from rest.

    Parameters
    ----------
    landscape, state
        A graph under clamps, at some activities.
    tolerance
        Part of the forces that counts as rest.
    gradient
        Other forces to be judged than those of the state, one array [samples, size] a population.
    """
    graph = landscape.graph
    u = UNIT_ROUNDOFF
    size = [_norm(x) for x in state.x]
    seen = [_norm(f) for f in state.activation]
    own = [_norm(w) for w in state.weighted]
    gains = [np.abs(g[:, 0]) for g in state.factor]
    delta = [u * n for n in size]
    for link, gain in zip(landscape.links, gains, strict=True):
        carried = gain * np.linalg.norm(link.weight) * seen[link.source] + np.linalg.norm(link.bias)
        delta[link.target] = delta[link.target] + (graph.sizes[link.source] + 2) * u * carried
    noise = np.zeros(len(state.energy))
    arriving = []  # rounding of lambda
    rounding = []
    limit = []
    for v, p in enumerate(graph.populations):
        stiffness = float(np.linalg.norm(p.pi, 2) if p.pi.ndim == 2 else p.pi.max()) * graph.predicted[v]
        pulled = state.x[v] - p.priors
        noise += own[v] * delta[v] + p.size * u * (
            own[v] * _norm(state.eps[v]) + (state.x[v] ** 2 + p.priors**2) @ p.leaks
        )
        arriving.append(stiffness * delta[v])
        leaking = float(p.leaks.max()) * (size[v] + float(np.linalg.norm(p.priors)))
        rounding.append(arriving[v] + u * leaking + 4.0 * u * _norm(state.feedback[v]))
        limit.append(tolerance * (own[v] + _norm(p.leaks * pulled)))
    alone = _units_alone(landscape)
    for link, gain in zip(landscape.links, gains, strict=True):
        lam = own[link.target]
        passed = arriving[link.target] + (graph.sizes[link.target] + 2) * u * lam
        sends = [(link.source, gain * np.linalg.norm(link.back), np.zeros_like(lam))]
        if link.gain is not None:
            products = (graph.sizes[link.source] + 2) * u * np.linalg.norm(link.weight) * seen[link.source]
            sends.append((link.gain[0], _norm(state.carried[link.number]), products * lam))
        for v, factor, more in sends:
            rounding[v] = rounding[v] + factor * passed + more
            if alone[v].any():
                limit[v] = limit[v] + tolerance * factor * lam
    ratio = np.zeros(len(state.energy))
    residuals = _unbalanced(state, alone) if gradient is None else gradient
    with np.errstate(divide="ignore", invalid="ignore"):
        for slope, most, rounded in zip(map(_norm, residuals), limit, rounding, strict=True):
            ratio = np.fmax(ratio, np.where(slope > 0.0, slope / (most + rounded), 0.0))
    total = np.sqrt(sum(_norm(g) ** 2 for g in gradient or state.gradient))
    ratio[~np.isfinite(total)] = np.inf
    return Distance(ratio, total, noise)


def _units_alone(landscape: GraphLandscape) -> list[Bools]:
    """Units that nothing but feedback pulls: no prediction, no leak, no gain; [size] by population."""
    graph = landscape.graph
    populations = zip(graph.predicted, graph.populations, strict=True)
    found = [np.full(p.size, not known) & (p.leaks == 0.0) for known, p in populations]
    for link in landscape.links:
        if link.gain is not None:
            found[link.gain[0]][link.gain[1]] = False
    return found


def _unbalanced(state: GraphState, alone: Sequence[Bools]) -> list[Floats]:
    """dE/dx, and h of units that nothing but feedback pulls, where their gate is open."""
    return [
        np.where(units, h * (moves & (gate != 0.0)), g) if units.any() else g
        for units, h, moves, gate, g in zip(
            alone, state.feedback, state.moving, state.gate, state.gradient, strict=True
        )
    ]


def _norm(values: Floats) -> Floats:
    """Euclidean norm of each sample, [samples]."""
    return np.asarray(np.sqrt(np.einsum("si,si->s", values, values)))
