"""Comparison of a compiled graph with the reference: `compare.py` for populations."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiler import CompiledGraph
from analog_pc.pcn import Equilibrium, graph_update
from analog_pc.verification.distances import largest_deviation, peak
from analog_pc.verification.graph_tolerances import graph_tolerances
from analog_pc.verification.results import Comparison
from analog_pc.verification.tolerances import ACCEPTANCE

QUANTITIES = ("x", "mu", "eps", "energy", "dW")


def compare_graph(
    ideal: Equilibrium, circuit: Equilibrium, compiled: CompiledGraph
) -> tuple[Comparison, ...]:
    """Residuals of x, mu, eps, energy and dW of a decoded graph against the ideal reference.

    Parameters
    ----------
    ideal, circuit, compiled
        As for `compare`, which calls this for a graph.
    """
    scales = full_scales_of_graph(ideal, compiled)
    allowed = graph_tolerances(compiled, ideal, scales)
    distance = {
        "x": largest_deviation(ideal.activities, circuit.activities),
        "mu": largest_deviation(ideal.predictions, circuit.predictions),
        "eps": largest_deviation(ideal.eps, circuit.eps),
        "energy": float(np.abs(ideal.energy - circuit.energy).max()),
        "dW": largest_deviation(_updates(compiled, ideal), _updates(compiled, circuit)),
    }
    return tuple(
        Comparison(q, distance[q] / scales[q], scales[q], min(allowed[q], ACCEPTANCE[q])) for q in QUANTITIES
    )


def _updates(compiled: CompiledGraph, equilibrium: Equilibrium) -> tuple[Floats, ...]:
    """dW of the plastic projections."""
    return tuple(update.weight for update in graph_update(compiled.graph, equilibrium).values())


def full_scales_of_graph(ideal: Equilibrium, compiled: CompiledGraph) -> dict[str, float]:
    """Full scale of every quantity, in units of activity (never 0).

    Where the ideal prediction errors vanish (below the acceptance of x), eps has the full scale of x, of
    whose nodes it is the difference, and the energy and dW those of errors of this size.
    """
    x = peak(ideal.activities)
    mu = peak(ideal.predictions)
    eps = peak(ideal.eps)
    if largest_deviation(ideal.eps, tuple(0.0 * e for e in ideal.eps)) <= ACCEPTANCE["x"] * x:
        eps = x
    stiffest = max(float(population.pi.max()) for population in compiled.graph.populations)
    energy = max(float(ideal.energy.max()), 0.5 * stiffest * x * x if eps == x else 0.0) or 1.0
    slack = stiffest * x * peak(ideal.rates) * max(1.0, x if any(compiled.graph.gains) else 1.0)
    dW = peak(_updates(compiled, ideal))
    if eps == x or dW <= ACCEPTANCE["dW"] * slack:
        dW = slack
    return {"x": x, "mu": mu, "eps": eps, "energy": energy, "dW": dW}
