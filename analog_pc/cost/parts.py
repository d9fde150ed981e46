"""The table of a phase: every part of the chip with its count, power, energy and area."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Capacitors, Circuit, Crossbar, Resistors, Solution
from analog_pc.circuit.circuit import outer_names
from analog_pc.cost import chip
from analog_pc.cost.components import Catalogue
from analog_pc.cost.converters import NEUROSIM, SURVEY, Converter, neurosim_adc, survey_adc
from analog_pc.cost.results import PartCost
from analog_pc.technology import Technology

SIMULATED = "native simulator: dissipation at the operating point, mean over the samples"


@dataclass(frozen=True, eq=False, kw_only=True)
class Phase:
    """What the table of a phase is made from.

    Parameters
    ----------
    circuit, solution
        The circuit with converters at its inputs, and its operating points with every node; None: capacitors
        are left out.
    watts
        Label of a bank -> mean dissipation, W.
    latency
        s in which everything is on.
    inputs, targets, outputs
        Converters in use: inputs and clamped targets are driven, outputs are read.
    bits
        Of the DACs and of the ADCs.
    """

    technology: Technology
    catalogue: Catalogue
    circuit: Circuit
    solution: Solution | None
    watts: Mapping[str, float]
    latency: float
    inputs: int
    targets: int
    outputs: int
    reads_outputs: bool
    bits: tuple[int, int]


def phase_parts(phase: Phase) -> tuple[PartCost, ...]:
    """The parts in the order in which a signal meets them; their energies add up to the phase's."""
    found = [*_converters(phase), *_amplifiers(phase), *_activations(phase), *_resistive(phase)]
    return tuple(part for part in (*found, *_capacitors(phase), _line_drivers(phase)) if part.count)


def forward_power(parts: tuple[PartCost, ...]) -> float:
    """Power in W of what a prediction needs: converters, forward amplifiers, activations, arrays."""
    idle = {"eps amplifiers", "feedback amplifiers", chip.GATES, *_CHARGE, "output ADCs"}
    return sum(part.power for part in parts if part.part not in idle)


def charge(parts: tuple[PartCost, ...]) -> float:
    """Energy in J that does not grow with time: charge of capacitors, conversions."""
    return sum(part.energy for part in parts if part.part in (*_CHARGE, "output ADCs"))


_CHARGE = ("node capacitors", "line capacitors")


def adc(catalogue: Catalogue, bits: int) -> tuple[Converter, str, str]:
    """One converter, its source and its grade; the other model stands in the source."""
    if "adc_energy" in catalogue:
        energy = catalogue["adc_energy"]
        return Converter(energy.value, catalogue.value("adc_area")), energy.source, energy.grade
    node = catalogue.value("node")
    found = survey_adc(bits, node, 1.0 / catalogue.value("adc_time"))
    beside = 1e12 * neurosim_adc(bits, node)
    return found, f"{SURVEY}; beside it {beside:.3g} pJ of {NEUROSIM}", "B"


def _converters(phase: Phase) -> Iterator[PartCost]:
    c = phase.catalogue
    (dac_bits, adc_bits) = phase.bits
    steps = 2.0 ** (dac_bits - 1)
    watts = steps * c.value("dac_unit_power")
    area = steps * c.value("dac_unit_area")
    source = f"{dac_bits} bit: {c['dac_unit_power'].source}"
    grade = c["dac_unit_power"].grade
    # The converters of the targets are on the chip in both phases; what is not in use is off.
    for name, count, driven in (
        ("input DACs", phase.inputs, True),
        ("target DACs", phase.outputs, phase.targets > 0),
    ):
        power = count * watts * driven
        yield PartCost(name, count, _over(power, phase), power, count * area, source, grade)
    buffers = int(c.value("dac_amplifiers")) * phase.inputs
    yield _amplifier_part(phase, "input buffers", buffers)
    one, said, sure = adc(c, adc_bits)
    energy = phase.outputs * one.energy * phase.reads_outputs
    said = f"{adc_bits} bit: {said}"
    power = energy / c.value("adc_time")
    yield PartCost("output ADCs", phase.outputs, energy, power, phase.outputs * one.area, said, sure)


def _amplifier_part(phase: Phase, role: str, count: int) -> PartCost:
    t = phase.technology
    stated = t.sources.get("opamp_power")
    source = stated.text if stated is not None and stated.text else f"opamp_power of {t.name}"
    grade = "A" if stated is not None and stated.verified else "C"
    power = count * t.opamp_power
    area = count * phase.catalogue.value("amplifier_area")
    return PartCost(role, count, _over(power, phase), power, area, source, grade)


def _amplifiers(phase: Phase) -> Iterator[PartCost]:
    roles = dict.fromkeys([*chip.AMPLIFIER_ROLES.values(), chip.OTHER_AMPLIFIERS])
    counts = dict.fromkeys(roles, 0)
    for bank in chip.banks(phase.circuit):
        if bank.role in counts and bank.physical:
            counts[bank.role] += bank.count
    for role, count in counts.items():
        yield _amplifier_part(phase, role, count)
    outputs = sum(phase.watts.get(b.label, 0.0) for b in chip.banks(phase.circuit) if b.role in counts)
    yield _simulated(phase, chip.OUTPUTS, sum(counts.values()), outputs, 0.0)


def _activations(phase: Phase) -> Iterator[PartCost]:
    for role, stem in ((chip.ACTIVATIONS, "activation"), (chip.GATES, "gate")):
        count = sum(b.count for b in chip.banks(phase.circuit) if b.role == role)
        watts = phase.catalogue[f"{stem}_power"]
        power = count * watts.value
        area = count * phase.catalogue.value(f"{stem}_area")
        yield PartCost(role, count, _over(power, phase), power, area, watts.source, watts.grade)


def _resistive(phase: Phase) -> Iterator[PartCost]:
    c = phase.catalogue
    for role in (chip.CROSSBARS, "springs", "feedback resistors", chip.OTHER_RESISTORS):
        banks = [b for b in chip.banks(phase.circuit) if b.role == role]
        count = sum(b.count for b in banks)
        watts = sum(phase.watts.get(b.label, 0.0) for b in banks)
        if role == chip.CROSSBARS:
            count *= phase.technology.devices_per_weight
            area = count * c.value("cell_area")
        elif role == chip.OTHER_RESISTORS:
            area = 0.0  # switches of the line drivers, which are counted there
        else:
            ohms = sum(_total(b.element.ohms, b.count) for b in banks if isinstance(b.element, Resistors))
            area = ohms / c.value("resistor_density") + count * c.value("resistor_area")
        yield _simulated(phase, role, count, watts, area)


def _simulated(phase: Phase, role: str, count: int, watts: float, area: float) -> PartCost:
    return PartCost(role, count, _over(watts, phase), watts, area, SIMULATED, "B")


def _over(power: float, phase: Phase) -> float:
    """Energy over the latency, which may be infinite: what is off takes none."""
    return power * phase.latency if power else 0.0


def _capacitors(phase: Phase) -> Iterator[PartCost]:
    """C V^2 from 0 V to the operating point: half of it stays, half is lost on the way."""
    if phase.solution is None:
        return
    c = phase.catalogue
    found = {"node capacitors": [0, 0.0, 0.0], "line capacitors": [0, 0.0, 0.0]}
    for path, element in phase.circuit.banks():
        if isinstance(element, Capacitors):
            nodes = outer_names(phase.circuit, path, element.a)
            squares = (phase.solution.voltage(nodes) ** 2).mean(axis=0)
            farads = np.broadcast_to(np.asarray(element.farads), squares.shape)
            row = found["node capacitors" if element.name == "node_cap" else "line capacitors"]
            row[0] += len(nodes)
            row[1] += float(farads @ squares)
            row[2] += float(farads.sum())
    driven, count = _driven_lines(phase, phase.solution)
    found["line capacitors"][0] += count
    found["line capacitors"][1] += driven
    for name, (n, joules, total) in found.items():
        area = total / c.value("capacitor_density") + n * c.value("capacitor_area")
        node = name == "node capacitors"
        power = joules / phase.latency if phase.latency > 0.0 else 0.0
        source = "C V^2 at the operating point" + ("" if node else "; the wires take no area of their own")
        yield PartCost(name, int(n), joules, power, area if node else 0.0, source, "B")


def _driven_lines(phase: Phase, solution: Solution) -> tuple[float, int]:
    """C V^2 of the word lines that converters drive, J, and how many they are."""
    first = phase.circuit.instances[1]
    joules = 0.0
    count = 0
    for element in first.subcircuit.elements:
        if isinstance(element, Crossbar) and element.name.startswith("forward_"):
            rows = outer_names(phase.circuit, first.name, element.rows)
            farads = len(element.columns) * phase.technology.word_line_capacitance
            joules += farads * float((solution.voltage(rows) ** 2).mean(axis=0).sum())
            count += len(rows)
    return joules, count


def _line_drivers(phase: Phase) -> PartCost:
    area = phase.catalogue["line_driver_area"]
    count = int(chip.lines(phase.circuit).sum())
    return PartCost("line drivers", count, 0.0, 0.0, count * area.value, area.source, area.grade)


def _total(ohms: object, count: int) -> float:
    values: Floats = np.broadcast_to(np.asarray(ohms, dtype=np.float64), (count,))
    return float(values.sum())
