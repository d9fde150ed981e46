"""Question B: ideal parts against the mathematics, on networks that nobody chose.

Twenty random networks (2 to 5 weight layers, widths 1 to 40, every activation, with and without biases)
are compiled, relaxed by ngspice as operating points in both phases, decoded and compared.  The limits are
the project's acceptance: 1e-6 of full scale, 1e-5 for dW; a verdict also holds the derived tolerance.
"""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import ACTIVATIONS
from analog_pc.compiler import compile_network
from analog_pc.pcn import Clamps, PredictiveCodingNetwork, make_clamps, random_network, relax
from analog_pc.simulators import Ngspice
from analog_pc.technology import technology
from analog_pc.verification import PHASES, compare, verify_phase

SAMPLES = 2


def draw(index: int) -> tuple[PredictiveCodingNetwork, np.random.Generator]:
    """Network number `index`; the activation cycles, everything else is drawn."""
    rng = np.random.default_rng(1000 + index)
    activation = list(ACTIVATIONS)[index % len(ACTIVATIONS)]
    sizes = rng.integers(1, 41, size=int(rng.integers(3, 7))).tolist()
    net = random_network(sizes, activation, seed=rng, gain=float(rng.uniform(0.8, 1.5)))
    biases = [rng.normal(0.0, 0.3, size=len(b)) if index % 2 else np.zeros(len(b)) for b in net.b]
    return net.with_parameters(net.W, biases), rng


@pytest.mark.parametrize("index", range(20))
def test_random_network_in_ngspice_agrees_with_the_reference(index: int) -> None:
    net, rng = draw(index)
    inputs = rng.normal(size=(SAMPLES, net.sizes[0]))
    targets = rng.normal(size=(SAMPLES, net.sizes[-1]))
    for phase in PHASES:
        found = verify_phase(net, technology("ideal"), phase, inputs, targets, Ngspice())
        failed = [c for c in found.comparisons if not c.passed]
        assert not failed, f"{net.sizes} {net.activation} {phase}: {failed}"
        assert found.circuit.relaxation.all_converged, found.circuit.relaxation.message
        assert (found.curvature > 0.0).all(), found.curvature
        limits = {"x": 1e-6, "mu": 1e-6, "eps": 1e-6, "energy": 1e-6, "dW": 1e-5}
        assert all(c.residual <= limits[c.quantity] for c in found.comparisons)


def _unusual(kind: str, activation: str) -> tuple[PredictiveCodingNetwork, Clamps]:
    """A 5-6-4-3 network with one property that the twenty do not have."""
    rng = np.random.default_rng(7)
    plain = random_network((5, 6, 4, 3), activation, seed=1)
    net = PredictiveCodingNetwork(
        plain.W,
        [rng.normal(0.0, 0.3, size=len(b)) for b in plain.b],
        activation,
        precision=[4.0, 1.0, 0.25] if kind == "precision" else None,
        activate_input=kind == "activated input",
    )
    inputs, targets = rng.normal(size=(SAMPLES, 5)), rng.normal(size=(SAMPLES, 3))
    hidden = np.ma.masked_all((SAMPLES, 6))
    hidden[:, 1], hidden[:, 4] = 0.5, -0.2
    return net, make_clamps(net, inputs, targets, {1: hidden} if kind == "clamped hidden nodes" else None)


@pytest.mark.parametrize("activation", ["tanh", "relu", "hard_sigmoid"])
@pytest.mark.parametrize("kind", ["precision", "activated input", "clamped hidden nodes"])
def test_precision_activated_input_and_partial_clamps(kind: str, activation: str) -> None:
    net, clamps = _unusual(kind, activation)
    compiled = compile_network(net, technology("ideal"), clamps=clamps)
    ideal = relax(net, clamps=clamps)
    circuit = compiled.decode(Ngspice().simulate(compiled.circuit, compiled.operating_point()))
    assert ideal.relaxation.all_converged
    assert circuit.relaxation.all_converged
    failed = [c for c in compare(ideal, circuit, compiled) if not c.passed]
    assert not failed, failed
