"""What every population of a compiled graph is built from: names, scales, arrays, which circuits it needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.cells import ComponentSampler
from analog_pc.circuit import Bus, bus
from analog_pc.mapping import (
    ConductancePair,
    PopulationScales,
    Scales,
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

Key = int | str  # of a path: the number of its projection, or "bias"


class Names(NamedTuple):
    """What the netlist calls a population: `nodes` ends the names of its nodes, `place` names its draws."""

    nodes: str
    instance: str
    subcircuit: str
    place: str
    comment: str


class Gain(NamedTuple):
    """What multiplies a projection: a node, the volts of its unit, whether prediction errors move it; and
    the volts of a unit of the part that it multiplies."""

    node: str
    volts: float
    moves: bool
    part_volts: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Path:
    """A projection in one direction: word lines, and what they add to the bit lines of a population.

    ::

        lines --[ weights ]--+                                   a crossbar, or a resistor a unit
        lines --[ weights ]-- part --( x gain )--+-- columns     of a projection with a gain

    Parameters
    ----------
    number, label
        Of the projection, or "bias", and of its elements.
    lines
        Word lines and their opposites, [in] each.
    weights
        What stands between a unit of the lines and one of the sum, [out, in].
    share
        Factor on the weights of each line, one for all or [in].
    line_volts, volts
        Of a unit of the lines, and of the sum.
    one_to_one
        Whether a resistor a unit stands for the weights, which are those of an identity.
    gain
        What multiplies the part, or the lines themselves; None: nothing.
    streams
        Names of the random streams of programming and, if there is a second one, of mismatch.
    devices
        Which crossings hold devices, [out, in]; None: all.
    """

    number: Key
    label: str
    lines: tuple[Bus, Bus]
    weights: Floats
    line_volts: float
    volts: float
    streams: tuple[str, ...]
    share: float | Floats = 1.0
    one_to_one: bool = False
    gain: Gain | None = None
    devices: Bools | None = None

    @property
    def has_part(self) -> bool:
        """Whether a crossbar and amplifiers of its own stand before its multipliers."""
        return self.gain is not None and not self.one_to_one

    @property
    def is_array(self) -> bool:
        """Whether it is a crossbar on the bit lines of the sum."""
        return self.gain is None and not self.one_to_one

    @property
    def ratio(self) -> float | Floats:
        """Volts of the sum over those of the lines, at a weight of 1."""
        return self.volts / self.line_volts * self.share

    @property
    def part_volts(self) -> float:
        """Volts of a unit of what a gain multiplies: the part, or the lines themselves."""
        return self.line_volts if self.one_to_one or self.gain is None else self.gain.part_volts

    @property
    def multiplied(self) -> float | Floats:
        """Volts of the sum over those of what a gain of 1 multiplies."""
        return self.volts / self.part_volts if self.has_part else self.ratio


@dataclass(frozen=True, eq=False)
class SummedArrays:
    """What adds at the amplifiers of one population: all paths, their arrays by number, [row, column], and
    R_f of each column, [n].
    """

    paths: tuple[Path, ...]
    pairs: dict[Key, ConductancePair]
    ohms: Floats

    def noise_gain(self) -> Floats:
        """1 + R_f sum(G) of each column, [n]."""
        siemens = [p.plus.sum(axis=0) + p.minus.sum(axis=0) for p in self.pairs.values()]
        resistors = [p.ratio for p in self.paths if p.one_to_one and p.gain is None]
        return np.asarray(1.0 + self.ohms * sum(siemens, np.zeros(1)) + sum(resistors))


def programmed(pair: ConductancePair, sampler: ComponentSampler, streams: Sequence[str]) -> ConductancePair:
    """What a chip's programming leaves of an array, and the mismatch of one that has a stream for it."""
    found = written(pair, sampler.technology, sampler.stream(streams[0]))
    for stream in streams[1:]:
        found = mismatched(found, sampler.technology, sampler.stream(stream))
    return found


@dataclass(frozen=True, eq=False)
class Design:
    """The graph, technology, clamps and scales from which every population is built.

    `seed` is the chip; `switched` are the populations whose feedback passes switches.  `ChainDesign` has the
    names and arrays of chains.
    """

    graph: PredictiveCodingGraph
    technology: Technology
    clamps: Clamps
    scales: PopulationScales | Scales
    seed: int
    switched: tuple[int, ...] = ()

    local: ClassVar[tuple[str, ...]] = ("back",)  # kinds of buses inside of a subcircuit

    def sampler(self, k: int) -> ComponentSampler:
        return ComponentSampler(self.technology, self.seed, self.names(k).place)

    # --- names; SPICE has no upper case

    def names(self, k: int) -> Names:
        name = self.graph.names[k]
        sources = [self.graph.projections[p].source for p in self.into(k)]
        by = f"predicted by {', '.join(sources)}" if sources else "which nothing predicts"
        return Names(
            nodes=f"_{name.lower()}",
            instance=f"pop_{name.lower()}",
            subcircuit=f"pc_{name.lower()}",
            place=f"population_{name}",
            comment=f"population {name}: {self.graph.sizes[k]} activities, {by}",
        )

    @cached_property
    def buses(self) -> list[dict[str, Bus]]:
        """The buses of every population by kind, such as ``x_hidden_0`` ...; () where it has none."""
        ends = [self.names(k).nodes for k in range(len(self.graph.names))]
        return [
            {kind: bus(kind if kind in self.local else kind + end, n) for kind, n in self._sizes(k).items()}
            for k, end in enumerate(ends)
        ]

    def _sizes(self, k: int) -> dict[str, int]:
        """Nodes of the buses of a population by kind; 0 where it has none."""
        n = self.graph.sizes[k]
        predicted = n * self.graph.predicted[k]
        drives = n * (k in self.graph.sources)
        drives_back = n * any(p in self.returns(self.graph.sources[p]) for p in self.into(k))
        mixed = self.is_mixed(k)
        return {
            "x": n,
            "mu": predicted,
            "eps": predicted,
            "rate": drives,
            "anti": drives,
            "anti_eps": 0 if mixed else drives_back,
            "weighted": predicted if mixed else 0,
            "anti_weighted": drives_back if mixed else 0,
            "back": n * bool(self.returns(k)),
        }

    def bias_lines(self, k: int) -> tuple[Bus, Bus]:
        """The complementary word lines of a population's biases."""
        end = self.names(k).nodes
        return ((f"bias{end}_p",), (f"bias{end}_n",)) if k in self.bias_volts else ((), ())

    def switch_lines(self, k: int) -> tuple[str, str]:
        """The lines that connect and cut the feedback into a population."""
        return f"connect{self.names(k).nodes}", f"cut{self.names(k).nodes}"

    def ports(self, k: int, touched: Iterable[str]) -> Bus:
        """The nodes that the subcircuit of a population shares, of all that its elements touch."""
        own = self.buses[k]
        sources = [self.buses[self.graph.sources[p]] for p in self.into(k)]
        nodes = [node for source in sources for node in source["rate"] + source["anti"]]
        nodes += own["x"] + own["mu"] + own["eps"]
        nodes += [node for line in self.bias_lines(k) for node in line]
        nodes += [node for source in self.hosts(k) for node in self.buses[source]["back"]]
        nodes += own["rate"] + own["anti"] + own["back"]
        return tuple(dict.fromkeys(node for node in (*nodes, *touched) if node in self._shared))

    @cached_property
    def _shared(self) -> frozenset[str]:
        """All nodes outside of subcircuits."""
        found = [b[kind] for b in self.buses for kind in b.keys() - set(self.local)]
        found += [line for k in self.bias_volts for line in self.bias_lines(k)]
        found += [self.switch_lines(k) for k in self.switched]
        return frozenset(node for nodes in found for node in nodes)

    # --- which circuits there are

    def into(self, k: int) -> list[int]:
        """Projections that predict a population."""
        return [p for p, target in enumerate(self.graph.targets) if target == k]

    def returns(self, k: int) -> list[int]:
        """Projections whose feedback reaches a population; only free nodes need any."""
        if not self.clamps.free[k].any():
            return []
        sent = [not isinstance(p.feedback, str) or p.feedback != "none" for p in self.graph.projections]
        return [p for p, source in enumerate(self.graph.sources) if source == k and sent[p]]

    def hosts(self, k: int) -> list[int]:
        """Populations whose feedback amplifiers stand in the subcircuit of a population: its own."""
        return [k] if self.returns(k) else []

    def has_gates(self, k: int) -> bool:
        """Whether feedback flows into the value nodes of a population."""
        return bool(self.returns(k))

    def is_mixed(self, k: int) -> bool:
        """Whether the precision of a population is a matrix."""
        return self.graph.populations[k].pi.ndim == 2

    def error_lines(self, k: int) -> tuple[Bus, Bus]:
        """Word lines of the feedback: prediction errors, weighted ones where the precision is a matrix."""
        b = self.buses[k]
        return (b["weighted"], b["anti_weighted"]) if self.is_mixed(k) else (b["eps"], b["anti_eps"])

    # --- springs, gates and gains

    def springs(self, k: int) -> Floats:
        """Precision of each spring of a population; of a matrix its largest entry, which scales it, [n]."""
        pi = self.graph.populations[k].pi
        return np.full(len(pi), spring_scale(pi)) if self.is_mixed(k) else pi

    def gate_siemens(self, k: int) -> float:
        """Transconductance of the open feedback gates of a population."""
        springs = gate_precision(self.graph, k) * self.technology.spring_conductance
        return springs * (self.scales.activity[k] / self.scales.feedback[k])

    def _gain(self, p: int, *, forward: bool) -> Gain | None:
        gain = self.graph.gains[p]
        if gain is None:
            return None
        assert isinstance(self.scales, PopulationScales)
        k, unit = gain
        part_volts = self.scales.part[p] if forward else self.scales.part_feedback[p]
        moves = forward and bool(self.clamps.free[k][unit])
        return Gain(self.buses[k]["x"][unit], self.scales.activity[k], moves, part_volts)

    # --- projections, and the arrays whose currents add

    def forward_path(self, p: int) -> Path:
        """A projection on its way to the prediction of its target."""
        source = self.graph.sources[p]
        target = self.graph.targets[p]
        projection = self.graph.projections[p]
        return Path(
            number=p,
            label=self._label(f"from_{self.graph.names[source].lower()}", p, self.into(target)),
            lines=(self.buses[source]["rate"], self.buses[source]["anti"]),
            weights=self.graph.weights[p],
            line_volts=self.scales.rate[source],
            volts=self.scales.activity[target],
            one_to_one=projection.kind == "identity",
            gain=self._gain(p, forward=True),
            streams=(f"forward_{projection.name}",),
            devices=projection.devices,
        )

    def feedback_path(self, p: int) -> Path:
        """A projection on its way back, from the prediction errors of its target."""
        source = self.graph.sources[p]
        target = self.graph.targets[p]
        projection = self.graph.projections[p]
        # An array of its own has no forward array to be off from.
        mismatch = (f"mismatch_{projection.name}",) if projection.back is None else ()
        devices = None if projection.devices is None else projection.devices.T
        return Path(
            number=p,
            label=self._label(f"back_{self.graph.names[target].lower()}", p, self.returns(source)),
            lines=self.error_lines(target),
            weights=self.graph.feedback[p].T,
            share=self.springs(target) / gate_precision(self.graph, source),
            line_volts=self.scales.activity[target],
            volts=self.scales.feedback[source],
            one_to_one=projection.kind == "identity" and projection.back is None,
            gain=self._gain(p, forward=False),
            streams=(f"transposed_{projection.name}", *mismatch),
            devices=devices if mismatch else None,
        )

    def _label(self, name: str, p: int, among: list[int]) -> str:
        """Names the elements of a projection by a population, and by its number where that is not enough."""
        ends = list(zip(self.graph.sources, self.graph.targets, strict=True))
        return name if sum(ends[q] == ends[p] for q in among) == 1 else f"{name}_{p}"

    @cached_property
    def predictions(self) -> dict[int, SummedArrays]:
        """What predicts each predicted population."""
        populations = [k for k, predicted in enumerate(self.graph.predicted) if predicted]
        return {
            k: self._arrays(k, (*map(self.forward_path, self.into(k)), *self._bias_path(k)))
            for k in populations
        }

    @cached_property
    def feedback(self) -> dict[int, SummedArrays]:
        """What feeds back into each population that feedback reaches."""
        reached = [k for k in range(len(self.graph.names)) if self.returns(k)]
        return {k: self._arrays(k, tuple(map(self.feedback_path, self.returns(k)))) for k in reached}

    @cached_property
    def bias_volts(self) -> dict[int, float]:
        """Volts of the bias lines of the populations that have any."""
        assert isinstance(self.scales, PopulationScales)
        return {k: unit for k, unit in enumerate(self.scales.bias) if self._bias(k).any()}

    def _bias(self, k: int) -> Floats:
        """Sum of the biases of a population, [n]."""
        biases = [self.graph.projections[p].b for p in self.into(k)]
        return sum((b for b in biases if b is not None), np.zeros(self.graph.sizes[k]))

    def _bias_path(self, k: int) -> list[Path]:
        if k not in self.bias_volts:
            return []
        bias = Path(
            number="bias",
            label="bias",
            lines=self.bias_lines(k),
            weights=self._bias(k)[:, None],
            line_volts=self.bias_volts[k],
            volts=self.scales.activity[k],
            streams=("forward_bias",),
        )
        return [bias]

    def _arrays(self, k: int, paths: tuple[Path, ...]) -> SummedArrays:
        arrays = [path for path in paths if path.is_array]
        pairs = encode_sum({path.number: path.weights * path.ratio for path in arrays}, self.technology)
        if pairs:
            ohms = next(iter(pairs.values())).ohms
        else:  # a resistor of the span of a device stands for the largest gain
            most = max(float(np.max(path.multiplied)) for path in paths)
            ohms = np.full(self.graph.sizes[k], most / self.technology.cell_span)
        found = {path.number: self._written(k, path, pairs[path.number]) for path in arrays}
        return SummedArrays(paths, found, ohms)

    def _written(self, k: int, path: Path, pair: ConductancePair) -> ConductancePair:
        return only_devices(programmed(pair, self.sampler(k), path.streams), path.devices)

    def part(self, k: int, path: Path) -> ConductancePair:
        """The array of a path into a population that makes what its gain multiplies."""
        weights = path.weights * (path.part_volts / path.line_volts * path.share)
        return self._written(k, path, encode(weights, self.technology, column_scales(weights)))

    def mixing(self, k: int) -> ConductancePair:
        """The array of a matrix of precision, over its largest entry."""
        pi = self.graph.populations[k].pi / spring_scale(self.graph.populations[k].pi)
        return programmed(encode(pi, self.technology, column_scales(pi)), self.sampler(k), ("mixing",))
