"""Files of named tensors: which are layers, which way round they are, and what is refused by name."""

from __future__ import annotations

import json
import os
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from analog_pc import BadInput, relax
from analog_pc.importers import Imported, import_network
from analog_pc.importers.tensors import MOST_BYTES

RNG = np.random.default_rng(0)
SIZES = (6, 5, 4, 3)
W = [RNG.normal(size=(post, pre)) for pre, post in pairwise(SIZES)]
B = [RNG.normal(size=post) for post in SIZES[1:]]
X = RNG.normal(size=(8, 6))


def forward(x: np.ndarray) -> np.ndarray:
    """The multilayer perceptron itself."""
    h = np.tanh(x @ W[0].T + B[0])
    h = np.tanh(h @ W[1].T + B[1])
    return np.asarray(h @ W[2].T + B[2])


def torch_like() -> dict[str, np.ndarray]:
    """As nn.Sequential numbers them: activations take numbers too."""
    return {f"net.{2 * k}.weight": w for k, w in enumerate(W)} | {
        f"net.{2 * k}.bias": b for k, b in enumerate(B)
    }


def keras_like() -> dict[str, np.ndarray]:
    named = {f"dense_{k}/kernel": np.ascontiguousarray(w.T) for k, w in enumerate(W)}
    return named | {f"dense_{k}/bias": b for k, b in enumerate(B)}


def stored(folder: Path, tensors: dict[str, np.ndarray]) -> Path:
    path = folder / "model.safetensors"
    safetensors.numpy.save_file(tensors, path)
    return path


def agrees(found: Imported) -> None:
    rest = relax(found.network, X)
    np.testing.assert_allclose(rest.output, forward(X), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("tensors", "pattern"), [(torch_like(), "net.{i}.weight"), (keras_like(), "dense_{i}/kernel")]
)
def test_both_layouts_give_the_models_outputs(
    tensors: dict[str, np.ndarray], pattern: str, tmp_path: Path
) -> None:
    found = import_network(stored(tmp_path, tensors), [pattern], activation="tanh")
    agrees(found)
    assert [layer.shape for layer in found.layers] == [(5, 6), (4, 5), (3, 4)]
    said = "weights are stored as [pre, post], and were transposed"
    assert (said in found.remarks) == ("kernel" in pattern)


def test_layers_are_in_the_order_of_numbers_not_of_text(tmp_path: Path) -> None:
    sizes = [4] * 13
    weights = {f"l{k}.weight": RNG.normal(size=(4, 4)) for k in range(len(sizes) - 1)}
    found = import_network(stored(tmp_path, weights), ["l{i}.weight"], activation="relu")
    for k, w in enumerate(found.network.W):
        np.testing.assert_array_equal(w, weights[f"l{k}.weight"])


def test_plain_names_in_the_order_given(tmp_path: Path) -> None:
    names = ("encoder", "middle", "head")
    tensors = {f"{n}.weight": w for n, w in zip(names, W, strict=True)}
    tensors |= {f"{n}.bias": b for n, b in zip(names, B, strict=True)}
    tensors["bn.running_mean"] = np.zeros(5)
    maps = [f"{n}.weight" for n in names]
    found = import_network(stored(tmp_path, tensors), maps, activation="tanh")
    agrees(found)
    assert "not used: bn.running_mean" in found.remarks


def test_biases_of_other_names_or_none(tmp_path: Path) -> None:
    tensors = {f"m{k}": w for k, w in enumerate(W)} | {f"shift{k}": b for k, b in enumerate(B)}
    path = stored(tmp_path, tensors)
    agrees(import_network(path, ["m{i}"], ["shift{i}"], activation="tanh", layout="post-pre"))
    without = import_network(path, ["m{i}"], ["none"], activation="tanh")
    assert not without.network.has_biases
    assert "not used: shift0, shift1, shift2" in without.remarks
    with pytest.raises(BadInput, match=r"--map m\{i\}: what are its biases called\?"):
        import_network(path, ["m{i}"], activation="tanh")


@pytest.mark.parametrize(("name", "way"), [("fc{i}.weight", 1), ("fc{i}.kernel", -1)])
def test_square_matrices_go_by_their_name(name: str, way: int, tmp_path: Path) -> None:
    weights = [RNG.normal(size=(4, 4)) for _ in range(2)]
    tensors = {name.replace("{i}", str(k)): w for k, w in enumerate(weights)}
    found = import_network(stored(tmp_path, tensors), [name], activation="tanh")
    for w, given in zip(found.network.W, weights, strict=True):
        np.testing.assert_array_equal(w, given if way == 1 else given.T)


def test_square_matrices_without_a_name_that_says_it_are_asked_about(tmp_path: Path) -> None:
    tensors = {f"m{k}": RNG.normal(size=(4, 4)) for k in range(2)}
    path = stored(tmp_path, tensors)
    with pytest.raises(BadInput, match="say --layout post-pre"):
        import_network(path, ["m{i}"], ["none"], activation="tanh")
    found = import_network(path, ["m{i}"], ["none"], activation="tanh", layout="pre-post")
    np.testing.assert_array_equal(found.network.W[1], tensors["m1"].T)


def test_the_shapes_decide_against_the_name(tmp_path: Path) -> None:
    """A transposed matrix under PyTorch's name: its biases and neighbours say so."""
    tensors = {f"fc{k}.weight": np.ascontiguousarray(w.T) for k, w in enumerate(W)}
    found = import_network(stored(tmp_path, tensors), ["fc{i}.weight"], activation="tanh")
    np.testing.assert_array_equal(found.network.W[0], W[0])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_of_every_size_are_taken_exactly(dtype: str, tmp_path: Path) -> None:
    tensors = {name: array.astype(dtype) for name, array in torch_like().items()}
    found = import_network(stored(tmp_path, tensors), ["net.{i}.weight"], activation="tanh")
    np.testing.assert_array_equal(found.network.W[1], tensors["net.2.weight"].astype(np.float64))
    assert {layer.dtype for layer in found.layers} == {dtype}
    assert any("rounds every operation" in said for said in found.remarks) == (dtype != "float64")


def test_bfloat16(tmp_path: Path) -> None:
    upper = RNG.integers(0x3C00, 0x4000, size=(3, 4), dtype=np.uint16)  # 0.0078 ... 2
    header = json.dumps({"a.weight": {"dtype": "BF16", "shape": [3, 4], "data_offsets": [0, 24]}}).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + upper.tobytes())
    found = import_network(path, ["a.weight"])
    # sign, 8 bits of exponent, 7 bits of fraction
    exponent = (upper >> 7).astype(np.int64) - 127
    expected = (1.0 + (upper & 0x7F) / 128.0) * 2.0**exponent
    np.testing.assert_array_equal(found.network.W[0], expected)
    assert found.layers[0].dtype == "bfloat16"


# --- npz


def test_npz_of_scikit_learn(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {f"coefs_{k}": w.T for k, w in enumerate(W)}
    arrays |= {f"intercepts_{k}": b for k, b in enumerate(B)}
    np.savez(tmp_path / "mlp.npz", **arrays, activation="tanh", out_activation_="softmax")
    found = import_network(tmp_path / "mlp.npz")
    agrees(found)
    assert "softmax of the output is left out" in " ".join(found.remarks)


def test_npz_of_stacked_layers(tmp_path: Path) -> None:
    coefs = RNG.normal(size=(3, 4, 4))
    np.savez(tmp_path / "mlp.npz", coefs_=coefs, intercepts_=np.ones((3, 4)))
    found = import_network(tmp_path / "mlp.npz", activation="logistic")
    assert found.network.activation == "sigmoid"
    np.testing.assert_array_equal(found.network.W[2], coefs[2].T)
    np.testing.assert_array_equal(found.network.b[1], np.ones(4))


def test_npz_of_own_names_and_of_any(tmp_path: Path) -> None:
    own: dict[str, Any] = {f"W{k}": w for k, w in enumerate(W, 1)} | {f"b{k}": b for k, b in enumerate(B, 1)}
    np.savez(tmp_path / "own.npz", **own, activation="tanh")
    agrees(import_network(tmp_path / "own.npz"))
    np.savez(tmp_path / "any.npz", **torch_like())  # type: ignore[arg-type]
    agrees(import_network(tmp_path / "any.npz", ["net.{i}.weight"], activation="tanh"))


# --- figures of the weights


def test_the_report_tells_outliers(tmp_path: Path) -> None:
    weights = np.clip(RNG.normal(size=(100, 50)), -3.0, 3.0)
    weights[3, 4] = -24.0
    found = import_network(stored(tmp_path, {"a.weight": weights}), ["a.weight"])
    (layer,) = found.layers
    assert layer.largest == 24.0
    assert layer.outliers == 1
    assert layer.quantile == np.quantile(np.abs(weights), 0.999)
    assert layer.range_used == layer.quantile / 24.0 < 0.13
    flat = import_network(stored(tmp_path, {"a.weight": np.zeros((3, 2))}), ["a.weight"]).layers[0]
    assert (flat.largest, flat.range_used, flat.outliers) == (0.0, 1.0, 0)


# --- refusals


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no map": ({}, {"maps": ()}, "which tensors are the layers? Give --map, such as 'net.{i}.weight'"),
    "no match": ({}, {"maps": ["fc{i}.weight"]}, "matches nothing; it holds net.0.bias"),
    "no match, and no usual word": ({}, {"maps": ["fc{i}.w"]}, "matches nothing; it holds net.0.bias"),
    "no such name": ({}, {"maps": ["head.weight"]}, "there is no such tensor; it holds net.0.bias"),
    "two places": ({}, {"maps": ["net.{i}.{i}.weight"]}, "has more than one {i}"),
    "twice": ({}, {"maps": ["net.{i}.weight", "net.0.weight"]}, "net.0.weight is matched twice"),
    "a number twice": ({"net.00.weight": W[0]}, {}, "net.0.weight and net.00.weight have the same number"),
    "a bias that is not there": ({}, {"bias_maps": ["net.{i}.beta"]}, "there is no net.0.beta"),
    "biases of one map": ({}, {"bias_maps": ["a", "b"]}, "2 --bias-map for 1 --map"),
    "no activation": ({}, {"activation": None}, "which activation its hidden layers have: give --activation"),
    "an activation": ({}, {"activation": "gelu"}, "hidden layer 1 has the activation 'gelu', use one of"),
    "an output": ({}, {"output": "relu"}, "the output has the activation 'relu'"),
    "a layout": ({}, {"layout": "pre-post"}, "layout pre-post: net.0.weight has 6 outputs and 5 biases"),
    "another layout": ({}, {"layout": "up"}, "unknown layout 'up'"),
    "no layout": (
        {"net.2.weight": RNG.normal(size=(4, 7))},
        {},
        "neither layout fits: as [post, pre] net.2.weight has 7 inputs after 5 outputs of net.0.weight",
    ),
    "a convolution": ({"net.0.weight": np.ones((4, 1, 3, 3))}, {}, "net.0.weight has shape [4, 1, 3, 3]"),
    "whole numbers": (
        {"net.0.weight": np.ones((5, 6), np.int8)},
        {},
        "net.0.weight holds I8, expected floats",
    ),
    "nan": ({"net.2.bias": np.array([0.0, np.nan, 0.0, 0.0])}, {}, "net.2.bias[1] is nan"),
    "no weights": ({"net.0.weight": np.ones((0, 6))}, {}, "net.0.weight has shape [0, 6]"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str, tmp_path: Path) -> None:
    changes, options, words = REFUSED[what]
    path = stored(tmp_path, torch_like() | changes)
    with pytest.raises(BadInput) as caught:
        import_network(path, **{"maps": ["net.{i}.weight"], "activation": "tanh", **options})
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


def test_two_layers_of_the_same_number_name_their_place(tmp_path: Path) -> None:
    """What the suggestion is made of: the first matrix with a number in its name."""
    path = stored(tmp_path, {"bn": np.ones(3), "fc1.weight": W[0], "fc2.weight": W[1]})
    with pytest.raises(BadInput, match=r"such as 'fc\{i\}\.weight'"):
        import_network(path)


def raw(folder: Path, header: bytes, data: bytes = b"", announced: int | None = None) -> Path:
    path = folder / "m.safetensors"
    path.write_bytes(struct.pack("<Q", len(header) if announced is None else announced) + header + data)
    return path


def one(dtype: object, shape: object, offsets: object) -> bytes:
    return json.dumps({"a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}).encode()


@pytest.mark.parametrize(
    ("header", "data", "announced", "words"),
    [
        (b"", b"", 2**63, "announces a header of 9223372036854775808 bytes in 8"),
        (b"{}", b"", 3, "announces a header of 3 bytes"),
        (b"[1]", b"", None, "its header is no table"),
        (b"{" * 100_000, b"", None, "its header is not JSON"),
        (b'{"a":' * 100_000, b"", None, "its header is not JSON"),
        (b'{"a": 1}', b"", None, "tensor a has no entry"),
        (one("F32", [2], [0, 8]), b"1234", None, "tensor a ends beyond the file"),
        (one("F32", [2], [8, 0]), bytes(8), None, "tensor a ends beyond the file"),
        (one("F32", [3], [0, 8]), bytes(8), None, "F32 [3] does not fill its 8 bytes"),
        (one("F32", [2**40, 2**40], [0, 8]), bytes(8), None, "does not fill its 8 bytes"),
        (one("F32", [-1, -2], [0, 8]), bytes(8), None, "expected dtype, shape and two data_offsets"),
        (one("F32", [True], [0, 4]), bytes(4), None, "expected dtype, shape and two data_offsets"),
        (one(3, [1], [0, 4]), bytes(4), None, "expected dtype, shape and two data_offsets"),
        (one("F32", [1] * 99, [0, 4]), bytes(4), None, "expected dtype, shape and two data_offsets"),
        (one("F8_E4M3", [2, 2], [0, 4]), bytes(4), None, "a holds F8_E4M3, expected floats"),
    ],
)
def test_damaged_safetensors(
    header: bytes, data: bytes, announced: int | None, words: str, tmp_path: Path
) -> None:
    path = raw(tmp_path, header, data, announced)
    with pytest.raises(BadInput) as caught:
        import_network(path, ["a"], ["none"])
    assert words in str(caught.value)


def test_what_would_not_fit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A sparse file: as long as it says, and nothing of it is on the disk."""
    side = 2**14
    path = raw(tmp_path, one("F32", [side, side], [0, 4 * side * side]))
    os.truncate(path, path.stat().st_size + 4 * side * side)
    with pytest.raises(BadInput, match=f"would take {8 * side * side} bytes, at most {MOST_BYTES}"):
        import_network(path, ["a"], ["none"])


def test_a_header_without_end(tmp_path: Path) -> None:
    path = raw(tmp_path, b"{}", announced=2**30)
    os.truncate(path, 2**31)
    with pytest.raises(BadInput, match=f"has a header of {2**30} bytes"):
        import_network(path, ["a"])


@pytest.mark.parametrize("name", ["m.safetensors", "m.npz", "m.onnx"])
def test_what_is_no_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        import_network(tmp_path / name)
    (tmp_path / name).mkdir()
    with pytest.raises(BadInput, match="is a folder"):
        import_network(tmp_path / name)
    (tmp_path / name).rmdir()
    os.mkfifo(tmp_path / name)  # reading it would never end
    with pytest.raises(BadInput, match="is no regular file"):
        import_network(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("m.pt", "safetensors.torch.save_file(model.state_dict()"),
        ("m.PTH", "safetensors.torch.save_file"),
        ("m.pkl", "analog_pc.importers.from_sklearn(mlp).save('net.npz')"),
        ("m.joblib", "analog_pc.importers.from_sklearn"),
        ("m.keras", "numpy.savez('model.npz', kernel0="),
        ("m.txt", "is none of .safetensors, .npz and .onnx"),
        ("m", "is none of .safetensors, .npz and .onnx"),
    ],
)
def test_other_files_are_named_with_their_export_and_never_opened(
    name: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as caught:  # there is no such file
        import_network(tmp_path / name)
    assert words in str(caught.value)
