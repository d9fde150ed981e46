"""Files of named tensors, whose layers and activations the user names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from analog_pc.errors import BadInput
from analog_pc.importers.assemble import Imported, assemble
from analog_pc.importers.layers import DenseLayer, matrix, vector
from analog_pc.importers.layout import POST_PRE, PRE_POST, layout_of
from analog_pc.importers.names import held, layer_names

MOST_BYTES = 2**30  # of the tensors that are read: a network of 134 million weights in float64


@dataclass(frozen=True, eq=False, kw_only=True)
class TensorFile:
    """Tensors by name, read one at a time.

    Parameters
    ----------
    path
        The file.
    shapes
        Name -> shape of every tensor.
    dtypes
        Name -> type as the model has it ("bfloat16", say, which numpy reads as float32).
    read
        The tensor of that name.
    facts
        What else the file says: "map", "layout", "activation", "output".
    """

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, str]
    read: Callable[[str], np.ndarray]
    facts: Mapping[str, str] = field(default_factory=dict)


def import_tensors(
    file: TensorFile,
    maps: Sequence[str] = (),
    bias_maps: Sequence[str] = (),
    activation: str | None = None,
    output: str | None = None,
    layout: str | None = None,
) -> Imported:
    """The network that some tensors of a file make; see `analog_pc.importers.import_network`."""
    chosen = list(maps) or [file.facts[key] for key in ("map",) if key in file.facts]
    if not chosen:
        raise BadInput(f"which tensors are the layers? Give --map, such as {_suggestion(file.shapes)!r}")
    names = layer_names(chosen, bias_maps, file.shapes)
    _bound(file, names)
    stored = [
        (name, matrix(name, file.read(name)), None if bias is None else vector(bias, file.read(bias)))
        for name, bias in names
    ]
    found_layout = layout_of(stored, layout or file.facts.get("layout"))
    layers = [
        DenseLayer(
            name=name,
            weights=weights if found_layout == POST_PRE else np.ascontiguousarray(weights.T),
            bias=bias,
            dtype=file.dtypes[name],
        )
        for name, weights, bias in stored
    ]
    hidden = activation or file.facts.get("activation")
    if hidden is None and len(layers) > 1:
        raise BadInput("it does not say which activation its hidden layers have: give --activation")
    return assemble(
        layers,
        [hidden or "identity"] * (len(layers) - 1),
        output or file.facts.get("output", "identity"),
        [*_unused(file, names), *_transposed(found_layout)],
    )


def _bound(file: TensorFile, names: Sequence[tuple[str, str | None]]) -> None:
    """Refuses what does not fit into memory before any of it is read."""
    wanted = {name for pair in names for name in pair if name is not None}
    total = 8 * sum(int(np.prod(file.shapes[name], dtype=object)) for name in wanted)
    if total > MOST_BYTES:
        raise BadInput(f"its layers would take {total} bytes, at most {MOST_BYTES} are read")


def _unused(file: TensorFile, names: Sequence[tuple[str, str | None]]) -> tuple[str, ...]:
    used = {name for pair in names for name in pair}
    left = [name for name in file.shapes if name not in used]
    return (f"not used: {held(left).removeprefix('it holds ')}",) if left else ()


def _transposed(found_layout: str) -> tuple[str, ...]:
    return ("weights are stored as [pre, post], and were transposed",) if found_layout == PRE_POST else ()


def _suggestion(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """A pattern of the first matrix that has a number in its name."""
    for name in sorted(name for name, shape in shapes.items() if len(shape) == 2):
        for k, c in enumerate(name):
            if c.isdecimal() and c.isascii():
                end = next((j for j in range(k, len(name)) if not name[j].isdecimal()), len(name))
                return name[:k] + "{i}" + name[end:]
    return "fc{i}.weight"
