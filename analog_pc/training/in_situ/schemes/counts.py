"""Counted pulses: the change of a batch, rounded to whole steps of the mean device."""

from __future__ import annotations

from dataclasses import dataclass

from analog_pc.arrays import Floats
from analog_pc.devices.pulsed import counts_for
from analog_pc.training.in_situ.schemes.protocol import PlainScheme, change
from analog_pc.training.in_situ.synapses import Synapses


@dataclass(frozen=True)
class Counts(PlainScheme):
    """Changes below half a step are lost, so that small learning rates learn nothing.

    Time: a period a pulse, one device after the other by half voltages (V/2).
    """

    name = "counts"

    def write(self, synapses: Synapses, x: Floats, d: Floats, rate: float) -> None:
        array = synapses.arrays[0]
        nominal = array.spec.step / synapses.step  # `counts_for` counts steps of f = 1
        synapses.pulse(counts_for(array, change(x, d, nominal * rate)))
