"""Amplifiers -> netlist: a controlled source where one suffices, else the stages of an op-amp.

::

    input stage             pole node              output stage
    B<name>_pole_i  --->  +-- 1 mS / (2 pi GBW)    B<name>_i: limiter of the pole --[ R<name>_out_i ]-- out
                          |
                        ground

The pole node holds p of `circuit.amplifiers`; its scale of 1 mS only fixes the size of a capacitor that no
other part sees.  The noise at the input is the thermal noise of a resistor that carries no current.
"""

from __future__ import annotations

import numpy as np
from PySpice.Spice.Netlist import Netlist

from analog_pc.circuit import BOLTZMANN, GROUND, Amplifiers
from analog_pc.circuit.amplifiers import PAIR
from analog_pc.circuit.transfer import limiter
from analog_pc.simulators.spice.names import law_text, number

STAGE = 1e-3  # S


def add_amplifiers(netlist: Netlist, element: Amplifiers, kelvin: float) -> None:
    """The bank as elements ``E<name>_<i>`` or ``B<name>_<i>`` with their inner nodes."""
    if not _needs_stages(element):
        for i, (out, plus, minus) in enumerate(zip(element.out, element.plus, element.minus, strict=True)):
            netlist.VCVS(f"{element.name}_{i}", out, GROUND, plus, minus, voltage_gain=float(element.gain))
        return
    for i in range(len(element.out)):
        _add_stages(netlist, element, i, kelvin)


def pole_node(bank: str, i: int) -> str:
    """The node of a bank's i-th pole, in the netlist that holds the bank."""
    return f"{bank}_{i}_pole"


def _needs_stages(a: Amplifiers) -> bool:
    limits = (a.gain_bandwidth, a.slew_rate, a.saturation)
    return bool(np.any(a.offset)) or bool(np.isfinite(limits).any()) or a.output_ohms > 0.0 or a.noise > 0.0


def _add_stages(netlist: Netlist, a: Amplifiers, i: int, kelvin: float) -> None:
    name, out = f"{a.name}_{i}", a.out[i]
    inputs = _input_text(netlist, a, i, kelvin)
    if a.has_pole:
        pole = pole_node(a.name, i)
        current = f"{number(STAGE)}*({inputs}-v({pole})/{number(a.gain)})"
        farads = STAGE / a.unity_rate
        if np.isfinite(a.slew_rate):
            current = law_text(limiter(a.slew_rate * farads, PAIR), current)
        netlist.BehavioralSource(f"{name}_stage", GROUND, pole, current_expression=current)
        netlist.C(f"{name}_pole", pole, GROUND, farads)
        inner = f"v({pole})"
    else:
        inner = f"{number(a.gain)}*({inputs})"
    if a.rail is not None:
        inner = law_text(a.rail, inner)
    stiff = out
    if a.output_ohms > 0.0:
        stiff = f"{name}_stiff"
        netlist.R(f"{name}_out", stiff, out, float(a.output_ohms))
    netlist.BehavioralSource(name, stiff, GROUND, voltage_expression=inner)


def _input_text(netlist: Netlist, a: Amplifiers, i: int, kelvin: float) -> str:
    """V(plus) - V(minus) + offset + noise, without the terms that are nothing."""
    terms = [f"v({a.plus[i]})"] if a.plus[i] != GROUND else []
    terms += [f"-v({a.minus[i]})"] if a.minus[i] != GROUND else []
    offset = float(np.asarray(a.offset)[i])
    if offset:
        terms.append(f"+({number(offset)})")
    if a.noise > 0.0:
        node = f"{a.name}_{i}_noise"
        netlist.R(f"{a.name}_{i}_noise", node, GROUND, a.noise**2 / (4.0 * BOLTZMANN * kelvin))
        terms.append(f"+v({node})")
    return f"({''.join(terms) or '0'})"
