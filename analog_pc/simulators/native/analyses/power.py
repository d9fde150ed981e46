"""Power dissipated by part at operating points."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Amplifiers, Crossbar, Diodes, IdealDiodes, Resistors, Solution, Switches
from analog_pc.errors import BadInput
from analog_pc.simulators.native.mna.flatten import GROUND_NUMBER
from analog_pc.simulators.native.model import Model


def dissipation(model: Model, solution: Solution) -> dict[str, Floats]:
    """Watts in every bank of resistors, switches or diodes, crossbar (devices and wires together) and output.

    By label -> [samples].

    Ideal diodes without a drop dissipate nothing; the power of others does not follow from voltages.

    A crossbar dissipates what enters its ports, an amplifier r_o I^2 in its output resistance.  By Tellegen's
    theorem all of it is what sources, controlled ones included, deliver.  What amplifiers and controlled
    sources draw from the supply is no part of the circuit's description; see `Technology.opamp_power`.
    """
    ground = np.zeros((len(solution.axis), 1))
    volts = np.concatenate([solution.voltage(model.nodes), ground], axis=1)
    assert GROUND_NUMBER == -1  # ground is the last column
    found: dict[str, Floats] = {}
    for bank in model.equations.flat.banks:
        match bank.element:
            case Resistors() as e:
                across = volts[:, bank.at("a")] - volts[:, bank.at("b")]
                found[bank.label] = (across**2 / np.asarray(e.ohms)).sum(axis=1)
            case Switches() as e:
                across = volts[:, bank.at("a")] - volts[:, bank.at("b")]
                opening = np.clip(volts[:, bank.at("control")], 0.0, 1.0)
                siemens = np.asarray(e.off) + (np.asarray(e.on) - np.asarray(e.off)) * opening
                found[bank.label] = (across**2 * siemens).sum(axis=1)
            case Diodes() as e:
                across = volts[:, bank.at("anode")] - volts[:, bank.at("cathode")]
                found[bank.label] = (across * e.current(across)).sum(axis=1)
            case IdealDiodes() as e if np.any(e.drop):
                raise BadInput(f"native: {bank.label}: voltages alone do not give the power of ideal diodes")
            case Crossbar():
                ports = volts[:, np.concatenate([bank.at("rows"), bank.at("columns")])]
                crossbar = model.equations.crossbars[bank.label]
                currents = ports @ crossbar.admittance
                if crossbar.nonlinear is not None:
                    currents += crossbar.nonlinear.delta(ports)
                found[bank.label] = (ports * currents).sum(axis=1)
            case Amplifiers() as e if e.output_ohms:
                difference = volts[:, bank.at("plus")] - volts[:, bank.at("minus")] + np.asarray(e.offset)
                unloaded = e.gain * difference
                if e.rail is not None:
                    unloaded = e.rail.value(unloaded)
                across = unloaded - volts[:, bank.at("out")]
                found[bank.label] = (across**2 / e.output_ohms).sum(axis=1)
    return found
