"""The behavioural model: the ideal rule where the device allows it, and the device's law elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analog_pc.devices.compact import YAKOPCIC
from analog_pc.pcn import PredictiveCodingNetwork, hebbian_update, random_network, relax
from analog_pc.testbench import behavioural_model, build_testbench
from analog_pc.testbench.behavioural_model import drives

DEVICE = YAKOPCIC["microsiemens"]
OPEN = replace(DEVICE, x_p=0.95, x_n=0.95)
RNG = np.random.default_rng(4)
NETWORK = random_network((4, 3, 2), "tanh", seed=1, precision=[2.0, 0.5]).with_parameters(
    random_network((4, 3, 2), "tanh", seed=1).W, [RNG.normal(size=3), RNG.normal(size=2)]
)
NETWORK = PredictiveCodingNetwork(NETWORK.W, NETWORK.b, "tanh", [2.0, 0.5])
X, T = RNG.normal(size=4), RNG.normal(size=2)


@pytest.mark.parametrize("lr", [0.02, 0.1])
def test_without_windows_it_is_the_ideal_rule(lr: float) -> None:
    """All four phases, signs, precisions and biases: dW = lr F f, to the precision of the integration."""
    bench = build_testbench(NETWORK, X, T, lr=lr, device=OPEN)
    found = behavioural_model(bench)
    ideal = hebbian_update(NETWORK, relax(NETWORK, X[None], T[None]), lr)
    moved = zip((*found.network.W, *found.network.b), (*NETWORK.W, *NETWORK.b), strict=True)
    for (after, before), wanted in zip(moved, (*ideal.weights, *ideal.biases), strict=True):
        # 1e-10 of a state, seen through R_f and the largest conductance.
        np.testing.assert_allclose(after - before, wanted, rtol=1e-8, atol=1e-8)


def test_the_bear() -> None:
    """Song et al. (2024), Fig. 1, lr 0.2: the second prediction of their table, with open windows."""
    network = PredictiveCodingNetwork([[[1.0]], [[1.0], [1.0]]], activation="identity")
    found = behavioural_model(build_testbench(network, [1.0], [0.0, 1.0], lr=0.2, device=OPEN))
    np.testing.assert_allclose(found.predicted.output[0], [1.0, 1.0], atol=1e-10)
    np.testing.assert_allclose(found.learned.activities[1][0], [2.0 / 3.0], atol=1e-10)
    np.testing.assert_allclose(found.again.output[0], [0.8504, 0.9748], atol=5e-4)


def test_a_device_moves_as_its_law_says() -> None:
    """One device of the bear's, integrated here by another method through its one phase."""
    network = PredictiveCodingNetwork([[[1.0]], [[1.0], [1.0]]], activation="identity")
    bench = build_testbench(network, [1.0], [0.0, 1.0])
    found = behavioural_model(bench)
    rates, weighted_eps = drives(bench, found.learned)[1]
    assert rates == pytest.approx([2.0 / 3.0])
    assert weighted_eps == pytest.approx([-2.0 / 3.0, 1.0 / 3.0])
    encoding, phase = bench.encoding, bench.schedule.phases[0]
    volts = encoding.base + np.log1p(np.expm1(0.4) * rates[0] / encoding.rate_scale) + encoding.column(1)
    seconds = phase.seconds * weighted_eps[1] / encoding.eps_scale
    answer = solve_ivp(
        lambda _, x: DEVICE.rate(volts, x), (0.0, seconds), [found.before[1][0, 1]], rtol=1e-10, atol=1e-12
    )
    assert found.after[1][0, 1] == pytest.approx(answer.y[0, -1], abs=1e-9)
    assert found.after[1][0, 1] - found.before[1][0, 1] > 0.01


def test_devices_without_rate_or_eps_stay() -> None:
    network = PredictiveCodingNetwork([[[1.0, 0.5]], [[1.0], [1.0]]], activation="identity")
    found = behavioural_model(build_testbench(network, [1.0, 0.0], [0.0, 1.0]))
    assert found.after[0][1, 0] == pytest.approx(found.before[0][1, 0], abs=1e-12)  # its input is 0
    assert abs(found.after[0][0, 0] - found.before[0][0, 0]) > 0.01
