"""One circuit whose layers have unlike volts, on every SPICE program and on native."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.compiler import CompiledNetwork, CompileOptions, compile_network
from analog_pc.mapping import Scales
from analog_pc.pcn import random_network
from analog_pc.relaxers import EffectiveRelaxer
from analog_pc.simulators import SIMULATORS, Native
from analog_pc.technology import Technology, technology

RNG = np.random.default_rng(3)
X, T = RNG.normal(size=(2, 4)), RNG.normal(size=(2, 3))
VOLTS = {
    "ideal": Scales((0.3, 0.05, 0.4, 0.02), (0.3, 0.5, 0.1), (0.2, 0.05, 0.02), 1e-7),
    "cmos65-rram": Scales((0.05, 0.02, 0.03, 0.01), (0.05, 0.08, 0.1), (0.05, 0.01, 0.02), 4e-7),
    "breadboard": Scales((1.0, 0.5, 2.0, 0.3), (1.0, 4.0, 2.0), (0.5, 1.0, 0.3), 1e-5),
}


def compiled(parts: Technology, volts: Scales, phase: str) -> CompiledNetwork:
    net = random_network((4, 5, 4, 3), "tanh", seed=2, precision=[1.0, 2.0, 0.5])
    net = net.with_parameters(net.W, [0.2 * RNG.normal(size=len(b)) for b in net.b])
    targets = T if phase == "learn" else None
    return compile_network(net, parts, X, targets, seed=1, options=CompileOptions(volts_per_unit=volts))


@pytest.mark.parametrize("simulator", [name for name in SIMULATORS if name != "native"])
@pytest.mark.parametrize("phase", ["predict", "learn"])
@pytest.mark.parametrize("name", VOLTS)
def test_simulators_agree(name: str, phase: str, simulator: str) -> None:
    circuit = compiled(technology(name), VOLTS[name], phase)
    analysis = circuit.operating_point(by_relaxation=False)
    ours = Native().simulate(circuit.circuit, analysis)
    theirs = SIMULATORS[simulator]().simulate(circuit.circuit, analysis)
    full = np.abs(theirs.volts).max()
    apart = np.abs(ours.voltage(theirs.nodes) - theirs.volts).max() / full
    assert apart < 1e-6, f"{apart:.1e} of {full:.3g} V"


@pytest.mark.parametrize("phase", ["predict", "learn"])
@pytest.mark.parametrize("name", VOLTS)
def test_the_closed_form_agrees(name: str, phase: str) -> None:
    """Without bent devices and rails, which the closed form leaves out."""
    parts = replace(technology(name), device_law="linear", device_nonlinearity=0.0, opamp_saturation=np.inf)
    circuit = compiled(parts, VOLTS[name], phase)
    found = circuit.decode(Native().simulate(circuit.circuit, circuit.operating_point()))
    relaxer = EffectiveRelaxer(parts, 1, volts_per_unit=VOLTS[name])
    closed = relaxer.relax(circuit.network, X, T if phase == "learn" else None)
    for a, b in zip(found.activities, closed.activities, strict=True):
        np.testing.assert_allclose(a, b, rtol=0.0, atol=2e-9)  # as in test_effective_relaxer
