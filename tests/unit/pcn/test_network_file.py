"""NET.npz: round trip and refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analog_pc.activations import ACTIVATIONS
from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.pcn.network_file import load_network, save_network

RNG = np.random.default_rng(0)
W1, W2 = RNG.normal(size=(3, 4)), RNG.normal(size=(2, 3))
GOOD = {"W1": W1, "W2": W2, "activation": "tanh"}


def saved(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "net.npz", **arrays)
    return folder / "net.npz"


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("activate_input", [False, True])
def test_round_trip(activation: str, activate_input: bool, tmp_path: Path) -> None:
    biases = [RNG.normal(size=3), RNG.normal(size=2)]
    net = PredictiveCodingNetwork([W1, W2], biases, activation, [2.0, 0.25], activate_input)
    save_network(tmp_path / "net.npz", net)
    back = load_network(tmp_path / "net.npz")
    for a, b in zip((*net.W, *net.b, net.pi), (*back.W, *back.b, back.pi), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (back.activation, back.activate_input) == (activation, activate_input)


def test_a_path_may_be_text(tmp_path: Path) -> None:
    net = random_network((4, 3, 2), seed=0)
    save_network(str(tmp_path / "net.npz"), net)
    np.testing.assert_array_equal(load_network(str(tmp_path / "net.npz")).W[1], net.W[1])


def test_ten_layers_keep_their_order(tmp_path: Path) -> None:
    net = random_network(range(1, 13), seed=0)  # W10 sorts before W2 as text
    save_network(tmp_path / "net.npz", net)
    assert load_network(tmp_path / "net.npz").sizes == tuple(range(1, 13))


def test_what_may_be_left_out(tmp_path: Path) -> None:
    net = load_network(saved(tmp_path, **GOOD))
    assert not net.has_biases
    assert net.pi.tolist() == [1.0, 1.0]
    assert not net.activate_input
    some = load_network(saved(tmp_path, **GOOD, b2=[1.0, 2.0]))
    assert some.b[0].tolist() == [0.0, 0.0, 0.0]
    assert some.b[1].tolist() == [1.0, 2.0]


def test_other_types(tmp_path: Path) -> None:
    net = load_network(saved(tmp_path, W1=np.array([[1, 2]], dtype=np.int8), activation=np.bytes_("relu")))
    assert net.W[0].dtype == np.float64
    assert net.activation == "relu"


@pytest.mark.parametrize(("arrays", "words"), [
    ({"activation": "tanh"}, "missing W1"),
    ({"W1": W1}, "missing activation"),
    ({"W1": W1, "W3": W2, "activation": "tanh"}, "missing W2"),
    ({**GOOD, "w3": W2}, "unknown entries w3"),
    ({"coefs_0": W1, "intercepts_0": W1[0]}, "import it first: analog-pc import "),
    ({**GOOD, "W01": W2}, "unknown entries W01"),
    ({**GOOD, "b3": [1.0]}, "b3 without a weight matrix"),
    ({**GOOD, "activation": ["tanh", "relu"]}, r"activation must be one string, got <U4 of shape \(2,\)"),
    ({**GOOD, "activation": 3}, "activation must be one string, got int64"),
    ({**GOOD, "activation": "Tanh"}, "Tanh"),
    ({**GOOD, "activation": np.bytes_(b"\xff")}, "activation"),
    ({**GOOD, "W1": W1 * np.nan}, r"W1\[0, 0\] is nan"),
    ({**GOOD, "W2": W2.T}, r"W2 has shape \(3, 2\), expected \[post, pre\] = \(any, 3\)"),
    ({**GOOD, "W1": np.float64(1.0)}, r"W1 has shape \(\)"),
    ({**GOOD, "b1": [1.0]}, r"b1 has shape \(1,\), expected \(3,\)"),
    ({**GOOD, "b1": [np.inf, 0.0, 0.0]}, r"b1\[0\] is inf"),
    ({**GOOD, "precision": [1.0, 0.0]}, "precision of layer 2 is 0.0"),
    ({**GOOD, "precision": [1.0]}, r"precision has shape \(1,\)"),
])  # fmt: skip
def test_refusals(arrays: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = saved(tmp_path, **arrays)
    with pytest.raises(BadInput, match=words) as refused:
        load_network(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("name", "shape"), [("W2", (2, 3)), ("b1", (3,))])
def test_the_largest_value(name: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    load_network(saved(tmp_path, **{**GOOD, name: np.full(shape, -1e100)}))
    with pytest.raises(BadInput, match=rf"{name} holds a value of 1\.01e\+100, at most 1e\+100: scale it"):
        load_network(saved(tmp_path, **{**GOOD, name: np.full(shape, -1.01e100)}))


@pytest.mark.parametrize("value", [[True, False], "yes", np.nan, 2])
def test_activate_input_must_be_one_boolean(value: Any, tmp_path: Path) -> None:
    path = saved(tmp_path, **GOOD, activate_input=value)
    with pytest.raises(BadInput, match="activate_input must be one boolean"):
        load_network(path)
