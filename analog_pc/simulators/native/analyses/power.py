"""Power dissipated by part at operating points."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Amplifiers, Crossbar, Resistors, Solution
from analog_pc.simulators.native.mna.flat import NOWHERE, Bank
from analog_pc.simulators.native.model import Model


def dissipation(model: Model, solution: Solution) -> dict[str, Floats]:
    """Watts in every resistor bank, crossbar (devices and wires together) and output, label -> [samples].

    A crossbar dissipates what enters its ports, an amplifier r_o I^2 in its output resistance.  By Tellegen's
    theorem all of it is what sources, controlled ones included, deliver.  What amplifiers and controlled
    sources draw from the supply is no part of the circuit's description; see `Technology.opamp_power`.
    """
    volts = np.concatenate([solution.voltage(model.nodes), np.zeros((len(solution.axis), 1))], axis=1)
    assert NOWHERE == -1  # ground is the last column
    found: dict[str, Floats] = {}
    for bank in model.equations.flat.of_kind(Resistors):
        across = volts[:, bank.at("a")] - volts[:, bank.at("b")]
        found[bank.label] = (across**2 / np.asarray(bank.element.ohms)).sum(axis=1)  # type: ignore[union-attr]
    for bank in model.equations.flat.of_kind(Crossbar):
        ports = volts[:, np.concatenate([bank.at("rows"), bank.at("columns")])]
        admittance, bent = model.equations.arrays[bank.label]
        currents = ports @ admittance
        if bent is not None:
            currents += bent.delta(ports)
        found[bank.label] = (ports * currents).sum(axis=1)
    for bank in model.equations.flat.of_kind(Amplifiers):
        if bank.element.output_ohms:  # type: ignore[union-attr]
            found[bank.label] = _in_outputs(bank, volts)
    return found


def _in_outputs(bank: Bank, volts: Floats) -> Floats:
    """(V - V(out))^2 / r_o, V = L(gain d, saturation) the unloaded output, [samples]."""
    amplifier = bank.element
    assert isinstance(amplifier, Amplifiers)
    difference = volts[:, bank.at("plus")] - volts[:, bank.at("minus")] + np.asarray(amplifier.offset)
    unloaded = amplifier.gain * difference
    if amplifier.rail is not None:
        unloaded = amplifier.rail.value(unloaded)
    across = unloaded - volts[:, bank.at("out")]
    return np.asarray((across**2 / amplifier.output_ohms).sum(axis=1))
