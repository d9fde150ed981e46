"""What a network refuses, by name, and what it keeps."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, random_network

W = [np.ones((3, 2)), np.ones((1, 3))]

REFUSED = {
    "no weights": ({"weights": []}, "at least one weight matrix, got none"),
    "vector": ({"weights": [[1.0, 2.0]]}, r"W1 has shape \(2,\), expected a non-empty matrix \[post, pre\]"),
    "empty": ({"weights": [np.empty((0, 2))]}, r"W1 has shape \(0, 2\)"),
    "text": ({"weights": [[["x"]]]}, "W1 is not an array of numbers"),
    "ragged": ({"weights": [[[1.0], [1.0, 2.0]]]}, "W1 is not an array of numbers"),
    "complex": ({"weights": [[[1j]]]}, "W1 is not an array of numbers"),
    "nan": ({"weights": [[[1.0, np.nan]]]}, r"W1\[0, 1\] is nan, every value must be finite"),
    "infinite": ({"weights": [W[0], [[0.0, 0.0, -np.inf]]]}, r"W2\[0, 2\] is -inf"),
    "chain": ({"weights": [W[0], np.ones((1, 4))]}, r"W2 has shape \(1, 4\), .*\(any, 3\)"),
    "transposed": ({"weights": [w.T for w in W]}, r"W2 has shape \(3, 1\), .*\(any, 2\)"),
    "bias count": ({"weights": W, "biases": [np.zeros(3)]}, "1 biases for 2 weight matrices"),
    "bias size": (
        {"weights": W, "biases": [np.zeros(2), [0.0]]},
        r"b1 has shape \(2,\), expected \(3,\) to go with W1",
    ),
    "bias nan": ({"weights": W, "biases": [np.zeros(3), [np.nan]]}, r"b2\[0\] is nan"),
    "bias matrix": (
        {"weights": W, "biases": [np.zeros((3, 1)), [0.0]]},
        r"b1 has shape \(3, 1\), expected a non-empty vector",
    ),
    "precision count": ({"weights": W, "precision": [1.0]}, r"precision has shape \(1,\).* each of 2 layers"),
    "precision scalar": ({"weights": W, "precision": 2.0}, r"precision has shape \(\)"),
    "precision zero": ({"weights": W, "precision": [1.0, 0.0]}, r"precision of layer 2 is 0\.0, must be > 0"),
    "precision negative": (
        {"weights": W, "precision": [-2.0, 1.0]},
        r"precision of layer 1 is -2\.0, must be > 0",
    ),
    "precision nan": ({"weights": W, "precision": [1.0, np.nan]}, r"precision\[1\] is nan"),
    "activation": (
        {"weights": W, "activation": "softplus"},
        "unknown activation 'softplus': use one of .*tanh",
    ),
    "biases number": ({"weights": W, "biases": 5}, "biases must be a sequence of vectors b1, b2, ..., got 5"),
    "activate_input text": (
        {"weights": W, "activate_input": "no"},
        "activate_input is 'no', must be True or False",
    ),
    "activate_input None": ({"weights": W, "activate_input": None}, "activate_input is None, must be True"),
    "activate_input 1": ({"weights": W, "activate_input": 1}, "activate_input is 1, must be True"),
    "activation list": ({"weights": W, "activation": ["tanh"]}, r"unknown activation \['tanh'\]"),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(arguments: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        PredictiveCodingNetwork(**arguments)


@pytest.mark.parametrize("sizes", [(), (3,), (3, 0), (2, -1, 3)])
def test_random_network_refuses_sizes(sizes: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match="two or more sizes, each at least 1"):
        random_network(sizes)


def test_shape_facts() -> None:
    net = PredictiveCodingNetwork(W, activation="tanh", precision=[2.0, 3.0])
    assert net.depth == 2
    assert net.sizes == (2, 3, 1)
    assert not net.has_biases
    assert [b.shape for b in net.b] == [(3,), (1,)]
    assert [net.precision_of(k) for k in range(3)] == [0.0, 2.0, 3.0]


def test_input_passes_f_only_on_request() -> None:
    assert PredictiveCodingNetwork(W, activation="tanh").activation_of(0).name == "identity"
    assert PredictiveCodingNetwork(W, activation="tanh", activate_input=True).activation_of(0).name == "tanh"
    assert PredictiveCodingNetwork(W, activation="tanh").activation_of(1).name == "tanh"


def test_parameters_are_copied_and_read_only() -> None:
    mine = np.ones((1, 1))
    net = PredictiveCodingNetwork([mine])
    mine[0, 0] = 5.0
    assert net.W[0][0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        net.W[0][0, 0] = 2.0


def test_with_parameters_keeps_the_rest() -> None:
    net = PredictiveCodingNetwork(W, activation="tanh", precision=[2.0, 3.0], activate_input=True)
    other = net.with_parameters([2.0 * w for w in net.W], [b + 1.0 for b in net.b])
    assert (other.activation, other.activate_input) == ("tanh", True)
    np.testing.assert_array_equal(other.pi, [2.0, 3.0])
    np.testing.assert_array_equal(other.W[0], 2.0 * W[0])
    assert other.has_biases


def test_random_network_is_xavier_and_repeatable() -> None:
    a, b = random_network([30, 20], seed=3), random_network([30, 20], seed=3)
    np.testing.assert_array_equal(a.W[0], b.W[0])
    assert not np.array_equal(a.W[0], random_network([30, 20], seed=4).W[0])
    limit = np.sqrt(6.0 / 50.0)
    # 600 uniform draws: the largest lies within 5 % of the limit except with probability .95^600 ~ 4e-14.
    assert 0.95 * limit < np.abs(a.W[0]).max() <= limit
    assert np.abs(random_network([30, 20], seed=3, gain=2.0).W[0]).max() == 2.0 * np.abs(a.W[0]).max()
