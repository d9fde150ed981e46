"""What every population of a compiled graph is built from: scales, arrays, and which circuits it needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.cells import ComponentSampler
from analog_pc.circuit import Bus, bus
from analog_pc.errors import BadInput
from analog_pc.mapping import (
    ConductancePair,
    PopulationScales,
    column_scales,
    encode,
    encode_sum,
    gate_precision,
    mismatched,
    only_devices,
    spring_scale,
    written,
)
from analog_pc.pcn import Clamps, PredictiveCodingGraph
from analog_pc.technology import Technology

KINDS = ("x", "mu", "eps", "rate", "anti", "anti_eps", "weighted", "anti_weighted")
Key = int | str  # of an array: the number of its projection, or "bias"


def buses(graph: PredictiveCodingGraph, k: int) -> dict[str, Bus]:
    """The buses of a population at the top level, such as ``x_hidden_0`` ...; SPICE has no upper case."""
    population = graph.populations[k]
    return {kind: bus(f"{kind}_{population.name.lower()}", population.size) for kind in KINDS}


def switch_lines(graph: PredictiveCodingGraph, k: int) -> tuple[str, str]:
    """The lines that connect and cut the feedback into a population."""
    name = graph.names[k].lower()
    return f"connect_{name}", f"cut_{name}"


def check_names(graph: PredictiveCodingGraph) -> None:
    """Refuse populations that a netlist cannot tell apart.

    Raises
    ------
    BadInput
    """
    seen: dict[str, str] = {}
    for name in graph.names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise BadInput(f"populations {other} and {name}: netlists have no upper case, rename one of them")
        if "error" in name.lower():
            raise BadInput(f'population {name}: no node of a netlist may hold the word "error", rename it')


@dataclass(frozen=True, eq=False)
class SummedArrays:
    """The arrays whose currents add at the amplifiers of one population, and these amplifiers' resistors.

    Parameters
    ----------
    pairs
        By number of the projection, and "bias"; [row, column].
    ohms
        R_f of each column, [n].
    """

    pairs: dict[Key, ConductancePair]
    ohms: Floats

    def noise_gain(self) -> Floats:
        """1 + R_f sum(G) of each column, without resistors beside the arrays; [n]."""
        siemens = [p.plus.sum(axis=0) + p.minus.sum(axis=0) for p in self.pairs.values()]
        return np.asarray(1.0 + self.ohms * sum(siemens, np.zeros(1)))


@dataclass(frozen=True, eq=False)
class GraphDesign:
    """The graph, technology, clamps and scales from which every population is built.

    `seed` is the chip; `switched` are the populations whose feedback passes switches.
    """

    graph: PredictiveCodingGraph
    technology: Technology
    clamps: Clamps
    scales: PopulationScales
    seed: int
    switched: tuple[int, ...] = ()

    def sampler(self, k: int) -> ComponentSampler:
        return ComponentSampler(self.technology, self.seed, f"population_{self.graph.names[k]}")

    # --- which circuits there are

    def into(self, k: int) -> list[int]:
        """Projections that predict a population."""
        return [p for p, target in enumerate(self.graph.targets) if target == k]

    def drives(self, k: int) -> bool:
        """Whether a population has word lines: it is the source of a projection."""
        return k in self.graph.sources

    def returns(self, k: int) -> list[int]:
        """Projections whose feedback reaches a population; only free nodes need any."""
        if not self.clamps.free[k].any():
            return []
        projections = enumerate(zip(self.graph.sources, self.graph.projections, strict=True))
        return [p for p, (source, one) in projections if source == k and not _is_none(one.feedback)]

    def gain_is_free(self, p: int) -> bool:
        """Whether the gain of a projection is a value node that moves."""
        gain = self.graph.gains[p]
        return gain is not None and bool(self.clamps.free[gain[0]][gain[1]])

    def drives_back(self, k: int) -> bool:
        """Whether the prediction errors of a population drive word lines."""
        return any(p in self.returns(self.graph.sources[p]) for p in self.into(k))

    def is_mixed(self, k: int) -> bool:
        """Whether the precision of a population is a matrix."""
        return self.graph.populations[k].pi.ndim == 2

    def error_lines(self, k: int) -> tuple[Bus, Bus]:
        """Word lines of the feedback: prediction errors, weighted ones where the precision is a matrix."""
        b = buses(self.graph, k)
        return (b["weighted"], b["anti_weighted"]) if self.is_mixed(k) else (b["eps"], b["anti_eps"])

    # --- arrays

    def relative_precision(self, p: int) -> Floats:
        """Weights of the error lines in the feedback: precision of target over that of gate, [post]."""
        target = self.graph.populations[self.graph.targets[p]]
        own = np.full(target.size, spring_scale(target.pi)) if target.pi.ndim == 2 else target.pi
        return np.asarray(own / gate_precision(self.graph, self.graph.sources[p]))

    def forward_gain(self, p: int) -> float:
        """Volts of a prediction over volts of the rate that makes it, at a weight of 1."""
        return self.scales.activity[self.graph.targets[p]] / self.scales.rate[self.graph.sources[p]]

    def feedback_gain(self, p: int) -> Floats:
        """Volts of the feedback over volts of the error line that makes it, at a weight of 1; [post]."""
        volts = self.scales.feedback[self.graph.sources[p]] / self.scales.activity[self.graph.targets[p]]
        return np.asarray(volts * self.relative_precision(p))

    def part_volts(self, p: int) -> float:
        """Volts per unit of W_p f(x) of a projection with a gain; an identity keeps the rate's scale."""
        is_identity = self.graph.projections[p].kind == "identity"
        return self.scales.rate[self.graph.sources[p]] if is_identity else self.scales.part[p]

    @cached_property
    def forward(self) -> dict[int, SummedArrays]:
        """The arrays that predict each predicted population."""
        return {k: self._forward(k) for k in range(len(self.graph.names)) if self.graph.predicted[k]}

    def _forward(self, k: int) -> SummedArrays:
        graph = self.graph
        volts = self.scales.activity[k]
        weights: dict[Key, Floats] = {
            p: self.forward_gain(p) * graph.weights[p] for p in self.into(k) if self.has_array(p)
        }
        biases = [graph.projections[p].b for p in self.into(k)]
        bias = sum((b for b in biases if b is not None), np.zeros(graph.sizes[k]))
        if bias.any():
            weights["bias"] = (volts / self.scales.bias[k] * bias)[:, None]
        if not weights:
            gains = [volts / (self.scales.rate[graph.sources[p]] if graph.gains[p] is None
                              else self.part_volts(p)) for p in self.into(k)]  # fmt: skip
            return SummedArrays({}, self._resistors(max(gains), graph.sizes[k]))
        pairs = {
            key: self._written(k, key, pair) for key, pair in encode_sum(weights, self.technology).items()
        }
        return SummedArrays(pairs, next(iter(pairs.values())).ohms)

    def has_array(self, p: int) -> bool:
        """Whether a projection is a crossbar on the bit lines of its target."""
        return self.graph.projections[p].kind != "identity" and self.graph.gains[p] is None

    def _resistors(self, gain: float, n: int) -> Floats:
        """R_f of columns that have no array: a resistor of the span of a device stands for the gain."""
        return np.full(n, gain / self.technology.cell_span)

    def _written(self, k: int, key: Key, pair: ConductancePair) -> ConductancePair:
        name = "bias" if isinstance(key, str) else self.graph.projections[key].name
        found = written(pair, self.technology, self.sampler(k).stream(f"forward_{name}"))
        return found if isinstance(key, str) else only_devices(found, self.graph.projections[key].devices)

    @cached_property
    def feedback(self) -> dict[int, SummedArrays]:
        """The arrays that feed back into each population that feedback reaches."""
        return {k: self._feedback(k) for k in range(len(self.graph.names)) if self.returns(k)}

    def _feedback(self, k: int) -> SummedArrays:
        graph = self.graph
        weights: dict[Key, Floats] = {
            p: (graph.feedback[p] * self.feedback_gain(p)[:, None]).T
            for p in self.returns(k)
            if self.graph.gains[p] is None and not self.returns_one_to_one(p)
        }
        if not weights:
            parts = [
                self.scales.feedback[k] / self.scales.part_feedback[p]
                if self.has_part_feedback(p)
                else float(self.feedback_gain(p).max())
                for p in self.returns(k)
            ]
            return SummedArrays({}, self._resistors(max(parts), graph.sizes[k]))
        encoded = encode_sum(weights, self.technology)
        pairs = {p: self._written_back(k, int(p), pair) for p, pair in encoded.items()}
        return SummedArrays(pairs, next(iter(pairs.values())).ohms)

    def has_part(self, p: int) -> bool:
        """Whether a projection has a crossbar and amplifiers of its own, before its multipliers."""
        return self.graph.projections[p].kind != "identity" and self.graph.gains[p] is not None

    def has_part_feedback(self, p: int) -> bool:
        """The same of its feedback."""
        return self.graph.gains[p] is not None and not self.returns_one_to_one(p)

    def returns_one_to_one(self, p: int) -> bool:
        """Whether the feedback of a projection is one-to-one: of an identity without a matrix of its own."""
        projection = self.graph.projections[p]
        return projection.kind == "identity" and projection.back is None

    def _written_back(self, k: int, p: int, pair: ConductancePair) -> ConductancePair:
        projection = self.graph.projections[p]
        stream = self.sampler(k).stream
        found = written(pair, self.technology, stream(f"transposed_{projection.name}"))
        if projection.back is not None:  # an array of its own has no forward array to be off from
            return found
        found = mismatched(found, self.technology, stream(f"mismatch_{projection.name}"))
        devices = None if projection.devices is None else projection.devices.T
        return only_devices(found, devices)

    def forward_noise_gain(self, k: int) -> Floats:
        """Of the amplifiers of the predictions of a population, [n]."""
        resistors = [self.forward_gain(p) for p in self.into(k) if self.is_one_to_one(p)]
        return np.asarray(self.forward[k].noise_gain() + sum(resistors))

    def feedback_noise_gain(self, k: int) -> Floats:
        """Of the amplifiers of the feedback into a population, [n]."""
        resistors = [
            self.feedback_gain(p)
            for p in self.returns(k)
            if self.graph.gains[p] is None and self.returns_one_to_one(p)
        ]
        return np.asarray(self.feedback[k].noise_gain() + sum(resistors))

    def is_one_to_one(self, p: int) -> bool:
        """Whether a projection is a row of resistors on the bit lines of its target."""
        return self.graph.projections[p].kind == "identity" and self.graph.gains[p] is None

    def part(self, p: int) -> ConductancePair:
        """The array of the part of a projection with a gain."""
        target = self.graph.targets[p]
        weights = self.scales.part[p] / self.scales.rate[self.graph.sources[p]] * self.graph.weights[p]
        return self._written(target, p, encode(weights, self.technology, column_scales(weights)))

    def part_feedback(self, p: int) -> ConductancePair:
        """The array of the feedback of a projection with a gain, before it is multiplied."""
        source = self.graph.sources[p]
        ratio = self.scales.part_feedback[p] / self.scales.activity[self.graph.targets[p]]
        weights = (self.graph.feedback[p] * (ratio * self.relative_precision(p))[:, None]).T
        return self._written_back(source, p, encode(weights, self.technology, column_scales(weights)))

    def mixing(self, k: int) -> ConductancePair:
        """The array of a matrix of precision, over its largest entry."""
        pi = self.graph.populations[k].pi / spring_scale(self.graph.populations[k].pi)
        pair = encode(pi, self.technology, column_scales(pi))
        return written(pair, self.technology, self.sampler(k).stream("mixing"))


def _is_none(feedback: object) -> bool:
    return isinstance(feedback, str) and feedback == "none"
