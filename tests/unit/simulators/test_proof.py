"""Operating points proven by relaxation, with a solver that does as it is told, and by ngspice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.arrays import Floats
from analog_pc.circuit import (
    Analysis,
    Capacitors,
    Circuit,
    OperatingPoint,
    Outcome,
    Resistors,
    Settling,
    Solution,
    Status,
    StimulusSources,
    Transient,
    grounds,
)
from analog_pc.compiler import compile_network
from analog_pc.errors import SimulationFailed
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.simulators import Ngspice, settling
from analog_pc.simulators.settling import proven
from analog_pc.simulators.workspace import Limit
from analog_pc.technology import IDEAL

TAU = 1e-6
RC = Circuit("rc", (
    StimulusSources("u", ("a",), grounds(1)), Resistors("r", ("a",), ("b",), 1e6),
    Capacitors("c", ("b",), grounds(1), 1e-12),
))  # fmt: skip
VOLTS = np.array([1.0, 2.0])


class Told:
    """Answers a search by `found`, a transient by one that charges to `rest`, and fails where it shall."""

    def __init__(self, found: Floats, rest: Floats, failing: type[Analysis] | None = None) -> None:
        self.found = found
        self.rest = dict(zip(VOLTS.tolist(), rest.tolist(), strict=True))
        self.failing = failing
        self.transients = 0

    def __call__(self, circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        if isinstance(analysis, Transient):
            self.transients += 1
        if self.failing is not None and isinstance(analysis, self.failing) and limit.seconds is not None:
            raise SimulationFailed("told to fail")
        if isinstance(analysis, Transient):
            times = np.linspace(0.0, analysis.duration, 201)
            end = self.rest[float(analysis.stimuli["u"][0])]
            wave = end + (analysis.initial["b"] - end) * np.exp(-times / TAU)
            return Solution(times, ("b",), wave[:, None], Status(Outcome.CONVERGED))
        u = analysis.stimuli["u"][:, 0]
        b = self.found if analysis.proof is not None else np.array([analysis.guess["b"]])
        axis = np.arange(len(u), dtype=np.float64)
        preset = None if analysis.preset is None else np.zeros((len(u), 2))
        return Solution(axis, ("a", "b"), np.stack([u, b], axis=1), Status(Outcome.STEPPED), preset)


def ask(told: Told) -> Solution:
    stimuli = {"u": VOLTS[:, None]}
    start = {"b": np.zeros(2)}
    preset = {"u": np.zeros((2, 1))}
    analysis = OperatingPoint(stimuli, preset, start, proof=Settling(start, 30.0 * TAU))
    return proven(told, told, RC, analysis, None, 1)


def test_a_point_where_the_transient_rests_is_converged() -> None:
    """Also if it was found by stepping, which alone says little."""
    told = Told(VOLTS, VOLTS)
    found = ask(told)
    assert found.status == Status(
        Outcome.CONVERGED,
        ("every sample is proven to be where the circuit relaxes to",),
        (Outcome.CONVERGED,) * 2,
    )
    assert found.volts.tolist() == [[1.0, 1.0], [2.0, 2.0]]
    assert found.preset_volts is None
    assert told.transients == 2


def test_a_transient_that_fails_leaves_its_sample_unproven() -> None:
    found = ask(Told(VOLTS, VOLTS, failing=Transient))
    assert found.status.samples == (Outcome.UNPROVEN,) * 2
    assert "told to fail" in str(found.status)
    assert not found.status.converged(2).any()


def test_no_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "LEAST", 0.0)
    monkeypatch.setattr(settling, "SHARE", 0.0)
    told = Told(VOLTS, VOLTS)
    found = ask(told)
    assert found.status.samples == (Outcome.UNPROVEN,) * 2
    assert told.transients == 0


def test_another_point_is_replaced_by_the_one_of_the_transient() -> None:
    """The search found 5 V where the circuit relaxes to 2 V."""
    solve = Told(np.array([1.0, 5.0]), VOLTS)

    def stepping_once(circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        found = solve(circuit, analysis, limit)
        return found if solve.transients == 0 else replace(found, status=Status(Outcome.CONVERGED))

    start = {"b": np.zeros(2)}
    analysis = OperatingPoint(
        {"u": VOLTS[:, None]}, {"u": np.zeros((2, 1))}, start, proof=Settling(start, 30.0 * TAU)
    )
    found = proven(stepping_once, stepping_once, RC, analysis, None, 1)
    assert found.status.samples == (Outcome.CONVERGED,) * 2
    np.testing.assert_allclose(found.voltage(("b",))[:, 0], VOLTS, atol=1e-9)


def test_a_failed_search_is_replaced_by_relaxation() -> None:
    def no_search(circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        if isinstance(analysis, OperatingPoint) and analysis.proof is not None:
            raise SimulationFailed("no luck")
        return replace(Told(VOLTS, VOLTS)(circuit, analysis, limit), status=Status(Outcome.CONVERGED))

    start = {"b": np.zeros(2)}
    analysis = OperatingPoint({"u": VOLTS[:, None]}, guess=start, proof=Settling(start, 30.0 * TAU))
    found = proven(no_search, no_search, RC, analysis, None, 1)
    assert found.status.outcome is Outcome.CONVERGED
    np.testing.assert_allclose(found.voltage(("b",))[:, 0], VOLTS, atol=1e-9)


def test_ngspice_proves_by_default_and_leaves_it_where_it_is_told_to() -> None:
    net = PredictiveCodingNetwork([[[1.0]], [[4.0]]], activation="tanh")
    compiled = compile_network(net, IDEAL, [[4.0]], [[0.0]])
    default = Ngspice().simulate(compiled.circuit, compiled.operating_point())
    assert default.status.outcome is Outcome.CONVERGED
    assert default.status.notes[0] == "every sample is proven to be where the circuit relaxes to"
    assert compiled.decode(default).activities[1][0, 0] == pytest.approx(3.9775771438800236, abs=1e-6)
    assert compiled.operating_point(by_relaxation=False).proof is None
