"""A layer of the network as one subcircuit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.cells import (
    activation_cell,
    differential_crossbar,
    eps_sense,
    feedback_gate,
    free_input_node,
    inverters,
    transimpedance,
    value_node,
)
from analog_pc.circuit import Bus, Element, Instance, Subcircuit, bus
from analog_pc.mapping import ConductancePair, Scales, encode
from analog_pc.pcn import Clamps, PredictiveCodingNetwork
from analog_pc.technology import Technology

BIAS = (("bias_p",), ("bias_n",))


@dataclass(frozen=True, eq=False)
class Design:
    """What every layer is built from; `pairs[l]` maps [W_l, b_l] (index 0 is unused)."""

    network: PredictiveCodingNetwork
    technology: Technology
    clamps: Clamps
    scales: Scales
    pairs: tuple[ConductancePair | None, ...]

    def pair(self, layer: int) -> ConductancePair:
        found = self.pairs[layer]
        assert found is not None
        return found

    def feeds_back(self, layer: int) -> bool:
        """Whether layer `layer` receives feedback: only free nodes need it."""
        return layer < self.network.depth and bool(self.clamps.free[layer].any())


def map_weights(
    network: PredictiveCodingNetwork, technology: Technology
) -> tuple[ConductancePair | None, ...]:
    """Conductance pairs of layers 1 ... L; the bias is the last word line, driven by an activity of 1."""
    pairs: list[ConductancePair | None] = [None]
    for w, b in zip(network.W, network.b, strict=True):
        pairs.append(encode(np.column_stack([w, b]) if network.has_biases else w, technology))
    return tuple(pairs)


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
    net, tech = design.network, design.technology
    n, below = names(layer, net.sizes[layer]), names(layer - 1, net.sizes[layer - 1])
    ports: Bus = below["rate"] + below["anti"] + n["x"] + n["mu"] + n["eps"]
    positive, negative = below["rate"], below["anti"]
    if net.has_biases:
        ports += BIAS[0] + BIAS[1]
        positive, negative = positive + BIAS[0], negative + BIAS[1]
    columns = bus("column", net.sizes[layer])
    pair = design.pair(layer)
    elements: tuple[Element, ...] = (
        *differential_crossbar("forward", positive, negative, columns, pair, tech.wire),
        *transimpedance("predict", columns, n["mu"], pair.ohms, tech.opamp_gain),
        *value_node(
            "node", n["x"], n["mu"], net.precision_of(layer) * tech.spring_conductance, tech.node_capacitance
        ),
        *eps_sense("eps", n["x"], n["mu"], n["eps"]),
    )
    if design.feeds_back(layer - 1):
        ports += below["back"]
        elements += _feedback(design, layer, n["eps"], below["back"])
    if layer < net.depth:
        ports += n["rate"] + n["anti"] + (n["back"] if design.feeds_back(layer) else ())
        elements += _output_stage(design, layer, n)
    return ports, elements


def _feedback(design: Design, layer: int, eps: Bus, back: Bus) -> tuple[Element, ...]:
    """W^T eps, by the transposed crossbar (without the bias line) and its amplifiers."""
    size, pre = design.network.sizes[layer], design.network.sizes[layer - 1]
    pair, tech = design.pair(layer), design.technology
    weights_only = ConductancePair(pair.plus[:pre], pair.minus[:pre], pair.ohms)
    anti, columns = bus("anti_eps", size), bus("back_column", pre)
    return (
        *inverters("invert_eps", eps, anti),
        *differential_crossbar("transposed", eps, anti, columns, weights_only.transposed, tech.wire),
        *transimpedance("feedback", columns, back, pair.ohms, tech.opamp_gain),
    )


def _output_stage(design: Design, layer: int, n: dict[str, Bus]) -> tuple[Element, ...]:
    """Activation, complementary word lines, and the gate that lets feedback in."""
    f = design.network.activation_of(layer)
    cell = activation_cell("act", f, n["x"], n["rate"], design.scales.volts, design.technology.rectifier_gain)
    elements = (*cell.elements, *inverters("invert_rate", n["rate"], n["anti"]))
    if design.feeds_back(layer):
        siemens = design.network.precision_of(layer + 1) * design.technology.spring_conductance
        elements += feedback_gate("fb", cell.control, n["back"], n["x"], siemens, cell.gate)
    return elements
