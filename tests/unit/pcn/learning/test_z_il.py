"""Zero-divergence inference learning against backpropagation."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import backprop_update, random_network
from analog_pc.pcn.learning import z_il_update

RNG = np.random.default_rng(3)
INPUTS = RNG.normal(size=(4, 3))
TARGETS = RNG.uniform(-1.0, 1.0, size=(4, 2))


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "identity"])
@pytest.mark.parametrize("precision", [None, [1.0, 0.5, 4.0]])
def test_whole_steps_are_backpropagation(activation: str, precision: list[float] | None) -> None:
    network = random_network((3, 5, 4, 2), activation, seed=2, precision=precision)
    exact = backprop_update(network, INPUTS, TARGETS)
    found = z_il_update(network, INPUTS, TARGETS)
    for a, b in zip((*found.weights, *found.biases), (*exact.weights, *exact.biases), strict=True):
        np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-12 * np.abs(b).max())


@pytest.mark.parametrize("gamma", [0.5, 0.1])
def test_smaller_steps_are_powers_of_gamma(gamma: float) -> None:
    network = random_network((3, 5, 4, 2), "tanh", seed=2)
    exact = backprop_update(network, INPUTS, TARGETS).weights
    found = z_il_update(network, INPUTS, TARGETS, gamma).weights
    for k, (a, b) in enumerate(zip(found[::-1], exact[::-1], strict=True)):
        np.testing.assert_allclose(a, gamma**k * b, rtol=0.0, atol=1e-12 * np.abs(b).max())


@pytest.mark.parametrize("gamma", [0.0, 1.5, float("nan")])
def test_a_step_is_part_of_the_relaxation(gamma: float) -> None:
    network = random_network((3, 5, 4, 2), "tanh", seed=2)
    with pytest.raises(BadInput, match=r"z_il_update: gamma = .*, must be > 0 and <= 1"):
        z_il_update(network, INPUTS, TARGETS, gamma)
