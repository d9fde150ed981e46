"""Samples that a search does not reach start again from a known state, each with an outcome of its own."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.circuit import (
    Analysis,
    Capacitors,
    Circuit,
    OperatingPoint,
    Outcome,
    Resistors,
    Solution,
    Status,
    StimulusSources,
    grounds,
)
from analog_pc.compiler import compile_network
from analog_pc.errors import SimulationFailed
from analog_pc.pcn import random_network
from analog_pc.simulators import SIMULATORS, Native, restart
from analog_pc.simulators.restart import native_states, with_restarts
from analog_pc.simulators.stability import with_stability
from analog_pc.simulators.workspace import Limit
from analog_pc.technology import technology

DIVIDER = Circuit("divider", (
    StimulusSources("u", ("a",), grounds(1)),
    Resistors("r", ("a", "b"), ("b", "0"), 1e3),
    Capacitors("c", ("b",), grounds(1), 1e-9),
))  # fmt: skip
VOLTS = np.array([1.0, 2.0, 3.0])
POINT = OperatingPoint({"u": VOLTS[:, None]})


class Picky:
    """Finds batches as `outcomes` say (none: it fails), alone samples of other than `impossible` volts."""

    def __init__(self, *outcomes: Outcome, impossible: tuple[float, ...] = ()) -> None:
        self.outcomes = outcomes
        self.impossible = impossible
        self.guesses: list[dict[str, float]] = []

    def __call__(self, circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        assert isinstance(analysis, OperatingPoint)
        u = np.asarray(analysis.stimuli["u"])[:, 0]
        alone = bool(analysis.guess)
        if (not alone and not self.outcomes) or (alone and u[0] in self.impossible):
            raise SimulationFailed(f"picky: not at {u[0]:g} V")
        if alone:
            self.guesses.append(analysis.first_guess)
        outcomes = (Outcome.CONVERGED,) if alone else self.outcomes
        worst = next((o for o in outcomes if o is not Outcome.CONVERGED), Outcome.CONVERGED)
        volts = np.stack([u, 0.5 * u], axis=1) if alone else np.full((len(u), 2), 9.0)
        return Solution(np.arange(len(u)) * 1.0, ("a", "b"), volts, Status(worst, (), outcomes))


def search(picky: Picky) -> Solution:
    return with_restarts(picky, native_states(Native()))(DIVIDER, POINT, Limit())


def test_what_converges_is_left_alone() -> None:
    picky = Picky(*[Outcome.CONVERGED] * 3)
    assert (search(picky).volts == 9.0).all()
    assert picky.guesses == []


def test_a_sample_that_needed_stepping_starts_from_its_own_state() -> None:
    picky = Picky(Outcome.CONVERGED, Outcome.STEPPED, Outcome.CONVERGED)
    found = search(picky)
    assert found.status.outcome is Outcome.CONVERGED
    assert found.status.notes == ("samples 1 from the native operating point",)
    np.testing.assert_allclose(found.volts, [[9.0, 9.0], [2.0, 1.0], [9.0, 9.0]])
    assert picky.guesses == [pytest.approx({"a": 2.0, "b": 1.0})]


def test_one_sample_does_not_cost_the_others() -> None:
    found = search(Picky(impossible=(2.0,)))
    assert found.status.samples == (Outcome.CONVERGED, Outcome.NOT_CONVERGED, Outcome.CONVERGED)
    assert found.status.outcome is Outcome.NOT_CONVERGED
    assert "sample 1: picky: not at 2 V" in found.status.notes
    np.testing.assert_allclose(found.volts, [[1.0, 0.5], [np.nan, np.nan], [3.0, 1.5]])


def test_a_batch_that_nothing_helps_fails_as_before() -> None:
    with pytest.raises(SimulationFailed, match="not at 1 V"):
        search(Picky(impossible=(1.0, 2.0, 3.0)))


def test_a_circuit_without_known_states_fails_as_before() -> None:
    with pytest.raises(SimulationFailed, match="not at 1 V"):
        with_restarts(Picky(), lambda *_: None)(DIVIDER, POINT, Limit())


def test_time_that_is_over_leaves_samples_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restart, "LEAST", 0.0)
    monkeypatch.setattr(restart, "SHARE", 0.0)
    picky = Picky(*[Outcome.STEPPED] * 3)
    found = search(picky)
    assert found.status.samples == (Outcome.STEPPED,) * 3
    assert picky.guesses == []


def test_the_verdict_is_on_the_samples_that_have_voltages() -> None:
    def solve(circuit: Circuit, analysis: Analysis) -> Solution:
        return with_restarts(Picky(impossible=(2.0,)), native_states(Native()))(circuit, analysis, Limit())

    found = with_stability(solve, Native(), DIVIDER, POINT)
    assert found.status.samples == (Outcome.CONVERGED, Outcome.NOT_CONVERGED, Outcome.CONVERGED)


@pytest.mark.parametrize("simulator", ["ngspice", "vacask"])
@pytest.mark.parametrize(("activation", "made_of"), [("tanh", "breadboard"), ("relu", "cmos65-rram")])
def test_batches_of_real_parts_converge(simulator: str, activation: str, made_of: str) -> None:
    """ngspice's own search ends in a singular matrix for the first, in gmin stepping for the second."""
    rng = np.random.default_rng(3)
    network = random_network((8, 6, 4), activation, seed=1)
    compiled = compile_network(network, technology(made_of), rng.normal(size=(3, 8)))
    point = compiled.operating_point()
    found = SIMULATORS[simulator]().simulate(compiled.circuit, point)
    assert found.status.outcome is Outcome.CONVERGED, str(found.status)
    own = Native(check_stability=False).simulate(compiled.circuit, point).voltage(found.nodes)
    np.testing.assert_allclose(found.volts, own, rtol=0.0, atol=1e-8 * np.abs(own).max())
