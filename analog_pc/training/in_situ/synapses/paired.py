"""Two one-sided devices a weight, which pulses only raise, and their refresh.

::

    row    ---+-------------+---            W = R_f (G+ - G-),    weight = w+ - w-
              |             |
            [ G+ ]        [ G- ]            a change upwards pulses G+, one downwards G-
              |             |
           column +      column -

Where one of the two comes near its upper bound, and the other has risen too, both are reset and their
difference is written again, as in Suri et al., IEDM 2011 and Burr et al., IEEE Trans. Electron Devices
62:3498 (2015); the thresholds are those of the IBM analog hardware acceleration kit.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.devices.pulsed import DeviceArray
from analog_pc.devices.pulsed.state import generator_state, part, prefixed, restored_generator
from analog_pc.technology import Technology
from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.synapses.calibration import mean_step
from analog_pc.training.in_situ.synapses.protocol import (
    Conductances,
    WriteCount,
    ages,
    reading,
    restored_write_count,
    row_of,
)

SATURATION = 0.75
RISEN = 0.25
REFRESH_EVERY = 100


class PairedSynapses:
    """One-sided devices; see `make_synapses` for the first parameters.

    Parameters
    ----------
    saturation, risen, every
        Every so many updates the pairs are read, and those refreshed that have one device above the share
        `saturation` of w_max, and the other above the share `risen`.
    """

    def __init__(
        self,
        device: WeightDevice,
        shape: tuple[int, int],
        seed: int,
        lines: int,
        *,
        saturation: float = SATURATION,
        risen: float = RISEN,
        every: int = REFRESH_EVERY,
    ) -> None:
        seeds = np.random.SeedSequence(seed).generate_state(2, np.uint64)
        self.arrays: tuple[DeviceArray, ...] = tuple(
            DeviceArray(device.pulsed, shape, int(s), device.energy) for s in seeds
        )
        self.plus, self.minus = self.arrays
        self.shape = self.plus.shape
        self.write_count = WriteCount()
        self.limits = risen * device.pulsed.w_max, saturation * device.pulsed.w_max
        self.device = device.pulsed
        self.every = every
        self.age = 0
        self.lines = tuple(np.random.default_rng(lines) for _ in range(2))  # both hang on the same lines
        self.time_dependent = True
        self._ages = ages(self.plus)

    @cached_property
    def step(self) -> float:
        """Mean size of a pulse amid the range; measured when it is first wanted."""
        return mean_step(self.device, 0.5 * self.limits[1])

    @property
    def weights(self) -> Floats:
        return self.plus.weights - self.minus.weights

    def read_row(self, row: int) -> Floats:
        self.write_count.row_reads += 1
        return row_of(self.plus, row) - row_of(self.minus, row)

    def assign(self, weights: Floats) -> None:
        self.plus.assign(np.maximum(weights, 0.0))
        self.minus.assign(np.maximum(-weights, 0.0))

    def outer(self, x: Floats, d: Floats, rate: float, slots: int, management: bool) -> None:
        self.plus.outer(x, d, rate, slots, self.lines[0], management)
        self.minus.outer(x, d, -rate, slots, self.lines[1], management)
        self.write_count.periods += slots * len(x)

    def pulse(self, counts: Ints) -> None:
        self.plus.pulse(np.maximum(counts, 0))
        self.minus.pulse(np.maximum(-counts, 0))
        self.write_count.periods += int(np.abs(counts).sum())

    def verify(self, target: Floats, tolerance: float, most: int) -> None:
        """At most `most` pulses a pair; the device on the side that is missing gets the pulse."""
        for _ in range(most):
            self.write_count.row_reads += self.shape[0]
            residual = target - self.weights
            counts = np.where(np.abs(residual) > tolerance, np.sign(residual), 0.0).astype(np.int64)
            if not counts.any():
                break
            self.pulse(counts)

    def elapse(self, time: float) -> None:
        if self._ages:
            self.plus.elapse(time)
            self.minus.elapse(time)
        self.age += 1
        if self.age % self.every == 0:
            self.write_count.row_reads += self.shape[0]
            plus = self.plus.weights
            minus = self.minus.weights
            risen, full = self.limits
            self.refresh((np.maximum(plus, minus) > full) & (np.minimum(plus, minus) > risen))

    def refresh(self, chosen: Bools) -> None:
        """Reset both devices of pairs [rows, columns], and write their difference again, verified."""
        if not chosen.any():
            return
        target = self.weights
        for array in self.arrays:
            array.reset(chosen)
        self.write_count.resets += 2 * int(chosen.sum())
        wanted = np.where(chosen, target, self.weights)  # the others are where they should be
        self.verify(wanted, self.step, math.ceil(2.0 * self.plus.spec.w_max / self.step))

    def conductances(self, technology: Technology) -> Conductances:
        low, slope = reading(self.arrays, technology)
        plus, minus = (technology.g_min + slope * (a.hidden + a.noise - low) for a in self.arrays)
        return Conductances(plus, minus, slope)

    def state(self) -> dict[str, Any]:
        own = {"write_count": self.write_count.as_array, "age": np.array(self.age)}
        for name, array, lines in zip(("plus", "minus"), self.arrays, self.lines, strict=True):
            own |= prefixed(name, array.state()) | {f"lines_{name}": generator_state(lines)}
        return own

    def restore(self, state: dict[str, Any]) -> None:
        for name, array in zip(("plus", "minus"), self.arrays, strict=True):
            array.restore(part(state, name))
        self.lines = tuple(restored_generator(state[f"lines_{name}"]) for name in ("plus", "minus"))
        self.write_count = restored_write_count(state)
        self.age = int(state["age"])
