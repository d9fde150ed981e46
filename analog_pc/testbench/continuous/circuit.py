"""The circuit of a continuous trial: transconductance multipliers for crossings.

::

    rate[j] ---------------+------------------+         forward:     I = (W / R_f) (-V(rate)) into column[i]
                        ( x )--> column[i]   ( x )      writing:     I = g_w (F / s) V(rate) onto C_w
                           |                  |         transposed:  I = (W / R_f) (-V(F)) into back_column[j]
    V(w[j, i]) = s W ------+-- === C_w <------+-- weighted_eps[i]

tau_w = C_w / g_w with C_w = C and g_w = g_s / slowness.  s: volts per unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.cells import ComponentSampler, activation_cell, feedback_gate, transimpedance, unity
from analog_pc.circuit import (
    Amplifiers,
    Bus,
    Capacitors,
    Circuit,
    ClockSources,
    Element,
    Instance,
    MultiplyingVCCS,
    Resistors,
    StimulusSources,
    Subcircuit,
    Switches,
    TransferFunction,
    VoltageSources,
    bus,
    check_circuit,
    grounds,
)
from analog_pc.testbench.continuous.testbench import ContinuousTestbench

OHMS = 1e5  # R_f
EDGE = 0.001  # tau
BIAS = "bias"


@dataclass(frozen=True, eq=False)
class ContinuousCircuit:
    """The circuit, and where activities (layers 0 ... L) and weights (layers 1 ... L, [pre, post]) are."""

    circuit: Circuit
    activities: tuple[Bus, ...]
    weights: tuple[Bus, ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(node for nodes in (*self.activities, *self.weights) for node in nodes)


def per_unit(volts: float) -> TransferFunction:
    """V / s: what multiplies, without a unit."""
    s = float(volts)
    return TransferFunction(
        "per_unit", lambda v: v / s, lambda v: np.full_like(v, 1.0 / s), lambda v: f"{v}/{s!r}"
    )


def continuous_circuit(bench: ContinuousTestbench) -> ContinuousCircuit:
    """Compile a continuous trial."""
    sizes = bench.network.sizes
    depth = bench.network.depth
    blocks = [_input_layer(bench), *(_layer(bench, k) for k in range(1, depth + 1))]
    instances = tuple(
        Instance(f"layer{k}", Subcircuit(f"continuous_layer{k}", ports, elements, f"layer {k}"), ports)
        for k, (ports, elements) in enumerate(blocks)
    )
    circuit = Circuit("continuous_trial", _top(bench), instances, bench.technology.temperature)
    check_circuit(circuit)
    weights = tuple(
        tuple(f"layer{k}.{node}" for node in bus("weight", w.size)) for k, w in enumerate(bench.weights, 1)
    )
    return ContinuousCircuit(circuit, tuple(bus(f"x{k}", n) for k, n in enumerate(sizes)), weights)


def _top(bench: ContinuousTestbench) -> tuple[Element, ...]:
    sizes = bench.network.sizes
    last = bench.network.depth
    x = bus(f"x{last}", sizes[last])
    target = bus("target", sizes[last])
    shown = bench.predict
    taken = bench.predict + bench.learn
    times = bench.tau * np.array([0.0, shown, shown + EDGE, taken, taken + EDGE])
    elements: tuple[Element, ...] = (
        ClockSources("clock", ("clamp",), grounds(1), times, [[0.0, 0.0, 1.0, 1.0, 0.0]]),
        StimulusSources("input", bus("x0", sizes[0]), grounds(sizes[0])),
        StimulusSources("goal", target, grounds(sizes[last])),
        Switches("clamp", target, x, ("clamp",) * sizes[last], bench.clamp_on, bench.switch_off),
    )
    if bench.network.has_biases:
        elements += (VoltageSources("bias", (BIAS,), grounds(1), bench.volts),)
    return elements


def _input_layer(bench: ContinuousTestbench) -> tuple[Bus, tuple[Element, ...]]:
    n = bench.network.sizes[0]
    sampler = ComponentSampler(bench.technology, bench.seed, "layer0")
    x = bus("x0", n)
    rate = bus("rate0", n)
    cell = activation_cell("act", bench.network.activation_of(0), x, bench.volts, bench.volts, sampler)
    return x + rate, (*cell.elements, unity("rate", cell.signal, grounds(n), rate, 1.0, sampler))


def _layer(bench: ContinuousTestbench, layer: int) -> tuple[Bus, tuple[Element, ...]]:
    net = bench.network
    tech = bench.technology
    sampler = ComponentSampler(bench.technology, bench.seed, f"layer{layer}")
    pre = net.sizes[layer - 1]
    post = net.sizes[layer]
    x = bus(f"x{layer}", post)
    mu = bus("mu", post)
    weighted_eps = bus("weighted_eps", post)
    rates = bus(f"rate{layer - 1}", pre)
    lines = rates + ((BIAS,) if net.has_biases else ())
    precision = net.precision_of(layer)
    ports: Bus = ("clamp", *lines, *x)
    elements: tuple[Element, ...] = (
        *_forward(bench, lines, mu, sampler),
        Resistors("spring", x, mu, 1.0 / (precision * tech.spring_conductance)),
        Capacitors("node", x, grounds(post), tech.node_capacitance),
        Amplifiers("sense", x, mu, weighted_eps, precision),
        *_weights(bench, lines, weighted_eps),
    )
    if layer > 1:
        fed_back = bus(f"back{layer - 1}", pre)
        ports += fed_back
        elements += _transposed(bench, weighted_eps, fed_back, sampler)
    if layer < net.depth:
        rate = bus(f"rate{layer}", post)
        back = bus(f"back{layer}", post)
        ports += rate + back
        cell = activation_cell("act", net.activation_of(layer), x, bench.volts, bench.volts, sampler)
        elements += (
            *cell.elements,
            unity("rate", cell.signal, grounds(post), rate, 1.0, sampler),
            *feedback_gate("feed", cell.control, back, x, tech.spring_conductance, cell.gate, sampler),
        )
    return ports, elements


def _crossings(pre: Bus, post: Bus) -> tuple[Bus, Bus, Bus]:
    """Weight nodes, and the lines of each, row by row of [pre, post]."""
    weights = bus("weight", len(pre) * len(post))
    return weights, tuple(node for node in pre for _ in post), post * len(pre)


def _forward(
    bench: ContinuousTestbench, lines: Bus, mu: Bus, sampler: ComponentSampler
) -> tuple[Element, ...]:
    anti = bus("anti", len(lines))
    column = bus("column", len(mu))
    weights, rows, columns = _crossings(anti, column)
    gate = per_unit(bench.volts)
    return (
        unity("invert", grounds(len(lines)), lines, anti, 2.0, sampler),
        MultiplyingVCCS("forward", weights, rows, columns, 1.0 / OHMS, gate),
        *transimpedance("predict", column, mu, OHMS, sampler),
    )


def _weights(bench: ContinuousTestbench, lines: Bus, weighted_eps: Bus) -> tuple[Element, ...]:
    weights, rows, columns = _crossings(lines, weighted_eps)
    siemens = bench.technology.spring_conductance / bench.slowness
    return (
        MultiplyingVCCS("write", columns, rows, weights, siemens, per_unit(bench.volts)),
        Capacitors("weight", weights, grounds(len(weights)), bench.technology.node_capacitance),
    )


def _transposed(
    bench: ContinuousTestbench, weighted_eps: Bus, back: Bus, sampler: ComponentSampler
) -> tuple[Element, ...]:
    """W^T F; the bias, the last line, has no part in it."""
    n = len(back)
    m = len(weighted_eps)
    anti = bus("anti_eps", m)
    column = bus("back_column", n)
    weights, columns, rows = _crossings(column, anti)
    return (
        unity("invert_eps", grounds(m), weighted_eps, anti, 2.0, sampler),
        MultiplyingVCCS("transposed", weights, rows, columns, 1.0 / OHMS, per_unit(bench.volts)),
        *transimpedance("feedback", column, back, OHMS, sampler),
    )
