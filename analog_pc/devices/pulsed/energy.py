"""Energy of write pulses, from the charge of the lines and the current of the devices.

::

    one pulse on a device         V^2 (G_before + G_after) / 2 t  +  V^2 C
    a half-selected device        (V/2)^2 G t  +  (V/2)^2 C

C is the capacitance of the lines that one pulse charges.  Source: DNN+NeuroSim, MLP_NeuroSim Cell.cpp (Chen,
Peng & Yu, IEEE TCAD 37:3067, 2018); charge that is recovered when a line is discharged counts as lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analog_pc.errors import BadInput
from analog_pc.numeric import DECADES, has_size


@dataclass(frozen=True)
class Pulse:
    """A write pulse: its height in V and its length in s."""

    volts: float
    seconds: float

    def __post_init__(self) -> None:
        for name in ("volts", "seconds"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise BadInput(f"pulse: {name} = {value!r}, must be finite and > 0")
            if not has_size(value):
                raise BadInput(f"pulse: {name} = {value!r}, must be within 1e-{DECADES} ... 1e{DECADES}")


@dataclass(frozen=True)
class WriteEnergy:
    """Energy of a write pulse on devices of g_min ... g_max S, on lines of `line_farads` F.

    The extreme bounds of the devices of an array stand at g_min and g_max, and the conductance is linear in
    the weight between them.  g_min = g_max = 0 is a device of three terminals, whose write current does not
    flow through what is read: a pulse costs the charge of its line and gate, V^2 C.
    """

    pulse: Pulse
    g_min: float
    g_max: float
    line_farads: float = 0.0

    def __post_init__(self) -> None:
        gated = self.g_min == self.g_max == 0.0
        if not (gated or 0.0 <= self.g_min < self.g_max < math.inf):
            raise BadInput(f"write energy: range {self.g_min!r} ... {self.g_max!r} S, must rise from >= 0")
        if not 0.0 <= self.line_farads < math.inf:
            raise BadInput(f"write energy: line_farads = {self.line_farads!r}, must be finite and >= 0")

    def full(self, pulses: float, siemens: float) -> float:
        """J of a number of pulses, given the sum over them of (G_before + G_after) / 2 in S."""
        return self.pulse.volts**2 * (siemens * self.pulse.seconds + pulses * self.line_farads)

    def half(self, pulses: float, siemens: float) -> float:
        """J of a number of half-selects, given the sum of the conductance over them in S."""
        return 0.25 * self.full(pulses, siemens)

    def siemens(self, count: float, weights: float, lowest: float, highest: float) -> float:
        """Sum of conductances of `count` devices whose hidden weights add up to `weights`."""
        slope = (self.g_max - self.g_min) / (highest - lowest)
        return self.g_min * count + slope * (weights - lowest * count)


@dataclass(frozen=True)
class Statistics:
    """Counts of pulses, energy and wear.

    `pulses` on devices, `half_selects` (a device of which one line alone had a pulse), `clipped` (lines whose
    probability would have been above 1), `joules` (None without a `WriteEnergy`), pulses on the most used
    device and on the mean one, and `failed`, the devices whose endurance is used up.
    """

    pulses: int
    half_selects: int
    clipped: int
    joules: float | None
    most_wear: int
    mean_wear: float
    failed: int
