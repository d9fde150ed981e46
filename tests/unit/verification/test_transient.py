"""Transients against the reference flow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.circuit import Analysis, Circuit, Solution
from analog_pc.compiler import compile_network
from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, random_network, relax
from analog_pc.simulators import Ngspice
from analog_pc.technology import IDEAL
from analog_pc.verification import TransientResult, verify_transient

RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 2))


def run(activation: str, sample: int, start: str, targets: np.ndarray | None = T) -> TransientResult:
    net = random_network((4, 3, 2), activation, seed=0, precision=[2.0, 0.5])
    compiled = compile_network(net, IDEAL, X, targets)
    return verify_transient(compiled, relax(net, X, targets), Ngspice(), sample, start)


@pytest.mark.parametrize("start", ["forward", "zero"])
@pytest.mark.parametrize("activation", ["identity", "tanh", "relu"])
def test_the_circuit_follows_the_flow(activation: str, start: str) -> None:
    found = run(activation, 2, start)
    assert (found.sample, found.start, found.settling_level) == (2, start, 0.01)
    residuals = {c.quantity: c.residual for c in found.comparisons}
    assert set(residuals) == {"waveform", "end", "energy_rise"}
    assert all(c.passed for c in found.comparisons), found.comparisons
    assert residuals["waveform"] <= 1e-4  # the project's acceptance
    assert residuals["end"] <= 1e-6
    # Energy is spent, and only spent: what a rounded difference of two numbers may rise, see RISE_TOLERANCE.
    assert np.diff(found.waveform.energy).max() <= 1e-9 * found.waveform.energy[0]
    assert found.waveform.energy[-1] < 0.99 * found.waveform.energy[0]
    # Errors of 1e-4 in eps, squared; energies are of order 1.
    np.testing.assert_allclose(found.waveform.energy, found.reference_energy, rtol=0.0, atol=1e-3)


@pytest.mark.parametrize("start", ["forward", "zero"])
def test_where_it_starts_and_ends(start: str) -> None:
    net = random_network((4, 3, 2), "tanh", seed=0, precision=[2.0, 0.5])
    found, rest = run("tanh", 1, start), relax(net, X, T)
    first = X[1] @ net.W[0].T if start == "forward" else np.zeros(3)
    # Amplifiers of gain 1e9 and the reading of t = 0.
    np.testing.assert_allclose(found.waveform.activities[1][0], first, rtol=0.0, atol=1e-7)
    np.testing.assert_allclose(found.waveform.activities[1][-1], rest.activities[1][1], rtol=0.0, atol=1e-6)
    np.testing.assert_allclose(found.reference[1][-1], rest.activities[1][1], rtol=0.0, atol=1e-6)
    assert found.waveform.times[0] == 0.0
    assert len(found.waveform.times) > 50


def test_predict_from_zero() -> None:
    found = run("tanh", 0, "zero", None)
    assert all(c.passed for c in found.comparisons)
    assert found.waveform.energy[-1] < 1e-9 * found.waveform.energy[0]  # springs slack at rest


@pytest.mark.parametrize("start", ["forward", "zero"])
def test_settling_of_a_linear_network_is_what_theory_says(start: str) -> None:
    found = run("identity", 0, start)
    # Theory is the slowest mode alone, starting with the whole way: other shares of modes make up to 2.
    assert 0.5 < found.settling_measured / found.settling_theory < 2.0


def test_settling_of_one_mode_in_closed_form() -> None:
    """1-1-1, all 1: lambda = 1 + 1, one mode, so measured and theory are both ln(100) / 2 C / g_s."""
    net = PredictiveCodingNetwork([[[1.0]], [[1.0]]], activation="identity")
    compiled = compile_network(net, IDEAL, [[1.0]], [[0.0]])
    found = verify_transient(compiled, relax(net, [[1.0]], [[0.0]]), Ngspice())
    assert found.settling_theory == pytest.approx(np.log(100.0) / 2.0 * 1e-7, rel=1e-9)
    # Measured on the simulator's own times, about 1 % apart there.
    assert found.settling_measured == pytest.approx(found.settling_theory, rel=0.05)
    x = found.waveform.activities[1][:, 0]
    np.testing.assert_allclose(x, 0.5 + 0.5 * np.exp(-2.0 * found.waveform.times), rtol=0.0, atol=1e-4)


def test_a_capacitor_off_by_a_percent_fails() -> None:
    """Mutation: the waveform is judged, not only its end."""
    net = random_network((4, 3, 2), "tanh", seed=0)
    compiled, ideal = compile_network(net, IDEAL, X, T), relax(net, X, T)
    slower = compile_network(net, replace(IDEAL, node_capacitance=1.01e-12), X, T)

    class Slower(Ngspice):
        def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
            return super().simulate(slower.circuit, analysis)

    verdicts = {c.quantity: c.passed for c in verify_transient(compiled, ideal, Slower()).comparisons}
    assert verdicts == {"waveform": False, "end": True, "energy_rise": True}


def test_refusals() -> None:
    with pytest.raises(BadInput, match="transient start 'middle': use 'forward' or 'zero'"):
        run("tanh", 0, "middle")


def test_nothing_free_to_move() -> None:
    """One layer, both ends clamped: no mode, no settling, and still a waveform that agrees."""
    net = random_network((4, 2), "tanh", seed=0)
    compiled = compile_network(net, IDEAL, X, T)
    found = verify_transient(compiled, relax(net, X, T), Ngspice())
    assert all(c.passed for c in found.comparisons)
    assert found.settling_theory == 0.0
    assert found.settling_measured == 0.0
