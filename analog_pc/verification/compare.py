"""Comparison of two equilibria: residuals over full scale, with tolerances."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiler import CompiledNetwork
from analog_pc.errors import BadInput
from analog_pc.pcn import Equilibrium, hebbian_update
from analog_pc.verification.results import Comparison
from analog_pc.verification.tolerances import ACCEPTANCE, tolerances

QUANTITIES = ("x", "mu", "eps", "energy", "dW")


def compare(ideal: Equilibrium, circuit: Equilibrium, compiled: CompiledNetwork) -> tuple[Comparison, ...]:
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
        For two equilibria of different numbers of samples.
    """
    if ideal.samples != circuit.samples:
        raise BadInput(f"{circuit.samples} samples of the circuit against {ideal.samples} of the reference")
    scales = full_scales(ideal, compiled)
    allowed = tolerances(compiled, ideal, scales)
    distance = {
        "x": _largest(ideal.activities, circuit.activities),
        "mu": _largest(ideal.predictions, circuit.predictions),
        "eps": _largest(ideal.eps, circuit.eps),
        "energy": float(np.abs(ideal.energy - circuit.energy).max()),
        "dW": _largest(
            hebbian_update(compiled.network, ideal).weights, hebbian_update(compiled.network, circuit).weights
        ),
    }
    return tuple(
        Comparison(q, distance[q] / scales[q], scales[q], min(allowed[q], ACCEPTANCE[q])) for q in QUANTITIES
    )


def full_scales(ideal: Equilibrium, compiled: CompiledNetwork) -> dict[str, float]:
    """Full scale of every quantity, in units of activity (never 0: an all-zero network has scale 1)."""
    net = compiled.network
    x = _peak(ideal.activities)
    mu = _peak(ideal.predictions)
    if compiled.clamps.beyond_input:
        eps = _peak(ideal.eps)
        energy = float(ideal.energy.max()) or 1.0
        dW = _peak(hebbian_update(net, ideal).weights)
    else:
        eps = x
        energy = 0.5 * float(net.pi.max()) * x * x
        dW = float(net.pi.max()) * x * _peak(ideal.rates)
    return {"x": x, "mu": mu, "eps": eps, "energy": energy, "dW": dW}


def _largest(a: tuple[Floats, ...], b: tuple[Floats, ...]) -> float:
    return max((float(np.abs(p - q).max()) for p, q in zip(a, b, strict=True) if p.size), default=0.0)


def _peak(layers: tuple[Floats, ...]) -> float:
    return max((float(np.abs(a).max()) for a in layers if a.size), default=0.0) or 1.0
