"""Comparison of two equilibria: residuals over full scale, with tolerances."""

from __future__ import annotations

import numpy as np

from analog_pc.compiler import CompiledGraph, CompiledNetwork
from analog_pc.compiler.compiled import CompiledCircuit
from analog_pc.errors import BadInput
from analog_pc.pcn import Equilibrium, hebbian_update
from analog_pc.pcn.parameters import check_kind
from analog_pc.verification.compare_graph import compare_graph
from analog_pc.verification.distances import largest_deviation, peak
from analog_pc.verification.results import Comparison
from analog_pc.verification.tolerances import ACCEPTANCE, tolerances

QUANTITIES = ("x", "mu", "eps", "energy", "dW")


def compare(
    ideal: Equilibrium, circuit: Equilibrium, compiled: CompiledNetwork | CompiledGraph
) -> tuple[Comparison, ...]:
    """Residuals of x, mu, eps, energy and dW of a decoded circuit against the ideal reference.

    The residual is ``max |circuit - ideal|`` over samples, layers and nodes, divided by the full scale
    ``max |ideal|`` of the quantity.  Where only the input is clamped, the ideal prediction errors vanish;
    then eps has the full scale of x, of whose nodes it is the difference, and the full scales
    of the energy and of dW are those of errors of that size.

    Parameters
    ----------
    ideal
        What `relax` gave.
    circuit
        What `decode` gave, for the same samples.
    compiled
        The circuit; its amplifiers' gain gives the tolerances.

    Returns
    -------
    tuple of Comparison
        One for each quantity, with `quantity`, `residual`, `scale`, `tolerance` and `passed`.

    Raises
    ------
    BadInput
        For two equilibria of different numbers of samples, and what is no equilibrium or circuit.
    """
    check_kind("compare", ideal, Equilibrium, "use what relax gave")
    check_kind("compare", circuit, Equilibrium, "use what decode gave")
    check_kind("compare", compiled, CompiledCircuit, "use what compile_network gave")
    if ideal.samples != circuit.samples:
        raise BadInput(f"{circuit.samples} samples of the circuit against {ideal.samples} of the reference")
    if isinstance(compiled, CompiledGraph):
        return compare_graph(ideal, circuit, compiled)
    scales = full_scales(ideal, compiled)
    allowed = tolerances(compiled, ideal, scales)
    distance = {
        "x": largest_deviation(ideal.activities, circuit.activities),
        "mu": largest_deviation(ideal.predictions, circuit.predictions),
        "eps": largest_deviation(ideal.eps, circuit.eps),
        "energy": float(np.abs(ideal.energy - circuit.energy).max()),
        "dW": largest_deviation(
            hebbian_update(compiled.network, ideal).weights, hebbian_update(compiled.network, circuit).weights
        ),
    }
    return tuple(
        Comparison(q, distance[q] / scales[q], scales[q], min(allowed[q], ACCEPTANCE[q])) for q in QUANTITIES
    )


def full_scales(ideal: Equilibrium, compiled: CompiledNetwork) -> dict[str, float]:
    """Full scale of every quantity, in units of activity (never 0: an all-zero network has scale 1)."""
    net = compiled.network
    x = peak(ideal.activities)
    mu = peak(ideal.predictions)
    if compiled.clamps.beyond_input:
        eps = peak(ideal.eps)
        energy = float(ideal.energy.max()) or 1.0
        dW = peak(hebbian_update(net, ideal).weights)
    else:
        eps = x
        energy = 0.5 * float(net.pi.max()) * x * x
        dW = float(net.pi.max()) * x * peak(ideal.rates)
    return {"x": x, "mu": mu, "eps": eps, "energy": energy, "dW": dW}
