"""Signs and orientation, nailed once, through ngspice and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.compiler import compile_network
from analog_pc.mapping import encode
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, hebbian_update, relax
from analog_pc.simulators import SIMULATORS
from analog_pc.technology import IDEAL

ATOL = 1e-6  # noise gain / op-amp gain is 1e-8, ngspice's own tolerance on 0.1 V per unit about 1e-7


def by_circuit(net: PredictiveCodingNetwork, inputs: list | None, targets: list | None = None) -> Equilibrium:
    compiled = compile_network(net, IDEAL, inputs, targets)
    return compiled.decode(SIMULATORS["ngspice"]().simulate(compiled.circuit, compiled.operating_point()))


BOTH = pytest.mark.parametrize("rest", [relax, by_circuit], ids=["mathematics", "circuit"])


def linear(*weights: list, biases: list | None = None) -> PredictiveCodingNetwork:
    return PredictiveCodingNetwork(weights, biases, activation="identity")


@BOTH
@pytest.mark.parametrize(
    ("w", "rate", "mu"), [(2.0, 0.5, 1.0), (-2.0, 0.5, -1.0), (2.0, -0.5, -1.0), (-2.0, -0.5, 1.0)]
)
def test_positive_weight_and_positive_rate_raise_the_prediction(
    rest, w: float, rate: float, mu: float
) -> None:
    np.testing.assert_allclose(rest(linear([[w]]), [[rate]]).predictions[1], mu, rtol=0.0, atol=ATOL)


@BOTH
@pytest.mark.parametrize("bias", [0.75, -0.75])
def test_positive_bias_raises_the_prediction(rest, bias: float) -> None:
    net = linear([[2.0]], biases=[[bias]])
    np.testing.assert_allclose(rest(net, [[0.5]]).predictions[1], 1.0 + bias, rtol=0.0, atol=ATOL)


@BOTH
def test_eps_is_activity_minus_prediction(rest) -> None:
    got = rest(linear([[2.0]]), [[0.5]], [[1.25]])
    np.testing.assert_allclose(got.eps[1], 0.25, rtol=0.0, atol=ATOL)  # the target lies above
    np.testing.assert_allclose(got.energy, 0.5 * 0.25**2, rtol=0.0, atol=ATOL)


@BOTH
@pytest.mark.parametrize("w", [0.5, -0.5])
def test_feedback_moves_the_node_so_that_the_prediction_meets_the_target(rest, w: float) -> None:
    """1-1-1 chain, mu1 = 0, target 1: x1 = w / (1 + w^2), so eps2 > 0 raises x1 if w > 0, lowers it else."""
    got = rest(linear([[1.0]], [[w]]), [[0.0]], [[1.0]])
    np.testing.assert_allclose(got.activities[1], w / (1.0 + w * w), rtol=0.0, atol=ATOL)
    np.testing.assert_allclose(got.eps[2], 1.0 / (1.0 + w * w), rtol=0.0, atol=ATOL)


@BOTH
def test_weights_are_post_by_pre(rest) -> None:
    """Three inputs, two outputs: only input 2 feeds output 0, only input 0 feeds output 1."""
    net = linear([[0.0, 0.0, 3.0], [5.0, 0.0, 0.0]])
    np.testing.assert_allclose(rest(net, [[0.1, 0.7, 0.2]]).output, [[0.6, 0.5]], rtol=0.0, atol=ATOL)


@BOTH
def test_free_input_follows_the_transposed_weights(rest) -> None:
    """x0 = W^T t for orthonormal rows; a permutation shows the orientation."""
    net = linear([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(rest(net, None, [[0.1, 0.2, 0.3]]).activities[0], [[0.3, 0.1, 0.2]], atol=ATOL)


def test_crossbar_is_row_pre_by_column_post() -> None:
    pair = encode([[0.0, 0.0, 3.0], [-5.0, 0.0, 0.0]], IDEAL)
    assert pair.plus.shape == pair.minus.shape == (3, 2)
    assert np.argwhere(pair.plus > IDEAL.g_min).tolist() == [[2, 0]]
    assert np.argwhere(pair.minus > IDEAL.g_min).tolist() == [[0, 1]]


def test_update_is_added_and_is_post_by_pre() -> None:
    net = linear([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    update = hebbian_update(net, relax(net, [[0.0, 0.0, 1.0]], [[2.0, 0.0]]), 0.5)
    np.testing.assert_array_equal(update.weights[0], [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(update.biases[0], [1.0, 0.0])
