"""An array of pulsed devices: pulses, outer products, time, reset.

Devices stand at [row = word line, column = bit line].  A device has a hidden weight, which pulses move, and
a weight that is read: hidden + write noise - reference.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analog_pc.arrays import Any, ArrayLike, Bools, Floats, Ints, UInt64s
from analog_pc.compiled.random_streams import keys_of
from analog_pc.compiled.threads import side_by_side, slices, threads
from analog_pc.devices.pulsed.checks import (
    generator_of,
    matrix,
    paired_rows,
    rate_of,
    shape_of,
    slots_of,
    whole_numbers,
)
from analog_pc.devices.pulsed.device import PulsedDevice
from analog_pc.devices.pulsed.energy import Statistics, WriteEnergy
from analog_pc.devices.pulsed.kernels import SUMS, Devices, PulseCounts
from analog_pc.devices.pulsed.outer_products import write_counts, write_outer_products
from analog_pc.devices.pulsed.population import (
    FOREVER,
    DeviceParameters,
    Retention,
    draw_devices,
    pulse_model,
    table,
)
from analog_pc.devices.pulsed.state import generator_state, restored_generator
from analog_pc.devices.pulsed.trains import MOST_SLOTS, PulseTrains, draw_trains, probabilities
from analog_pc.errors import BadInput

WORTH_THREADS = 100_000  # devices; below, waking a thread takes about as long as it saves
PARTS = 2  # for each thread: no thread waits for one that does not run
_CHANGING = ("hidden", "noise", "wear", "age", "wear_seen", "totals")


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
        self.spec = spec
        self.shape = shape_of(shape)
        self.energy = energy
        first, second = np.random.SeedSequence(seed).spawn(2)
        self.rng = np.random.default_rng(second)
        self.model = pulse_model(spec)
        self.table = table(spec)
        self._populate(*draw_devices(spec, self.shape, np.random.default_rng(first)))
        self.hidden: Floats = np.clip(self.retention.reference, self.parameters.lower, self.parameters.upper)
        self.noise: Floats = np.zeros(self.shape)
        self.wear: Ints = np.zeros(self.shape, dtype=np.int64)
        self.age: Floats = np.full(self.shape, spec.drift_start)
        self.wear_seen: Ints = self.wear.copy()  # at the last `elapse`
        self._counts = np.empty(self.shape, dtype=np.int32)  # of an outer product: fresh memory is slow
        self.totals: Floats = np.zeros(4)  # pulses, half-selects, clipped, J

    def _populate(self, parameters: DeviceParameters, retention: Retention) -> None:
        self.parameters = parameters
        self.retention = retention
        self.bounds = (float(parameters.lower.min()), float(parameters.upper.max()))
        self.has_endurance = bool((parameters.endurance < FOREVER).any())

    @property
    def weights(self) -> Floats:
        """Weights that are read, [rows, columns]."""
        return np.asarray(self.hidden + self.noise - self.retention.reference)

    @property
    def failed(self) -> Bools:
        """Devices whose endurance is used up; those stuck from the start are not among them."""
        return np.asarray((self.wear >= self.parameters.endurance) & ~self.retention.stuck)

    @property
    def moving(self) -> Bools:
        """Devices that a pulse can move."""
        return np.asarray(self.wear < self.parameters.endurance)

    def assign(self, weights: ArrayLike) -> None:
        """Put devices where a perfect write would: at `weights` within their bounds, with write noise.

        It counts as no pulse.  Stuck and failed devices stay.
        """
        target = matrix("weights", weights, self.shape) + self.retention.reference
        self._set(self.moving, target)

    def reset(self, where: ArrayLike = True) -> None:
        """Take devices to their own reset value, with reset noise and write noise; it counts as no pulse."""
        chosen = np.broadcast_to(np.asarray(where, dtype=np.bool_), self.shape) & self.moving
        target = self.retention.reset
        if self.spec.reset_c2c > 0.0:
            target = target + self.spec.reset_c2c * self.rng.normal(size=self.shape)
        self._set(chosen, target)

    def pulse(self, counts: ArrayLike) -> None:
        """Signed numbers of pulses [rows, columns], one device after the other by half voltages (V/2).

        Each pulse half-selects the other devices of its row and of its column.

        Raises
        ------
        BadInput
            For counts that are not whole, of another shape, or negative on a one-sided device.
        """
        numbers = whole_numbers(counts, self.shape)
        if self.spec.one_sided and (numbers < 0).any():
            raise BadInput(f"pulse: {int((numbers < 0).sum())} counts are negative, the device is one-sided")
        rows, columns = self.shape
        size = np.abs(numbers)
        halves = int(size.sum()) * (rows + columns - 2)
        pulses = self._pulses(numbers)
        pulses.sums[:, 0] = size.sum(1)
        if self.energy:
            beside = self.hidden.sum(1)[:, None] + self.hidden.sum(0) - 2.0 * self.hidden
            pulses.sums[:, 3] = (size * beside).sum(1)
        self._on_rows(write_counts, (self._devices, pulses, keys_of(self.rng, 1)[0]), rows)
        self._add_up(pulses.sums, halves)

    def outer(
        self,
        x: ArrayLike,
        d: ArrayLike,
        rate: float,
        slots: int = MOST_SLOTS,
        rng: np.random.Generator | None = None,
        management: bool = True,
    ) -> None:
        """Add rate * outer(x, d) on average, by coincidences of stochastic trains of pulses.

        A one-sided device takes the coincidences that go up, and only those.  See
        `analog_pc.devices.pulsed.trains`.

        Parameters
        ----------
        x, d
            Drive the rows [rows] and the columns [columns]; or [samples, rows] and [samples, columns], sample
            after sample, as so many calls would.
        rate
            Of either sign.
        slots
            Length of the trains, 1 ... 31.
        rng
            Draws the trains, where several arrays hang on the same lines: generators in the same state give
            the same trains.  Noise is this array's own.
        management
            Whether x and d are scaled against each other.

        Raises
        ------
        BadInput
            For vectors of another length or not finite, or not as many of both, a rate that is no finite
            number, slots beyond 1 ... 31, a rng that is none; nothing is changed.
        """
        x, d = paired_rows("x", x, self.shape[0], "d", d, self.shape[1])
        length = slots_of(slots, MOST_SLOTS)
        rate = rate_of(rate)
        rng = generator_of(rng)
        busy = x.any(axis=1) & d.any(axis=1)
        if rate == 0.0 or not busy.any():
            return
        x = x[busy]
        d = d[busy]
        found = probabilities(x, d, rate, length, self.spec.step, management)
        self.totals[2] += found.cut
        of_trains, of_noise = self._keys(len(x), rng)
        self._coincide(draw_trains(of_trains, found, x, d, rate, length), of_noise)

    def _keys(self, samples: int, rng: np.random.Generator | None) -> tuple[UInt64s, UInt64s]:
        """Keys of trains and of noise, [samples] each; drawn in turn where one generator draws both."""
        if rng is not None:
            return keys_of(rng, samples), keys_of(self.rng, samples)
        both = keys_of(self.rng, 2 * samples)
        return both[::2].copy(), both[1::2].copy()

    def _coincide(self, lines: PulseTrains, keys: UInt64s) -> None:
        pulses = self._pulses(self._counts)
        arguments = (self._devices, lines, pulses, self.spec.one_sided, keys)
        self._on_rows(write_outer_products, arguments, int(np.count_nonzero(lines.rows)))
        self._add_up(pulses.sums, lines.driven - 2 * int(pulses.sums[:, 2].sum()))

    def _pulses(self, counts: Any) -> PulseCounts:
        return PulseCounts(counts, np.zeros((self.shape[0], SUMS)), self.energy is not None)

    @property
    def _devices(self) -> Devices:
        return Devices(
            self.model, self.table, self.parameters, self.has_endurance, self.hidden, self.noise, self.wear
        )

    def _on_rows(self, kernel: Callable[..., None], arguments: tuple[Any, ...], busy: int) -> None:
        """Run a kernel on parts of the rows; `busy` rows have work.

        Each row has its own random stream, so that the answer does not depend on the number of threads.
        """

        def run(rows: slice) -> None:
            kernel(*arguments, rows.start, rows.stop)

        parts = PARTS * threads() if busy * self.shape[1] >= WORTH_THREADS else 1
        side_by_side(run, slices(self.shape[0], parts))

    def elapse(self, time: float) -> None:
        """Let time pass: decay, and drift from the last write on; see `PulsedDevice`.

        Raises
        ------
        BadInput
            For a time that is negative or not finite.
        """
        if not (np.isfinite(time) and time >= 0.0):
            raise BadInput(f"elapse: time = {time!r}, must be finite and >= 0")
        retention = self.retention
        self.age[self.wear != self.wear_seen] = self.spec.drift_start
        np.copyto(self.wear_seen, self.wear)
        aged = self.hidden
        if retention.drift_exponent.any():  # powers are slow
            factor = ((self.age + time) / self.age) ** -retention.drift_exponent
            aged = self.spec.w_min + (aged - self.spec.w_min) * factor
        aged = aged * np.exp(-time * retention.decay_rate)
        self.age += time
        free = ~retention.stuck
        self.hidden[free] = np.clip(aged, self.parameters.lower, self.parameters.upper)[free]

    def statistics(self) -> Statistics:
        """Counts of pulses, energy and wear since the beginning."""
        pulses, halves, clipped, joules = self.totals.tolist()
        return Statistics(
            pulses=int(pulses),
            half_selects=int(halves),
            clipped=int(clipped),
            joules=None if self.energy is None else joules,
            most_wear=int(self.wear.max()),
            mean_wear=float(self.wear.mean()),
            failed=int(self.failed.sum()),
        )

    def state(self) -> dict[str, Any]:
        """All that changes and all that was drawn, as arrays; `restore` continues bit for bit."""
        found = {name: getattr(self, name).copy() for name in _CHANGING}
        for drawn in (self.parameters, self.retention):
            found |= {name: value.copy() for name, value in drawn._asdict().items()}
        return found | {"generator": generator_state(self.rng)}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state` of an array of the same shape.

        Raises
        ------
        BadInput
            For a state that lacks an array, or has one of another shape or type; nothing of it is taken.
        """
        for name, like in self.state().items():
            if name not in state:
                raise BadInput(f"devices: the state has no {name!r}")
            got = np.asarray(state[name])
            if got.shape != like.shape or got.dtype != like.dtype:
                raise BadInput(
                    f"devices: {name!r} of the state is {got.dtype}{list(got.shape)}, "
                    f"must be {like.dtype}{list(like.shape)}"
                )
        self.rng = restored_generator(np.asarray(state["generator"]))
        for name in _CHANGING:
            np.copyto(getattr(self, name), state[name])
        self._populate(
            DeviceParameters(*(np.array(state[name]) for name in DeviceParameters._fields)),
            Retention(*(np.array(state[name]) for name in Retention._fields)),
        )

    def _set(self, chosen: Bools, target: Floats) -> None:
        within = np.clip(target, self.parameters.lower, self.parameters.upper)
        self.hidden[chosen] = within[chosen]
        self.age[chosen] = self.spec.drift_start
        if self.model.write_noise > 0.0:
            self.noise[chosen] = self.model.write_noise * self.rng.normal(size=int(chosen.sum()))

    def _add_up(self, sums: Floats, halves: int) -> None:
        pulses = int(sums[:, 0].sum())
        self.totals[:2] += pulses, halves
        if self.energy is not None:
            full = self.energy.siemens(pulses, float(sums[:, 1].sum()), *self.bounds)
            half = self.energy.siemens(halves, float(sums[:, 3].sum()), *self.bounds)
            self.totals[3] += self.energy.full(pulses, full) + self.energy.half(halves, half)
