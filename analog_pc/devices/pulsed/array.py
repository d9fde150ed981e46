"""An array of pulsed devices, and what may happen to it: pulses, outer products, time, a reset.

Devices stand at [row = word line, column = bit line].  A device has a hidden weight, which pulses move, and
a weight that is read: hidden + write noise - reference.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Any, ArrayLike, Bools, Floats, Ints
from analog_pc.compiled.random_streams import key_of
from analog_pc.devices.pulsed import aging, saving
from analog_pc.devices.pulsed.checks import matrix, shape_of, slots_of, vector, whole_numbers
from analog_pc.devices.pulsed.coincidence import coincidences
from analog_pc.devices.pulsed.device import PulsedDevice
from analog_pc.devices.pulsed.energy import Statistics, WriteEnergy
from analog_pc.devices.pulsed.kernel import SUMS, write_each
from analog_pc.devices.pulsed.population import draw, ends_of, mortal, rule, table
from analog_pc.devices.pulsed.summed import write_summed
from analog_pc.devices.pulsed.threads import on_rows
from analog_pc.devices.pulsed.trains import MOST_SLOTS, Trains, probabilities, trains
from analog_pc.errors import BadInput


class DeviceArray:
    """Devices of one kind, each with its own parameters.

    Parameters
    ----------
    spec
        The kind.
    shape
        Rows and columns.
    seed
        Of the population and of all that follows; the same seed and the same calls give the same array.
    energy
        What pulses cost; without it no energy is counted.

    Raises
    ------
    BadInput
        For a shape that is not two numbers >= 1.
    """

    def __init__(
        self, spec: PulsedDevice, shape: tuple[int, int], seed: int, energy: WriteEnergy | None = None
    ) -> None:
        self.spec, self.shape, self.energy = spec, shape_of(shape), energy
        first, second = np.random.SeedSequence(seed).spawn(2)
        self.rng = np.random.default_rng(second)
        self.rule, self.table = rule(spec), table(spec)
        self.cells, self.slow = draw(spec, self.shape, np.random.default_rng(first))
        self.hidden: Floats = np.clip(self.slow.reference, self.cells.lower, self.cells.upper)
        self.noise: Floats = np.zeros(self.shape)
        self.wear: Ints = np.zeros(self.shape, dtype=np.int64)
        self.age: Floats = np.full(self.shape, spec.drift_start)
        self.seen: Ints = self.wear.copy()
        self._counts = np.empty(self.shape, dtype=np.int32)  # of an outer product: fresh memory is slow
        self.ends, self.mortal = ends_of(self.cells), mortal(self.cells)
        self.totals: Floats = np.zeros(4)  # pulses, half-selects, clipped, J

    @property
    def weights(self) -> Floats:
        """What is read of the devices [rows, columns]."""
        return np.asarray(self.hidden + self.noise - self.slow.reference)

    @property
    def failed(self) -> Bools:
        """Devices whose endurance is used up; those stuck from the start are not among them."""
        return np.asarray((self.wear >= self.cells.limit) & ~self.slow.stuck)

    @property
    def moving(self) -> Bools:
        """Devices that a pulse can move."""
        return np.asarray(self.wear < self.cells.limit)

    def assign(self, weights: ArrayLike) -> None:
        """Put devices where a perfect write would: at `weights` within their bounds, with write noise.

        It counts as no pulse.  Stuck and failed devices stay.
        """
        target = matrix("weights", weights, self.shape) + self.slow.reference
        self._put(self.moving, np.clip(target, self.cells.lower, self.cells.upper))

    def reset(self, where: ArrayLike = True) -> None:
        """Take devices to their own reset value, with reset noise and write noise; it counts as no pulse."""
        chosen = np.broadcast_to(np.asarray(where, dtype=np.bool_), self.shape) & self.moving
        target = self.slow.reset
        if self.spec.reset_c2c > 0.0:
            target = target + self.spec.reset_c2c * self.rng.normal(size=self.shape)
        self._put(chosen, np.clip(target, self.cells.lower, self.cells.upper))

    def pulse(self, counts: ArrayLike) -> None:
        """Signed numbers of pulses [rows, columns], one device after the other by half voltages (V/2).

        Each pulse half-selects the other devices of its row and of its column.

        Raises
        ------
        BadInput
            For counts that are not whole, of another shape, or negative on a one-sided device.
        """
        numbers, (rows, columns) = whole_numbers(counts, self.shape), self.shape
        if self.spec.one_sided and (numbers < 0).any():
            raise BadInput(f"pulse: {int((numbers < 0).sum())} counts are negative, the device is one-sided")
        size = np.abs(numbers)
        halves = int(size.sum()) * (rows + columns - 2)
        beside = self.hidden.sum(1)[:, None] + self.hidden.sum(0) - 2.0 * self.hidden if self.energy else None
        sums = np.zeros((rows, SUMS))
        sums[:, 0] = size.sum(1)
        on_rows([self._writer(numbers, sums)], self.shape)
        if beside is not None:
            sums[:, 3] = (size * beside).sum(1)
        self._count(sums, halves)

    def outer(
        self,
        x: ArrayLike,
        d: ArrayLike,
        rate: float,
        slots: int = MOST_SLOTS,
        rng: np.random.Generator | None = None,
        management: bool = True,
    ) -> None:
        """Add rate * outer(x, d) on average, by coincidences of stochastic trains of `slots` pulses.

        `x` drives the rows and `d` the columns; see `analog_pc.devices.pulsed.trains`.  A one-sided device
        takes the coincidences that go up, and only those.  `rng` draws the trains, where several arrays hang
        on the same lines: generators in the same state give the same trains.  Noise is this array's own.

        Raises
        ------
        BadInput
            For vectors of another length or not finite, a rate that is not finite, slots beyond 1 ... 31.
        """
        x, d = vector("x", x, self.shape[0]), vector("d", d, self.shape[1])
        length = slots_of(slots, MOST_SLOTS)
        if not np.isfinite(rate):
            raise BadInput(f"outer: rate = {rate!r}, must be finite")
        found = probabilities(x, d, float(rate), length, self.spec.step, management)
        if found is not None:
            self.totals[2] += found.cut
            self._coincide(trains(key_of(rng or self.rng), found, x, d, float(rate), length))

    def _coincide(self, lines: Trains) -> None:
        sums = np.zeros((self.shape[0], SUMS))
        told = (*lines, self.spec.one_sided, self.energy is not None, self.hidden, self._counts, sums)
        kernels = [(coincidences, told), self._writer(self._counts, sums)]
        on_rows(kernels, self.shape, busy=int(np.count_nonzero(lines.rows)))
        self._count(sums, lines.driven - 2 * int(sums[:, 2].sum()))

    def _writer(self, counts: Any, sums: Floats) -> tuple[Any, tuple[Any, ...]]:
        """The kernel of these devices, and what it takes."""
        known = (self.rule, self.table, self.cells, self.mortal, self.energy is not None)
        kernel = write_summed if self.rule.summed else write_each
        return kernel, (*known, self.hidden, self.noise, self.wear, key_of(self.rng), counts, sums)

    def elapse(self, time: float) -> None:
        """Let time pass: decay and drift; see `PulsedDevice`.

        Raises
        ------
        BadInput
            For a time that is negative or not finite.
        """
        aging.elapsed(self, time)

    def statistics(self) -> Statistics:
        """What was written so far."""
        pulses, halves, clipped, joules = self.totals.tolist()
        energy = None if self.energy is None else joules
        wear = (int(self.wear.max()), float(self.wear.mean()))
        return Statistics(int(pulses), int(halves), int(clipped), energy, *wear, int(self.failed.sum()))

    def state(self) -> dict[str, Any]:
        """All that changes and all that was drawn, as arrays; `restore` continues bit for bit."""
        return saving.saved(self)

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state` of an array of the same shape.

        Raises
        ------
        BadInput
            For a state that lacks an array, or has one of another shape or type.
        """
        saving.restored(self, state)

    def _put(self, chosen: Bools, target: Floats) -> None:
        self.hidden[chosen] = target[chosen]
        self.age[chosen] = self.spec.drift_start
        if self.rule.write > 0.0:
            self.noise[chosen] = self.rule.write * self.rng.normal(size=int(chosen.sum()))

    def _count(self, sums: Floats, halves: int) -> None:
        pulses = int(sums[:, 0].sum())
        self.totals[:2] += pulses, halves
        if self.energy is not None:
            ends = self.ends
            full = self.energy.siemens(pulses, float(sums[:, 1].sum()), *ends)
            half = self.energy.siemens(halves, float(sums[:, 3].sum()), *ends)
            self.totals[3] += self.energy.full(pulses, full) + self.energy.half(halves, half)
