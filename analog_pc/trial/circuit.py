"""The circuit of a trial: a subcircuit for every layer, clocks and clamps at the top.

::

    rates of layer l-1                                           layer l
    rate[j] --[-1]--(read)--+                                   (relax)
    rate[j] --[log]-(rows)--+-- row[j] --[ forward array ]-- mu[i] --/\\/\\/-- x[i] === C
                                                                |            |
    back[j] <-------------- [ transposed array ]-- eps_row[i] --+--[ eps ]---+
                             written by the same pulses         |
                                             (columns) -- [ held force > ramp ]

The first layer's transposed array is missing: a clamped input takes no feedback.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.cells import Parts, activation_cell, feedback_gate, unity
from analog_pc.circuit import (
    Amplifiers,
    Bus,
    Capacitors,
    Circuit,
    ClockSources,
    Element,
    Instance,
    StimulusSources,
    Subcircuit,
    Switches,
    VoltageSources,
    bus,
    check_circuit,
    grounds,
)
from analog_pc.devices.compact import spice_law
from analog_pc.trial import cells
from analog_pc.trial.cells import Gates, Reference
from analog_pc.trial.schedule import LINES, clock_lines
from analog_pc.trial.trial import Trial

BIAS = "bias"


@dataclass(frozen=True, eq=False)
class TrialCircuit:
    """The circuit, and where to look; buses over layers, as a `Solution` names them.

    `activities`, `predictions`, `eps`, `held`: layers 0 ... L (the first one empty but for activities);
    `forward`, `transposed`: states of layers 1 ... L, row by row of [pre (and bias), post] and [pre, post].
    """

    circuit: Circuit
    activities: tuple[Bus, ...]
    predictions: tuple[Bus, ...]
    eps: tuple[Bus, ...]
    held: tuple[Bus, ...]
    forward: tuple[Bus, ...]
    transposed: tuple[Bus, ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """All of them."""
        buses = (self.activities, self.predictions, self.eps, self.held, self.forward, self.transposed)
        return tuple(dict.fromkeys(node for layers in buses for nodes in layers for node in nodes))


def trial_circuit(trial: Trial) -> TrialCircuit:
    """Compile a trial."""
    net, sizes = trial.network, trial.network.sizes
    blocks = [_input_layer(trial), *(_Layer(trial, k).build() for k in range(1, net.depth + 1))]
    instances = tuple(
        Instance(f"layer{k}", Subcircuit(f"trial_layer{k}", ports, elements, comment), ports)
        for k, (ports, elements, comment) in enumerate(blocks)
    )
    circuit = Circuit("trial", _top(trial), instances, trial.technology.temperature)
    check_circuit(circuit)
    layers = range(1, net.depth + 1)
    inner = {
        kind: tuple(
            tuple(f"layer{k}.{node}" for node in bus(kind, size))
            for k, size in zip(layers, counts, strict=True)
        )
        for kind, counts in {
            "forward_state": [s.size for s in trial.states()],
            "transposed_state": [0, *(w.size for w in net.W[1:])],
            "pulse_held": sizes[1:],
        }.items()
    }
    return TrialCircuit(
        circuit,
        tuple(bus(f"x{k}", n) for k, n in enumerate(sizes)),
        ((), *(bus(f"mu{k}", sizes[k]) for k in layers)),
        ((), *(bus(f"eps{k}", sizes[k]) for k in layers)),
        ((), *inner["pulse_held"]),
        inner["forward_state"],
        inner["transposed_state"],
    )


def _top(trial: Trial) -> tuple[Element, ...]:
    """Clocks, the clamped input, the target behind its switches, the line of the biases."""
    scale = trial.volts * trial.writing.force_scale
    times, lines = clock_lines(trial.schedule, trial.writing, scale)
    volts = np.stack([lines[name] for name in LINES])
    sizes, last = trial.network.sizes, trial.network.depth
    x, target = bus(f"x{last}", sizes[last]), bus("target", sizes[last])
    elements: tuple[Element, ...] = (
        ClockSources("clock", LINES, grounds(len(LINES)), times, volts),
        StimulusSources("input", bus("x0", sizes[0]), grounds(sizes[0])),
        StimulusSources("goal", target, grounds(sizes[last])),
        Switches("clamp", target, x, ("clamp",) * sizes[last], trial.clamp_on, trial.switch_off),
    )
    if trial.network.has_biases:
        elements += (VoltageSources("bias", (BIAS,), grounds(1), trial.volts),)
    return elements


def _input_layer(trial: Trial) -> tuple[Bus, tuple[Element, ...], str]:
    n = trial.network.sizes[0]
    x, rate = bus("x0", n), bus("rate0", n)
    cell = activation_cell("act", trial.network.activation_of(0), x, trial.volts, Parts(trial.technology))
    buffers = unity("rate", cell.signal, grounds(n), rate, 1.0, Parts(trial.technology))
    return x + rate, (*cell.elements, buffers), f"input: {n} activities"


class _Layer:
    """One layer above the input, put together part by part."""

    def __init__(self, trial: Trial, layer: int) -> None:
        self.trial, self.layer = trial, layer
        net = trial.network
        self.pre, self.post = net.sizes[layer - 1], net.sizes[layer]
        self.last, self.hidden_below = layer == net.depth, layer > 1
        self.parts = Parts(trial.technology, place=f"layer{layer}")
        self.gates = Gates(trial.switch_on, trial.switch_off)
        self.law = spice_law(trial.device)
        siemens = trial.mapping.reference
        self.reference = Reference(self.law, float(trial.device.state_of(siemens)), siemens)
        self.states = trial.states()[layer - 1]
        self.x, self.mu, self.eps, self.rate, self.back = (
            bus(f"{kind}{layer}", self.post) for kind in ("x", "mu", "eps", "rate", "back")
        )
        self.rates = bus(f"rate{layer - 1}", self.pre)
        self.lines = self.rates + ((BIAS,) if net.has_biases else ())
        self.fed_back = bus(f"back{layer - 1}", self.pre)

    def build(self) -> tuple[Bus, tuple[Element, ...], str]:
        """Ports, elements, comment."""
        ports = LINES + self.lines + self.x + self.mu + self.eps
        levels, level = cells.row_levels("level", self.lines, self.trial.writing, self.trial.volts)
        sensing, force = self._sensing()
        pulses, pulse = cells.column_pulses("pulse", force, self.gates)
        elements = levels + self._forward(level, pulse) + self._nodes() + sensing + pulses
        if self.hidden_below:
            ports += self.fed_back
            elements += self._transposed(level, pulse)
        if not self.last:
            ports += self.rate + self.back
            elements += self._output()
        comment = f"layer {self.layer}: {self.pre} rates predict {self.post} activities"
        return ports, elements, comment

    def _forward(self, level: Bus, pulse: Bus) -> tuple[Element, ...]:
        n, m = len(self.lines), self.post
        anti, row, column, drive = bus("anti", n), bus("row", n), bus("column", m), bus("column_drive", m)
        devices, _ = cells.array("forward", row, column, self.law, self.states)
        return (
            unity("invert", grounds(n), self.lines, anti, 2.0, self.parts),
            cells.driven("row", (("read", anti), ("rows_p", level[:n]), ("rows_m", level[n:])), row),
            cells.driven("column", (("columns_p", pulse[:m]), ("columns_m", pulse[m:])), drive),
            *devices,
            *cells.amplified_columns(
                "predict", row, column, drive, self.mu,
                self.trial.mapping.ohms, self.reference, self.gates, self.parts,
            ),
        )  # fmt: skip

    def _nodes(self) -> tuple[Element, ...]:
        """Value nodes; the spring is a switch, whose conductance is the precision's."""
        tech = self.trial.technology
        spring = self.trial.network.precision_of(self.layer) * tech.spring_conductance
        relax = ("relax",) * self.post
        return (
            Switches("spring", self.x, self.mu, relax, spring, self.trial.switch_off),
            Capacitors("node", self.x, grounds(self.post), tech.node_capacitance),
        )

    def _sensing(self) -> tuple[tuple[Element, ...], Bus]:
        """eps = x - mu, and the force precision eps."""
        elements: tuple[Element, ...] = (unity("sense", self.x, self.mu, self.eps, 2.0, self.parts),)
        pi = self.trial.network.precision_of(self.layer)
        if pi == 1.0:
            return elements, self.eps
        force = bus("force", self.post)
        return (*elements, Amplifiers("weigh", self.eps, grounds(self.post), force, pi)), force

    def _transposed(self, level: Bus, pulse: Bus) -> tuple[Element, ...]:
        n, m, lines = self.pre, self.post, len(self.lines)
        anti, row = bus("anti_eps", m), bus("eps_row", m)
        column, drive = bus("back_column", n), bus("back_drive", n)
        written = ("columns_p", pulse[:m]), ("columns_m", pulse[m:])
        devices, _ = cells.array("transposed", column, row, self.law, self.states[:n])
        return (
            unity("invert_eps", grounds(m), self.eps, anti, 2.0, self.parts),
            cells.driven("eps_row", (("read", anti), *written), row),
            cells.driven("back", (("rows_p", level[:n]), ("rows_m", level[lines : lines + n])), drive),
            *devices,
            *cells.amplified_columns(
                "feedback", row, column, drive, self.fed_back,
                self.trial.mapping.ohms, self.reference, self.gates, self.parts,
            ),
        )  # fmt: skip

    def _output(self) -> tuple[Element, ...]:
        """Rates for the layer above, and its feedback, let through while the network relaxes."""
        net, layer = self.trial.network, self.layer
        cell = activation_cell("act", net.activation_of(layer), self.x, self.trial.volts, self.parts)
        fed = bus("fed", self.post)
        siemens = net.precision_of(layer + 1) * self.trial.technology.spring_conductance
        return (
            *cell.elements,
            unity("rate", cell.signal, grounds(self.post), self.rate, 1.0, self.parts),
            cells.driven("relaxing", (("relax", self.back),), fed),
            *feedback_gate("feed", cell.control, fed, self.x, siemens, cell.gate, self.parts),
        )
