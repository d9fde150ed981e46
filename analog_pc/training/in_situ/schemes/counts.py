"""Counted pulses: the change of a batch, rounded to whole steps of the mean device."""

from __future__ import annotations

from dataclasses import dataclass

from analog_pc.arrays import Floats
from analog_pc.devices.pulsed import counts_for
from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.schemes.protocol import PlainWriter, change


@dataclass(frozen=True)
class Counts:
    """Changes below half a step are lost, so that small learning rates learn nothing.

    Time: a period a pulse, one device after the other by half voltages (V/2).
    """

    name = "counts"

    def writer(self, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int) -> CountsWriter:
        return CountsWriter(device, shape, seed, lines)


class CountsWriter(PlainWriter):
    """See `Counts`."""

    def write(self, x: Floats, d: Floats, rate: float) -> None:
        array = self.main.arrays[0]
        nominal = (
            array.spec.step / self.main.step
        )  # `counts_for` counts steps of f = 1, which may be far from w = 0
        self.main.pulse(counts_for(array, change(x, d, nominal * rate)))
