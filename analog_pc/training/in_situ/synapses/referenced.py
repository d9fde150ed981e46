"""One device a weight, against a reference device that is never written.

::

    row    ---+-------------+---            W = R_f (G - G_ref),    weight = hidden + write noise - reference
              |             |
            [ G ]        [ G_ref ]
              |             |
           column +      column -
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from analog_pc.arrays import Any, Floats, Ints
from analog_pc.devices.pulsed import DeviceArray, write_verify
from analog_pc.devices.pulsed.state import generator_state, part, prefixed, restored_generator
from analog_pc.technology import Technology
from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.synapses.calibration import mean_step, refer_to_symmetry
from analog_pc.training.in_situ.synapses.protocol import (
    Conductances,
    WriteCount,
    ages,
    reading,
    restored_write_count,
    row_of,
)


class ReferencedSynapses:
    """Bidirectional devices; see `make_synapses` for the parameters."""

    def __init__(
        self,
        device: WeightDevice,
        shape: tuple[int, int],
        seed: int,
        lines: int,
        *,
        symmetric: bool = False,
    ) -> None:
        self.array = DeviceArray(device.pulsed, shape, seed, device.energy)
        if symmetric:
            refer_to_symmetry(self.array)
        self.shape = self.array.shape
        self.arrays: tuple[DeviceArray, ...] = (self.array,)
        self.device = device.pulsed
        self.write_count = WriteCount()
        self.lines = np.random.default_rng(lines)
        self.time_dependent = ages(self.array)

    @cached_property
    def step(self) -> float:
        """Mean size of a pulse; measured when it is first wanted."""
        return mean_step(self.device)

    @property
    def weights(self) -> Floats:
        return self.array.weights

    def read_row(self, row: int) -> Floats:
        self.write_count.row_reads += 1
        return row_of(self.array, row)

    def assign(self, weights: Floats) -> None:
        self.array.assign(weights)

    def outer(self, x: Floats, d: Floats, rate: float, slots: int, management: bool) -> None:
        self.array.outer(x, d, rate, slots, self.lines, management)
        self.write_count.periods += slots * len(x)

    def pulse(self, counts: Ints) -> None:
        self.array.pulse(counts)
        self.write_count.periods += int(np.abs(counts).sum())

    def verify(self, target: Floats, tolerance: float, most: int) -> None:
        written = write_verify(self.array, target, tolerance, most)
        self.write_count.periods += int(written.pulses.sum())
        # A round a pulse of the busiest device, and the look that finds nothing left to do.
        self.write_count.row_reads += self.shape[0] * min(int(written.pulses.max()) + 1, most)

    def elapse(self, time: float) -> None:
        if self.time_dependent:
            self.array.elapse(time)

    def conductances(self, technology: Technology) -> Conductances:
        low, slope = reading(self.arrays, technology)
        plus = technology.g_min + slope * (self.array.hidden + self.array.noise - low)
        return Conductances(plus, technology.g_min + slope * (self.array.retention.reference - low), slope)

    def state(self) -> dict[str, Any]:
        own = {"lines": generator_state(self.lines), "write_count": self.write_count.as_array}
        return own | prefixed("array", self.array.state())

    def restore(self, state: dict[str, Any]) -> None:
        self.array.restore(part(state, "array"))
        self.lines = restored_generator(state["lines"])
        self.write_count = restored_write_count(state)
