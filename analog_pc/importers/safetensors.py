"""safetensors: a JSON header with type, shape and place of every tensor, then nothing but numbers.

::

    | 8 bytes: n, little endian | n bytes: JSON | data |
    {"fc1.weight": {"dtype": "F32", "shape": [40, 64], "data_offsets": [0, 10240]}, ...}

The format is so small that its reader is shorter than the care for a dependency; and numpy has no bfloat16.
Format: https://github.com/huggingface/safetensors (README, "Format").
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from analog_pc.arrays import is_whole
from analog_pc.errors import BadInput, one_line
from analog_pc.files import regular_file
from analog_pc.importers.tensors import TensorFile

MOST_HEADER = 16 * 2**20  # bytes; the format allows 100 MB, a header of 10,000 tensors has 1 MB
_PREFIX = 8
_FLOATS = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_SIZES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2, "U16": 2,
    "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip


@dataclass(frozen=True)
class _Entry:
    """Type, shape, and the bytes from `start` to `stop` of the file."""

    kind: str
    shape: tuple[int, ...]
    start: int
    stop: int


def open_safetensors(path: Path) -> TensorFile:
    """The tensors of a safetensors file.

    Raises
    ------
    BadInput
        For a file that is missing, damaged or cut off; `read` refuses tensors that are no floats.
    """
    entries = _entries(path)

    def read(name: str) -> np.ndarray:
        return _read(path, name, entries[name])

    return TensorFile(
        path=path,
        shapes={name: entry.shape for name, entry in entries.items()},
        dtypes={name: _FLOATS.get(entry.kind, entry.kind) for name, entry in entries.items()},
        read=read,
    )


def _entries(path: Path) -> dict[str, _Entry]:
    with regular_file(path, "a safetensors file") as (stream, size):
        prefix = stream.read(_PREFIX)
        if len(prefix) < _PREFIX:
            raise BadInput("damaged or not safetensors: shorter than 8 bytes")
        (length,) = struct.unpack("<Q", prefix)
        if length > size - _PREFIX:
            raise BadInput(f"damaged or not safetensors: announces a header of {length} bytes in {size}")
        if length > MOST_HEADER:
            raise BadInput(f"has a header of {length} bytes, at most {MOST_HEADER} are read")
        raw = stream.read(length)
    table = _parsed(raw)
    start = _PREFIX + length
    return {name: _entry(name, value, start, size) for name, value in table.items() if name != "__metadata__"}


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        table = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise BadInput(f"damaged or not safetensors: its header is not JSON: {fault}") from None
    if not isinstance(table, dict):
        raise BadInput("damaged or not safetensors: its header is no table")
    return table


def _entry(name: str, value: object, start: int, size: int) -> _Entry:
    """One line of the header, against the size of the file."""
    if not isinstance(value, Mapping):
        raise BadInput(f"tensor {_short(name)} has no entry in the header")
    kind = value.get("dtype")
    shape = _whole_numbers(value.get("shape"))
    offsets = _whole_numbers(value.get("data_offsets"))
    if not isinstance(kind, str) or shape is None or offsets is None or len(offsets) != 2:
        raise BadInput(f"tensor {_short(name)}: expected dtype, shape and two data_offsets")
    entry = _Entry(kind, shape, start + offsets[0], start + offsets[1])
    if not entry.start <= entry.stop <= size:
        raise BadInput(f"tensor {_short(name)} ends beyond the file: cut off or damaged")
    if kind in _SIZES and entry.stop - entry.start != _SIZES[kind] * _product(shape):
        raise BadInput(
            f"tensor {_short(name)}: {kind} {list(shape)} does not fill its {entry.stop - entry.start} bytes"
        )
    return entry


def _whole_numbers(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list) or len(value) > 32 or not all(is_whole(n) and n >= 0 for n in value):
        return None
    return tuple(value)


def _product(shape: tuple[int, ...]) -> int:
    total = 1
    for n in shape:
        total *= n
    return total


def _read(path: Path, name: str, entry: _Entry) -> np.ndarray:
    if entry.kind not in _FLOATS:
        raise BadInput(f"{name} holds {_short(entry.kind)}, expected floats ({', '.join(_FLOATS)})")
    with regular_file(path, "a safetensors file") as (stream, _):
        stream.seek(entry.start)
        raw = stream.read(entry.stop - entry.start)
    if len(raw) != entry.stop - entry.start:
        raise BadInput(f"{name}: the file became shorter while it was read")
    if entry.kind == "BF16":  # the upper half of a float32
        return (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32).reshape(entry.shape)
    return np.frombuffer(raw, f"<f{_SIZES[entry.kind]}").reshape(entry.shape)


def _short(text: str) -> str:
    return one_line(text, 60)
