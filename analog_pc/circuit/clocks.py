"""Sources whose voltage is a given function of time: clocks, phase lines, ramps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike
from analog_pc.circuit.bus import Bus, checked_name
from analog_pc.circuit.values import same_length, values
from analog_pc.errors import BadInput


@dataclass(frozen=True, eq=False)
class ClockSources:
    """V(plus[i]) - V(minus[i]) = straight lines between volts[i, k] at times[k]; constant before and after.

    ::

        volts           ______            All sources of a bank share `times` [k], seconds, rising from >= 0.
               ________/      \\____      A simulator steps exactly onto each bend.

    At an operating point the source has its voltage of t = 0.
    """

    name: str
    plus: Bus
    minus: Bus
    times: ArrayLike
    volts: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, plus=self.plus, minus=self.minus)
        times = values(self.name, "times", self.times, np.shape(self.times), low=0.0, zero=True)
        if times.ndim != 1 or times.size == 0 or not (np.diff(times) > 0.0).all():
            raise BadInput(f"{self.name}: times must be a list of rising seconds, got {times.tolist()!r:.60}")
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "volts", values(self.name, "volts", self.volts, (n, len(times))))
