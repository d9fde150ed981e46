"""ONNX graphs that are a chain of dense layers and activations, from the input to the output.

``Gemm``: alpha x W' + beta C, W' = W or (transB) W^T; ``MatMul``: x W, and an ``Add`` after it.  Nodes that
only move numbers are passed: Identity, Dropout, Cast to floats, Flatten and Reshape to [samples, features].
Any other node, a branch or a joint stops the import and is named.  Operators: https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.importers.assemble import Imported, assemble, canonical
from analog_pc.importers.layers import DenseLayer, matrix, vector
from analog_pc.importers.onnx_constants import Constants, attributes, parsed, place

# Activations that are ours with these attributes (ONNX' own where a node has none), to float32.
_ACTIVATIONS: dict[str, tuple[str, dict[str, tuple[float, float]]]] = {
    "Tanh": ("tanh", {}),
    "Sigmoid": ("sigmoid", {}),
    "Relu": ("relu", {}),
    "LeakyRelu": ("leaky_relu", {"alpha": (0.01, 0.01)}),
    "HardSigmoid": ("hard_sigmoid", {"alpha": (0.2, 1.0 / 6.0), "beta": (0.5, 0.5)}),
    "Softmax": ("softmax", {}),
    "LogSoftmax": ("log_softmax", {}),
}
_FLOAT_TYPES = (1, 10, 11, 16)  # TensorProto: FLOAT, FLOAT16, DOUBLE, BFLOAT16


@dataclass
class _Chain:
    """What was passed so far: layers, the activation behind each one, whether an Add may still follow.

    `width` is the number of features of a sample; None where the graph leaves it open.
    """

    width: int | None

    layers: list[DenseLayer] = field(default_factory=list)
    activations: list[str | None] = field(default_factory=list)
    awaits_bias: bool = False


def import_onnx(path: Path, activation: str | None = None, output: str | None = None) -> Imported:
    """The network of an ONNX graph; activations that are given must be those of the graph.

    Raises
    ------
    BadInput
        For a missing onnx package, a damaged file, and the node that is no part of a chain.
    """
    graph = parsed(path)
    constants = Constants.of(graph, path.parent)
    chain = _walked(graph, constants)
    if not chain.layers:
        raise BadInput("holds no Gemm and no MatMul: there is no dense layer")
    hidden = [name or "identity" for name in chain.activations[:-1]]
    last = chain.activations[-1] or "identity"
    _same("--activation", activation, hidden[0] if hidden else None)
    _same("--output-activation", output, last)
    return assemble(chain.layers, hidden, last)


def _same(option: str, asked: str | None, found: str | None) -> None:
    if asked is not None and found is not None and canonical(asked) != found:
        raise BadInput(f"{option} {asked}: the graph has {found}")


def _walked(graph: Any, constants: Constants) -> _Chain:
    """From the one input along the nodes to the one output."""
    value = _single("input", [v.name for v in graph.input if v.name not in constants])
    end = _single("output", [v.name for v in graph.output])
    readers: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in dict.fromkeys(node.input):
            readers.setdefault(name, []).append(node)
    chain = _Chain(_declared_width(graph, value))
    for _ in range(len(graph.node) + 1):
        if value == end:
            return chain
        found = readers.get(value, [])
        if not found:
            raise BadInput(f"the value {value!r} ends before the output {end!r}")
        if len(found) > 1:
            raise BadInput(
                f"the value {value!r} branches to {place(found[0])} and {place(found[1])}: no chain"
            )
        value = _passed(found[0], value, constants, chain)
    raise BadInput("its nodes form a circle")


def _declared_width(graph: Any, name: str) -> int | None:
    """Features of a sample, by the shape [samples, ...] that the graph declares for its input."""
    (declared,) = (v for v in graph.input if v.name == name)
    dims = [dim.dim_value for dim in declared.type.tensor_type.shape.dim]
    return math.prod(dims[1:]) or None if len(dims) > 1 else None


def _single(what: str, names: list[str]) -> str:
    if len(names) != 1:
        shown = ", ".join(names[:4]) or "none"
        raise BadInput(f"has {len(names)} {what}s ({shown}), a chain has one")
    return names[0]


def _passed(node: Any, value: str, constants: Constants, chain: _Chain) -> str:
    """Take one node into the chain; the name of its output."""
    kind = node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
    if len(node.output) > 1 and kind != "Dropout":
        raise BadInput(f"{place(node)} has {len(node.output)} outputs, a chain has one")
    if kind == "Gemm":
        _dense(chain, node, *_gemm(node, value, constants))
    elif kind == "MatMul":
        _dense(chain, node, *_matmul(node, value, constants))
        chain.awaits_bias = True
    elif kind == "Add":
        _add(node, value, constants, chain)
    elif kind not in _ACTIVATIONS and kind not in _PASSED_BY:
        raise BadInput(f"{place(node)} stops the import: it is no dense layer and no known activation")
    elif node.input[0] != value:
        raise BadInput(f"{place(node)} stops the import: the activity is not its first input")
    elif kind in _ACTIVATIONS:
        _activate(node, kind, chain)
    else:
        _PASSED_BY[kind](node, constants, chain.width)
    if not node.output or not node.output[0]:
        raise BadInput(f"{place(node)} has no output")
    return str(node.output[0])


# --- dense layers

_Dense = tuple[str, Floats, Floats | None, str]  # name, weights [post, pre], bias, dtype


def _dense(chain: _Chain, node: Any, name: str, weights: Floats, bias: Floats | None, dtype: str) -> None:
    if chain.activations and chain.activations[-1] in ("softmax", "log_softmax"):
        raise BadInput(f"{place(node)} follows a {chain.activations[-1]}, which only an output can have")
    chain.layers.append(DenseLayer(name=name, weights=weights, bias=bias, dtype=dtype))
    chain.activations.append(None)
    chain.awaits_bias = False
    chain.width = len(weights)


def _gemm(node: Any, value: str, constants: Constants) -> _Dense:
    values = attributes(node, {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0})
    if values["transA"]:
        raise BadInput(f"{place(node)} transposes its input (transA), samples would become features")
    if not 2 <= len(node.input) <= 3 or node.input[0] != value or value in list(node.input)[1:]:
        raise BadInput(f"{place(node)}: expected the inputs activity, weights and optionally biases")
    name = node.input[1]
    raw = constants.array(name, node)
    stored = values["alpha"] * matrix(name, raw)
    weights = stored if values["transB"] else np.ascontiguousarray(stored.T)
    bias = None
    if len(node.input) == 3 and node.input[2]:
        bias = values["beta"] * _spread(node, node.input[2], constants, len(weights))
    return name, weights, bias, constants.dtype(name)


def _matmul(node: Any, value: str, constants: Constants) -> _Dense:
    if len(node.input) != 2 or node.input[0] != value or node.input[1] == value:
        raise BadInput(f"{place(node)}: expected activity times weights, in this order")
    name = node.input[1]
    raw = constants.array(name, node)
    return name, np.ascontiguousarray(matrix(name, raw).T), None, constants.dtype(name)


def _add(node: Any, value: str, constants: Constants, chain: _Chain) -> None:
    """The biases of a MatMul before it."""
    others = [name for name in node.input if name != value]
    if not chain.awaits_bias or len(others) != 1 or others[0] not in constants:
        raise BadInput(f"{place(node)} stops the import: it adds no constant biases to a MatMul")
    layer = chain.layers[-1]
    bias = _spread(node, others[0], constants, len(layer.weights))
    chain.layers[-1] = DenseLayer(name=layer.name, weights=layer.weights, bias=bias, dtype=layer.dtype)
    chain.awaits_bias = False


def _spread(node: Any, name: str, constants: Constants, size: int) -> Floats:
    """Biases [size] of a constant that spreads over samples: [], [1], [size] or [1, size]."""
    raw = constants.array(name, node)
    found = vector(name, raw.reshape(1) if raw.ndim == 0 else raw)
    if raw.ndim > 2 or (raw.ndim == 2 and raw.shape[0] != 1) or len(found) not in (1, size):
        raise BadInput(f"{place(node)}: biases {name} have shape {list(raw.shape)}, expected [{size}]")
    return np.full(size, found[0]) if len(found) == 1 else found


# --- activations


def _activate(node: Any, kind: str, chain: _Chain) -> None:
    name, bounds = _ACTIVATIONS[kind]
    if not chain.layers:
        raise BadInput(f"{place(node)} acts on the raw input, before the first dense layer")
    if chain.activations[-1] is not None:
        raise BadInput(f"{place(node)} follows {chain.activations[-1]} without a dense layer between")
    values = attributes(node, {key: default for key, (default, _) in bounds.items()})
    for key, (_, ours) in bounds.items():
        if np.float32(values[key]) != np.float32(ours):
            raise BadInput(f"{place(node)} has {key} = {values[key]:.6g}, {name} has {ours:.6g}")
    if kind in ("Softmax", "LogSoftmax") and attributes(node, {"axis": -1})["axis"] not in (-1, 1):
        raise BadInput(f"{place(node)} normalises over samples, not over outputs")
    chain.activations[-1] = name
    chain.awaits_bias = False


# --- nodes that change no number


def _identity(node: Any, constants: Constants, width: int | None) -> None:
    pass


def _dropout(node: Any, constants: Constants, width: int | None) -> None:
    if len(node.input) > 2 and node.input[2] and bool(np.any(constants.array(node.input[2], node))):
        raise BadInput(f"{place(node)} is in training mode: export the model in evaluation mode")


def _cast(node: Any, constants: Constants, width: int | None) -> None:
    if attributes(node, {"to": 0})["to"] not in _FLOAT_TYPES:
        raise BadInput(f"{place(node)} stops the import: it makes no floats")


def _flatten(node: Any, constants: Constants, width: int | None) -> None:
    if attributes(node, {"axis": 1})["axis"] != 1:
        raise BadInput(f"{place(node)} stops the import: axis 1 alone keeps samples apart")


def _reshape(node: Any, constants: Constants, width: int | None) -> None:
    """To [samples, features]: one of both may be left open (-1), and none may mix samples."""
    shape = constants.array(node.input[1], node).tolist() if len(node.input) == 2 else None
    apart = shape in ([0, -1], [1, -1]) or (shape is not None and shape in ([k, width] for k in (-1, 0, 1)))
    if not apart:
        raise BadInput(
            f"{place(node)} stops the import: its shape {shape} is not [samples, {width or 'features'}]"
        )


_PASSED_BY = {
    "Identity": _identity, "Dropout": _dropout, "Cast": _cast, "Flatten": _flatten, "Reshape": _reshape,
}  # fmt: skip
