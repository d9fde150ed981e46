"""Writing an array by half-selection: voltage and change of state of every device, wires included.

::

                      column 0    column j (selected)       V_ij = word line - bit line, without wires:
        row 0    0 V ----o-----------o----
                         0          V/2                     V      selected row and column
        row i  +V/2 -----o-----------o----                  V/2    one of the two: half-selected
        (selected)      V/2          V                      0      neither
                         |           |
                        0 V        -V/2

Wires take their share, the more the better the devices of a line conduct: the far cell gets less than V, and
lines that are held at 0 V at their ends alone are not at 0 V along the way.  Ports and segments are those of
`analog_pc.crossbar.port_admittance`: word lines from the left, bit lines from their feet below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, is_whole
from analog_pc.crossbar import NonlinearArray
from analog_pc.devices.compact.model import CompactModel
from analog_pc.devices.compact.motion import check_states, hold, ramp
from analog_pc.errors import BadInput, SimulationFailed


@dataclass(frozen=True)
class Wires:
    """Ohm per segment of a word and of a bit line, and Ohm in series with each device; 0 is an ideal one."""

    word_line_resistance: float = 0.0
    bit_line_resistance: float = 0.0
    access_ohms: float = 0.0


@dataclass(frozen=True, eq=False)
class WritePulseResult:
    """Voltages and states of an array under a write pulse.

    volts: across each device when the pulse begins, [rows, columns] in V.  before, after: states.
    """

    volts: Floats
    before: Floats
    after: Floats

    @property
    def state_change(self) -> Floats:
        """Change of each state."""
        return np.asarray(self.after - self.before)


def half_selected(shape: tuple[int, int], rows: ArrayLike, columns: ArrayLike, volts: float) -> Floats:
    """Voltages at the ports [rows + columns] in V: +V/2 and -V/2 on what is selected, 0 on the rest.

    Parameters
    ----------
    shape
        Rows and columns of the array.
    rows, columns
        Numbers of the selected lines: one of each for a cell, one row and some columns for a row.
    volts
        V of a selected device, of either sign.

    Raises
    ------
    BadInput
        For lines that the array does not have, or a voltage that is not finite.
    """
    if not math.isfinite(volts):
        raise BadInput(f"half-select: volts = {volts!r}, must be finite")
    parts = []
    for name, chosen, count, height in zip(
        ("rows", "columns"), (rows, columns), shape, (0.5 * volts, -0.5 * volts), strict=True
    ):
        lines = np.atleast_1d(np.asarray(chosen))
        if lines.dtype.kind not in "iu" or lines.size == 0 or lines.min() < 0 or lines.max() >= count:
            raise BadInput(f"half-select: {name} = {chosen!r}, must be numbers within 0 ... {count - 1}")
        ends = np.zeros(count)
        ends[lines] = height
        parts.append(ends)
    return np.concatenate(parts)


def device_volts(model: CompactModel, x: ArrayLike, ports: ArrayLike, wires: Wires = Wires()) -> Floats:
    """Voltage across each device alone, [rows, columns] in V, of an array in these states.

    Parameters
    ----------
    model, x
        The kind of device, and states [rows, columns].
    ports
        [rows + columns] in V, such as `half_selected` gives them.
    wires
        Ideal ones by default.

    Raises
    ------
    BadInput
        For states outside the limits of the model, or another shape or value as `NonlinearArray` refuses it.
    SimulationFailed
        If the voltages are not found.
    """
    state = np.asarray(x, dtype=np.float64)
    check_states(model, state)
    array = NonlinearArray(
        model.conductance(state),
        wires.word_line_resistance,
        wires.bit_line_resistance,
        wires.access_ohms,
        model.iv_shape,
        model.iv_slope,
    )
    _, volts, converged = array.evaluate(np.atleast_2d(np.asarray(ports, dtype=np.float64)))
    if not converged.all():
        raise SimulationFailed(f"{model.name}: the voltages of the array were not found")
    return np.asarray(volts[0])


def write_pulse(
    model: CompactModel,
    x: ArrayLike,
    ports: ArrayLike,
    seconds: float,
    wires: Wires = Wires(),
    parts: int = 1,
) -> WritePulseResult:
    """States of an array after one rectangular pulse at its ports.

    The devices change the network that they are in.  Each of the equal parts of a pulse is gone through
    twice: at the voltages of its beginning, and again at voltages that go straight from these to the ones of
    the states found.  Exact without wires and access resistance, else of second order in the length of a
    part.

    Parameters
    ----------
    model, x, ports, wires
        As for `device_volts`.
    seconds
        Length of the pulse.
    parts
        Whole number >= 1.
    """
    if not is_whole(parts) or parts < 1:
        raise BadInput(f"write pulse: parts = {parts!r}, must be a whole number >= 1")
    before = np.array(x, dtype=np.float64)
    first = device_volts(model, before, ports, wires)
    after = before
    for part in range(parts):
        volts = device_volts(model, after, ports, wires) if part else first
        trial = hold(model, after, volts, seconds / parts)
        after = ramp(model, after, volts, device_volts(model, trial, ports, wires), seconds / parts)
    return WritePulseResult(first, before, after)
