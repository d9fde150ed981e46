"""No simulator calls an operating point converged that the circuit does not come to rest at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.circuit import Outcome
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.errors import SimulationFailed
from analog_pc.pcn import PredictiveCodingNetwork, relax
from analog_pc.simulators import SIMULATORS, Native
from analog_pc.technology import IDEAL

every_simulator = pytest.mark.parametrize("simulator", SIMULATORS)
# ngspice follows hundreds of periods of the ringing before it gives up: half a minute.
slow_in_ngspice = pytest.mark.parametrize(
    "simulator",
    [pytest.param(s, marks=[pytest.mark.slow] if s.startswith("ngspice") else []) for s in SIMULATORS],
)

# Amplifiers of 1 MHz in the loop around a value node of 0.1 us: it rings.
SLOW = replace(IDEAL, name="slow", opamp_gain=1e4, opamp_gain_bandwidth=1e6, opamp_saturation=5.0)
CHAIN = PredictiveCodingNetwork([[[1.0]], [[6.0]]], activation="identity")


def ringing() -> CompiledNetwork:
    return compile_network(CHAIN, SLOW, [[0.3]], [[0.5]])


def test_the_transient_of_slow_amplifiers_goes_on() -> None:
    circuit = ringing()
    wave = Native().simulate(circuit.circuit, circuit.transient(0, start="zero", duration=200.0)).volts
    late = wave[int(0.9 * len(wave)) :]
    assert np.ptp(late, axis=0).max() > 0.1 * np.abs(wave).max()


@slow_in_ngspice
def test_slow_amplifiers_are_unstable(simulator: str) -> None:
    circuit = ringing()
    answer = SIMULATORS[simulator]().simulate(circuit.circuit, circuit.operating_point())
    assert answer.status.outcome is Outcome.UNSTABLE
    assert "rings at" in str(answer.status)
    assert not circuit.decode(answer).relaxation.converged[0]


@every_simulator
@pytest.mark.parametrize("relaxing", [True, False])
def test_free_inputs_below_the_kink_are_undetermined(simulator: str, relaxing: bool) -> None:
    """Feedback through relu is off there, and nothing else moves an input."""
    network = PredictiveCodingNetwork([[[-0.3, -0.3]]], [[-0.5]], activation="relu", activate_input=True)
    assert not relax(network, targets=[[-0.2]]).relaxation.all_converged
    circuit = compile_network(network, IDEAL, targets=[[-0.2]])
    analysis = circuit.operating_point(by_relaxation=relaxing)
    try:
        answer = SIMULATORS[simulator]().simulate(circuit.circuit, analysis)
    except SimulationFailed as failure:
        said = str(failure)
    else:
        assert answer.status.outcome is Outcome.UNDETERMINED
        assert not circuit.decode(answer).relaxation.converged[0]
        said = str(answer.status)
    assert "x0_" in said or "ingular" in said  # VACASK's search says that the matrix is, and of no node


@every_simulator
@pytest.mark.parametrize(("target", "expected"), [(3.0, Outcome.UNSTABLE), (-3.0, Outcome.CONVERGED)])
def test_a_unit_on_its_kink_stays_if_both_sides_lead_back(
    simulator: str, target: float, expected: Outcome
) -> None:
    """The prediction is 0; its feedback is off to the left, and 2 (target - 2 x) to the right."""
    network = PredictiveCodingNetwork([[[0.0]], [[2.0]]], activation="relu")
    assert relax(network, [[1.0]], [[target]]).relaxation.all_converged == (expected is Outcome.CONVERGED)
    circuit = compile_network(network, IDEAL, [[1.0]], [[target]])
    answer = SIMULATORS[simulator]().simulate(circuit.circuit, circuit.operating_point())
    assert answer.status.outcome is expected
    assert ("kink" in str(answer.status)) == (expected is Outcome.UNSTABLE)
