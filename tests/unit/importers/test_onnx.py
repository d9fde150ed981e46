"""ONNX graphs: the outputs of onnx's own reference evaluator, and the node that stops everything else."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from analog_pc import BadInput, relax
from analog_pc.importers import import_network

RNG = np.random.default_rng(1)
W1 = RNG.normal(size=(5, 6))
W2 = RNG.normal(size=(4, 5))
W3 = RNG.normal(size=(3, 4))
B1 = RNG.normal(size=5)
B2 = RNG.normal(size=4)
X = RNG.normal(size=(8, 6))

Node = Any


def saved(
    folder: Path,
    nodes: Sequence[Node],
    constants: dict[str, np.ndarray],
    shape: Sequence[object] = ("n", 6),
    dtype: int = TensorProto.DOUBLE,
) -> Path:
    """A graph from "x" to "y"."""
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", dtype, list(shape))],
        [helper.make_tensor_value_info("y", dtype, None)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def node(kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> Node:
    return helper.make_node(kind, list(inputs), [output], name=f"the_{output}", **attributes)


def outputs(path: Path, x: np.ndarray) -> np.ndarray:
    """What the model itself gives."""
    return np.asarray(ReferenceEvaluator(str(path)).run(None, {"x": x})[0])


def agrees(path: Path, x: np.ndarray = X, atol: float = 1e-12) -> None:
    found = import_network(path)
    rest = relax(found.network, x.reshape(len(x), -1).astype(np.float64))
    np.testing.assert_allclose(rest.output, outputs(path, x), rtol=0.0, atol=atol)


GEMM = (
    node("Gemm", ("x", "W1", "B1"), "a", transB=1, alpha=0.5, beta=2.0),
    node("Tanh", ("a",), "h"),
    node("Gemm", ("h", "W2T"), "y", alpha=-1.5),
)
GEMM_CONSTANTS = {"W1": W1, "B1": B1, "W2T": W2.T.copy()}


def test_gemm_with_alpha_beta_and_either_layout(tmp_path: Path) -> None:
    agrees(saved(tmp_path, GEMM, GEMM_CONSTANTS))


@pytest.mark.parametrize(
    ("kind", "ours", "attributes"),
    [
        ("Tanh", "tanh", {}),
        ("Sigmoid", "sigmoid", {}),
        ("Relu", "relu", {}),
        ("LeakyRelu", "leaky_relu", {}),
        ("HardSigmoid", "hard_sigmoid", {"alpha": 1.0 / 6.0, "beta": 0.5}),
    ],
)
def test_every_activation(kind: str, ours: str, attributes: dict[str, float], tmp_path: Path) -> None:
    nodes = (
        node("MatMul", ("x", "W1T"), "m"),
        node("Add", ("B1", "m"), "a"),
        node(kind, ("a",), "h", **attributes),
        node("MatMul", ("h", "W2T"), "y"),
    )
    path = saved(tmp_path, nodes, {"W1T": W1.T.copy(), "B1": B1, "W2T": W2.T.copy()})
    assert import_network(path).network.activation == ours
    # Attributes are float32: slopes are off by 2^-24 of themselves.
    agrees(path, atol=1e-12 if not ours.endswith(("_relu", "_sigmoid")) else 1e-6)


def test_what_changes_no_number_is_passed_by(tmp_path: Path) -> None:
    """Images in; a constant node, a transposed and a renamed constant, dropout, casts, a reshape."""
    nodes = (
        node("Flatten", ("x",), "flat"),
        node("Constant", (), "W1", value=numpy_helper.from_array(W1)),
        node("Transpose", ("W1",), "W1T", perm=[1, 0]),
        node("MatMul", ("flat", "W1T"), "m"),
        node("Add", ("m", "B1"), "a"),
        node("Identity", ("a",), "i"),
        node("Relu", ("i",), "h"),
        node("Dropout", ("h",), "d"),
        node("Cast", ("d",), "c", to=TensorProto.DOUBLE),
        node("Reshape", ("c", "shape"), "r"),
        node("Identity", ("W2",), "W2_again"),
        node("Gemm", ("r", "W2_again"), "y", transB=1),
    )
    constants = {"B1": B1.reshape(1, 5), "shape": np.array([-1, 5]), "W2": W2}
    agrees(saved(tmp_path, nodes, constants, ("n", 1, 2, 3)), X.reshape(8, 1, 2, 3))


def test_float32_within_its_rounding(tmp_path: Path) -> None:
    constants = {name: array.astype(np.float32) for name, array in GEMM_CONSTANTS.items()}
    path = saved(tmp_path, GEMM, constants, dtype=TensorProto.FLOAT)
    # n u sum|w h| per layer (n = 6 and 5 terms, u = 2^-24), alpha and the sum of the biases included.
    u = 2.0**-24
    largest = 9 * u * (0.5 * np.abs(X) @ np.abs(W1.T) + 2.0 * np.abs(B1)).max() + 4 * u
    bound = 1.5 * np.abs(W2).sum(axis=1).max() * (largest + 8 * u)
    agrees(path, X.astype(np.float32), atol=float(bound))
    found = import_network(path)
    assert found.layers[0].dtype == "float32"
    assert "rounds every operation" in " ".join(found.remarks)


def test_constants_of_half_size(tmp_path: Path) -> None:
    tensors = (
        helper.make_tensor("W1", TensorProto.BFLOAT16, W1.shape, W1.ravel()),
        helper.make_tensor("W1", TensorProto.FLOAT16, W1.shape, W1.ravel().astype(np.float16)),
    )
    for tensor, steps in zip(tensors, (2.0**-8, 2.0**-11), strict=True):
        path = saved(tmp_path, (node("Gemm", ("x", "W1"), "y", transB=1),), {})
        model = onnx.load(path)
        model.graph.initializer.append(tensor)
        path.write_bytes(model.SerializeToString())
        found = import_network(path).network.W[0]
        assert 0.0 < np.abs(found / W1 - 1.0).max() <= steps
        np.testing.assert_array_equal(found, numpy_helper.to_array(tensor).astype(np.float64))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("Softmax", "softmax of the output is left out"),
        ("LogSoftmax", "log-softmax"),
        ("Sigmoid", "a threshold of 0.5 becomes one of 0"),
        ("Tanh", "of the same order and signs"),
    ],
)
def test_an_output_activation_is_left_out_and_said(kind: str, words: str, tmp_path: Path) -> None:
    nodes = (*GEMM[:2], node("Gemm", ("h", "W2T"), "z"), node(kind, ("z",), "y"))
    path = saved(tmp_path, nodes, GEMM_CONSTANTS)
    found = import_network(path)
    assert words in " ".join(found.remarks)
    logits = relax(found.network, X).output
    np.testing.assert_array_equal(logits.argmax(axis=1), outputs(path, X).argmax(axis=1))


def test_weights_in_a_file_beside_the_graph(tmp_path: Path) -> None:
    path = saved(tmp_path, GEMM, GEMM_CONSTANTS)
    model = onnx.load(path)
    onnx.save_model(model, path, save_as_external_data=True, location="model.onnx.data", size_threshold=0)
    assert (tmp_path / "model.onnx.data").stat().st_size >= 8 * (30 + 5 + 20)
    found = import_network(path)
    np.testing.assert_array_equal(found.network.W[0], 0.5 * W1)
    agrees(path)


@pytest.mark.parametrize(
    ("location", "offset", "words"),
    [
        ("../secret", "0", "is no file name of the same folder"),
        ("/etc/passwd", "0", "is no file name of the same folder"),
        ("", "0", "is no file name of the same folder"),
        ("link", "0", "is no file name of the same folder"),
        ("gone", "0", "no such file"),
        ("short", "0", "holds 8 bytes, 240 from 0 on were announced"),
        ("short", "-8", "holds 8 bytes, 240 from -8 on"),
        ("short", "many", "tensor W1 is damaged"),
    ],
)
def test_other_files_that_are_not_read(location: str, offset: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(bytes(8))
    (tmp_path / "secret").write_bytes(bytes(1000))
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    path = saved(tmp_path, (node("Gemm", ("x", "W1"), "y", transB=1),), {"W1": W1})
    model = onnx.load(path)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", offset)):
        tensor.external_data.append(onnx.StringStringEntryProto(key=key, value=value))
    path.write_bytes(model.SerializeToString())
    refused(path, words)


def refused(path: Path, words: str, **options: Any) -> None:
    with pytest.raises(BadInput) as caught:
        import_network(path, **options)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value), str(caught.value)


G1 = node("Gemm", ("x", "W1"), "a", transB=1)
G2 = node("Gemm", ("h", "W2"), "y", transB=1)
STOPPED: dict[str, tuple[Sequence[Node], str]] = {
    "a convolution": (
        (node("Conv", ("x", "W1"), "a"), node("Tanh", ("a",), "h"), G2),
        "node 'the_a' (Conv) stops the import",
    ),
    "a foreign operator": (
        (helper.make_node("Gemm", ["x", "W1"], ["y"], name="own", domain="com.x"),),
        "node 'own' (Gemm) stops the import",
    ),
    "a mixture": (
        (
            G1,
            node("Tanh", ("a",), "h"),
            node("Gemm", ("h", "W2"), "b", transB=1),
            node("Relu", ("b",), "g"),
            node("Gemm", ("g", "W3"), "y", transB=1),
        ),
        "hidden layer 1 has the activation tanh, layer 2 has relu",
    ),
    "a layer without activation": (
        (
            G1,
            node("Tanh", ("a",), "h"),
            node("Gemm", ("h", "W2"), "b", transB=1),
            node("Gemm", ("b", "W3"), "y", transB=1),
        ),
        "hidden layer 1 has the activation tanh, layer 2 has identity",
    ),
    "two activations": (
        (G1, node("Tanh", ("a",), "t"), node("Relu", ("t",), "h"), G2),
        "(Relu) follows tanh",
    ),
    "an activation of the input": ((node("Tanh", ("x",), "h"), G2), "(Tanh) acts on the raw input"),
    "a softmax inside": ((G1, node("Softmax", ("a",), "h"), G2), "follows a softmax"),
    "a softmax over samples": ((G1, node("Softmax", ("a",), "y", axis=0)), "normalises over samples"),
    "another slope": (
        (G1, node("LeakyRelu", ("a",), "h", alpha=0.2), G2),
        "has alpha = 0.2, leaky_relu has 0.01",
    ),
    "ONNX' own hard sigmoid": (
        (G1, node("HardSigmoid", ("a",), "h"), G2),
        "alpha = 0.2, hard_sigmoid has 0.166667",
    ),
    "an output that is no logit": ((G1, node("Relu", ("a",), "y")), "the output has the activation 'relu'"),
    "a skip": (
        (G1, node("Tanh", ("a",), "h"), node("Add", ("h", "a"), "y")),
        "the value 'a' branches to node 'the_h' (Tanh) and node 'the_y' (Add)",
    ),
    "a sum after an activation": (
        (G1, node("Tanh", ("a",), "t"), node("Add", ("t", "B1"), "h"), G2),
        "node 'the_h' (Add) stops the import: it adds no constant biases to a MatMul",
    ),
    "a sum with itself": ((G1, node("Add", ("a", "a"), "y")), "node 'the_y' (Add) stops the import"),
    "weights from the left": ((node("MatMul", ("W1", "x"), "y"),), "expected activity times weights"),
    "weights that are computed": (
        (node("Tanh", ("W1",), "V"), node("Gemm", ("x", "V"), "y", transB=1)),
        "its input 'V' is no constant of the file",
    ),
    "transA": ((node("Gemm", ("x", "W1"), "y", transA=1, transB=1),), "transposes its input (transA)"),
    "an attribute of another type": (
        (node("Gemm", ("x", "W1"), "y", transB=1.0),),
        "its transB is of another type",
    ),
    "biases of a wrong size": (
        (node("Gemm", ("x", "W1", "B2"), "y", transB=1),),
        "B2 have shape [4], expected [5]",
    ),
    "layers that do not chain": (
        (node("Gemm", ("x", "W1"), "h", transB=1), node("Gemm", ("h", "W3"), "y", transB=1)),
        "W3 takes 4 inputs, but W1 before it has 5 outputs",
    ),
    "a reshape that mixes samples": (
        (node("Reshape", ("x", "three"), "f"), node("Gemm", ("f", "W1"), "y", transB=1)),
        "its shape [-1, 3] is not [samples, 6]",
    ),
    "flat from the first axis": ((node("Flatten", ("x",), "f", axis=0),), "axis 1 alone keeps samples apart"),
    "a cast to whole numbers": ((node("Cast", ("x",), "y", to=TensorProto.INT64),), "it makes no floats"),
    "dropout that trains": (
        (G1, node("Dropout", ("a", "", "yes"), "h"), G2),
        "is in training mode",
    ),
    "no dense layer": ((node("Identity", ("x",), "y"),), "holds no Gemm and no MatMul"),
    "an end": ((G1,), "the value 'a' ends before the output 'y'"),
    "a circle": ((node("Identity", ("x",), "a"), node("Identity", ("a",), "x")), "its nodes form a circle"),
    "weights of whole numbers": ((node("Gemm", ("x", "three"), "y"),), "three holds int64, expected floats"),
}


@pytest.mark.parametrize("what", STOPPED)
def test_the_node_that_stops_it_is_named(what: str, tmp_path: Path) -> None:
    nodes, words = STOPPED[what]
    constants = {
        "W1": W1,
        "W2": W2,
        "W3": W3,
        "B1": B1,
        "B2": B2,
        "three": np.array([-1, 3]),
        "yes": np.array(True),
    }
    refused(saved(tmp_path, nodes, constants), words)


def test_options_that_the_graph_contradicts(tmp_path: Path) -> None:
    path = saved(tmp_path, GEMM, GEMM_CONSTANTS)
    assert import_network(path, activation="tanh").network.activation == "tanh"
    refused(path, "--activation relu: the graph has tanh", activation="relu")
    refused(path, "--output-activation softmax: the graph has identity", output="softmax")
    refused(path, "--map, --bias-map and --layout do not apply", maps=["W{i}"])


def test_two_inputs_or_outputs(tmp_path: Path) -> None:
    path = saved(tmp_path, GEMM, GEMM_CONSTANTS)
    model = onnx.load(path)
    model.graph.input.append(helper.make_tensor_value_info("x2", TensorProto.DOUBLE, ["n", 6]))
    path.write_bytes(model.SerializeToString())
    refused(path, "has 2 inputs (x, x2), a chain has one")
    model.graph.input.pop()
    model.graph.output.pop()
    path.write_bytes(model.SerializeToString())
    refused(path, "has 0 outputs (none), a chain has one")


def test_weights_that_are_listed_as_inputs_are_none(tmp_path: Path) -> None:
    """As graphs before IR version 4 have them."""
    path = saved(tmp_path, GEMM, GEMM_CONSTANTS)
    model = onnx.load(path)
    model.graph.input.append(helper.make_tensor_value_info("W1", TensorProto.DOUBLE, [5, 6]))
    path.write_bytes(model.SerializeToString())
    assert import_network(path).network.sizes == (6, 5, 4)


@pytest.mark.parametrize("content", [b"", b"no protobuf", b"\x0a\xff\xff\xff\xff\x0f", bytes(1000)])
def test_damaged_files(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    refused(path, "damaged or not ONNX")


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, GEMM, GEMM_CONSTANTS)
    usual = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.split(".")[0] == "onnx":
            raise ImportError(name)
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    refused(path, "reading ONNX needs: pip install 'analog-pc[onnx]'")


def test_names_that_are_no_text(tmp_path: Path) -> None:
    path = saved(tmp_path, GEMM, GEMM_CONSTANTS)
    path.write_bytes(path.read_bytes().replace(b"Tanh", b"Tan\xff"))
    refused(path, "a name in it is no UTF-8")
