"""One layer of a trial's circuit; what it is drawn from is in `circuit.py`."""

from __future__ import annotations

from analog_pc.cells import ComponentSampler, activation_cell, feedback_gate, unity
from analog_pc.circuit import (
    Amplifiers,
    Bus,
    Capacitors,
    Element,
    Switches,
    bus,
    grounds,
)
from analog_pc.devices.compact import memristor_model
from analog_pc.testbench import cells
from analog_pc.testbench.cells import GateCell, Reference
from analog_pc.testbench.schedule import LINES
from analog_pc.testbench.testbench import LearningTestbench

BIAS = "bias"


class Layer:
    """One layer above the input, put together part by part."""

    def __init__(self, bench: LearningTestbench, layer: int) -> None:
        self.bench = bench
        self.layer = layer
        net = bench.network
        self.pre = net.sizes[layer - 1]
        self.post = net.sizes[layer]
        self.last = layer == net.depth
        self.hidden_below = layer > 1
        self.sampler = ComponentSampler(bench.technology, place=f"layer{layer}")
        self.gates = GateCell(bench.switch_on, bench.switch_off)
        self.model = memristor_model(bench.device)
        siemens = bench.mapping.reference
        self.reference = Reference(self.model, float(bench.device.state_of(siemens)), siemens)
        self.states = bench.states()[layer - 1]
        self.x, self.mu, self.eps, self.rate, self.back = (
            bus(f"{kind}{layer}", self.post) for kind in ("x", "mu", "eps", "rate", "back")
        )
        self.rates = bus(f"rate{layer - 1}", self.pre)
        self.lines = self.rates + ((BIAS,) if net.has_biases else ())
        self.fed_back = bus(f"back{layer - 1}", self.pre)

    def build(self) -> tuple[Bus, tuple[Element, ...], str]:
        """Ports, elements, comment."""
        ports = LINES + self.lines + self.x + self.mu + self.eps
        levels, level = cells.row_levels("level", self.lines, self.bench.encoding, self.bench.volts)
        sensing, weighted_eps = self._sensing()
        tracking = GateCell(self.bench.track_on, self.bench.switch_off)
        pulses, pulse = cells.column_pulses("pulse", weighted_eps, tracking)
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
        n = len(self.lines)
        m = self.post
        anti = bus("anti", n)
        row = bus("row", n)
        column = bus("column", m)
        drive = bus("column_drive", m)
        return (
            unity("invert", grounds(n), self.lines, anti, 2.0, self.sampler),
            cells.driven("row", (("read", anti), ("rows_p", level[:n]), ("rows_m", level[n:])), row),
            cells.driven("column", (("columns_p", pulse[:m]), ("columns_m", pulse[m:])), drive),
            cells.array("forward", row, column, self.model, self.states),
            *cells.amplified_columns(
                "predict", cells.ArrayBuses(row, column, drive, self.mu),
                self.bench.mapping.ohms, self.reference, self.gates, self.sampler,
            ),
        )  # fmt: skip

    def _nodes(self) -> tuple[Element, ...]:
        """Value nodes; the spring is a switch, whose conductance is the precision's."""
        tech = self.bench.technology
        spring = self.bench.network.precision_of(self.layer) * tech.spring_conductance
        relax = ("relax",) * self.post
        return (
            Switches("spring", self.x, self.mu, relax, spring, self.bench.switch_off),
            Capacitors("node", self.x, grounds(self.post), tech.node_capacitance),
        )

    def _sensing(self) -> tuple[tuple[Element, ...], Bus]:
        """eps = x - mu, and the weighted error precision eps."""
        elements: tuple[Element, ...] = (unity("sense", self.x, self.mu, self.eps, 2.0, self.sampler),)
        pi = self.bench.network.precision_of(self.layer)
        if pi == 1.0:
            return elements, self.eps
        weighted_eps = bus("weighted_eps", self.post)
        return (*elements, Amplifiers("weigh", self.eps, grounds(self.post), weighted_eps, pi)), weighted_eps

    def _transposed(self, level: Bus, pulse: Bus) -> tuple[Element, ...]:
        n = self.pre
        m = self.post
        lines = len(self.lines)
        anti = bus("anti_eps", m)
        row = bus("eps_row", m)
        column = bus("back_column", n)
        drive = bus("back_drive", n)
        written = ("columns_p", pulse[:m]), ("columns_m", pulse[m:])
        return (
            unity("invert_eps", grounds(m), self.eps, anti, 2.0, self.sampler),
            cells.driven("eps_row", (("read", anti), *written), row),
            cells.driven("back", (("rows_p", level[:n]), ("rows_m", level[lines : lines + n])), drive),
            cells.array("transposed", column, row, self.model, self.states[:n]),
            *cells.amplified_columns(
                "feedback", cells.ArrayBuses(row, column, drive, self.fed_back),
                self.bench.mapping.ohms, self.reference, self.gates, self.sampler,
            ),
        )  # fmt: skip

    def _output(self) -> tuple[Element, ...]:
        """Rates for the layer above, and its feedback, let through while the network relaxes."""
        net = self.bench.network
        layer = self.layer
        volts = self.bench.volts
        cell = activation_cell("act", net.activation_of(layer), self.x, volts, volts, self.sampler)
        fed = bus("fed", self.post)
        siemens = net.precision_of(layer + 1) * self.bench.technology.spring_conductance
        return (
            *cell.elements,
            unity("rate", cell.signal, grounds(self.post), self.rate, 1.0, self.sampler),
            cells.driven("relaxing", (("relax", self.back),), fed),
            *feedback_gate("feed", cell.control, fed, self.x, siemens, cell.gate, self.sampler),
        )
