"""Weights that stick out: what clipping them, or more devices in a cell, gives and costs.

A column's largest weight takes the whole range of its devices, so that an outlier leaves little of it to the
other weights of its column.  Beside a feedback resistor for each column, which every circuit has, there are
two remedies: the network itself is clipped (`clip_network`), or each weight has several devices in parallel
(`devices_per_weight` of a technology).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiler import program_arrays
from analog_pc.cost import process_of
from analog_pc.evaluation.bench import Bench, Tick
from analog_pc.evaluation.limits import CHIPS
from analog_pc.importers.layers import count_kept_outliers, count_outliers
from analog_pc.mapping import ConductancePair, clip_network
from analog_pc.nonideality.accuracy import Accuracy
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork
from analog_pc.technology import Source, Technology

QUANTILES = (0.999, 0.99)  # at which weights are clipped
DEVICES = (2, 4)  # times those of the technology
AS_MAPPED = "as mapped"


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """One way to treat weights that stick out.

    Parameters
    ----------
    name
        What was changed.
    ideal
        Accuracy of the ideal network, clipped where the remedy clips.
    accuracy
        Of its chips, all non-idealities on.
    lost
        Accuracy lost against the ideal network as it was given.
    devices, area
        Of all arrays, forward and transposed; m^2 of their cells.
    power
        W that the arrays take with the inputs clamped, mean over the samples; ideal wires.
    """

    name: str
    ideal: float
    accuracy: Accuracy
    lost: float
    devices: int
    area: float
    power: float


def outliers(bench: Bench) -> int:
    """Weights beyond 6 root mean squares of their layer, in all layers."""
    return sum(count_outliers(w) for w in bench.network.W)


def count_remedies(bench: Bench) -> int:
    """How many chips `try_remedies` measures."""
    if not outliers(bench):
        return 0
    return (1 + len(_clipped(bench)) + len(DEVICES)) * chips_tried(bench)


def chips_tried(bench: Bench) -> int:
    """How many chips each remedy is measured on."""
    return len(bench.seeds_of(bench.technology)[:CHIPS])


def try_remedies(bench: Bench, tick: Tick) -> Iterator[Remedy]:
    """The network as it is mapped, clipped, and on more devices; nothing where no weight sticks out."""
    if not outliers(bench):
        return
    yield _measured(bench, AS_MAPPED, bench, tick)
    for name, network in _clipped(bench).items():
        yield _measured(bench, name, replace(bench, network=network), tick)
    for times in DEVICES:
        technology = with_devices(bench.technology, times * bench.technology.devices_per_weight)
        name = f"{technology.devices_per_weight} devices a cell"
        yield _measured(bench, name, replace(bench, technology=technology), tick)


def _clipped(bench: Bench) -> dict[str, PredictiveCodingNetwork]:
    """Name -> network, clipped at each quantile; none where clipping leaves every outlier as it is."""
    found: dict[str, PredictiveCodingNetwork] = {}
    count = outliers(bench)
    for quantile in QUANTILES:
        network, _ = clip_network(bench.network, quantile)
        kept = sum(count_kept_outliers(*pair) for pair in zip(bench.network.W, network.W, strict=True))
        if kept < count:
            untouched = f" ({kept} of {count} kept)" if kept else ""
            found[f"clipped at {100.0 * quantile:g} %{untouched}"] = network
    return found


def with_devices(technology: Technology, count: int) -> Technology:
    """The technology with so many devices in each cell, beside each other along the word line.

    The piece of word line of a cell is longer in proportion.
    """
    longer = count / technology.devices_per_weight
    values: dict[str, Any] = {
        "word_line_resistance": longer * technology.word_line_resistance,
        "word_line_capacitance": longer * technology.word_line_capacitance,
    }
    said = Source(f"{technology.name}, {longer:g} times the devices along the word line", False)
    sources = dict(technology.sources) | dict.fromkeys([*values, "devices_per_weight"], said)
    return replace(technology, devices_per_weight=count, sources=sources, **values)


def _measured(unchanged: Bench, name: str, bench: Bench, tick: Tick) -> Remedy:
    chips = []
    power = 0.0
    for seed in bench.seeds_of(bench.technology)[:CHIPS]:
        tick(f"{name}, chip {seed}")
        equilibrium = bench.equilibrium(bench.technology, seed)
        chips.append(bench.count(equilibrium, seed))
        power += _array_power(bench, equilibrium)
    accuracy = Accuracy(tuple(chips))
    pairs = _pairs(bench)
    devices = bench.technology.devices_per_weight * sum(2 * pair.plus.size for pair in pairs)
    return Remedy(
        name=name,
        ideal=bench.ideal_accuracy,
        accuracy=accuracy,
        lost=unchanged.ideal_accuracy - accuracy.lowest,
        devices=devices,
        area=devices * process_of(bench.technology).value("cell_area"),
        power=power / len(chips),
    )


def _pairs(bench: Bench) -> list[ConductancePair]:
    """Forward arrays of layers 1 ... L, then the transposed ones of layers 2 ... L, of the first chip."""
    arrays = program_arrays(bench.network, bench.technology, bench.seeds[0], input_free=False)
    return [*arrays.forward, *arrays.transposed[1:]]


def _array_power(bench: Bench, equilibrium: Equilibrium) -> float:
    """Sum of G V^2 over all devices in W, mean over samples: ideal wires, bit lines at 0 V."""
    network = bench.network
    scales = bench.scales
    driven: list[Floats] = []
    for layer, x in enumerate(equilibrium.activities[:-1]):
        f = network.activation_of(layer)
        lines = f.f(x)
        if network.has_biases:
            lines = np.column_stack([lines, np.ones(len(x))])
        driven.append(scales.rate[layer] * lines)
    for layer in range(2, network.depth + 1):
        driven.append(scales.activity[layer] * equilibrium.eps[layer])
    watts = 0.0
    for volts, pair in zip(driven, _pairs(bench), strict=True):
        watts += float((volts**2).mean(axis=0) @ (pair.plus + pair.minus).sum(axis=1))
    return watts
