"""Operating points of SPICE programs are judged: stable, determined, an operating point at all?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from analog_pc.activations import TANH
from analog_pc.circuit import (
    VCCS,
    Analysis,
    Capacitors,
    Circuit,
    Multiplexers,
    MultiplyingVCCS,
    NonlinearVCVS,
    OperatingPoint,
    Outcome,
    Resistors,
    Settling,
    Solution,
    Status,
    StimulusSources,
    VoltageSources,
    grounds,
)
from analog_pc.circuit.transfer import activation_transfer, ramp_transfer
from analog_pc.compiler import compile_network
from analog_pc.pcn import PredictiveCodingNetwork, relax
from analog_pc.simulators import SIMULATORS, Native
from analog_pc.simulators.native.analyses import linearisation
from analog_pc.simulators.stability import with_stability
from analog_pc.technology import IDEAL, TECHNOLOGIES

SPICE = tuple(name for name in SIMULATORS if name != "native")
every_spice = pytest.mark.parametrize("simulator", SPICE)
every_simulator = pytest.mark.parametrize("simulator", SIMULATORS)

DRIVE = StimulusSources("u", ("u",), grounds(1))
# RC dv/dt = 0.2 tanh(v / 0.1) - v: a saddle at 0, and at rest on either side.
LATCH = Circuit(
    "latch",
    (
        DRIVE,
        Resistors("load", ("u",), grounds(1), 1e6),
        NonlinearVCVS("law", ("v",), ("back",), activation_transfer(TANH, 0.1), [2.0]),
        Resistors("r", ("back",), ("v",), 1e6),
        Capacitors("c", ("v",), grounds(1), 1e-12),
    ),
)
LATCHED = brentq(lambda v: 0.2 * np.tanh(v / 0.1) - v, 0.1, 0.2, xtol=1e-15)
# A current that is switched off below 0 V is all that could move a capacitor.
OPEN = Circuit(
    "open",
    (
        DRIVE,
        Resistors("load", ("u",), grounds(1), 1e6),
        MultiplyingVCCS("g", ("u",), ("u",), ("loose",), 1e-6, ramp_transfer((0.0,), (0.0, 1.0))),
        Capacitors("c", ("loose",), grounds(1), 1e-12),
    ),
)
DIVIDER = Circuit(
    "divider",
    (DRIVE, Resistors("r", ("u", "m"), ("m", *grounds(1)), 1e3), Capacitors("c", ("m",), grounds(1), 1e-12)),
)


def at(volts: list[float], **more: object) -> OperatingPoint:
    return OperatingPoint({"u": np.array(volts)[:, None]}, **more)  # type: ignore[arg-type]


def given(volts: np.ndarray, nodes: tuple[str, ...]) -> Callable[[Circuit, Analysis], Solution]:
    """A program that answers with these volts [samples, nodes], whatever it is asked."""
    solution = Solution(np.arange(len(volts), dtype=float), nodes, volts, Status(Outcome.CONVERGED))
    return lambda circuit, analysis: solution


@every_spice
def test_a_saddle_is_unstable(simulator: str) -> None:
    saddle = SIMULATORS[simulator]().simulate(LATCH, at([0.0]))
    np.testing.assert_allclose(saddle.voltage(("v",)), 0.0, atol=1e-12)
    assert saddle.status.outcome is Outcome.UNSTABLE
    assert "saddle" in str(saddle.status)


@every_spice
def test_a_stable_point_says_what_is_not_known(simulator: str) -> None:
    rest = SIMULATORS[simulator]().simulate(LATCH, at([0.0], guess={"v": 0.19}, save=("v",)))
    assert rest.nodes == ("v",)
    np.testing.assert_allclose(rest.volts, LATCHED, rtol=1e-9)
    assert rest.status.outcome is Outcome.CONVERGED
    assert rest.status.notes == ("stable, with no other operating point near; others are not excluded",)


@every_spice
def test_a_linear_circuit_has_no_other_operating_point(simulator: str) -> None:
    status = SIMULATORS[simulator]().simulate(DIVIDER, at([1.0, 2.0])).status
    words = "stable, and the only operating point (the circuit is linear)"
    assert status == Status(Outcome.CONVERGED, (words,), (Outcome.CONVERGED,) * 2)


@every_spice
def test_an_undetermined_node_is_named_for_its_samples(simulator: str) -> None:
    settling = Settling({"loose": np.array([0.05, 0.02])}, 1e-5)
    found = SIMULATORS[simulator]().simulate(OPEN, at([-0.1, -0.2], settling=settling))
    assert found.status.samples == (Outcome.UNDETERMINED, Outcome.UNDETERMINED)
    assert not found.status.converged(2).any()
    assert "nothing determines the voltage of node 'loose' at rest" in str(found.status)


def test_a_node_without_any_law_is_named() -> None:
    """Of voltages that a program takes from nowhere: a current into a node that leads nowhere."""
    current = VCCS("g", ("u",), ("open",), 1e-6)
    circuit = Circuit("nowhere", (DRIVE, Resistors("load", ("u",), grounds(1), 1e3), current))
    volts = np.array([[0.0, 1.0]])
    found = with_stability(given(volts, ("u", "open")), Native(), circuit, at([0.0]))
    assert found.status.outcome is Outcome.UNDETERMINED
    assert "'open'" in str(found.status)


def test_volts_that_are_no_operating_point() -> None:
    """One sample of three is 0.05 V from 0.5 V; its divider has Newton's step of just that."""
    volts = np.array([[1.0, 0.5], [1.0, 0.45], [2.0, 1.0]])
    found = with_stability(given(volts, ("u", "m")), Native(), DIVIDER, at([1.0, 1.0, 2.0]))
    assert found.status.samples == (Outcome.CONVERGED, Outcome.NOT_CONVERGED, Outcome.CONVERGED)
    assert "samples 1; sample 1: 5.0e-02 V from an operating point" in str(found.status)


def test_fast_wires_hide_no_slow_state() -> None:
    """A wire of 1e-22 s beside a latch of 1e-6 s: rounding of the fast rate is above all slow ones."""
    wire = (Resistors("wire", ("u",), ("m",), 1.0), Capacitors("stray", ("m",), grounds(1), 1e-22))
    volts = np.array([[0.0, LATCHED, LATCHED, 0.0], [0.0, 0.0, 0.0, 0.0]])
    circuit = Circuit("latch_and_wire", (*LATCH.elements, *wire))
    answers = given(volts, ("u", "v", "back", "m"))
    found = with_stability(answers, Native(), circuit, at([0.0, 0.0])).status
    assert found.samples == (Outcome.CONVERGED, Outcome.UNSTABLE)
    assert "saddle" in str(found)


def test_stability_is_seen_sample_by_sample() -> None:
    volts = np.array([[0.0, LATCHED, LATCHED], [0.0, 0.0, 0.0], [0.0, -LATCHED, -LATCHED]])
    found = with_stability(given(volts, ("u", "v", "back")), Native(), LATCH, at([0.0, 0.0, 0.0]))
    assert found.status.samples == (Outcome.CONVERGED, Outcome.UNSTABLE, Outcome.CONVERGED)
    assert found.status.outcome is Outcome.UNSTABLE
    # From the right side: d/dv of 0.2 tanh(v / 0.1) - v at 0 is 1, over RC = 1e-6 s.
    assert "sample 1: a mode grows at 1e+06 1/s (a saddle)" in str(found.status)


def test_other_outcomes_stay_what_they_are() -> None:
    volts = np.array([[0.0, 0.0, 0.0]])
    not_settled = Solution(np.zeros(1), ("u", "v", "back"), volts, Status(Outcome.NOT_SETTLED, ("why",)))
    found = with_stability(lambda circuit, analysis: not_settled, Native(), LATCH, at([0.0]))
    assert found.status == Status(Outcome.NOT_SETTLED, ("why",), (Outcome.NOT_SETTLED,))


@pytest.mark.parametrize("simulator", ["ngspice", "ngspice-shared"])
def test_what_native_does_not_model_is_not_checked(simulator: str) -> None:
    control = VoltageSources("on", ("c",), grounds(1), 1.0)
    selected = Multiplexers("s", ("c",), ("u",), ("m",))
    circuit = Circuit("selected", (DRIVE, control, selected, Resistors("r", ("m",), grounds(1), 1e3)))
    found = SIMULATORS[simulator]().simulate(circuit, at([1.0]))
    assert found.status.outcome is Outcome.CONVERGED
    assert str(found.status).startswith("converged; stability not checked: native: s: has no Multiplexers")


def test_a_nonlinear_circuit_without_charge_is_not_checked() -> None:
    """Equations alone do not say which of their solutions a circuit takes."""
    latch = Circuit("stateless", tuple(e for e in LATCH.elements if not isinstance(e, Capacitors)))
    found = with_stability(given(np.zeros((1, 3)), ("u", "v", "back")), Native(), latch, at([0.0]))
    assert (
        str(found.status) == "converged; stability not checked: native: nothing in this circuit holds charge"
    )


def test_a_large_batch_is_looked_at_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the symmetric part decides nothing and eigenvalues would cost too much."""
    network = PredictiveCodingNetwork([[[0.5]], [[0.5]]], activation="tanh")
    inputs = np.linspace(-1.0, 1.0, 5)[:, None]
    compiled = compile_network(network, TECHNOLOGIES["breadboard"], inputs)
    analysis = compiled.operating_point(every_node=True)
    rest = Native().simulate(compiled.circuit, analysis)
    answer = given(rest.volts, rest.nodes)
    every = with_stability(answer, Native(), compiled.circuit, analysis)
    assert "checked at" not in str(every.status)
    states = Native().model(compiled.circuit).n_states
    monkeypatch.setattr(linearisation, "OPERATIONS", 3.5 * linearisation.PER_STATE * states**3)
    some = with_stability(answer, Native(), compiled.circuit, analysis)
    assert "stability checked at 3 of 5 samples" in str(some.status)


@pytest.mark.parametrize("technology", ["ideal", "breadboard", "cmos130-rram"])
def test_native_is_at_rest_where_it_says_so(technology: str) -> None:
    """All unknowns follow from node voltages: poles and rails too."""
    random = np.random.default_rng(2)
    weights = [0.4 * random.normal(size=(5, 4)), 0.4 * random.normal(size=(3, 5))]
    network = PredictiveCodingNetwork(weights, activation="tanh")
    inputs, targets = random.normal(size=(4, 4)), random.normal(size=(4, 3))
    compiled = compile_network(network, TECHNOLOGIES[technology], inputs, targets)
    analysis = compiled.operating_point(every_node=True)
    native = Native()
    rest = native.simulate(compiled.circuit, analysis)
    found = native.linearised(compiled.circuit, analysis.stimuli, rest)
    assert found.looked_at == (0, 1, 2, 3)
    assert not found.unstable
    assert not found.undetermined
    assert found.distance.max() < 1e-9 * np.abs(rest.volts).max()
    moved = replace(rest, volts=rest.volts.copy())
    column = rest.columns(["x1_0"])
    moved.volts[2, column] += 1e-3
    # One of the value nodes is 1 mV off, so a step of about 1 mV leads back.
    away = native.linearised(compiled.circuit, analysis.stimuli, moved).distance
    assert away[2] > 0.5e-3
    assert away[[0, 1, 3]].max() < 1e-9 * np.abs(rest.volts).max()


@every_simulator
@pytest.mark.parametrize("relaxing", [False, True])
def test_nothing_free_to_move(simulator: str, relaxing: bool) -> None:
    """One layer, input and target clamped: E = 1/2 |y - W tanh(x)|^2 where it stands."""
    weights = np.array([[0.5, -1.0, 0.25], [0.75, 0.5, -0.5]])
    network = PredictiveCodingNetwork([weights], activation="tanh", activate_input=True)
    inputs, targets = np.array([[0.3, -0.2, 0.9], [1.0, 0.1, -0.4]]), np.array([[0.2, -0.5], [0.0, 1.0]])
    compiled = compile_network(network, IDEAL, inputs, targets)
    analysis = compiled.operating_point(by_relaxation=relaxing)
    rest = compiled.decode(SIMULATORS[simulator]().simulate(compiled.circuit, analysis))
    assert rest.relaxation.all_converged
    eps = targets - np.tanh(inputs) @ weights.T
    np.testing.assert_allclose(rest.energy, 0.5 * (eps**2).sum(axis=1), rtol=1e-6)
    assert relax(network, inputs, targets).relaxation.all_converged
