"""Outer products by coincidences of stochastic pulse trains, sample after sample, the whole array at once.

Source: Gokmen & Vlasov, Front. Neurosci. 10:333 (2016); see `analog_pc.devices.pulsed.trains`.
"""

from __future__ import annotations

from dataclasses import dataclass

from analog_pc.arrays import Floats, has_whole_value
from analog_pc.devices.pulsed.trains import MOST_SLOTS
from analog_pc.errors import BadInput
from analog_pc.training.in_situ.schemes.protocol import PlainScheme
from analog_pc.training.in_situ.synapses import Synapses


@dataclass(frozen=True)
class Trains(PlainScheme):
    """Time: `slots` periods a sample, whatever the size of the array; no digital memory, no read.

    Parameters
    ----------
    slots
        Length of the trains, 1 ... 31.
    management
        Scale x and d against each other so that probabilities above 1 become least likely.
    """

    slots: int = MOST_SLOTS
    management: bool = True

    name = "trains"

    def __post_init__(self) -> None:
        check_slots(self.name, self.slots)

    def write(self, synapses: Synapses, x: Floats, d: Floats, rate: float) -> None:
        synapses.outer(x, d, rate, self.slots, self.management)


def check_slots(scheme: str, slots: int) -> None:
    """Refuse trains of another length than 1 ... 31."""
    if not has_whole_value(slots) or not 1 <= slots <= MOST_SLOTS:
        raise BadInput(f"scheme {scheme}: slots = {slots!r}, must be a whole number from 1 to {MOST_SLOTS}")
