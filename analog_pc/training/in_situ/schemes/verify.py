"""Write and verify: read, add the change, and pulse towards the sum until it is read."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.schemes.protocol import PlainWriter, change


@dataclass(frozen=True)
class WriteVerify:
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
        if isinstance(self.most, bool) or int(self.most) != self.most or self.most < 1:
            raise BadInput(f"scheme write-verify: most = {self.most!r}, must be a whole number >= 1")

    def writer(self, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int) -> VerifyWriter:
        return VerifyWriter(self, device, shape, seed, lines)


class VerifyWriter(PlainWriter):
    """See `WriteVerify`."""

    def __init__(
        self, scheme: WriteVerify, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int
    ) -> None:
        super().__init__(device, shape, seed, lines)
        self.scheme, self.tolerance = scheme, scheme.tolerance * self.main.step

    def write(self, x: Floats, d: Floats, rate: float) -> None:
        self.main.verify(self.main.weights + change(x, d, rate), self.tolerance, self.scheme.most)
