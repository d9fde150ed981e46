"""Mixed precision: changes add up in digital numbers, and become pulses where they exceed a step.

::

    chi <- chi + rate sum_s x_s d_s^T
    n = chi / step, towards 0;    n pulses;    chi <- chi - n step

Source: Nandakumar et al., Front. Neurosci. 14:406 (2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Any, Floats
from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.schemes.protocol import OneArray, change


@dataclass(frozen=True)
class MixedPrecision:
    """The weights are devices alone; chi is a float64 for each, kept by the digital side, which does not know
    what a pulse really did.  `step` is that of the mean device: another one would be another learning rate.

    Time: a period a pulse, one device after the other by half voltages (V/2).
    """

    name = "mixed-precision"

    def writer(self, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int) -> MixedWriter:
        return MixedWriter(device, shape, seed, lines)


class MixedWriter(OneArray):
    """See `MixedPrecision`."""

    def __init__(self, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int) -> None:
        super().__init__(device, shape, seed, lines)
        self.chi = np.zeros(shape)

    def write(self, x: Floats, d: Floats, rate: float) -> None:
        step = self.main.step
        self.chi += change(x, d, rate)
        pulses = np.trunc(self.chi / step)
        if pulses.any():
            self.chi -= pulses * step
            self.main.pulse(pulses.astype(np.int64))

    def state(self) -> dict[str, Any]:
        return super().state() | {"chi": self.chi.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        self.chi = np.array(state["chi"], dtype=np.float64)
