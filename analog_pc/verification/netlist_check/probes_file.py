"""``probes.json``: meaning, expected voltage and tolerance of the nodes of a netlist.

The file is one JSON object; `probes.schema.json` beside this module is its JSON Schema, made from the classes
below.  Every number is in SI units.  Lists called `layers` run over layers 0 (input) ... L.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from analog_pc.activations import ACTIVATIONS
from analog_pc.errors import BadInput
from analog_pc.files import read_bytes

SCHEMA: Literal["analog-pc probes"] = "analog-pc probes"
VERSION: Literal[1] = 1
_GARBLED = (msgspec.MsgspecError, RecursionError)
MOST_BYTES = 512 * 2**20  # 784-128-10 takes 9 MB

Quantity = Literal["x", "mu", "eps", "rate", "anti", "back", "anti_eps"]
CHECKED: tuple[Quantity, ...] = ("x", "mu", "eps")
Matrix = tuple[tuple[float, ...], ...]


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One node.

    Attributes
    ----------
    node
        Its name in ngspice.
    quantity
        ``x`` activity, ``mu`` prediction, ``eps`` prediction error; and signals that only help to find the
        source of a deviation: ``rate`` f(x), ``anti`` -f(x), ``back`` W^T eps of the layer above,
        ``anti_eps`` -eps.
    layer, index
        Which layer, and which of its nodes.
    volts
        Expected, V, one for each sample of the netlist.
    tolerance
        Largest \\|measured - expected\\| that passes, V; None: not checked.
    """

    node: str
    quantity: Quantity
    layer: int
    index: int
    volts: tuple[float, ...]
    tolerance: float | None


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """Where volts and tolerances come from.

    Attributes
    ----------
    source
        ``ideal reference`` (the mathematics, for ideal parts) or the simulator of the same circuit.
    tolerance
        How the tolerances were found, for a person.
    samples
        Points of the operating-point analysis, 1 for ``.op``.
    full_scale
        V, of each checked quantity by layer; tolerances in per cent refer to it.
    """

    source: str
    tolerance: str
    samples: int
    full_scale: dict[str, tuple[float, ...]]


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """The local equations of a layer, in volts; see `equations`.

    Attributes
    ----------
    activation
        Name of f.
    kink_volts
        V by which x is off a kink of f where it rests on that kink: the drive of its rectifier over the gain;
        0 where f is smooth.
    volts_per_unit, rate_volts_per_unit
        V of an activity of 1, and of a rate f(x) of 1.
    precision
        1 / Sigma; 0 for the input, which nothing predicts.
    clamped
        Which activities a source holds.
    gate
        V of x - mu that 1 V of feedback holds where f' = 1; 0 where no feedback reaches the activities.
    forward_plus, forward_minus
        [post][pre] R_f G of the forward crossbar, without the bias; empty for the input.
    transposed_plus, transposed_minus
        [own][above] R_f G of the crossbar that feeds eps of the layer above back; empty where there is none.
    leftovers
        By quantity: the fraction of its inputs' deviations that these equations leave on real parts (see
        `leftovers`); none for ideal parts, where they are exact.
    """

    activation: str
    kink_volts: float
    volts_per_unit: float
    rate_volts_per_unit: float
    precision: float
    clamped: tuple[bool, ...]
    gate: float
    forward_plus: Matrix
    forward_minus: Matrix
    transposed_plus: Matrix
    transposed_minus: Matrix
    leftovers: dict[Quantity, float] = {}


class NetworkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which network: its layers, and the SHA-256 of its NET.npz (of the file that `save_network` would write,
    where it was trained in the same run)."""

    sizes: tuple[int, ...]
    activation: str
    sha256: str


class Probes(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file.

    Attributes
    ----------
    schema, schema_version
        `SCHEMA` and `VERSION`; another version is refused.
    package
        ``analog-pc 0.1.0``, which wrote it.
    netlist_sha256
        Of network.cir as it was written: whether a netlist has been edited.
    volts_per_unit, seconds_per_unit
        V of an activity of 1 by layer, s of a unit of time C / g_s.
    activities, predictions, eps
        Node names by layer; the input has no prediction and no eps.
    reference
        None where none was found: then nothing can be checked.
    """

    schema: Literal["analog-pc probes"]
    schema_version: Literal[1]
    package: str
    technology: str
    network: NetworkFacts
    netlist_sha256: str
    volts_per_unit: tuple[float, ...]
    seconds_per_unit: float
    activities: tuple[tuple[str, ...], ...]
    predictions: tuple[tuple[str, ...], ...]
    eps: tuple[tuple[str, ...], ...]
    reference: Reference | None
    nodes: tuple[Probe, ...]
    layers: tuple[Layer, ...]


def sha256(content: bytes | memoryview) -> str:
    """Hexadecimal digest."""
    return hashlib.sha256(content).hexdigest()


def to_json(probes: Probes) -> str:
    """The text of the file: one line for each node and each layer."""
    fields = msgspec.to_builtins(probes)
    lines = [f" {json.dumps(name)}: {_value(value)}" for name, value in fields.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"  {json.dumps(item)}" for item in value) + "\n ]"
    return json.dumps(value)


def read_probes(path: Path) -> Probes:
    """The content of a file, checked.

    Raises
    ------
    BadInput
        For a file that cannot be read, is no JSON of this schema, has another version, or contradicts itself.
    """
    try:
        content = read_bytes(path, MOST_BYTES).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise BadInput(f"{path}: no probes file: not UTF-8: {fault.reason} at byte {fault.start}") from None
    try:
        version = msgspec.json.decode(content, type=_Version)
    except _GARBLED as fault:
        raise BadInput(
            f"{path}: no probes file: {fault}; 'analog-pc netlist' and 'analog-pc verify' write one"
        ) from None
    if version.schema != SCHEMA or version.schema_version != VERSION:
        raise BadInput(
            f"{path}: schema {version.schema!r} version {version.schema_version}, expected {SCHEMA!r} "
            f"version {VERSION}; write it again with 'analog-pc netlist'"
        )
    try:
        probes = msgspec.json.decode(content, type=Probes)
    except _GARBLED as fault:
        raise BadInput(f"{path}: {fault}") from None
    contradiction = next(_contradictions(probes), None)
    if contradiction is not None:
        raise BadInput(f"{path}: {contradiction}")
    return probes


class _Version(msgspec.Struct):
    """The head of the file, checked before the rest is decoded."""

    schema: str
    schema_version: int


def _contradictions(probes: Probes) -> Iterator[str]:
    """Contradictions in a file whose types are right."""
    sizes = probes.network.sizes
    if len(probes.layers) != len(sizes):
        yield f"{len(probes.layers)} layers for a network of {len(sizes)}"
        return
    for number, layer in enumerate(probes.layers):
        yield from _layer_contradictions(number, layer, sizes)
    samples = 0
    if probes.reference is not None:
        samples = probes.reference.samples
        for quantity in CHECKED:
            found = probes.reference.full_scale.get(quantity, ())
            if len(found) != len(sizes):
                yield f"full_scale of {quantity}: {len(found)} values for {len(sizes)} layers"
    seen: set[str] = set()
    places: set[tuple[str, int, int]] = set()
    for probe in probes.nodes:
        if probe.node in seen:
            yield f"node {probe.node!r} appears twice"
        if (probe.quantity, probe.layer, probe.index) in places:
            yield f"two nodes are {probe.quantity} {probe.index} of layer {probe.layer}"
        seen.add(probe.node)
        places.add((probe.quantity, probe.layer, probe.index))
        if not (0 <= probe.layer < len(sizes) and 0 <= probe.index < sizes[probe.layer]):
            yield f"node {probe.node!r}: layer {probe.layer}, index {probe.index} is not in the network"
        if len(probe.volts) not in (0, samples):
            yield f"node {probe.node!r}: {len(probe.volts)} volts for {samples} samples"
        if probe.tolerance is not None and not (math.isfinite(probe.tolerance) and probe.tolerance >= 0.0):
            yield f"node {probe.node!r}: tolerance {probe.tolerance!r} V, must be finite and >= 0"
    if not any(probe.quantity in CHECKED for probe in probes.nodes):
        yield "it names no activity, prediction or eps"


def _layer_contradictions(number: int, layer: Layer, sizes: tuple[int, ...]) -> Iterator[str]:
    if layer.activation not in ACTIVATIONS:
        yield f"layer {number}: unknown activation {layer.activation!r}"
    if len(layer.clamped) != sizes[number]:
        yield f"layer {number}: {len(layer.clamped)} values of clamped for {sizes[number]} activities"
    for name in ("volts_per_unit", "rate_volts_per_unit"):
        if getattr(layer, name) <= 0.0:
            yield f"layer {number}: {name} = {getattr(layer, name)!r}, must be > 0"
    if number and layer.precision <= 0.0:
        yield f"layer {number}: precision = {layer.precision!r}, must be > 0"
    for quantity, fraction in layer.leftovers.items():
        if not (math.isfinite(fraction) and fraction >= 0.0):
            yield f"layer {number}: leftover of {quantity} = {fraction!r}, must be finite and >= 0"
    below = sizes[number - 1] if number else 0
    above = sizes[number + 1] if number + 1 < len(sizes) else 0
    for name, width in (
        ("forward_plus", below),
        ("forward_minus", below),
        ("transposed_plus", above),
        ("transposed_minus", above),
    ):
        matrix = getattr(layer, name)
        if matrix and {len(row) for row in matrix} | {-len(matrix)} != {width, -sizes[number]}:
            yield f"layer {number}: {name} is not [{sizes[number]}][{width}]"
