"""Interface of synapses: weights held by one or two devices each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from analog_pc.arrays import Any, Floats, Ints
from analog_pc.devices.pulsed import DeviceArray
from analog_pc.errors import BadInput
from analog_pc.technology import Technology


class Conductances(NamedTuple):
    """`plus` - `minus` = `slope` x weight, each [row, column] in S, slope in S per unit of weight."""

    plus: Floats
    minus: Floats
    slope: float


@dataclass
class WriteCount:
    """Counts besides those of the devices: consecutive pulse periods, rows read, devices reset."""

    periods: int = 0
    row_reads: int = 0
    resets: int = 0

    @property
    def as_array(self) -> Ints:
        """The counts as an array, for a state."""
        return np.array([self.periods, self.row_reads, self.resets], dtype=np.int64)


class Synapses(Protocol):
    """Weights [row = pre, column = post], dimensionless, held by one or two devices each.

    `time_dependent`: whether `elapse` may change anything.
    """

    shape: tuple[int, int]
    arrays: tuple[DeviceArray, ...]
    write_count: WriteCount
    time_dependent: bool

    @property
    def step(self) -> float:
        """Mean change by one pulse at weight 0 (of a pair: amid its range), as a test array would show it."""
        ...

    @property
    def weights(self) -> Floats:
        """Weights that are read, [rows, columns]."""
        ...

    def read_row(self, row: int) -> Floats:
        """The weights of one row [columns]; it counts as a read."""
        ...

    def assign(self, weights: Floats) -> None:
        """A perfect write, within bounds and with write noise; it costs nothing."""
        ...

    def outer(self, x: Floats, d: Floats, rate: float, slots: int, management: bool) -> None:
        """Add rate x d^T on average, by stochastic trains on all lines at once: `slots` periods a sample.

        x [samples, rows] and d [samples, columns], sample after sample.
        """
        ...

    def pulse(self, counts: Ints) -> None:
        """Signed numbers of pulses, one device after the other: a period each."""
        ...

    def verify(self, target: Floats, tolerance: float, most: int) -> None:
        """Pulses one by one towards a target, with all rows read before each round."""
        ...

    def elapse(self, time: float) -> None:
        """Decay and drift over a time in the unit of the device, and refresh where it is due."""
        ...

    def conductances(self, technology: Technology) -> Conductances:
        """Conductances for a circuit."""
        ...

    def state(self) -> dict[str, Any]:
        """All that changes, as arrays."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`, bit for bit."""
        ...


def row_of(array: DeviceArray, row: int) -> Floats:
    """`DeviceArray.weights` of one row."""
    return np.asarray(array.hidden[row] + array.noise[row] - array.retention.reference[row])


def ages(array: DeviceArray) -> bool:
    """Whether time alone moves these devices."""
    spec = array.spec
    return bool(np.isfinite(spec.lifetime)) or spec.drift > 0.0 or spec.drift_d2d > 0.0


def reading(arrays: tuple[DeviceArray, ...], technology: Technology) -> tuple[float, float]:
    """Lowest weight that is read, and S per unit of weight, so that all devices stand in g_min ... g_max.

    The range is that of the bounds and references, and 6 standard deviations of write noise beyond them,
    which one write in 1e9 exceeds; a conductance is then a little outside.
    """
    noise = max(6.0 * array.model.write_noise for array in arrays)
    low = min(float(min(a.parameters.lower.min(), a.retention.reference.min())) for a in arrays) - noise
    high = max(float(max(a.parameters.upper.max(), a.retention.reference.max())) for a in arrays) + noise
    return low, (technology.g_max - technology.g_min) / (high - low)


def restored_write_count(state: dict[str, Any]) -> WriteCount:
    """The counts of a state.

    Raises
    ------
    BadInput
        For a state that has none.
    """
    counts = np.asarray(state.get("write_count"))
    if counts.shape != (3,) or counts.dtype != np.int64:
        raise BadInput("synapses: the state has no 'write_count' of three whole numbers")
    return WriteCount(*(int(count) for count in counts))
