"""The Manhattan rule: one pulse in the direction of each change, however large.

Source: Zamanidoost, Bayat, Strukov & Kataeva, ISCAS 2015.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analog_pc.arrays import Floats
from analog_pc.devices.pulsed import sign_counts
from analog_pc.errors import BadInput
from analog_pc.training.in_situ.schemes.protocol import PlainScheme, change
from analog_pc.training.in_situ.synapses import Synapses


@dataclass(frozen=True)
class Signs(PlainScheme):
    """A step is the learning rate; the rate of the trainer only scales what the threshold is compared with.

    Time: a period a pulse, one device after the other by half voltages (V/2).

    Parameters
    ----------
    threshold
        In steps of the mean device: changes that are not larger get no pulse.
    """

    threshold: float = 0.0

    name = "signs"

    def __post_init__(self) -> None:
        if not 0.0 <= self.threshold < math.inf:
            raise BadInput(f"scheme signs: threshold = {self.threshold!r}, must be finite and >= 0")

    def write(self, synapses: Synapses, x: Floats, d: Floats, rate: float) -> None:
        threshold = self.threshold * synapses.step
        synapses.pulse(sign_counts(synapses.arrays[0], change(x, d, rate), threshold))
