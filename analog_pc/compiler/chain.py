"""A chain as its graph: the names of its layers, and its arrays, which may have learned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.cells import ComponentSampler
from analog_pc.compiler.design import Design, Names, Path, SummedArrays, programmed
from analog_pc.mapping import ConductancePair, NetworkArrays, Scales, column_scales, encode
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.technology import Technology


@dataclass(frozen=True, eq=False, kw_only=True)
class ChainDesign(Design):
    """The design of a chain, whose populations are its layers 0 ... L.

    One array predicts a layer, biases on its last word line.  Its transposed array stands beside it, in the
    subcircuit of the layer whose prediction errors it feeds back.  `gated`: the feedback switches are open
    while the input alone is clamped.
    """

    network: PredictiveCodingNetwork
    scales: Scales
    arrays: NetworkArrays
    gated: bool = False

    local: ClassVar[tuple[str, ...]] = ("anti_eps",)

    def forward(self, layer: int) -> ConductancePair:
        """The array whose columns are the predictions of this layer, with the resistors of the circuit."""
        return self.arrays.forward[layer - 1].scaled(self.scales.forward_ratio(layer))

    def transposed(self, layer: int) -> ConductancePair:
        """The array that feeds this layer's prediction errors back, with the resistors of the circuit."""
        return self.arrays.transposed[layer - 1].scaled(self.scales.transposed_ratio(layer))

    def feeds_back(self, layer: int) -> bool:
        """Whether layer `layer` has feedback circuits: only free nodes need them."""
        return bool(self.returns(layer))

    @property
    def switches_open(self) -> bool:
        return self.gated and not self.clamps.beyond_input

    def names(self, k: int) -> Names:
        sizes = self.graph.sizes
        comment = f"input: {sizes[0]} activities drive complementary word lines"
        if k:
            pre = sizes[k - 1]
            comment = (
                f"layer {k}: {pre} rates predict {sizes[k]} activities through a {pre} x {sizes[k]} crossbar"
            )
        return Names(f"{k}", f"layer{k}", f"pc_layer{k}", f"layer{k}", comment)

    def hosts(self, k: int) -> list[int]:
        return super().hosts(k - 1) if k else []

    def has_gates(self, k: int) -> bool:
        return super().has_gates(k) and not self.switches_open

    @cached_property
    def bias_volts(self) -> dict[int, float]:
        """A rate of 1 of the layer below, for every layer where any has biases."""
        return dict(enumerate(self.scales.rate, start=1)) if self.network.has_biases else {}

    def forward_path(self, p: int) -> Path:
        path = super().forward_path(p)
        bias = self.bias_lines(p + 1)
        lines = path.lines[0] + bias[0], path.lines[1] + bias[1]
        return replace(path, label="forward", lines=lines)

    def feedback_path(self, p: int) -> Path:
        return replace(super().feedback_path(p), label="transposed")

    @cached_property
    def predictions(self) -> dict[int, SummedArrays]:
        return {k: _alone(self.forward_path(k - 1), self.forward(k)) for k in range(1, len(self.graph.names))}

    @cached_property
    def feedback(self) -> dict[int, SummedArrays]:
        fed_back = [k for k in range(self.network.depth) if self.feeds_back(k)]
        return {k: _alone(self.feedback_path(k), self.transposed(k + 1)) for k in fed_back}


def _alone(path: Path, pair: ConductancePair) -> SummedArrays:
    return SummedArrays((path,), {path.number: pair}, pair.ohms)


def program_arrays(
    network: PredictiveCodingNetwork,
    technology: Technology,
    seed: int,
    *,
    input_free: bool = True,
    per_column: bool = True,
) -> NetworkArrays:
    """The programmed conductances of a network's weights; a rate of 1 drives the word line of the bias.

    Nothing feeds back into an input that is clamped: the transposed array of layer 1 is then left at its
    target, because no circuit has it.

    Parameters
    ----------
    per_column
        A feedback resistor for each column (see `mapping.conductance`), or one for all of an array.
    """
    forward = []
    transposed = []
    for layer, (w, b) in enumerate(zip(network.W, network.b, strict=True), start=1):
        sampler = ComponentSampler(technology, seed, f"layer{layer}")
        target = _target(np.column_stack([w, b]) if network.has_biases else w, technology, per_column)
        forward.append(programmed(target, sampler, ("forward",)))
        back = _target(w.T, technology, per_column)
        if layer > 1 or input_free:
            back = programmed(back, sampler, ("transposed", "mismatch"))
        transposed.append(back)
    return NetworkArrays(tuple(forward), tuple(transposed))


def _target(weights: Floats, technology: Technology, per_column: bool) -> ConductancePair:
    return encode(weights, technology, column_scales(weights) if per_column else None)
