"""Compiled pulses on the devices of some rows of an array, one by one or as bursts of one sum each.

One pulse, with the device's own step D and slope, and a normal deviate z::

    w <- w +- (D f(w) + s z),    cut at the bounds,    s = c2c (c2c_offset + D f(w) + c2c_slope |w|)

`write_pulses` gives a row its pulses in rounds: in round r every device that has more than r pulses gets one.

`write_bursts` replaces n pulses by one sum where a deviate does not depend on w: for a constant step, or a
linear one whose noise is additive or absent.  With a = 1 - D slope, mirrored so that the pulses go up,

    w_n = a^n w + D S_n(a) + s sqrt(S_n(a^2)) z,        S_n(a) = 1 + a + ... + a^(n-1)

(the sums by doubling, S_2m = S_m (1 + a^m), which cancels nothing).  The mean is monotone for a >= 0, so that
no pulse of the burst was cut at a bound, but with a probability below 2 n 1e-19, where both ends stay FAR
standard deviations away from the bounds and from where f reaches 0.  Other bursts go pulse by pulse.

Loops have no branch on what a device does: they use SIMD, and nothing is mispredicted.  They read whole
arrays [rows, columns] at row i, and a function of one row is handed only the arrays that it needs: a compiled
function counts the references of all its arrays, and of a view of a row, once a row, which takes as long as
the work.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats, Int32s, Ints
from analog_pc.compiled.kernel import REGROUPED_SUMS, kernel
from analog_pc.compiled.random_streams import draw, normal, stream
from analog_pc.devices.pulsed.population import (
    CONSTANT,
    EXPONENTIAL,
    LINEAR,
    POWER,
    DeviceParameters,
    PulseModel,
)

FAR = 9.0  # standard deviations; the normal distribution has 1.1e-19 beyond
SUMS = 4  # of a row: pulses, pulses x weight, coincidences, half-selects x weight


class Devices(NamedTuple):
    """The devices of an array: what they share, their own parameters, and their state [rows, columns].

    `table` [3, nodes] is the piecewise update characteristic, see `population.table`; `wear` counts pulses.
    """

    model: PulseModel
    table: Floats
    parameters: DeviceParameters
    has_endurance: bool
    hidden: Floats
    noise: Floats
    wear: Ints


class PulseCounts(NamedTuple):
    """Signed numbers of pulses [rows, columns], and their sums [rows, SUMS].

    A row whose number of pulses sums[row, 0] is 0 is passed over: images are mostly black, and a transfer
    writes one row.  The sums with weights are made where `weighed`, for the energy.
    """

    counts: Int32s
    sums: Floats
    weighed: bool


class Device(NamedTuple):
    """One device in the direction of its pulses: sign 1.0 for up and -1.0 for down, and what it has there."""

    sign: float
    step: float
    slope: float
    lower: float
    upper: float


class Direction(NamedTuple):
    """A parameter [rows, columns] of pulses up, and of pulses down."""

    up: Floats
    down: Floats


class Weights(NamedTuple):
    """Hidden weights [rows, columns] and their bounds."""

    hidden: Floats
    lower: Floats
    upper: Floats


class Motion(NamedTuple):
    """Pulses of one row [columns]: signed numbers that a device still follows, and its step and slope."""

    eligible: Floats
    step: Floats
    slope: Floats


class Burst(NamedTuple):
    """Weights of one row after a burst [columns]: mean, deviation, and the normal deviate of each."""

    mean: Floats
    sigma: Floats
    deviate: Floats


@kernel(nogil=True)
def _interpolated(table: Floats, side: int, share: float) -> float:
    """table[side] at a share of the way from 0 to 1, between the places table[2], found by bisection."""
    low = 0
    high = table.shape[1] - 1
    while high - low > 1:
        middle = (low + high) // 2
        if table[2, middle] <= share:
            low = middle
        else:
            high = middle
    part = (share - table[2, low]) / (table[2, high] - table[2, low])
    value: float = table[side, low] + part * (table[side, high] - table[side, low])
    return value


@kernel(nogil=True, error_model="numpy")
def step_factor(model: PulseModel, table: Floats, device: Device, w: float) -> float:
    """f of one pulse at w; see `analog_pc.devices.pulsed.update_characteristics`."""
    up = device.sign > 0.0
    if model.code == CONSTANT:
        return 1.0
    if model.code == LINEAR:
        return max(1.0 - device.sign * device.slope * w, 0.0)
    if device.lower == device.upper:
        return 0.0
    width = device.upper - device.lower
    share = min(max((w - device.lower) / width, 0.0), 1.0)  # of the range; rounding may leave it
    if model.code == POWER:
        power: float = (1.0 - share if up else share) ** device.slope
        return power
    if model.code == EXPONENTIAL:
        c = model.coefficients
        z = 2.0 * c[4] * w / width + c[5]
        scale = c[0] if up else c[1]
        rate = c[2] if up else c[3]
        return max(1.0 - scale * math.exp(device.sign * rate * z), 0.0)
    return _interpolated(table, 0 if up else 1, share)


@kernel(nogil=True)
def _after_pulse(model: PulseModel, table: Floats, device: Device, w: float, deviate: float) -> float:
    """w after one pulse with that normal deviate."""
    move = device.step * step_factor(model, table, device, w)
    size = model.c2c_offset + (device.step if model.additive else move) + model.c2c_slope * abs(w)
    return min(max(w + device.sign * (move + model.c2c * size * deviate), device.lower), device.upper)


@kernel(nogil=True)
def write_pulses(devices: Devices, pulses: PulseCounts, key: np.uint64, begin: int, end: int) -> None:
    """Give the devices of rows begin ... end their pulses, one after the other.

    Parameters
    ----------
    devices
        Hidden weight, write noise and wear change.
    pulses
        sums[:, 0] come as the numbers of pulses; sums[:, 1], pulses x mean weight, is written.
    key
        Of the random streams, one a row.
    begin, end
        First row, and the row after the last.
    """
    model = devices.model
    parameters = devices.parameters
    steps = Direction(parameters.up, parameters.down)
    slopes = Direction(parameters.up_slope, parameters.down_slope)
    weights = Weights(devices.hidden, parameters.lower, parameters.upper)
    width = devices.hidden.shape[1]
    motion = Motion(np.empty(width), np.empty(width), np.empty(width))
    place = np.empty(width, np.int64)
    drawn = np.zeros(width)
    bits = np.empty(width, np.uint64)
    late = np.empty(width, np.int64)
    for i in range(begin, end):
        if pulses.sums[i, 0] == 0.0:
            continue
        state, gamma = stream(key, np.uint64(i))
        moving = _follow(
            i, devices.has_endurance, parameters.endurance, pulses.counts, devices.wear, motion.eligible
        )
        pulses.sums[i, 1] = 0.5 * _weighed(i, pulses.counts, devices.hidden) if pulses.weighed else 0.0
        if model.write_noise > 0.0:
            state = draw(state, gamma, moving, bits, late, drawn)
            _renew_noise(i, model.write_noise, devices.noise, motion.eligible, drawn)
        _select(i, motion.eligible, steps, motion.step)
        _select(i, motion.eligible, slopes, motion.slope)
        _first_places(motion.eligible, place)
        while moving > 0:
            if model.c2c > 0.0:
                state = draw(state, gamma, moving, bits, late, drawn)
            _round(i, model, devices.table, motion, place, moving, drawn, weights)
            moving = _remaining(motion.eligible, place, moving)
        pulses.sums[i, 1] += 0.5 * _weighed(i, pulses.counts, devices.hidden) if pulses.weighed else 0.0


@kernel(nogil=True)
def write_bursts(devices: Devices, pulses: PulseCounts, key: np.uint64, begin: int, end: int) -> None:
    """Give the devices of rows begin ... end their pulses, each as one burst.

    Parameters
    ----------
    devices, pulses, key, begin, end
        As for `write_pulses`; only for a model with `burst`.
    """
    model = devices.model
    parameters = devices.parameters
    steps = Direction(parameters.up, parameters.down)
    slopes = Direction(parameters.up_slope, parameters.down_slope)
    weights = Weights(devices.hidden, parameters.lower, parameters.upper)
    width = devices.hidden.shape[1]
    motion = Motion(np.empty(width), np.empty(width), np.empty(width))
    burst = Burst(np.empty(width), np.empty(width), np.zeros(width))
    after = np.empty(width)
    drawn = np.zeros(width + 1)  # `_spread` reads one beyond the last that was drawn
    bits = np.empty(width, np.uint64)
    late = np.empty(width, np.int64)
    for i in range(begin, end):
        if pulses.sums[i, 0] == 0.0:
            continue
        state, gamma = stream(key, np.uint64(i))
        moving = _follow(
            i, devices.has_endurance, parameters.endurance, pulses.counts, devices.wear, motion.eligible
        )
        pulses.sums[i, 1] = 0.5 * _weighed(i, pulses.counts, devices.hidden) if pulses.weighed else 0.0
        if model.write_noise > 0.0:
            state = draw(state, gamma, moving, bits, late, drawn)
            _renew_noise(i, model.write_noise, devices.noise, motion.eligible, drawn)
        if model.c2c > 0.0:
            state = draw(state, gamma, moving, bits, late, drawn)
            _spread(motion.eligible, drawn, burst.deviate)
        if model.code == LINEAR:
            _select(i, motion.eligible, steps, motion.step)
            _select(i, motion.eligible, slopes, motion.slope)
            _linear_moments(i, model, motion, devices.hidden, burst)
            _linear_end(i, motion, weights, burst, after)
        else:
            _constant_end(i, model, motion.eligible, steps, weights, burst.deviate, after)
        if _move(i, after, devices.hidden) > 0:
            _pulse_by_pulse(i, devices, motion.eligible, after, state, gamma)
        pulses.sums[i, 1] += 0.5 * _weighed(i, pulses.counts, devices.hidden) if pulses.weighed else 0.0


@kernel(nogil=True)
def _follow(
    i: int, has_endurance: bool, endurance: Ints, counts: Int32s, wear: Ints, eligible: Floats
) -> int:
    """Signed pulses that devices still follow (as floats), and their wear; how many devices follow."""
    if has_endurance:
        for j in range(eligible.size):
            n = np.int64(abs(counts[i, j]))
            left = min(n, max(endurance[i, j] - wear[i, j], 0))
            eligible[j] = left if counts[i, j] > 0 else -left
            wear[i, j] += n
    else:
        for j in range(eligible.size):
            eligible[j] = counts[i, j]
            wear[i, j] += abs(counts[i, j])
    moving = 0
    for j in range(eligible.size):
        moving += eligible[j] != 0.0
    return moving


@kernel(nogil=True)
def _select(i: int, eligible: Floats, values: Direction, out: Floats) -> None:
    """What belongs to the direction of the pulses.  Both are read: a branch would be mispredicted."""
    for j in range(out.size):
        a = values.up[i, j]
        b = values.down[i, j]
        out[j] = a if eligible[j] > 0.0 else b


@kernel(nogil=True)
def _first_places(eligible: Floats, place: Ints) -> None:
    """Columns of the eligible devices, in front."""
    k = 0
    for j in range(eligible.size):
        place[k] = j
        k += eligible[j] != 0.0


@kernel(nogil=True)
def _remaining(eligible: Floats, place: Ints, pulsed: int) -> int:
    """Take a pulse off each of the first places, keep in front those that have more, and count these."""
    kept = 0
    for k in range(pulsed):
        j = place[k]
        eligible[j] -= 1.0 if eligible[j] > 0.0 else -1.0
        place[kept] = j
        kept += eligible[j] != 0.0
    return kept


@kernel(nogil=True)
def _spread(eligible: Floats, drawn: Floats, deviates: Floats) -> None:
    """A deviate of its own to each eligible device, and any to the others."""
    k = 0
    for j in range(eligible.size):
        deviates[j] = drawn[k]
        k += eligible[j] != 0.0


@kernel(nogil=True)
def _renew_noise(i: int, size: float, noise: Floats, eligible: Floats, drawn: Floats) -> None:
    """New write noise of the eligible devices."""
    k = 0
    for j in range(eligible.size):
        if eligible[j] != 0.0:
            noise[i, j] = size * drawn[k]
            k += 1


@kernel(nogil=True, fastmath=REGROUPED_SUMS)
def _weighed(i: int, counts: Int32s, hidden: Floats) -> float:
    """Sum of pulses x weight."""
    total = 0.0
    for j in range(counts.shape[1]):
        total += abs(counts[i, j]) * hidden[i, j]
    return total


@kernel(nogil=True)
def _round(
    i: int,
    model: PulseModel,
    table: Floats,
    motion: Motion,
    place: Ints,
    pulsed: int,
    deviates: Floats,
    weights: Weights,
) -> None:
    """One pulse on each of the devices at the first places."""
    w = weights.hidden
    for k in range(pulsed):
        j = place[k]
        sign = 1.0 if motion.eligible[j] > 0.0 else -1.0
        device = Device(sign, motion.step[j], motion.slope[j], weights.lower[i, j], weights.upper[i, j])
        w[i, j] = _after_pulse(model, table, device, w[i, j], deviates[k])


@kernel(nogil=True)
def _constant_end(
    i: int,
    model: PulseModel,
    eligible: Floats,
    steps: Direction,
    weights: Weights,
    deviates: Floats,
    after: Floats,
) -> None:
    """The end of bursts of a constant step; see `_linear_end`."""
    for j in range(eligible.size):
        n = eligible[j]
        now = weights.hidden[i, j]
        low = weights.lower[i, j]
        high = weights.upper[i, j]
        a = steps.up[i, j]
        b = steps.down[i, j]
        step = a if n > 0.0 else b
        mean = now + n * step
        sigma = model.c2c * (step + model.c2c_offset) * math.sqrt(abs(n))
        far = FAR * sigma
        inside = (min(now, mean) - far >= low) & (max(now, mean) + far <= high)
        end = min(max(mean + sigma * deviates[j], low), high)
        after[j] = end if inside | (abs(n) == 1.0) else np.nan


@kernel(nogil=True)
def _linear_moments(i: int, model: PulseModel, motion: Motion, hidden: Floats, burst: Burst) -> None:
    """Mean and deviation after bursts; the mean is NaN where a < 0 and for bursts of more than 31 pulses."""
    for j in range(motion.eligible.size):
        a = 1.0 - motion.step[j] * motion.slope[j]
        left = np.int32(abs(motion.eligible[j]))
        product = 1.0
        total = 0.0
        part = 1.0
        power = a
        for _ in range(5):  # the bits of 31: a loop of fixed length and without a branch uses SIMD
            odd = left & 1
            total = part + power * total if odd else total
            product = product * power if odd else product
            part *= 1.0 + power
            power *= power
            left >>= 1
        change = motion.step[j] * total if motion.eligible[j] > 0.0 else -motion.step[j] * total
        burst.mean[j] = product * hidden[i, j] + change if (a >= 0.0) & (left == 0) else np.nan
    for j in range(motion.eligible.size):
        a = 1.0 - motion.step[j] * motion.slope[j]
        left = np.int32(abs(motion.eligible[j]))
        total = 0.0
        part = 1.0
        power = a * a
        for _ in range(5):
            total = part + power * total if left & 1 else total
            part *= 1.0 + power
            power *= power
            left >>= 1
        burst.sigma[j] = model.c2c * (motion.step[j] + model.c2c_offset) * math.sqrt(total)


@kernel(nogil=True)
def _linear_end(i: int, motion: Motion, weights: Weights, burst: Burst, after: Floats) -> None:
    """The end of bursts, cut at the bounds; NaN where a burst has not the distribution of its pulses.

    A single pulse has, where its step is not cut at 0.  Without a pulse mean = w and sigma = 0: it stays.
    """
    for j in range(after.size):
        n = motion.eligible[j]
        slope = motion.slope[j]
        now = weights.hidden[i, j]
        mean = burst.mean[j]
        far = FAR * burst.sigma[j]
        low = min(now, mean) - far
        high = max(now, mean) + far
        up = n > 0.0
        bounded = (low >= weights.lower[i, j]) & (high <= weights.upper[i, j])
        inside = bounded & ((high if up else -low) * slope <= 1.0)
        single = (abs(n) == 1.0) & ((now if up else -now) * slope <= 1.0)
        end = min(max(mean + burst.sigma[j] * burst.deviate[j], weights.lower[i, j]), weights.upper[i, j])
        after[j] = end if (inside | single) & (mean == mean) else np.nan


@kernel(nogil=True)
def _move(i: int, after: Floats, hidden: Floats) -> int:
    """To where the bursts end, and how many do not."""
    odd = 0
    for j in range(after.size):
        found = after[j] == after[j]
        hidden[i, j] = after[j] if found else hidden[i, j]
        odd += not found
    return odd


@kernel(nogil=True)
def _pulse_by_pulse(
    i: int, devices: Devices, eligible: Floats, after: Floats, state: np.uint64, gamma: np.uint64
) -> None:
    """The bursts that have no end as one sum."""
    model = devices.model
    parameters = devices.parameters
    for j in range(after.size):
        if after[j] != after[j]:
            up = eligible[j] > 0.0
            step = parameters.up[i, j] if up else parameters.down[i, j]
            slope = parameters.up_slope[i, j] if up else parameters.down_slope[i, j]
            sign = 1.0 if up else -1.0
            device = Device(sign, step, slope, parameters.lower[i, j], parameters.upper[i, j])
            w = devices.hidden[i, j]
            deviate = 0.0
            for _ in range(np.int32(abs(eligible[j]))):
                if model.c2c > 0.0:
                    deviate, state = normal(state, gamma)
                w = _after_pulse(model, devices.table, device, w, deviate)
            devices.hidden[i, j] = w
