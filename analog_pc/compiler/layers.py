"""A layer of the network as one subcircuit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.cells import (
    ComponentSampler,
    activation_cell,
    differential_crossbar,
    drivers,
    eps_sense,
    feedback_gate,
    free_input_node,
    transimpedance,
    value_node,
)
from analog_pc.circuit import Bus, Element, Instance, Subcircuit, bus
from analog_pc.mapping import (
    ConductancePair,
    NetworkArrays,
    Scales,
    column_scales,
    encode,
    mismatched,
    written,
)
from analog_pc.pcn import Clamps, PredictiveCodingNetwork
from analog_pc.technology import Technology


def bias_lines(layer: int) -> tuple[Bus, Bus]:
    """The complementary word lines of a layer's biases, at the rate of 1 of the layer below."""
    return (f"bias{layer}_p",), (f"bias{layer}_n",)


@dataclass(frozen=True, eq=False)
class Design:
    """The network, technology, clamps, scales and arrays from which every layer is built.

    `gated`: the feedback switches are open while the input alone is clamped.
    """

    network: PredictiveCodingNetwork
    technology: Technology
    clamps: Clamps
    scales: Scales
    seed: int
    gated: bool
    arrays: NetworkArrays

    def forward(self, layer: int) -> ConductancePair:
        """The array whose columns are the predictions of this layer, with the resistors of the circuit."""
        return self.arrays.forward[layer - 1].scaled(self.scales.forward_ratio(layer))

    def transposed(self, layer: int) -> ConductancePair:
        """The array that feeds this layer's prediction errors back, with the resistors of the circuit."""
        return self.arrays.transposed[layer - 1].scaled(self.scales.transposed_ratio(layer))

    def gate_siemens(self, layer: int) -> float:
        """Transconductance of the open feedback gates of a layer."""
        spring = self.network.precision_of(layer + 1) * self.technology.spring_conductance
        return spring * self.scales.gate_ratio(layer)

    def sampler(self, layer: int) -> ComponentSampler:
        return ComponentSampler(self.technology, self.seed, f"layer{layer}")

    def feeds_back(self, layer: int) -> bool:
        """Whether layer `layer` has feedback circuits: only free nodes need them."""
        return layer < self.network.depth and bool(self.clamps.free[layer].any())

    @property
    def switches_open(self) -> bool:
        return self.gated and not self.clamps.beyond_input


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
        forward.append(written(target, technology, sampler.stream("forward")))
        back = _target(w.T, technology, per_column)
        if layer > 1 or input_free:
            back = written(back, technology, sampler.stream("transposed"))
            back = mismatched(back, technology, sampler.stream("mismatch"))
        transposed.append(back)
    return NetworkArrays(tuple(forward), tuple(transposed))


def _target(weights: Floats, technology: Technology, per_column: bool) -> ConductancePair:
    return encode(weights, technology, column_scales(weights) if per_column else None)


def names(layer: int, size: int) -> dict[str, Bus]:
    """The buses of a layer at the top level."""
    return {kind: bus(f"{kind}{layer}", size) for kind in ("x", "mu", "eps", "rate", "anti", "back")}


def layer_instance(design: Design, layer: int) -> Instance:
    """``xlayerN`` of the netlist: input stage for layer 0, a full predictive coding layer above."""
    ports, elements = _input_stage(design) if layer == 0 else _predictive_layer(design, layer)
    sub = Subcircuit(f"pc_layer{layer}", ports, elements, _comment(design, layer))
    return Instance(f"layer{layer}", sub, ports)


def _comment(design: Design, layer: int) -> str:
    size = design.network.sizes[layer]
    if layer == 0:
        return f"input: {size} activities drive complementary word lines"
    pre = design.network.sizes[layer - 1]
    return f"layer {layer}: {pre} rates predict {size} activities through a {pre} x {size} crossbar"


def _input_stage(design: Design) -> tuple[Bus, tuple[Element, ...]]:
    n = names(0, design.network.sizes[0])
    ports: Bus = n["x"] + n["rate"] + n["anti"]
    elements = _output_stage(design, 0, n)
    if design.feeds_back(0):
        ports += n["back"]
        elements = (*free_input_node("node", n["x"], design.technology.node_capacitance), *elements)
    return ports, elements


def _predictive_layer(design: Design, layer: int) -> tuple[Bus, tuple[Element, ...]]:
    net = design.network
    tech = design.technology
    n = names(layer, net.sizes[layer])
    below = names(layer - 1, net.sizes[layer - 1])
    ports: Bus = below["rate"] + below["anti"] + n["x"] + n["mu"] + n["eps"]
    positive = below["rate"]
    negative = below["anti"]
    if net.has_biases:
        line, inverse = bias_lines(layer)
        ports += line + inverse
        positive = positive + line
        negative = negative + inverse
    columns = bus("column", net.sizes[layer])
    sampler = design.sampler(layer)
    pair = design.forward(layer)
    back = design.feeds_back(layer - 1)
    anti: Bus = bus("anti_eps", net.sizes[layer]) if back else ()
    springs = net.precision_of(layer) * tech.spring_conductance
    elements: tuple[Element, ...] = (
        *differential_crossbar("forward", positive, negative, columns, pair, sampler),
        *transimpedance("predict", columns, n["mu"], pair.ohms, sampler),
        *value_node("node", n["x"], n["mu"], springs, tech.node_capacitance),
        *eps_sense("eps", n["x"], n["mu"], n["eps"], anti, sampler),
    )
    if back:
        ports += below["back"]
        elements += _feedback(design, layer, n["eps"], anti, below["back"])
    if layer < net.depth:
        ports += n["rate"] + n["anti"] + (n["back"] if design.feeds_back(layer) else ())
        elements += _output_stage(design, layer, n)
    return ports, elements


def _feedback(design: Design, layer: int, eps: Bus, anti: Bus, back: Bus) -> tuple[Element, ...]:
    """W^T eps, by the transposed crossbar (without the bias line) and its amplifiers."""
    pair = design.transposed(layer)
    sampler = design.sampler(layer)
    columns = bus("back_column", design.network.sizes[layer - 1])
    return (
        *differential_crossbar("transposed", eps, anti, columns, pair, sampler),
        *transimpedance("feedback", columns, back, pair.ohms, sampler),
    )


def _output_stage(design: Design, layer: int, n: dict[str, Bus]) -> tuple[Element, ...]:
    """Activation, complementary word lines, and the gate that lets feedback in."""
    f = design.network.activation_of(layer)
    sampler = design.sampler(layer)
    volts = design.scales.activity[layer], design.scales.rate[layer]
    cell = activation_cell("act", f, n["x"], *volts, sampler)
    elements = (*cell.elements, *drivers("drive", cell.signal, n["rate"], n["anti"], sampler))
    if design.feeds_back(layer) and not design.switches_open:
        siemens = design.gate_siemens(layer)
        elements += feedback_gate("fb", cell.control, n["back"], n["x"], siemens, cell.gate, sampler)
    return elements
