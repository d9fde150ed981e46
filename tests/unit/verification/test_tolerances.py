"""The derived tolerance really bounds what finite gain does, and nothing else hides under it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, random_network, relax
from analog_pc.simulators import Native, Ngspice
from analog_pc.technology import IDEAL, Technology
from analog_pc.verification import compare, full_scales
from analog_pc.verification.distances import peak
from analog_pc.verification.tolerances import ACCEPTANCE, tolerances

RNG = np.random.default_rng(7)
X, T = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 2))
QUANTITIES = ("x", "mu", "eps", "energy", "dW")


def network(activation: str) -> PredictiveCodingNetwork:
    net = random_network((4, 3, 2), activation, seed=3, precision=[2.0, 0.5])
    rng = np.random.default_rng(1)
    return net.with_parameters(net.W, [rng.normal(size=3), rng.normal(size=2)])


def with_gain(gain: float) -> Technology:
    return replace(IDEAL, name=f"gain {gain:g}", opamp_gain=gain)


def measured(
    net: PredictiveCodingNetwork, gain: float, targets: np.ndarray | None
) -> tuple[dict[str, float], dict[str, float]]:
    """Residuals through ngspice, and the tolerances before the cap."""
    compiled = compile_network(net, with_gain(gain), X, targets)
    ideal = relax(net, X, targets)
    circuit = compiled.decode(Ngspice().simulate(compiled.circuit, compiled.operating_point()))
    residuals = {c.quantity: c.residual for c in compare(ideal, circuit, compiled)}
    return residuals, tolerances(compiled, ideal, full_scales(ideal, compiled))


@pytest.mark.parametrize("targets", [None, T], ids=["predict", "learn"])
@pytest.mark.parametrize("activation", ["identity", "tanh", "sigmoid", "relu"])
def test_a_gain_of_1e4_stays_within_the_bound_and_near_it(
    activation: str, targets: np.ndarray | None
) -> None:
    residuals, bound = measured(network(activation), 1e4, targets)
    for q in QUANTITIES:
        assert residuals[q] <= bound[q], q
    # A bound that is a hundred times too large would be no test: signs cancel here by less than that.
    assert residuals["x"] > 0.01 * bound["x"]
    assert residuals["mu"] > 0.01 * bound["mu"]


@pytest.mark.parametrize("activation", ["identity", "tanh", "relu"])
def test_residuals_are_inverse_to_the_gain(activation: str) -> None:
    gains = np.array([1e4, 1e5, 1e6, 1e7])
    # The rectifier's own gain of 1e7 is another cause; 1e4 ... 1e6 lie above it.
    gains = gains[:3] if activation == "relu" else gains
    found = [measured(network(activation), gain, T) for gain in gains]
    for q in QUANTITIES:
        residuals = [r[q] for r, _ in found]
        slope = np.polyfit(np.log10(gains), np.log10(residuals), 1)[0]
        assert slope == pytest.approx(-1.0, abs=0.1), (q, residuals)
        assert all(r[q] <= b[q] for r, b in found)


@pytest.mark.parametrize("activation", ["identity", "tanh", "relu"])
def test_the_bound_is_inverse_to_the_gain(activation: str) -> None:
    net = network(activation)
    ideal = relax(net, X, T)

    def bound(gain: float) -> dict[str, float]:
        compiled = compile_network(net, with_gain(gain), X, T)
        return tolerances(compiled, ideal, full_scales(ideal, compiled))

    one, ten = bound(1e5), bound(1e6)
    for q in QUANTITIES:
        # The stopping rule of 1e-9 and noise gains of 1e1 over 1e5 are what is left.
        assert one[q] / ten[q] == pytest.approx(10.0, rel=1e-2), q


def test_ideal_parts_are_held_to_less_than_the_acceptance() -> None:
    net = network("tanh")
    compiled, ideal = compile_network(net, IDEAL, X, T), relax(net, X, T)
    found = tolerances(compiled, ideal, full_scales(ideal, compiled))
    assert all(0.0 < found[q] < 0.2 * ACCEPTANCE[q] for q in QUANTITIES)


def elsewhere(compiled: CompiledNetwork, other: PredictiveCodingNetwork) -> Equilibrium:
    """What the circuit of a slightly other network rests at."""
    twin = compile_network(other, IDEAL, clamps=compiled.clamps)
    return twin.decode(Ngspice().simulate(twin.circuit, twin.operating_point()))


@pytest.mark.parametrize("targets", [None, T], ids=["predict", "learn"])
@pytest.mark.parametrize("layer", [0, 1])
def test_one_weight_off_by_1e_4_fails(layer: int, targets: np.ndarray | None) -> None:
    net = network("tanh")
    compiled, ideal = compile_network(net, IDEAL, X, targets), relax(net, X, targets)
    weights = [w.copy() for w in net.W]
    weights[layer][1, 2] *= 1.0 + 1e-4
    wrong = compare(ideal, elsewhere(compiled, net.with_parameters(weights, net.b)), compiled)
    right = compare(ideal, elsewhere(compiled, net), compiled)
    assert all(c.passed for c in right)
    # Predicting, nothing is in error, and no update tells.
    telling = ("x", "mu") if targets is None else ("mu", "eps", "energy", "dW")
    assert not any(c.passed for c in wrong if c.quantity in telling), wrong


def test_a_wrong_precision_fails() -> None:
    net = network("tanh")
    compiled, ideal = compile_network(net, IDEAL, X, T), relax(net, X, T)
    off = PredictiveCodingNetwork(net.W, net.b, net.activation, net.pi * [1.0 + 1e-4, 1.0])
    assert not any(c.passed for c in compare(ideal, elsewhere(compiled, off), compiled) if c.quantity == "x")


def test_clamps_have_no_tolerance_of_their_own() -> None:
    """Everything clamped: x cannot move, so only the stopping rule is left of its bound."""
    net = random_network((4, 2), "tanh", seed=0)
    compiled, ideal = compile_network(net, IDEAL, X, T), relax(net, X, T)
    found = tolerances(compiled, ideal, full_scales(ideal, compiled))
    assert found["x"] == 1e-9
    assert found["mu"] > 1e-9


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_a_kink_at_zero_is_bounded(activation: str) -> None:
    """1-1-1, the hidden activity between the pulls of input and target: within 1 / A_r of the kink."""
    on_a_kink(activation, 0.1, -1.0, kink=0.0)


@pytest.mark.parametrize(("mu", "target", "kink"), [(-2.8, -10.0, -3.0), (2.8, 11.0, 3.0)])
def test_a_kink_away_from_zero_is_bounded(mu: float, target: float, kink: float) -> None:
    on_a_kink("hard_sigmoid", mu, target, kink=kink)


def on_a_kink(activation: str, mu: float, target: float, *, kink: float) -> None:
    net = PredictiveCodingNetwork([[[1.0]], [[1.0]]], activation=activation)
    poor = replace(IDEAL, name="slow rectifier", rectifier_gain=1e4)
    compiled = compile_network(net, poor, [[mu]], [[target]])
    ideal = relax(net, [[mu]], [[target]])
    assert ideal.activities[1][0, 0] == pytest.approx(kink, abs=1e-12)
    circuit = compiled.decode(Ngspice().simulate(compiled.circuit, compiled.operating_point()))
    scales = full_scales(ideal, compiled)
    bound = tolerances(compiled, ideal, scales)["x"]
    residual = np.abs(circuit.activities[1] - ideal.activities[1]).max() / scales["x"]
    assert residual > 1e-9  # the rectifier's gain is seen
    assert residual <= bound


@pytest.mark.parametrize(("activation", "target"), [("relu", -3.0), ("leaky_relu", -20.0)])
def test_a_unit_that_rests_on_a_kink_moves_what_it_predicts_by_the_slope_beside_it(
    activation: str, target: float
) -> None:
    """E = 1/2 (x - 1/2)^2 + 1/2 (f(x) - target)^2 holds x on the kink with the gate 1 / (2 |target|).

    The rectifier is off by gate / A_r, and f with it by the slope of the open side, 1: the prediction above
    is off by more than gate times that.
    """
    net = PredictiveCodingNetwork([[[0.0]], [[1.0]]], [[0.5], [0.0]], activation=activation)
    compiled = compile_network(net, IDEAL, [[1.0]], [[target]])
    ideal = relax(net, [[1.0]], [[target]])
    assert ideal.activities[1] == 0.0
    circuit = compiled.decode(Native().simulate(compiled.circuit, compiled.operating_point()))
    for one in compare(ideal, circuit, compiled):
        assert one.residual <= one.tolerance, one
    bound = tolerances(compiled, ideal, full_scales(ideal, compiled))
    off = abs(circuit.predictions[2] - ideal.predictions[2]).max() / peak(ideal.predictions)
    assert 0.1 * bound["mu"] < off <= bound["mu"]
