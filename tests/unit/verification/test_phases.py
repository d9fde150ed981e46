"""Phases: operating points in doubt; and operating points by relaxation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

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
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.pcn import PredictiveCodingNetwork, random_network, relax
from analog_pc.simulators import Native, Ngspice
from analog_pc.simulators.settling import settle
from analog_pc.simulators.workspace import Limit
from analog_pc.technology import IDEAL
from analog_pc.verification import PHASES, smallest_curvature, verify_network, verify_phase


def case(
    seed: int, gain: float = 3.0, samples: int = 20
) -> tuple[PredictiveCodingNetwork, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    net = random_network((4, 6, 2), "tanh", seed=rng, gain=gain)
    return net, rng.normal(size=(samples, 4)), rng.normal(size=(samples, 2))


# Found by search over seeds 0 ... 59, where Newton of ngspice arrives elsewhere: at another minimum of E, ...
NET, X, T = case(48)
ASTRAY = 19
SADDLE, ON_SADDLE = case(22), 9  # ... or at a saddle


def direct(net: PredictiveCodingNetwork, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Distance of every sample's direct operating point from the reference, [samples]."""
    compiled, ideal = compile_network(net, IDEAL, x, t), relax(net, x, t)
    circuit = compiled.decode(
        Ngspice().simulate(compiled.circuit, compiled.operating_point(by_relaxation=False))
    )
    return np.abs(circuit.activities[1] - ideal.activities[1]).max(axis=1)


@pytest.mark.parametrize(
    ("drawn", "astray"), [((NET, X, T), ASTRAY), (SADDLE, ON_SADDLE)], ids=["minimum", "saddle"]
)
def test_the_transient_decides(
    drawn: tuple[PredictiveCodingNetwork, np.ndarray, np.ndarray], astray: int
) -> None:
    net, x, t = drawn
    far = direct(net, x, t)
    assert far[astray] > 0.1  # the direct search is astray, so there is something to decide
    assert np.delete(far, astray).max() < 1e-6
    found = verify_phase(net, IDEAL, "learn", x, t, Ngspice())
    assert found.passed, found.comparisons
    assert found.relaxed == (astray,)
    assert found.notes == (
        f"sample {astray}: the direct operating point was not what the transient relaxes to",
    )
    assert (found.curvature > 0.0).all()


def test_both_ends_are_minima() -> None:
    """The stray operating point is an equilibrium too, only not the one that the circuit relaxes to."""
    one = X[[ASTRAY]], T[[ASTRAY]]
    compiled = compile_network(NET, IDEAL, X, T)
    circuit = compiled.decode(
        Ngspice().simulate(compiled.circuit, compiled.operating_point(by_relaxation=False))
    )
    assert smallest_curvature(compiled, circuit)[ASTRAY] > 0.0
    assert circuit.relaxation.residual[ASTRAY] < 1e-6
    flow = relax(NET, *one, method="flow").activities[1]
    # The flow stops at |dE/dx| = 1e-12; curvature there is of order 0.1.
    np.testing.assert_allclose(relax(NET, *one).activities[1], flow, rtol=0.0, atol=1e-9)


def test_a_saddle_is_an_equilibrium_and_no_minimum() -> None:
    net, x, t = SADDLE
    compiled = compile_network(net, IDEAL, x, t)
    solution = Ngspice().simulate(compiled.circuit, compiled.operating_point(by_relaxation=False))
    circuit = compiled.decode(solution)
    assert solution.status.samples[ON_SADDLE] is Outcome.UNSTABLE
    assert solution.status.samples.count(Outcome.UNSTABLE) == 1
    assert circuit.relaxation.residual[ON_SADDLE] < 1e-6
    assert smallest_curvature(compiled, circuit)[ON_SADDLE] < -0.1


def test_stepping_alone_is_no_disagreement() -> None:
    net, x, t = case(8)
    assert direct(net, x, t).max() < 1e-6
    found = verify_phase(net, IDEAL, "learn", x, t, Ngspice())
    assert all(c.passed for c in found.comparisons)
    assert found.passed, found.circuit.relaxation.message


def test_nothing_in_doubt_nothing_said() -> None:
    net, x, t = case(7, samples=4)
    for phase in PHASES:
        found = verify_phase(net, IDEAL, phase, x, t, Ngspice())
        assert found.passed
        assert (found.phase, found.relaxed, found.notes, found.transient) == (phase, (), (), None)
        assert found.seconds > 0.0
    assert found.compiled.clamps.beyond_input  # the targets were held while learning


def test_rectifiers_are_relaxed_first() -> None:
    net = random_network((4, 3, 2), "relu", seed=0)
    found = verify_phase(net, IDEAL, "learn", X[:2], T[:2], Ngspice())
    assert found.passed
    assert found.relaxed == (0, 1)
    assert found.notes == (
        "rectifiers switch, so every sample was relaxed by a transient before its operating point",
    )


def test_a_failed_search_is_replaced_by_relaxation(monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = Ngspice()
    solve = simulator.simulate

    def fail_directly(circuit: Circuit, analysis: Analysis) -> Solution:
        if isinstance(analysis, OperatingPoint) and analysis.settling is None:
            raise SimulationFailed("ngspice: no luck")
        return solve(circuit, analysis)

    monkeypatch.setattr(simulator, "simulate", fail_directly)
    said: list[str] = []
    found = verify_phase(NET, IDEAL, "learn", X[:2], T[:2], simulator, progress=said.append)
    assert found.passed
    assert found.relaxed == (0, 1)
    assert found.notes == (
        "operating points by relaxation, because the direct search failed: ngspice: no luck",
    )
    assert "operating points failed; relaxing every sample by a transient" in said


def test_refusals() -> None:
    with pytest.raises(BadInput, match="unknown phase 'dream': use predict or learn"):
        verify_phase(NET, IDEAL, "dream", X, T, Ngspice())
    with pytest.raises(BadInput, match="phase learn: the stimuli hold no targets or labels"):
        verify_phase(NET, IDEAL, "learn", X, None, Ngspice())
    with pytest.raises(BadInput, match="no phases to verify"):
        verify_network(NET, IDEAL, X, T, Ngspice(), phases=())


def test_a_phase_is_verified_once() -> None:
    found = verify_network(NET, IDEAL, X[:2], T[:2], Ngspice(), phases=("predict", "predict"))
    assert [phase.phase for phase in found.phases] == ["predict"]
    assert found.passed
    assert found.versions["ngspice"].startswith("ngspice-")
    assert found.facts["samples"] == "2"
    assert sum(part.count for part in found.parts) > 4 * 6


# --- settle, with a solver that does as it is told

TAU = 1e-6
RC = Circuit("rc", (
    StimulusSources("u", ("a",), grounds(1)), Resistors("r", ("a",), ("b",), 1e6),
    Capacitors("c", ("b",), grounds(1), 1e-12),
))  # fmt: skip
Answer = Callable[[Circuit, OperatingPoint], Solution]


def ask(
    answer: Answer, *, drift: float = 0.0, volts: tuple[float, ...] = (1.0,)
) -> tuple[Solution, list[Analysis]]:
    """Settle the RC; transients charge it exactly (plus a drift in V/s), `answer` is the operating point."""
    asked: list[Analysis] = []

    def solve(circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        asked.append(analysis)
        if isinstance(analysis, OperatingPoint):
            assert limit.within(600.0) >= 5.0  # Newton may try for a while, and not for ever
            return answer(circuit, analysis)
        times = np.linspace(0.0, analysis.duration, 201)
        u, b0 = float(analysis.stimuli["u"][0]), analysis.initial["b"]
        wave = u + (b0 - u) * np.exp(-times / TAU) + drift * times
        table = {"a": np.full_like(times, u), "b": wave}
        nodes = analysis.save or ("a", "b")
        return Solution(times, nodes, np.stack([table[n] for n in nodes], axis=1), Status(Outcome.CONVERGED))

    initial = {"b": np.zeros(len(volts))}
    stimuli = {"u": np.array(volts)[:, None]}
    return settle(solve, RC, OperatingPoint(stimuli, settling=Settling(initial, 20.0 * TAU)), 1), asked


def exact(circuit: Circuit, analysis: OperatingPoint) -> Solution:
    u = float(analysis.stimuli["u"][0, 0])
    return Solution(np.zeros(1), ("a", "b"), np.array([[u, u]]), Status(Outcome.CONVERGED, ("found",)))


def refuse(circuit: Circuit, analysis: OperatingPoint) -> Solution:
    raise SimulationFailed("no way")


def test_settled_samples_keep_their_order() -> None:
    found, asked = ask(exact, volts=(1.0, -2.0, 3.0))
    each = (Outcome.CONVERGED,) * 3
    assert found.status == Status(Outcome.CONVERGED, ("every sample reached by relaxation", "found"), each)
    assert found.voltage(("b",))[:, 0].tolist() == [1.0, -2.0, 3.0]
    assert found.axis.tolist() == [0.0, 1.0, 2.0]
    points = [a for a in asked if isinstance(a, OperatingPoint)]
    # The search starts from the end of the transient: exp(-20) = 2e-9 is left of the way.
    assert [p.guess["b"] for p in points] == pytest.approx([1.0, -2.0, 3.0], rel=1e-8)


def test_without_an_operating_point_the_transient_is_the_answer() -> None:
    found, asked = ask(refuse)
    assert found.status.outcome is Outcome.CONVERGED
    assert found.voltage(("b",))[0, 0] == pytest.approx(1.0, abs=1e-12)  # 100 time constants in all
    assert isinstance(asked[-1], Transient)
    assert asked[-1].precision < 1e-6  # prolonged, at full precision
    assert asked[-1].duration > asked[0].duration


def test_the_note_says_that_the_transient_is_the_answer() -> None:
    found, _ = ask(refuse)
    assert "end of the transient, because no operating point was found from it" in str(found.status)


def test_stepping_is_no_answer_either() -> None:
    def stepped(circuit: Circuit, analysis: OperatingPoint) -> Solution:
        away = exact(circuit, analysis)
        return replace(away, volts=away.volts + 5.0, status=Status(Outcome.STEPPED))

    found, _ = ask(stepped)
    assert found.status.outcome is Outcome.CONVERGED
    assert found.voltage(("b",))[0, 0] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("answer", [exact, refuse])
def test_not_settled(answer: Answer) -> None:
    """A drift of 6e-7 V in a tenth of the first transient, where 1e-7 V is rest; 4e-4 V in all."""
    found, asked = ask(answer, drift=3e-7 / TAU, volts=(1.0, 2.0))
    assert found.status.outcome is Outcome.NOT_SETTLED
    assert found.status.notes[0] == "samples 0, 1"
    durations = [a.duration for a in asked if isinstance(a, Transient)][:6]
    np.testing.assert_allclose(
        durations, 20.0 * TAU * 4.0 ** np.arange(6), rtol=1e-12
    )  # each four times the last


def test_a_point_that_newton_leaves_is_the_end_of_the_transient() -> None:
    def elsewhere(circuit: Circuit, analysis: OperatingPoint) -> Solution:
        found = exact(circuit, analysis)
        u = analysis.stimuli["u"][0, 0]
        return replace(found, volts=found.volts * (1.01 if u > 1.5 else 1.0))  # 1e-3 counts as another

    found, _ = ask(elsewhere, volts=(1.0, 2.0))
    assert found.status.outcome is Outcome.CONVERGED
    assert "end of the transient" in str(found.status)
    np.testing.assert_allclose(found.voltage(("b",))[:, 0], [1.0, 2.0], atol=1e-6)


class Lossy:
    """The native simulator, which loses one sample unless it relaxes."""

    name = "lossy"
    supports = Native.supports
    lost = 1

    def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
        found = Native(check_stability=False).simulate(circuit, analysis)
        if not isinstance(analysis, OperatingPoint) or analysis.settling is not None:
            return found
        volts = found.volts.copy()
        volts[self.lost] = np.nan
        outcomes = [Outcome.CONVERGED] * analysis.samples
        outcomes[self.lost] = Outcome.NOT_CONVERGED
        status = Status(Outcome.NOT_CONVERGED, ("told to",), tuple(outcomes))
        return replace(found, volts=volts, preset_volts=None, status=status)

    def available(self) -> bool:
        return True

    def version(self) -> str:
        return "lossy-1"


def test_a_sample_without_a_solution_is_relaxed_and_the_others_stay() -> None:
    net = random_network((4, 3, 2), "tanh", seed=1)
    x = np.random.default_rng(0).normal(size=(3, 4))
    found = verify_phase(net, IDEAL, "predict", x, None, Lossy())
    assert found.passed
    assert found.relaxed == (Lossy.lost,)
    assert found.notes == ("sample 1: the direct search found no operating point, the transient did",)


def test_samples_without_an_equilibrium_are_named() -> None:
    net = PredictiveCodingNetwork([[[1.0]], [[1.0]]], activation="relu")
    x = np.array([[1.0], [0.0], [2.0], [0.0]])  # at 0 a unit stands on its kink, and the target pulls it up
    with pytest.raises(BadInput, match=r"no equilibrium in 2 of 4 samples \(1, 3\): sample 1 .*leave these"):
        verify_phase(net, IDEAL, "learn", x, np.ones((4, 1)), Native())
