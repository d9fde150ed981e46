"""The circuit of a continuous trial: transconductance multipliers for crossings.

::

    rate[j] ---------------+------------------+         forward:     I = (W / R_f) (-V(rate)) into column[i]
                        ( x )--> column[i]   ( x )      writing:     I = g_w (F / s) V(rate) onto C_w
                           |                  |         transposed:  I = (W / R_f) (-V(F)) into back_column[j]
    V(w[j, i]) = s W ------+-- === C_w <------+-- force[i]

tau_w = C_w / g_w with C_w = C and g_w = g_s / slowness.  s: volts per unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.cells import Parts, activation_cell, feedback_gate, transimpedance, unity
from analog_pc.circuit import (
    Amplifiers,
    Bus,
    Capacitors,
    Circuit,
    ClockSources,
    Element,
    GatedTransconductors,
    Instance,
    Law,
    Resistors,
    StimulusSources,
    Subcircuit,
    Switches,
    VoltageSources,
    bus,
    check_circuit,
    grounds,
)
from analog_pc.testbench.continuous.setting import ContinuousTrial

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


def per_unit(volts: float) -> Law:
    """V / s: what multiplies, without a unit."""
    s = float(volts)
    return Law("per_unit", lambda v: v / s, lambda v: np.full_like(v, 1.0 / s), lambda v: f"{v}/{s!r}")


def continuous_circuit(trial: ContinuousTrial) -> ContinuousCircuit:
    """Compile a continuous trial."""
    sizes, depth = trial.network.sizes, trial.network.depth
    blocks = [_input_layer(trial), *(_layer(trial, k) for k in range(1, depth + 1))]
    instances = tuple(
        Instance(f"layer{k}", Subcircuit(f"continuous_layer{k}", ports, elements, f"layer {k}"), ports)
        for k, (ports, elements) in enumerate(blocks)
    )
    circuit = Circuit("continuous_trial", _top(trial), instances, trial.technology.temperature)
    check_circuit(circuit)
    weights = tuple(
        tuple(f"layer{k}.{node}" for node in bus("weight", w.size)) for k, w in enumerate(trial.weights, 1)
    )
    return ContinuousCircuit(circuit, tuple(bus(f"x{k}", n) for k, n in enumerate(sizes)), weights)


def _top(trial: ContinuousTrial) -> tuple[Element, ...]:
    sizes, last = trial.network.sizes, trial.network.depth
    x, target = bus(f"x{last}", sizes[last]), bus("target", sizes[last])
    shown, taken = trial.predict, trial.predict + trial.learn
    times = trial.tau * np.array([0.0, shown, shown + EDGE, taken, taken + EDGE])
    elements: tuple[Element, ...] = (
        ClockSources("clock", ("clamp",), grounds(1), times, [[0.0, 0.0, 1.0, 1.0, 0.0]]),
        StimulusSources("input", bus("x0", sizes[0]), grounds(sizes[0])),
        StimulusSources("goal", target, grounds(sizes[last])),
        Switches("clamp", target, x, ("clamp",) * sizes[last], trial.clamp_on, trial.switch_off),
    )
    if trial.network.has_biases:
        elements += (VoltageSources("bias", (BIAS,), grounds(1), trial.volts),)
    return elements


def _input_layer(trial: ContinuousTrial) -> tuple[Bus, tuple[Element, ...]]:
    n, parts = trial.network.sizes[0], Parts(trial.technology)
    x, rate = bus("x0", n), bus("rate0", n)
    cell = activation_cell("act", trial.network.activation_of(0), x, trial.volts, trial.volts, parts)
    return x + rate, (*cell.elements, unity("rate", cell.signal, grounds(n), rate, 1.0, parts))


def _layer(trial: ContinuousTrial, layer: int) -> tuple[Bus, tuple[Element, ...]]:
    net, tech, parts = trial.network, trial.technology, Parts(trial.technology)
    pre, post = net.sizes[layer - 1], net.sizes[layer]
    x, mu, force = bus(f"x{layer}", post), bus("mu", post), bus("force", post)
    rates = bus(f"rate{layer - 1}", pre)
    lines = rates + ((BIAS,) if net.has_biases else ())
    precision = net.precision_of(layer)
    ports: Bus = ("clamp", *lines, *x)
    elements: tuple[Element, ...] = (
        *_forward(trial, lines, mu, parts),
        Resistors("spring", x, mu, 1.0 / (precision * tech.spring_conductance)),
        Capacitors("node", x, grounds(post), tech.node_capacitance),
        Amplifiers("sense", x, mu, force, precision),
        *_weights(trial, lines, force),
    )
    if layer > 1:
        fed_back = bus(f"back{layer - 1}", pre)
        ports += fed_back
        elements += _transposed(trial, force, fed_back, parts)
    if layer < net.depth:
        rate, back = bus(f"rate{layer}", post), bus(f"back{layer}", post)
        ports += rate + back
        cell = activation_cell("act", net.activation_of(layer), x, trial.volts, trial.volts, parts)
        elements += (
            *cell.elements,
            unity("rate", cell.signal, grounds(post), rate, 1.0, parts),
            *feedback_gate("feed", cell.control, back, x, tech.spring_conductance, cell.gate, parts),
        )
    return ports, elements


def _crossings(pre: Bus, post: Bus) -> tuple[Bus, Bus, Bus]:
    """Weight nodes, and the lines of each, row by row of [pre, post]."""
    weights = bus("weight", len(pre) * len(post))
    return weights, tuple(node for node in pre for _ in post), post * len(pre)


def _forward(trial: ContinuousTrial, lines: Bus, mu: Bus, parts: Parts) -> tuple[Element, ...]:
    anti, column = bus("anti", len(lines)), bus("column", len(mu))
    weights, rows, columns = _crossings(anti, column)
    gate = per_unit(trial.volts)
    return (
        unity("invert", grounds(len(lines)), lines, anti, 2.0, parts),
        GatedTransconductors("forward", weights, rows, columns, 1.0 / OHMS, gate),
        *transimpedance("predict", column, mu, OHMS, parts),
    )


def _weights(trial: ContinuousTrial, lines: Bus, force: Bus) -> tuple[Element, ...]:
    weights, rows, columns = _crossings(lines, force)
    siemens = trial.technology.spring_conductance / trial.slowness
    return (
        GatedTransconductors("write", columns, rows, weights, siemens, per_unit(trial.volts)),
        Capacitors("weight", weights, grounds(len(weights)), trial.technology.node_capacitance),
    )


def _transposed(trial: ContinuousTrial, force: Bus, back: Bus, parts: Parts) -> tuple[Element, ...]:
    """W^T F; the bias, the last line, has no part in it."""
    n, m = len(back), len(force)
    anti, column = bus("anti_force", m), bus("back_column", n)
    weights, columns, rows = _crossings(column, anti)
    return (
        unity("invert_force", grounds(m), force, anti, 2.0, parts),
        GatedTransconductors("transposed", weights, rows, columns, 1.0 / OHMS, per_unit(trial.volts)),
        *transimpedance("feedback", column, back, OHMS, parts),
    )
