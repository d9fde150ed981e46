"""Every deck that is written for a person, run as a person runs it: ``ngspice -b -r out.raw network.cir``.

The answer is held against one that ngspice had no part in: the mathematics where parts are ideal, the native
simulator's relaxation where they are not.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analog_pc.arrays import Floats
from analog_pc.circuit import OperatingPoint, Outcome, Solution
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.pcn import PredictiveCodingNetwork, relax
from analog_pc.simulators import Native, Ngspice
from analog_pc.simulators.spice import single_sample_deck
from analog_pc.simulators.spice.names import spice_node
from analog_pc.simulators.spice.rawfile import read_raw
from analog_pc.technology import IDEAL, TECHNOLOGIES, Technology
from analog_pc.verification.netlists import sample_deck

# Rails near the signal: circuits with other, saturated, states of rest.
NEAR_RAILS = replace(
    IDEAL,
    name="near-rails",
    g_min=1e-6,
    g_max=1e-5,
    opamp_gain=15310.0,
    opamp_gain_bandwidth=134.7e6,
    opamp_slew_rate=6.5e7,
    opamp_saturation=0.538,
    opamp_output_resistance=37.1e3,
    spring_conductance=1e-6,
    node_capacitance=1e-12,
    volts_per_unit=0.1,
    supply=0.3,
)
# Gain, bandwidth, slew rate, swing and output resistance measured on a SPICE macromodel of the TL072.
TL072 = replace(
    TECHNOLOGIES["breadboard"],
    name="tl072",
    opamp_gain=199.4e3,
    opamp_gain_bandwidth=2.92e6,
    opamp_slew_rate=12.3e6,
    opamp_saturation=13.48,
    opamp_output_resistance=301.0,
)
REAL = {name: TECHNOLOGIES[name] for name in TECHNOLOGIES if name != "ideal"}
REAL |= {"near-rails": NEAR_RAILS, "tl072": TL072}
ACTIVATIONS = "tanh", "sigmoid", "relu"
PHASES = "predict", "learn"

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)
every_phase = pytest.mark.parametrize("phase", PHASES)
every_real = pytest.mark.parametrize("name", REAL)


def compiled(technology: Technology, activation: str, phase: str, seed: int = 0) -> CompiledNetwork:
    """A 4-5-3 network and one sample."""
    random = np.random.default_rng(seed)
    weights = [0.4 * random.normal(size=(5, 4)), 0.4 * random.normal(size=(3, 5))]
    network = PredictiveCodingNetwork(weights, activation=activation)
    inputs = random.normal(size=(1, 4))
    targets = random.normal(size=(1, 3))
    return compile_network(network, technology, inputs, targets if phase == "learn" else None)


def run(deck: str, folder: Path) -> dict[str, float]:
    """Volts by ngspice's names, of plain ngspice."""
    (folder / "network.cir").write_text(deck)
    command = ["ngspice", "-b", "-r", "out.raw", "network.cir"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    (plot,) = read_raw((folder / "out.raw").read_bytes())
    return {name[2:-1]: float(v) for name, v in zip(plot.variables, plot.data[0], strict=True)}


def volts_of(found: dict[str, float], nodes: tuple[str, ...]) -> Floats:
    return np.array([found[spice_node(node)] for node in nodes])


def where_it_rests(circuit: CompiledNetwork) -> Solution:
    """The state that the circuit relaxes to from its forward state, with all nodes."""
    point = circuit.operating_point((0,), by_relaxation=True, every_node=True)
    rest = Native().simulate(circuit.circuit, point)
    assert rest.status.outcome is Outcome.CONVERGED
    return rest


def assert_at_rest(found: dict[str, float], rest: Solution) -> None:
    scale = np.abs(rest.volts).max()
    # 1e-6 of full scale, as for any nonlinear circuit on two simulators.
    np.testing.assert_allclose(volts_of(found, rest.nodes), rest.volts[0], rtol=0.0, atol=1e-6 * scale)


@every_phase
@every_activation
def test_ideal_parts_give_the_equilibrium(activation: str, phase: str, tmp_path: Path) -> None:
    circuit = compiled(IDEAL, activation, phase)
    found = run(sample_deck(circuit, Native()), tmp_path)
    rest = relax(circuit.network, clamps=circuit.clamps)
    assert rest.relaxation.all_converged
    for buses, layers in (
        (circuit.probes.activities, rest.activities),
        (circuit.probes.predictions, rest.predictions),
        (circuit.probes.eps, rest.eps),
    ):
        for nodes, layer, unit in zip(buses, layers, circuit.scales.activity, strict=True):
            got = volts_of(found, nodes) / unit
            np.testing.assert_allclose(got, layer[0], rtol=0.0, atol=1e-6)  # the project's acceptance


@every_phase
@every_activation
@every_real
def test_real_parts_give_the_state_of_rest(name: str, activation: str, phase: str, tmp_path: Path) -> None:
    circuit = compiled(REAL[name], activation, phase)
    assert_at_rest(run(sample_deck(circuit, Native()), tmp_path), where_it_rests(circuit))


@every_phase
@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize("technology", [NEAR_RAILS, TL072], ids=lambda t: t.name)
def test_other_circuits_near_their_rails(
    technology: Technology, seed: int, phase: str, tmp_path: Path
) -> None:
    circuit = compiled(technology, "tanh", phase, seed)
    assert_at_rest(run(sample_deck(circuit, Native()), tmp_path), where_it_rests(circuit))


@every_real
def test_a_search_from_the_forward_state_ends(name: str, tmp_path: Path) -> None:
    """Without a state of rest to start from ngspice steps on its own, and its search comes to an end."""
    circuit = compiled(REAL[name], "tanh", "learn")
    stimuli = {clamp: volts[0] for clamp, volts in circuit.operating_point().stimuli.items()}
    deck = single_sample_deck(circuit.circuit, stimuli, circuit.start(0))
    assert "optran" not in deck
    assert_at_rest(run(deck, tmp_path), where_it_rests(circuit))


def test_a_search_that_does_not_converge_is_not_led_elsewhere(tmp_path: Path) -> None:
    """Exit code 1 at once, where ngspice's stepping and its own transient went on for minutes.

    Currents of 1e-18 A are below their rounding (`precision.py`): with that no iteration ever settles.
    """
    deck = sample_deck(compiled(TL072, "tanh", "predict"), Native())
    (tmp_path / "network.cir").write_text(re.sub(r"abstol=\S+", "abstol=1e-18", deck))
    command = ["ngspice", "-b", "-r", "out.raw", "network.cir"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=20, text=True, check=False)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "DC solution failed" in said
    assert "stepping" not in said
    assert "Transient op" not in said


@every_real
def test_the_driver_given_the_whole_state_of_rest(name: str) -> None:
    """Volts of every node are a state; ngspice is not to hold nodes that sources fix against them."""
    circuit = compiled(REAL[name], "tanh", "learn")
    rest = where_it_rests(circuit)
    stimuli = circuit.operating_point((0,)).stimuli
    guess = dict(zip(rest.nodes, rest.volts[0].tolist(), strict=True))
    found = Ngspice(timeout=60.0).simulate(circuit.circuit, OperatingPoint(stimuli, guess=guess))
    assert found.status.outcome is Outcome.CONVERGED
    scale = np.abs(rest.volts).max()
    np.testing.assert_allclose(found.voltage(rest.nodes), rest.volts, rtol=0.0, atol=1e-6 * scale)


@every_phase
@pytest.mark.parametrize("technology", [TECHNOLOGIES["breadboard"], TL072], ids=lambda t: t.name)
def test_a_batch_of_the_driver_needs_no_stepping(technology: Technology, phase: str) -> None:
    """Where currents were to settle below their rounding, ngspice stepped for minutes, and then elsewhere."""
    network = compiled(technology, "tanh", phase).network
    random = np.random.default_rng(1)
    inputs = random.normal(size=(6, 4))
    targets = random.normal(size=(6, 3))
    circuit = compile_network(network, technology, inputs, targets if phase == "learn" else None)
    found = Ngspice(timeout=60.0).simulate(circuit.circuit, circuit.operating_point(every_node=True))
    assert found.status.outcome is Outcome.CONVERGED
    relaxed = circuit.operating_point(by_relaxation=True, every_node=True)
    rest = Native().simulate(circuit.circuit, relaxed)
    scale = np.abs(rest.volts).max()
    np.testing.assert_allclose(found.voltage(rest.nodes), rest.volts, rtol=0.0, atol=1e-6 * scale)
