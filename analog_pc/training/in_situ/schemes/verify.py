"""Write and verify: read, add the change, and pulse towards the sum until it is read."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analog_pc.arrays import Floats, has_whole_value
from analog_pc.errors import BadInput
from analog_pc.training.in_situ.schemes.protocol import PlainScheme, change
from analog_pc.training.in_situ.synapses import Synapses


@dataclass(frozen=True)
class WriteVerify(PlainScheme):
    """The target is what is read plus the change: no memory besides the devices, so that changes below the
    tolerance are lost, as with `Counts`.

    Time: a period a pulse, one device after the other by half voltages (V/2); all rows are read before each
    round, which is counted as reads and not as time.

    Parameters
    ----------
    tolerance
        In steps of the mean device.
    most
        Pulses per device and update.
    """

    tolerance: float = 0.5
    most: int = 10

    name = "write-verify"

    def __post_init__(self) -> None:
        if not 0.0 < self.tolerance < math.inf:
            raise BadInput(f"scheme write-verify: tolerance = {self.tolerance!r}, must be finite and > 0")
        if not has_whole_value(self.most) or self.most < 1:
            raise BadInput(f"scheme write-verify: most = {self.most!r}, must be a whole number >= 1")

    def write(self, synapses: Synapses, x: Floats, d: Floats, rate: float) -> None:
        synapses.verify(synapses.weights + change(x, d, rate), self.tolerance * synapses.step, self.most)
