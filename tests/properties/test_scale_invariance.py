"""Volts per unit are a choice of the compiler; equilibrium and flow do not depend on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.compiler import CompileOptions, compile_network
from analog_pc.mapping import Scales
from analog_pc.pcn import PredictiveCodingNetwork, random_network, relax
from analog_pc.simulators import SIMULATORS, Native
from analog_pc.technology import IDEAL
from analog_pc.verification import verify_transient

VOLTS = st.floats(0.02, 0.5)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.floats(0.01, 0.5), st.sampled_from(["identity", "tanh", "sigmoid"]), st.integers(0, 1000))
def test_decoded_results_do_not_depend_on_the_volts(volts: float, name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = random_network([2, 3, 2], name, seed=seed)
    x, t = rng.normal(size=(2, 2)), rng.normal(size=(2, 2))
    decoded = []
    for scale in (volts, 0.1):
        compiled = compile_network(net, IDEAL, x, t, options=CompileOptions(volts_per_unit=scale))
        solution = SIMULATORS["ngspice"]().simulate(compiled.circuit, compiled.operating_point())
        decoded.append(compiled.decode(solution))
    exact = relax(net, x, t)
    for got in decoded:
        assert got.relaxation.all_converged, got.relaxation.message
        for a, b in zip(got.activities, exact.activities, strict=True):
            # Noise gain / op-amp gain is 1e-8; ngspice's iterates stop within about 1e-8 V, and the smallest
            # scale here has 10 mV per unit.
            np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-5)
    for a, b in zip(decoded[0].activities, decoded[1].activities, strict=True):
        np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-5)


def biased(name: str, seed: int) -> PredictiveCodingNetwork:
    rng = np.random.default_rng(seed)
    net = random_network([2, 3, 3, 2], name, seed=seed, precision=[2.0, 0.5, 1.0])
    return net.with_parameters(net.W, [0.3 * rng.normal(size=len(b)) for b in net.b])


def unlike(volts: list[float], name: str) -> Scales:
    """Every signal of every layer at volts of its own."""
    activity, rate, feedback = volts[:4], volts[4:7], volts[7:]
    rate[0] = activity[0]
    if name == "identity":
        rate = activity[:3]
    return Scales(tuple(activity), tuple(rate), tuple(feedback), IDEAL.seconds_per_unit)


@pytest.mark.parametrize("phase", ["predict", "learn"])
@pytest.mark.parametrize("name", ["identity", "tanh", "sigmoid", "relu", "hard_sigmoid"])
@settings(max_examples=4, deadline=None, derandomize=True)
@given(volts=st.lists(VOLTS, min_size=10, max_size=10), seed=st.integers(0, 1000))
def test_the_equilibrium_does_not_depend_on_the_volts_of_its_layers(
    name: str, phase: str, volts: list[float], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    net, x, t = biased(name, seed), rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    targets = t if phase == "learn" else None
    compiled = compile_network(
        net, IDEAL, x, targets, options=CompileOptions(volts_per_unit=unlike(volts, name))
    )
    found = compiled.decode(Native().simulate(compiled.circuit, compiled.operating_point()))
    exact = relax(net, x, targets, follow=True)
    assert found.relaxation.all_converged, found.relaxation.message
    for field in ("activities", "predictions", "eps", "rates"):
        for a, b in zip(getattr(found, field), getattr(exact, field), strict=True):
            # Ratios of 25 in volts and gains of 1e9 (rectifiers 1e7): noise gains over gains stay below 1e-6.
            np.testing.assert_allclose(a, b, rtol=0.0, atol=2e-6)


@pytest.mark.parametrize("name", ["identity", "tanh", "relu"])
@settings(max_examples=3, deadline=None, derandomize=True)
@given(volts=st.lists(VOLTS, min_size=10, max_size=10), seed=st.integers(0, 1000))
def test_the_flow_does_not_depend_on_the_volts_of_its_layers(
    name: str, volts: list[float], seed: int
) -> None:
    """The whole waveform is that of the gradient flow, with one unit of time for all layers."""
    rng = np.random.default_rng(seed)
    net, x, t = biased(name, seed), rng.normal(size=(1, 2)), rng.normal(size=(1, 2))
    compiled = compile_network(net, IDEAL, x, t, options=CompileOptions(volts_per_unit=unlike(volts, name)))
    found = verify_transient(compiled, relax(net, x, t, follow=True), Native())
    for comparison in found.comparisons:
        assert comparison.passed, comparison
