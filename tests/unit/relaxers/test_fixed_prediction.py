from __future__ import annotations

import numpy as np
import pytest

from analog_pc.experiments.framework.learner import chosen_only
from analog_pc.pcn import backprop_update, hebbian_update, random_network
from analog_pc.relaxers import FixedPrediction


@pytest.mark.parametrize("activation", ["identity", "sigmoid", "tanh", "relu"])
def test_the_local_rule_on_fixed_predictions_is_backpropagation(activation: str) -> None:
    rng = np.random.default_rng(0)
    net = random_network((4, 5, 3, 2), activation, seed=rng, precision=[2.0, 0.5, 3.0])
    x, t = rng.normal(size=(6, 4)), rng.normal(size=(6, 2))
    got, want = hebbian_update(net, FixedPrediction().relax(net, x, t)), backprop_update(net, x, t)
    for a, b in zip((*got.weights, *got.biases), (*want.weights, *want.biases), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)


def test_a_free_output_unit_sends_nothing_back() -> None:
    net = random_network((2, 3, 2), "tanh", seed=1)
    x = np.ones((1, 2))
    y = FixedPrediction().relax(net, x).output
    one = FixedPrediction().relax(net, x, clamps={2: chosen_only([[1.0, 9.0]], [True, False])})
    same = FixedPrediction().relax(net, x, [[1.0, y[0, 1]]])
    for a, b in zip(one.eps, same.eps, strict=True):
        np.testing.assert_array_equal(a, b)
    assert one.eps[2][0, 1] == 0.0


def test_without_target_it_is_a_forward_pass() -> None:
    net = random_network((2, 3, 2), "tanh", seed=1)
    rest = FixedPrediction().relax(net, np.ones((1, 2)))
    assert all(not eps.any() for eps in rest.eps)
