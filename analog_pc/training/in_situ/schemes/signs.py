"""The Manhattan rule: one pulse in the direction of each change, however large.

Source: Zamanidoost, Bayat, Strukov & Kataeva, ISCAS 2015.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analog_pc.arrays import Floats
from analog_pc.devices.pulsed import sign_counts
from analog_pc.errors import BadInput
from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.schemes.protocol import PlainWriter, change


@dataclass(frozen=True)
class Signs:
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

    def writer(self, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int) -> SignsWriter:
        return SignsWriter(self, device, shape, seed, lines)


class SignsWriter(PlainWriter):
    """See `Signs`."""

    def __init__(
        self, scheme: Signs, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int
    ) -> None:
        super().__init__(device, shape, seed, lines)
        self.threshold = scheme.threshold * self.main.step

    def write(self, x: Floats, d: Floats, rate: float) -> None:
        self.main.pulse(sign_counts(self.main.arrays[0], change(x, d, rate), self.threshold))
