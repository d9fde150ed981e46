"""A population as one subcircuit.

::

    rates of sources --[ crossbar ]--+                             x[i] === C
    one-to-one resistors ------------+-- column --|TIA>-- mu[i] --/\\/\\/--+--/\\/\\/-- prior
    gain * part ---------------------+                        spring      |   leak
                                                                          +---[ f ]--- rate[i]
    eps of targets --[ transposed crossbar ]--+-- column --|TIA>-- back --( g f' )--> x[i]
"""

from __future__ import annotations

from analog_pc.arrays import Floats
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
from analog_pc.circuit.circuit import terminals
from analog_pc.compiler.design import Design, Gain, Path, SummedArrays
from analog_pc.mapping import spring_scale

Elements = tuple[Element, ...]


def population_instance(design: Design, k: int) -> Instance:
    """``xpop_NAME`` of the netlist, or ``xlayerN`` of a chain."""
    names = design.names(k)
    elements = _Builder(design, k).elements()
    ports = design.ports(k, (node for element in elements for node in terminals(element)))
    return Instance(names.instance, Subcircuit(names.subcircuit, ports, elements, names.comment), ports)


class _Builder:
    """Makes the elements of one population."""

    def __init__(self, design: Design, k: int) -> None:
        self.design = design
        self.technology = design.technology
        self.population = design.graph.populations[k]
        self.k = k
        self.size = self.population.size
        self.own = design.buses[k]
        self.sampler = design.sampler(k)

    def elements(self) -> Elements:
        found = self._predicted() if self.design.graph.predicted[self.k] else self._node()
        found += self._leak()
        for source in self.design.hosts(self.k):
            found += self._sum(
                "feedback", "back_column", self.design.feedback[source], self.design.buses[source]["back"]
            )
        return found + self._output_stage() if self.own["rate"] else found

    # --- prediction, spring and prediction error

    def _node(self) -> Elements:
        if not self.design.clamps.free[self.k].any():
            return ()
        return free_input_node("node", self.own["x"], self.technology.node_capacitance)

    def _leak(self) -> Elements:
        siemens = self.population.leaks * self.technology.spring_conductance
        volts = self.design.scales.activity[self.k] * self.population.priors
        return leak("node", self.own["x"], siemens, volts)

    def _predicted(self) -> Elements:
        own = self.own
        arrays = self.design.predictions[self.k]
        prediction = self._sum("predict", "column", arrays, own["mu"])
        if self.design.is_mixed(self.k):
            return (*prediction, *self._mixed())
        siemens = self.population.pi * self.technology.spring_conductance
        return (
            *prediction,
            *value_node("node", own["x"], own["mu"], siemens, self.technology.node_capacitance),
            *eps_sense("eps", own["x"], own["mu"], own["eps"], own["anti_eps"], self.sampler),
        )

    def _mixed(self) -> Elements:
        """Value node and prediction error of a matrix of precision."""
        own = self.own
        eps = own["eps"], bus("anti_eps", self.size)
        weighted = own["weighted"], own["anti_weighted"]
        siemens = spring_scale(self.population.pi) * self.technology.spring_conductance
        farads = self.technology.node_capacitance
        return (
            *eps_sense("eps", own["x"], own["mu"], *eps, self.sampler),
            *mixing_crossbar("mix", eps, weighted, self.design.mixing(self.k), self.sampler),
            *mixed_value_node("node", own["x"], weighted[0], siemens, farads, self.sampler),
        )

    # --- currents that add on bit lines

    def _sum(self, name: str, column: str, arrays: SummedArrays, out: Bus) -> Elements:
        """Currents of projections on the bit lines of one row of amplifiers."""
        columns = bus(column, len(out))
        found: Elements = ()
        for path in arrays.paths:
            found += self._current(path, columns, arrays)
        return (*found, *transimpedance(name, columns, out, arrays.ohms, self.sampler))

    def _current(self, path: Path, columns: Bus, arrays: SummedArrays) -> Elements:
        if path.gain is not None:
            return self._modulated(path, path.gain, columns, arrays.ohms)
        if path.one_to_one:
            return one_to_one(path.label, path.lines[1], columns, arrays.ohms / path.ratio)
        return differential_crossbar(
            path.label, *path.lines, columns, arrays.pairs[path.number], self.sampler
        )

    def _modulated(self, path: Path, gain: Gain, columns: Bus, ohms: Floats) -> Elements:
        """What a gain multiplies, its multipliers onto the bit lines, and those onto the gain's node."""
        part, found = self._part(path)
        siemens = path.multiplied / ohms
        found += modulated_current(f"{path.label}_gain", gain.node, part, columns, siemens, gain.volts)
        if gain.moves:
            lines, _ = self.design.error_lines(self.k)
            springs = self.design.springs(self.k) * self.technology.spring_conductance
            push = springs * gain.volts / path.part_volts
            error = self.design.scales.activity[self.k]
            found += gain_feedback(f"{path.label}_back", lines, part, gain.node, push, error)
        return found

    def _part(self, path: Path) -> tuple[Bus, Elements]:
        """The opposite of what a gain multiplies, and what makes it."""
        straight, opposite = path.lines
        if path.one_to_one:
            return opposite, ()
        pair = self.design.part(self.k, path)
        columns = bus(f"{path.label}_column", len(path.weights))
        part = bus(f"{path.label}_part", len(path.weights))
        return part, (
            *differential_crossbar(path.label, opposite, straight, columns, pair, self.sampler),
            *transimpedance(path.label, columns, part, pair.ohms, self.sampler),
        )

    # --- rates, and feedback into the value nodes

    def _output_stage(self) -> Elements:
        own = self.own
        design = self.design
        volts = design.scales.activity[self.k], design.scales.rate[self.k]
        cell = activation_cell("act", self.population.f, own["x"], *volts, self.sampler)
        found = (*cell.elements, *drivers("drive", cell.signal, own["rate"], own["anti"], self.sampler))
        if not design.has_gates(self.k):
            return found
        back = own["back"]
        if self.k in design.switched:
            back = bus("gated", self.size)
            found += feedback_switch("cut", own["back"], back, *design.switch_lines(self.k))
        siemens = design.gate_siemens(self.k)
        return (*found, *feedback_gate("fb", cell.control, back, own["x"], siemens, cell.gate, self.sampler))
