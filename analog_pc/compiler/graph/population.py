"""A population of a graph as one subcircuit.

::

    rates of sources --[ crossbar ]--+                             x[i] === C
    one-to-one resistors ------------+-- column --|TIA>-- mu[i] --/\\/\\/--+--/\\/\\/-- prior
    gain * part ---------------------+                        spring      |   leak
                                                                          +---[ f ]--- rate[i]
    eps of targets --[ transposed crossbar ]--+-- column --|TIA>-- back --( g f' )--> x[i]
"""

from __future__ import annotations

from analog_pc.activations import IDENTITY
from analog_pc.cells import (
    activation_cell,
    differential_crossbar,
    drivers,
    eps_sense,
    feedback_gate,
    feedback_switch,
    free_input_node,
    gain_feedback,
    leak,
    mixed_value_node,
    mixing_crossbar,
    modulated_current,
    one_to_one,
    transimpedance,
    value_node,
)
from analog_pc.circuit import Bus, Element, Instance, Subcircuit, bus
from analog_pc.compiler.graph.design import GraphDesign, buses, switch_lines
from analog_pc.mapping import gate_precision, spring_scale


def bias_lines(name: str) -> tuple[Bus, Bus]:
    """The complementary word lines of a population's biases."""
    return (f"bias_{name.lower()}_p",), (f"bias_{name.lower()}_n",)


def population_instance(design: GraphDesign, k: int) -> Instance:
    """``xpop_NAME`` of the netlist."""
    builder = _Builder(design, k)
    name = design.graph.names[k].lower()
    elements = builder.build()
    ports = tuple(dict.fromkeys(builder.ports))
    return Instance(f"pop_{name}", Subcircuit(f"pc_{name}", ports, elements, builder.comment), ports)


class _Builder:
    """Collects the elements of one population and the outer nodes that they touch."""

    def __init__(self, design: GraphDesign, k: int) -> None:
        self.design = design
        self.graph = design.graph
        self.k = k
        self.size = design.graph.sizes[k]
        self.own = buses(design.graph, k)
        self.sampler = design.sampler(k)
        self.ports: list[str] = []

    @property
    def comment(self) -> str:
        """One line for the reader of the netlist."""
        sources = [self.graph.projections[p].source for p in self.design.into(self.k)]
        by = f"predicted by {', '.join(sources)}" if sources else "which nothing predicts"
        return f"population {self.graph.names[self.k]}: {self.size} activities, {by}"

    def build(self) -> tuple[Element, ...]:
        elements = self._node() if not self.graph.predicted[self.k] else self._predicted()
        elements += self._leak()
        self.ports += self.own["x"]
        if self.design.drives(self.k):
            elements += self._output_stage()
        return elements

    def port(self, *nodes: Bus) -> None:
        for group in nodes:
            self.ports += group

    # --- prediction, spring and prediction error

    def _node(self) -> tuple[Element, ...]:
        if not self.design.clamps.free[self.k].any():
            return ()
        return free_input_node("node", self.own["x"], self.design.technology.node_capacitance)

    def _leak(self) -> tuple[Element, ...]:
        population = self.graph.populations[self.k]
        siemens = population.leaks * self.design.technology.spring_conductance
        return leak("node", self.own["x"], siemens, self.design.scales.activity[self.k] * population.priors)

    def _predicted(self) -> tuple[Element, ...]:
        own = self.own
        design = self.design
        back = design.drives_back(self.k)
        mixed = design.is_mixed(self.k)
        self.port(own["mu"], own["eps"])
        inner = bus("anti_eps", self.size)
        anti = inner if mixed else (own["anti_eps"] if back else ())
        if back:
            self.port(*design.error_lines(self.k))
        return (
            *self._prediction(),
            *eps_sense("eps", own["x"], own["mu"], own["eps"], anti, self.sampler),
            *self._spring(inner, back),
        )

    def _spring(self, anti: Bus, back: bool) -> tuple[Element, ...]:
        own = self.own
        tech = self.design.technology
        pi = self.graph.populations[self.k].pi
        if not self.design.is_mixed(self.k):
            return value_node(
                "node", own["x"], own["mu"], pi * tech.spring_conductance, tech.node_capacitance
            )
        outputs = own["weighted"], own["anti_weighted"] if back else ()
        siemens = spring_scale(pi) * tech.spring_conductance
        pair = self.design.mixing(self.k)
        self.port(own["weighted"])
        return (
            *mixing_crossbar("mix", (own["eps"], anti), outputs, pair, self.sampler),
            *mixed_value_node("node", own["x"], outputs[0], siemens, tech.node_capacitance, self.sampler),
        )

    def _prediction(self) -> tuple[Element, ...]:
        arrays = self.design.forward[self.k]
        columns = bus("column", self.size)
        elements: tuple[Element, ...] = ()
        for p in self.design.into(self.k):
            elements += self._into(p, columns)
        if "bias" in arrays.pairs:
            lines = bias_lines(self.graph.names[self.k])
            self.port(*lines)
            elements += differential_crossbar("bias", *lines, columns, arrays.pairs["bias"], self.sampler)
        return (*elements, *transimpedance("predict", columns, self.own["mu"], arrays.ohms, self.sampler))

    def _into(self, p: int, columns: Bus) -> tuple[Element, ...]:
        """The currents of one projection."""
        design = self.design
        arrays = design.forward[self.k]
        source = buses(self.graph, self.graph.sources[p])
        self.port(source["rate"], source["anti"])
        if self.graph.gains[p] is not None:
            return self._modulated(p, columns)
        if p in arrays.pairs:
            lines = source["rate"], source["anti"]
            return differential_crossbar(self._label(p), *lines, columns, arrays.pairs[p], self.sampler)
        ohms = arrays.ohms / design.forward_gain(p)
        return one_to_one(self._label(p), source["anti"], columns, ohms)

    def _label(self, p: int) -> str:
        """Names the elements of a projection by its source, and by its number where that is not enough."""
        source = self.graph.sources[p]
        twins = [q for q in self.design.into(self.k) if self.graph.sources[q] == source]
        name = f"from_{self.graph.names[source].lower()}"
        return name if len(twins) == 1 else f"{name}_{p}"

    # --- gains

    def _modulated(self, p: int, columns: Bus) -> tuple[Element, ...]:
        """The part of a projection, its multipliers onto the bit lines, and those onto the gain node."""
        design = self.design
        gain = self._gain_node(p)
        volts = design.scales.activity
        part, elements = self._part(p)
        siemens = volts[self.k] / (design.forward[self.k].ohms * design.part_volts(p))
        name = self._label(p)
        gain_volts = volts[self.graph.gains[p][0]]  # type: ignore[index]
        elements += modulated_current(f"{name}_gain", gain, part, columns, siemens, gain_volts)
        if design.gain_is_free(p):
            population = self.graph.populations[self.k]
            lines = design.error_lines(self.k)[0]
            self.port(lines)
            pi = spring_scale(population.pi) if design.is_mixed(self.k) else population.pi
            push = pi * design.technology.spring_conductance * gain_volts / design.part_volts(p)
            push = push + 0.0 * siemens  # [n]
            elements += gain_feedback(f"{name}_back", lines, part, gain, push, volts[self.k])
        return elements

    def _gain_node(self, p: int) -> str:
        gain = self.graph.gains[p]
        assert gain is not None
        node = buses(self.graph, gain[0])["x"][gain[1]]
        self.port((node,))
        return node

    def _part(self, p: int) -> tuple[Bus, tuple[Element, ...]]:
        """The opposite of W_p f(x_source), and what makes it."""
        source = buses(self.graph, self.graph.sources[p])
        if self.graph.projections[p].kind == "identity":
            return source["anti"], ()
        pair = self.design.part(p)
        name = self._label(p)
        columns = bus(f"{name}_column", self.size)
        part = bus(f"{name}_part", self.size)
        return part, (
            *differential_crossbar(name, source["anti"], source["rate"], columns, pair, self.sampler),
            *transimpedance(name, columns, part, pair.ohms, self.sampler),
        )

    # --- rates and feedback

    def _output_stage(self) -> tuple[Element, ...]:
        own = self.own
        scales = self.design.scales
        f = self.graph.populations[self.k].f
        volts = scales.activity[self.k], scales.rate[self.k]
        cell = activation_cell("act", f, own["x"], *volts, self.sampler)
        self.port(own["rate"], own["anti"])
        elements = (
            *cell.elements,
            *drivers("drive", cell.signal, own["rate"], own["anti"], self.sampler),
        )
        if not self.design.returns(self.k):
            return elements
        back = bus("back", self.size)
        spring = gate_precision(self.graph, self.k) * self.design.technology.spring_conductance
        siemens = spring * scales.activity[self.k] / scales.feedback[self.k]
        gate = cell.gate if f.name != IDENTITY.name else None
        elements += self._feedback(back)
        if self.k in self.design.switched:
            connect, cut = switch_lines(self.graph, self.k)
            self.port((connect, cut))
            gated = bus("gated", self.size)
            elements += feedback_switch("cut", back, gated, connect, cut)
            back = gated
        return (*elements, *feedback_gate("fb", cell.control, back, own["x"], siemens, gate, self.sampler))

    def _feedback(self, back: Bus) -> tuple[Element, ...]:
        """sum_p B_p^T Pi eps, by transposed crossbars on the bit lines of one row of amplifiers."""
        arrays = self.design.feedback[self.k]
        columns = bus("back_column", self.size)
        elements: tuple[Element, ...] = ()
        for p in self.design.returns(self.k):
            elements += self._return(p, columns)
        return (*elements, *transimpedance("feedback", columns, back, arrays.ohms, self.sampler))

    def _return(self, p: int, columns: Bus) -> tuple[Element, ...]:
        """The currents of the feedback of one projection."""
        design = self.design
        arrays = design.feedback[self.k]
        lines, anti = design.error_lines(self.graph.targets[p])
        self.port(lines, anti)
        name = self._back_label(p)
        if self.graph.gains[p] is None:
            if p in arrays.pairs:
                return differential_crossbar(name, lines, anti, columns, arrays.pairs[p], self.sampler)
            return one_to_one(name, anti, columns, arrays.ohms / design.feedback_gain(p))
        gain = self._gain_node(p)
        gain_volts = design.scales.activity[self.graph.gains[p][0]]  # type: ignore[index]
        if not design.has_part_feedback(p):
            siemens = design.feedback_gain(p) / arrays.ohms
            return modulated_current(f"{name}_gain", gain, anti, columns, siemens, gain_volts)
        pair = design.part_feedback(p)
        part_columns = bus(f"{name}_column", self.size)
        part = bus(f"{name}_part", self.size)
        siemens = design.scales.feedback[self.k] / (arrays.ohms * design.scales.part_feedback[p])
        return (
            *differential_crossbar(name, anti, lines, part_columns, pair, self.sampler),
            *transimpedance(name, part_columns, part, pair.ohms, self.sampler),
            *modulated_current(f"{name}_gain", gain, part, columns, siemens, gain_volts),
        )

    def _back_label(self, p: int) -> str:
        target = self.graph.targets[p]
        twins = [q for q in self.design.returns(self.k) if self.graph.targets[q] == target]
        name = f"back_{self.graph.names[target].lower()}"
        return name if len(twins) == 1 else f"{name}_{p}"
