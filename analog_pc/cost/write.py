"""What one update of every device costs: pulses, half-selected devices, charge of the lines.

::

    pulse on a device         V^2 G t + E_w           G: the mean conductance of the devices
    half-selected device      (h V)^2 G t             h: the part of V that it sees
    line of a pulse           V^2 C + (h V)^2 C       the line of the row, and those of the columns

Row by row: all columns of a row are written at the same time, those of all arrays side by side; a device of
another row sees h V on its bit line.  The devices of a cell, each with its own transistor, are written one
after the other.  After DNN+NeuroSim, MLP_NeuroSim Cell.cpp (Chen, Peng & Yu, IEEE TCAD
37:3067, 2018).
"""

from __future__ import annotations

import numpy as np

from analog_pc.circuit import Circuit, Crossbar
from analog_pc.cost.components import Catalogue
from analog_pc.cost.results import ASSUMED, PartCost, PhaseCost
from analog_pc.si import si
from analog_pc.technology import Technology


def write_cost(circuit: Circuit, technology: Technology, catalogue: Catalogue) -> PhaseCost:
    """One update of every device of every crossbar, forward and transposed; amplifiers are off meanwhile."""
    arrays = [element for _, element in circuit.banks() if isinstance(element, Crossbar)]
    volts = catalogue.value("write_volts")
    seconds = catalogue.value("write_seconds")
    pulses = catalogue.value("write_pulses")
    half = catalogue.value("half_select")
    conducts = catalogue.value("write_conducts")
    siemens = [np.asarray(a.siemens, dtype=np.float64) for a in arrays]
    each = technology.devices_per_weight
    devices = each * sum(g.size for g in siemens)
    sums = sum(float(g.sum()) for g in siemens)
    halves = each * sum(float(g.sum()) * (len(g) - 1) for g in siemens)
    per_volt = pulses * seconds * conducts
    full = per_volt * volts**2 * sums + pulses * devices * catalogue.value("write_energy")
    selected = per_volt * (half * volts) ** 2 * halves
    word = technology.word_line_capacitance
    bit = technology.bit_line_capacitance
    # Each row's word line is charged once per pulse, each column's bit line once per row and pulse.
    charge = each * sum(g.size * word + half**2 * g.size * len(g) * bit for g in siemens)
    lines = pulses * volts**2 * charge
    latency = each * pulses * seconds * max(len(g) for g in siemens)
    source = "; ".join(
        dict.fromkeys(catalogue[name].source for name in ("write_volts", "write_seconds", "write_pulses"))
    )
    grade = max(catalogue[name].grade for name in ("write_volts", "write_seconds", "write_pulses"))
    driver = catalogue["line_driver_area"]
    count = sum(sum(g.shape) for g in siemens)
    table = (
        ("written devices", devices, full, 0.0, f"{_how(catalogue)}; {source}", grade),
        (
            "half-selected devices",
            each**2 * sum(g.size * (len(g) - 1) for g in siemens) if half else 0,
            selected,
            0.0,
            catalogue["half_select"].source,
            catalogue["half_select"].grade,
        ),
        ("lines", count, lines, 0.0, "V^2 C of the technology's word and bit lines", "B"),
        ("line drivers", count, 0.0, count * driver.value, driver.source, driver.grade),
    )
    parts = tuple(
        PartCost(name, n, joules, joules / latency, area, said, sure)
        for name, n, joules, area, said, sure in table
        if n
    )
    energy = full + selected + lines
    return PhaseCost(
        phase="write",
        latency=latency,
        parts=parts,
        formula_energy=energy,
        formula_latency=latency,
        gated_energy=sum(part.energy for part in parts),
        settling=0.0,
        method=f"{each * pulses:g} pulses of {si(seconds, 's')} on each row of the largest array",
        samples=0,
        notes=(f"{pulses:g} pulses of {volts:g} V on every device of {len(arrays)} arrays",),
    )


def _how(catalogue: Catalogue) -> str:
    """What the energy of a written device is, and what it leaves out."""
    if catalogue.value("write_conducts") or catalogue.value("write_energy"):
        return "V^2 G t and energy per pulse"
    return f"{ASSUMED}no current through a device, and a charge pump is not counted"
