from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.experiments import Learner
from analog_pc.pcn import PredictiveCodingNetwork, hebbian_update, random_network, relax
from analog_pc.relaxers import IdealRelaxer

X, T = np.random.default_rng(2).normal(size=(2, 4, 3))


def test_an_update_is_the_hebbian_rule_with_a_rate_for_each_layer() -> None:
    net = random_network((3, 4, 3), "tanh", seed=0)
    learner = Learner(net, IdealRelaxer(), [0.1, 0.2], [0.3, 0.0])
    learner.learn(X, T)
    want = hebbian_update(net, relax(net, X, T))
    np.testing.assert_allclose(learner.network.W[0], net.W[0] + 0.1 * want.weights[0], atol=1e-9)
    np.testing.assert_allclose(learner.network.W[1], net.W[1] + 0.2 * want.weights[1], atol=1e-9)
    np.testing.assert_allclose(learner.network.b[0], net.b[0] + 0.3 * want.biases[0], atol=1e-9)
    np.testing.assert_array_equal(learner.network.b[1], net.b[1])


def test_a_weight_of_rate_zero_is_fixed() -> None:
    net = random_network((3, 3, 3), "identity", seed=0, biases=False)
    learner = Learner(net, IdealRelaxer(), [np.eye(3), 0.0])
    learner.learn(X, T)
    off = ~np.eye(3, dtype=bool)
    np.testing.assert_array_equal(learner.network.W[0][off], net.W[0][off])
    assert (learner.network.W[0] != net.W[0])[~off].all()
    np.testing.assert_array_equal(learner.network.W[1], net.W[1])


def test_no_equilibrium_no_update() -> None:
    class Astray(IdealRelaxer):
        def relax(self, *args, **kwargs):  # type: ignore[no-untyped-def]
            return relax(
                *args, method="flow", tolerance=0.0, **{k: v for k, v in kwargs.items() if k == "clamps"}
            )

    learner = Learner(random_network((3, 3, 3), "tanh", seed=0), Astray(), 0.1)
    with pytest.raises(SimulationFailed, match="no equilibrium"):
        learner.learn(X, T)


def test_a_rate_may_be_a_number_of_numpy() -> None:
    net = PredictiveCodingNetwork([np.ones((2, 3))], activation="identity")
    learner = Learner(net, IdealRelaxer(), np.float32(0.5))  # type: ignore[arg-type]
    np.testing.assert_array_equal(learner.rates[0], np.full((2, 3), 0.5))


def test_rates_have_to_fit() -> None:
    net = PredictiveCodingNetwork([np.ones((2, 3))], activation="identity")
    with pytest.raises(BadInput, match="2 learning rates for 1 layers"):
        Learner(net, IdealRelaxer(), [0.1, 0.1])
    with pytest.raises(BadInput, match="W1 have shape"):
        Learner(net, IdealRelaxer(), [np.ones((3, 2))])
    with pytest.raises(BadInput, match="bias rates"):
        Learner(net, IdealRelaxer(), 0.1, [0.1, 0.1])
