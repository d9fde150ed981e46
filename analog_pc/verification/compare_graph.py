"""Comparison of a compiled graph with the reference: `compare.py` for populations."""

from __future__ import annotations

import numpy as np

from analog_pc.compiler import CompiledGraph
from analog_pc.pcn import Equilibrium
from analog_pc.verification.distances import largest_deviation, peak
from analog_pc.verification.graph_tolerances import graph_tolerances
from analog_pc.verification.results import Comparison
from analog_pc.verification.tolerances import ACCEPTANCE

QUANTITIES = ("x", "mu", "eps", "energy")


def compare_graph(
    ideal: Equilibrium, circuit: Equilibrium, compiled: CompiledGraph
) -> tuple[Comparison, ...]:
    """Residuals of x, mu, eps and energy of a decoded graph against the ideal reference.

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
    }
    return tuple(
        Comparison(q, distance[q] / scales[q], scales[q], min(allowed[q], ACCEPTANCE[q])) for q in QUANTITIES
    )


def full_scales_of_graph(ideal: Equilibrium, compiled: CompiledGraph) -> dict[str, float]:
    """Full scale of every quantity, in units of activity (never 0).

    Where the ideal prediction errors vanish (below the acceptance of x), eps has the full scale of x, of
    whose nodes it is the difference, and the energy that of errors of this size.
    """
    x = peak(ideal.activities)
    mu = peak(ideal.predictions)
    eps = peak(ideal.eps)
    if largest_deviation(ideal.eps, tuple(0.0 * e for e in ideal.eps)) <= ACCEPTANCE["x"] * x:
        eps = x
    stiffest = max(float(population.pi.max()) for population in compiled.graph.populations)
    energy = max(float(ideal.energy.max()), 0.5 * stiffest * x * x if eps == x else 0.0) or 1.0
    return {"x": x, "mu": mu, "eps": eps, "energy": energy}
