"""Compiled pulses on the devices of some rows of an array, one by one.

One pulse, with the device's own step D and slope, and a normal deviate z::

    w <- w +- (D f(w) + s z),    cut at the bounds,    s = c2c (c2c_offset + D f(w) + c2c_slope |w|)

`write_pulses` gives a row its pulses in rounds: in round r every device that has more than r pulses gets one.

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
from analog_pc.compiled.kernel import REGROUPED_SUMS, WITHOUT_ENTRY, kernel
from analog_pc.compiled.random_streams import draw, stream
from analog_pc.devices.pulsed.population import (
    CONSTANT,
    EXPONENTIAL,
    LINEAR,
    POWER,
    DeviceParameters,
    PulseModel,
)

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


@kernel(**WITHOUT_ENTRY)
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


@kernel(error_model="numpy", **WITHOUT_ENTRY)
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


@kernel(**WITHOUT_ENTRY)
def after_pulse(model: PulseModel, table: Floats, device: Device, w: float, deviate: float) -> float:
    """w after one pulse with that normal deviate."""
    move = device.step * step_factor(model, table, device, w)
    size = model.c2c_offset + (device.step if model.additive else move) + model.c2c_slope * abs(w)
    return min(max(w + device.sign * (move + model.c2c * size * deviate), device.lower), device.upper)


@kernel(**WITHOUT_ENTRY)
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
        moving = follow(
            i, devices.has_endurance, parameters.endurance, pulses.counts, devices.wear, motion.eligible
        )
        pulses.sums[i, 1] = 0.5 * weighed(i, pulses.counts, devices.hidden) if pulses.weighed else 0.0
        if model.write_noise > 0.0:
            state = draw(state, gamma, moving, bits, late, drawn)
            renew_noise(i, model.write_noise, devices.noise, motion.eligible, drawn)
        select(i, motion.eligible, steps, motion.step)
        select(i, motion.eligible, slopes, motion.slope)
        _first_places(motion.eligible, place)
        while moving > 0:
            if model.c2c > 0.0:
                state = draw(state, gamma, moving, bits, late, drawn)
            _round(i, model, devices.table, motion, place, moving, drawn, weights)
            moving = _remaining(motion.eligible, place, moving)
        pulses.sums[i, 1] += 0.5 * weighed(i, pulses.counts, devices.hidden) if pulses.weighed else 0.0


@kernel(nogil=True)
def follow(i: int, has_endurance: bool, endurance: Ints, counts: Int32s, wear: Ints, eligible: Floats) -> int:
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
def select(i: int, eligible: Floats, values: Direction, out: Floats) -> None:
    """What belongs to the direction of the pulses.  Both are read: a branch would be mispredicted."""
    for j in range(out.size):
        a = values.up[i, j]
        b = values.down[i, j]
        out[j] = a if eligible[j] > 0.0 else b


@kernel(**WITHOUT_ENTRY)
def _first_places(eligible: Floats, place: Ints) -> None:
    """Columns of the eligible devices, in front."""
    k = 0
    for j in range(eligible.size):
        place[k] = j
        k += eligible[j] != 0.0


@kernel(**WITHOUT_ENTRY)
def _remaining(eligible: Floats, place: Ints, pulsed: int) -> int:
    """Take a pulse off each of the first places, keep devices with pulses left in front, and count them."""
    kept = 0
    for k in range(pulsed):
        j = place[k]
        eligible[j] -= 1.0 if eligible[j] > 0.0 else -1.0
        place[kept] = j
        kept += eligible[j] != 0.0
    return kept


@kernel(**WITHOUT_ENTRY)
def renew_noise(i: int, size: float, noise: Floats, eligible: Floats, drawn: Floats) -> None:
    """New write noise of the eligible devices."""
    k = 0
    for j in range(eligible.size):
        if eligible[j] != 0.0:
            noise[i, j] = size * drawn[k]
            k += 1


@kernel(nogil=True, fastmath=REGROUPED_SUMS)
def weighed(i: int, counts: Int32s, hidden: Floats) -> float:
    """Sum of pulses x weight."""
    total = 0.0
    for j in range(counts.shape[1]):
        total += abs(counts[i, j]) * hidden[i, j]
    return total


@kernel(**WITHOUT_ENTRY)
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
        w[i, j] = after_pulse(model, table, device, w[i, j], deviates[k])
