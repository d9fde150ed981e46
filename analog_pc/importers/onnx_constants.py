"""An ONNX file and its constants: initializers, Constant nodes, and what is computed from them alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from analog_pc.errors import BadInput, one_line
from analog_pc.files import regular_file

MOST_BYTES = 2**30  # of a graph, and of a tensor beside it; protobuf itself ends at 2 GiB
MOST_NODES = 10_000
_FLOAT = 1  # of AttributeProto.AttributeType
_INT = 2
# Numbers of TensorProto.DataType that are read.
_BFLOAT16 = 16
_TYPES = {1: "float32", 7: "int64", 9: "bool", 10: "float16", 11: "float64", _BFLOAT16: "bfloat16"}
_DAMAGED = (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError, RuntimeError)


def library() -> ModuleType:
    """The onnx package."""
    try:
        import onnx
        import onnx.numpy_helper
    except ImportError:
        raise BadInput("reading ONNX needs: pip install 'analog-pc[onnx]'") from None
    return onnx


def parsed(path: Path) -> Any:
    """The graph of an ONNX file; tensors in other files are not read yet."""
    onnx = library()
    with regular_file(path, "an ONNX file") as (stream, size):
        if size > MOST_BYTES:
            raise BadInput(f"is larger than {MOST_BYTES} bytes")
        content = stream.read(MOST_BYTES)
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except Exception as fault:  # protobuf's DecodeError; its package has had several names
        raise BadInput(f"damaged or not ONNX: {fault}") from None
    if len(model.graph.node) > MOST_NODES:
        raise BadInput(f"has {len(model.graph.node)} nodes, at most {MOST_NODES} are read")
    if not model.graph.node:
        raise BadInput("damaged or not ONNX: it holds no graph")
    if not all(isinstance(text, str) for text in _texts(model.graph)):
        raise BadInput("damaged or not ONNX: a name in it is no UTF-8")
    return model.graph


def _texts(graph: Any) -> Iterator[object]:
    """All names of a graph that are looked at; protobuf gives what is no UTF-8 as bytes."""
    for value in (*graph.input, *graph.output):
        yield value.name
    for tensor in graph.initializer:
        yield tensor.name
        for entry in tensor.external_data:
            yield from (entry.key, entry.value)
    for node in graph.node:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)


def place(node: Any) -> str:
    """The name of a node in a message."""
    name = node.name or (node.output[0] if node.output else "")
    return f"node {one_line(name, 40)!r} ({one_line(node.op_type, 30)})"


def attributes(node: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers among a node's attributes, with the operator's own defaults."""
    found = dict(defaults)
    for attribute in node.attribute:
        if attribute.name not in found:
            continue
        real = isinstance(found[attribute.name], float)
        if attribute.type != (_FLOAT if real else _INT):
            raise BadInput(f"{place(node)}: its {attribute.name} is of another type than its operator's")
        found[attribute.name] = attribute.f if real else attribute.i
    return found


@dataclass(frozen=True)
class _Constant:
    """A tensor of the file, and whether a Transpose turns it."""

    tensor: Any
    transposed: bool


@dataclass(frozen=True, eq=False)
class Constants:
    """The constants of a graph by name; `folder` holds the files of tensors that are stored beside it."""

    found: Mapping[str, _Constant]
    folder: Path

    @staticmethod
    def of(graph: Any, folder: Path) -> Constants:
        """Initializers, Constant nodes, and an Identity or Transpose of them."""
        found = {tensor.name: _Constant(tensor, False) for tensor in graph.initializer}
        for node in graph.node:
            if len(node.output) != 1:
                continue
            if node.op_type == "Constant":
                values = [a.t for a in node.attribute if a.name == "value"]
                if values:
                    found[node.output[0]] = _Constant(values[0], False)
            elif len(node.input) == 1 and node.input[0] in found:
                source = found[node.input[0]]
                if node.op_type == "Identity":
                    found[node.output[0]] = source
                elif node.op_type == "Transpose" and _turns(node, source.tensor):
                    found[node.output[0]] = _Constant(source.tensor, not source.transposed)
        return Constants(found, folder)

    def __contains__(self, name: object) -> bool:
        return name in self.found

    def array(self, name: str, node: Any) -> np.ndarray:
        """A constant that a node takes, as numpy has it (bfloat16 as float32).

        Raises
        ------
        BadInput
            For a name that is no constant, and tensors that are damaged or of other types.
        """
        if name not in self.found:
            raise BadInput(f"{place(node)}: its input {one_line(name, 40)!r} is no constant of the file")
        constant = self.found[name]
        try:
            array = self._read(constant.tensor)
        except _DAMAGED as fault:
            raise BadInput(f"tensor {one_line(name, 60)} is damaged: {fault}") from None
        return array.T if constant.transposed else array

    def dtype(self, name: str) -> str:
        """The type of a constant in the model."""
        return str(_TYPES[self.found[name].tensor.data_type])

    def _read(self, tensor: Any) -> np.ndarray:
        if tensor.data_type not in _TYPES:
            kind = library().TensorProto.DataType.Name(tensor.data_type)
            raise ValueError(f"{kind} are no numbers of float16, bfloat16, float32, float64, int64 or bool")
        if min(tensor.dims, default=0) < 0:
            raise ValueError(f"dims {list(tensor.dims)}")
        if tensor.data_location == library().TensorProto.EXTERNAL:
            return self._beside(tensor)
        found = library().numpy_helper.to_array(tensor)
        return np.asarray(found, dtype=np.float32) if tensor.data_type == _BFLOAT16 else np.asarray(found)

    def _beside(self, tensor: Any) -> np.ndarray:
        """A tensor in a file beside the graph, of that folder alone."""
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        path = self.folder / location
        if not location or Path(location).name != location or path.is_symlink():
            raise BadInput(f"its data are in {location!r}, which is no file name of the same folder")
        stored = np.dtype("<u2" if tensor.data_type == _BFLOAT16 else _TYPES[tensor.data_type])
        size = math.prod(tensor.dims) * stored.itemsize
        start = int(entries.get("offset", "0"))
        with regular_file(path, "a file of tensors") as (stream, held):
            if start < 0 or size > MOST_BYTES or start + size > held:
                raise BadInput(f"{location}: holds {held} bytes, {size} from {start} on were announced")
            stream.seek(start)
            raw = np.frombuffer(stream.read(size), stored).reshape(tuple(tensor.dims))
        return (raw.astype(np.uint32) << 16).view(np.float32) if tensor.data_type == _BFLOAT16 else raw


def _turns(node: Any, tensor: Any) -> bool:
    """Whether a Transpose exchanges the axes of a matrix."""
    orders = [list(a.ints) for a in node.attribute if a.name == "perm"]
    return len(tensor.dims) == 2 and orders in ([], [[1, 0]])
