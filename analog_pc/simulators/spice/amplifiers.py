"""Amplifiers -> netlist: one subcircuit for each kind of amplifier, and an instance for each amplifier.

::

    .subckt opamp plus minus out          V<bank>_<i>_offset <bank>_<i>_plus <plus> <volts>
    ...                                   X<bank>_<i> <bank>_<i>_plus <minus> <out> opamp
    .ends opamp

An amplifier of one's own takes the place of a kind by one edit: another ``.subckt`` of that name and those
pins.  The offset is what distinguishes the amplifiers of a chip; it stays outside, in series with the
noninverting input.  Inside is a controlled source where one suffices, else the stages of an op-amp::

    input stage        pole node               output stage
    Bstage  --->  +-- 1 mS / (2 pi GBW)        Bout: limiter of the pole --[ Rout ]-- out
                  |
                ground

The pole node holds p of `circuit.amplifiers`; its scale of 1 mS only fixes the size of a capacitor that no
other part sees.  The noise at the input is the thermal noise of a resistor that carries no current.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from PySpice.Spice.Netlist import Netlist

from analog_pc.circuit import BOLTZMANN, GROUND, Amplifiers, Circuit, Memristors
from analog_pc.circuit.amplifiers import PAIR, RAIL
from analog_pc.circuit.transfer import limiter
from analog_pc.simulators.spice.names import number, transfer_text
from analog_pc.simulators.spice.subcircuit import CommentedSubCircuit

PINS = ("plus", "minus", "out")
POLE = "pole"  # the node inside
STAGE = 1e-3  # S


class Kind(NamedTuple):
    """The values shared by the amplifiers of one subcircuit, named as in `Amplifiers`."""

    kind: str
    gain: float
    gain_bandwidth: float
    slew_rate: float
    saturation: float
    output_ohms: float
    noise: float


Kinds = Mapping[Kind, str]
"""The name of each kind's subcircuit."""


def kind_of(bank: Amplifiers) -> Kind:
    """The kind of a bank's amplifiers."""
    return Kind(bank.kind, *(float(getattr(bank, field)) for field in Kind._fields[1:]))


def kinds_of(circuit: Circuit) -> Kinds:
    """Every kind of amplifier in the circuit, in order of appearance, with the name of its subcircuit.

    The name is the word `Amplifiers.kind`; another kind of the same word, or of a name that another
    subcircuit has, gets a number: ``opamp``, ``opamp_2``.
    """
    taken = {instance.subcircuit.name for instance in circuit.instances}
    taken |= {bank.model.name for _, bank in circuit.banks() if isinstance(bank, Memristors)}
    found: dict[Kind, str] = {}
    for _, bank in circuit.banks():
        if isinstance(bank, Amplifiers) and kind_of(bank) not in found:
            name = _free_name(bank.kind, taken)
            taken.add(name)
            found[kind_of(bank)] = name
    return found


def _free_name(word: str, taken: set[str]) -> str:
    name = word
    number_of_word = 1
    while name in taken:
        number_of_word += 1
        name = f"{word}_{number_of_word}"
    return name


def add_kinds(netlist: Netlist, kinds: Kinds, kelvin: float) -> None:
    """One subcircuit for each kind; `kelvin` is the temperature of the resistor that makes the noise."""
    for kind, name in kinds.items():
        netlist.subcircuit(_subcircuit(name, kind, kelvin))


def add_amplifiers(netlist: Netlist, bank: Amplifiers, kinds: Kinds) -> None:
    """The bank as instances ``X<bank>_<i>`` of its kind, and sources of the offsets that are not zero."""
    subcircuit = kinds[kind_of(bank)]
    offsets = np.asarray(bank.offset, dtype=np.float64).tolist()
    for i, (plus, minus, out, offset) in enumerate(
        zip(bank.plus, bank.minus, bank.out, offsets, strict=True)
    ):
        name = f"{bank.name}_{i}"
        if offset == 0.0:
            netlist.X(name, subcircuit, plus, minus, out)
        else:
            netlist.V(f"{name}_offset", f"{name}_plus", plus, offset)
            netlist.X(name, subcircuit, f"{name}_plus", minus, out)


def _subcircuit(name: str, kind: Kind, kelvin: float) -> CommentedSubCircuit:
    """A kind of amplifier; the equations are in `circuit.amplifiers`."""
    comment = f"{name}: {_values(kind)}. Replace it by your own .subckt with these pins."
    subcircuit = CommentedSubCircuit(name, PINS, comment)
    if _is_ideal(kind):
        subcircuit.VCVS("out", "out", GROUND, "plus", "minus", voltage_gain=float(kind.gain))
        return subcircuit
    inner = _unlimited_output(subcircuit, kind, _input(subcircuit, kind, kelvin))
    if np.isfinite(kind.saturation):
        inner = transfer_text(limiter(kind.saturation, RAIL), inner)
    stiff = "out"
    if kind.output_ohms > 0.0:
        stiff = "stiff"
        subcircuit.R("out", stiff, "out", float(kind.output_ohms))
    subcircuit.BehavioralSource("out", stiff, GROUND, voltage_expression=inner)
    return subcircuit


def _input(subcircuit: Netlist, kind: Kind, kelvin: float) -> str:
    """V(plus) - V(minus), and the noise where there is any."""
    if kind.noise == 0.0:
        return "(v(plus)-v(minus))"
    subcircuit.R("noise", "noise", GROUND, kind.noise**2 / (4.0 * BOLTZMANN * kelvin))
    return "(v(plus)-v(minus)+v(noise))"


def _unlimited_output(subcircuit: Netlist, kind: Kind, inputs: str) -> str:
    if not np.isfinite(kind.gain_bandwidth):
        return f"{number(kind.gain)}*{inputs}"
    current = f"{number(STAGE)}*({inputs}-v({POLE})/{number(kind.gain)})"
    farads = STAGE / (2.0 * np.pi * float(kind.gain_bandwidth))
    if np.isfinite(kind.slew_rate):
        current = transfer_text(limiter(kind.slew_rate * farads, PAIR), current)
    subcircuit.BehavioralSource("stage", GROUND, POLE, current_expression=current)
    subcircuit.C("pole", POLE, GROUND, farads)
    return f"v({POLE})"


def _is_ideal(kind: Kind) -> bool:
    """Whether a controlled source is all of it."""
    limits = (kind.gain_bandwidth, kind.slew_rate, kind.saturation)
    return not np.isfinite(limits).any() and kind.output_ohms == 0.0 and kind.noise == 0.0


def _values(kind: Kind) -> str:
    """The values as a comment: ``gain 1e+04, GBW 1e+08 Hz``."""
    values = [f"gain {kind.gain:.10g}"]
    if np.isfinite(kind.gain_bandwidth):
        values.append(f"GBW {kind.gain_bandwidth:.3g} Hz")
    return ", ".join(values)
