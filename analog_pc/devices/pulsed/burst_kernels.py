"""Compiled bursts of pulses as one sum each, where that has the distribution of the pulses one by one.

It has where a deviate does not depend on w: for a constant step, or a linear one whose noise is additive or
absent.  With a = 1 - D slope, mirrored so that the pulses go up,

    w_n = a^n w + D S_n(a) + s sqrt(S_n(a^2)) z,        S_n(a) = 1 + a + ... + a^(n-1)

(the sums by doubling, S_2m = S_m (1 + a^m), which cancels nothing).  The mean is monotone for a >= 0, so that
no pulse of the burst was cut at a bound, but with a probability below 2 n 1e-19, where both ends stay FAR
standard deviations away from the bounds and from where f reaches 0.  Other bursts go pulse by pulse.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import WITHOUT_ENTRY, kernel
from analog_pc.compiled.random_streams import draw, normal, stream
from analog_pc.devices.pulsed.kernels import (
    Device,
    Devices,
    Direction,
    Motion,
    PulseCounts,
    Weights,
    after_pulse,
    follow,
    renew_noise,
    select,
    weighed,
)
from analog_pc.devices.pulsed.population import LINEAR, PulseModel

FAR = 9.0  # standard deviations; the normal distribution has 1.1e-19 beyond


class Burst(NamedTuple):
    """Weights of one row after a burst [columns]: mean, deviation, and the normal deviate of each."""

    mean: Floats
    sigma: Floats
    deviate: Floats


@kernel(**WITHOUT_ENTRY)
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
        moving = follow(
            i, devices.has_endurance, parameters.endurance, pulses.counts, devices.wear, motion.eligible
        )
        pulses.sums[i, 1] = 0.5 * weighed(i, pulses.counts, devices.hidden) if pulses.weighed else 0.0
        if model.write_noise > 0.0:
            state = draw(state, gamma, moving, bits, late, drawn)
            renew_noise(i, model.write_noise, devices.noise, motion.eligible, drawn)
        if model.c2c > 0.0:
            state = draw(state, gamma, moving, bits, late, drawn)
            _spread(motion.eligible, drawn, burst.deviate)
        if model.code == LINEAR:
            select(i, motion.eligible, steps, motion.step)
            select(i, motion.eligible, slopes, motion.slope)
            _linear_moments(i, model, motion, devices.hidden, burst)
            _linear_end(i, motion, weights, burst, after)
        else:
            _constant_end(i, model, motion.eligible, steps, weights, burst.deviate, after)
        if _move(i, after, devices.hidden) > 0:
            _pulse_by_pulse(i, devices, motion.eligible, after, state, gamma)
        pulses.sums[i, 1] += 0.5 * weighed(i, pulses.counts, devices.hidden) if pulses.weighed else 0.0


@kernel(**WITHOUT_ENTRY)
def _spread(eligible: Floats, drawn: Floats, deviates: Floats) -> None:
    """A deviate of its own to each eligible device, and any to the others."""
    k = 0
    for j in range(eligible.size):
        deviates[j] = drawn[k]
        k += eligible[j] != 0.0


@kernel(**WITHOUT_ENTRY)
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


@kernel(**WITHOUT_ENTRY)
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


@kernel(**WITHOUT_ENTRY)
def _linear_end(i: int, motion: Motion, weights: Weights, burst: Burst, after: Floats) -> None:
    """The end of bursts, cut at the bounds; NaN where a burst does not have the distribution of its pulses.

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


@kernel(**WITHOUT_ENTRY)
def _move(i: int, after: Floats, hidden: Floats) -> int:
    """Move devices to the ends of their bursts; return the number of bursts without one."""
    odd = 0
    for j in range(after.size):
        found = after[j] == after[j]
        hidden[i, j] = after[j] if found else hidden[i, j]
        odd += not found
    return odd


@kernel(**WITHOUT_ENTRY)
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
                w = after_pulse(model, devices.table, device, w, deviate)
            devices.hidden[i, j] = w
