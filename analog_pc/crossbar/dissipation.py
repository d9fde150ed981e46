"""Where the volts and the watts go inside a crossbar whose lines are held at any voltages."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.crossbar.array import WiredArray, port_drive, wired_array
from analog_pc.crossbar.network import Network


class Dissipation(NamedTuple):
    """Watts [rows, columns], with a batch axis in front where the voltages had one.

    devices: in the device of the cell, with its access transistor.  word_lines: in the segment on the left
    of the cell.  bit_lines: in the segment below it.  The sum of all is what enters the ports.
    """

    devices: Floats
    word_lines: Floats
    bit_lines: Floats


def cell_voltages(
    conductance: ArrayLike,
    port_voltages: ArrayLike,
    word_line_resistance: float = 0.0,
    bit_line_resistance: float = 0.0,
) -> Floats:
    """Voltage across each device, [rows, columns] or [batch, rows, columns] in V, word line minus bit line.

    Without the drop along the wires it would be ``port_voltages[i] - port_voltages[rows + j]``.

    Parameters
    ----------
    conductance, word_line_resistance, bit_line_resistance
        As for `port_admittance`.
    port_voltages
        [ports] or [batch, ports] in V: the left ends of the word lines, then the feet of the bit lines.

    Raises
    ------
    BadInput
        For input as refused by `port_admittance`, and voltages of another shape or not finite.

    Notes
    -----
    A difference of two node voltages, with the rounding of those: some eps of the largest port voltage.
    """
    array = wired_array(conductance, word_line_resistance, bit_line_resistance)
    volts = Network(array).voltages(port_drive(array, port_voltages))
    return volts[0] if np.ndim(port_voltages) == 1 else volts


def dissipation(
    conductance: ArrayLike,
    port_voltages: ArrayLike,
    word_line_resistance: float = 0.0,
    bit_line_resistance: float = 0.0,
) -> Dissipation:
    """Power in each device, G V^2, and in each segment of wire, r I^2.

    For devices with a nonlinear law see `NonlinearArray.dissipation`.

    Parameters
    ----------
    conductance
        G [rows, columns] in S.
    port_voltages
        [ports] or [batch, ports] in V, ports as for `cell_voltages`.
    word_line_resistance, bit_line_resistance
        In Ohm per segment; 0 is an ideal line.

    Raises
    ------
    BadInput
        For input as refused by `cell_voltages`.
    """
    array = wired_array(conductance, word_line_resistance, bit_line_resistance)
    volts = Network(array).voltages(port_drive(array, port_voltages))
    watts = dissipated(array, volts, array.conductance * volts)
    return Dissipation(*(part[0] for part in watts)) if np.ndim(port_voltages) == 1 else watts


def dissipated(array: WiredArray, volts: Floats, currents: Floats) -> Dissipation:
    """From what is across and through the cells, [batch, rows, columns]; Kirchhoff's law gives the wires."""
    rightwards = np.cumsum(currents[:, :, ::-1], axis=2)[:, :, ::-1]
    downwards = np.cumsum(currents, axis=1)
    return Dissipation(
        devices=volts * currents,
        word_lines=np.ascontiguousarray(array.word_line_resistance * rightwards**2),
        bit_lines=array.bit_line_resistance * downwards**2,
    )
