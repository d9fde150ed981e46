"""Compiled bursts of pulses as one sum each, where that has the distribution of the pulses one by one.

It has where a deviate does not depend on w: a constant step, or a linear one whose noise is additive or
absent.  With a = 1 - D s, mirrored so that the pulses go up, n pulses are

    w_n = a^n w + D S_n(a) + s sqrt(S_n(a^2)) normal,        S_n(a) = 1 + a + ... + a^(n-1)

(the sums by doubling, S_2m = S_m (1 + a^m), which cancels nothing).  The mean is monotone for a >= 0, so that
no pulse of the burst was cut at a bound, but with a probability below 2 n 1e-19, where both ends stay FAR
standard deviations away from the bounds and from where f reaches 0.  Other bursts go pulse by pulse.
"""

from __future__ import annotations

import math

import numpy as np

from analog_pc.arrays import Floats, Int32s, Ints
from analog_pc.compiled.kernel import kernel
from analog_pc.compiled.random_streams import draw, stream
from analog_pc.devices.pulsed import rows
from analog_pc.devices.pulsed.kernel import one_by_one
from analog_pc.devices.pulsed.population import LINEAR, Cells, Rule

FAR = 9.0  # standard deviations; the normal distribution has 1.1e-19 beyond


@kernel(nogil=True)
def write_summed(
    rule: Rule,
    table: Floats,
    cells: Cells,
    mortal: bool,
    weighed: bool,
    hidden: Floats,
    noise: Floats,
    wear: Ints,
    key: np.uint64,
    counts: Int32s,
    sums: Floats,
    begin: int,
    end: int,
) -> None:
    """Signed numbers of pulses [rows, columns] on rows begin ... end; sums[:, 0] is how many they are."""
    width = hidden.shape[1]
    able, deviates, after = np.empty(width), np.zeros(width), np.empty(width)
    drawn, bits, late = np.zeros(width + 1), np.empty(width, np.uint64), np.empty(width, np.int64)
    step, slope, mean, sigma = np.empty(width), np.empty(width), np.empty(width), np.empty(width)
    for i in range(begin, end):
        if sums[i, 0] == 0.0:
            continue
        state, gamma = stream(key, np.uint64(i))
        moving = rows.admit(i, mortal, counts, cells.limit, wear, able)
        sums[i, 1] = 0.5 * rows.weighed(i, counts, hidden) if weighed else 0.0
        if rule.write > 0.0:
            state = rows.write_noise(i, rule.write, noise, able, moving, state, gamma, bits, late, drawn)
        if rule.cycle > 0.0:
            state = draw(state, gamma, moving, bits, late, drawn)
            rows.spread(able, drawn, deviates)
        if rule.code == LINEAR:
            rows.select(i, able, cells.up, cells.down, step)
            rows.select(i, able, cells.up_slope, cells.down_slope, slope)
            _linear(i, rule.cycle, rule.offset, able, hidden, step, slope, mean, sigma)
            _settle(i, able, hidden, cells.lower, cells.upper, slope, mean, sigma, deviates, after)
        else:
            _constant(
                i, rule.cycle, rule.offset, able, hidden, cells.up, cells.down, cells.lower, cells.upper,
                deviates, after,
            )  # fmt: skip
        if _move(i, after, hidden) > 0:
            _one_by_one(i, rule, table, able, after, cells, hidden, state, gamma)
        sums[i, 1] += 0.5 * rows.weighed(i, counts, hidden) if weighed else 0.0


@kernel(nogil=True)
def _constant(
    i: int,
    cycle: float,
    offset: float,
    able: Floats,
    w: Floats,
    up: Floats,
    down: Floats,
    lower: Floats,
    upper: Floats,
    deviates: Floats,
    after: Floats,
) -> None:
    """The end of bursts of a constant step; see `_settle`."""
    for j in range(able.size):
        n, now, low, high = able[j], w[i, j], lower[i, j], upper[i, j]
        a, b = up[i, j], down[i, j]
        step = a if n > 0.0 else b
        mean, sigma = now + n * step, cycle * (step + offset) * math.sqrt(abs(n))
        far = FAR * sigma
        inside = (min(now, mean) - far >= low) & (max(now, mean) + far <= high)
        end = min(max(mean + sigma * deviates[j], low), high)
        after[j] = end if inside | (abs(n) == 1.0) else np.nan


@kernel(nogil=True)
def _linear(
    i: int,
    cycle: float,
    offset: float,
    able: Floats,
    w: Floats,
    step: Floats,
    slope: Floats,
    mean: Floats,
    sigma: Floats,
) -> None:
    """Mean and deviation after bursts; the mean is NaN where a < 0 and for bursts of more than 31 pulses."""
    for j in range(able.size):
        keep, kept, total, part, left = 1.0 - step[j] * slope[j], 1.0, 0.0, 1.0, np.int32(abs(able[j]))
        power = keep
        for _ in range(5):  # the bits of 31: a loop of fixed length and without a branch uses SIMD
            odd = left & 1
            total = part + power * total if odd else total
            kept = kept * power if odd else kept
            part *= 1.0 + power
            power *= power
            left >>= 1
        change = step[j] * total if able[j] > 0.0 else -step[j] * total
        mean[j] = kept * w[i, j] + change if (keep >= 0.0) & (left == 0) else np.nan
    for j in range(able.size):
        keep, total, part, left = 1.0 - step[j] * slope[j], 0.0, 1.0, np.int32(abs(able[j]))
        power = keep * keep
        for _ in range(5):
            total = part + power * total if left & 1 else total
            part *= 1.0 + power
            power *= power
            left >>= 1
        sigma[j] = cycle * (step[j] + offset) * math.sqrt(total)


@kernel(nogil=True)
def _settle(
    i: int,
    able: Floats,
    w: Floats,
    lower: Floats,
    upper: Floats,
    slope: Floats,
    mean: Floats,
    sigma: Floats,
    deviates: Floats,
    after: Floats,
) -> None:
    """The end of bursts, cut at the bounds; NaN where one is not as good as its pulses.

    A single pulse is, where its step is not cut at 0.  A device without one has mean w and sigma 0: it stays.
    """
    for j in range(able.size):
        now, far = w[i, j], FAR * sigma[j]
        low, high = min(now, mean[j]) - far, max(now, mean[j]) + far
        up = able[j] > 0.0
        inside = (low >= lower[i, j]) & (high <= upper[i, j]) & ((high if up else -low) * slope[j] <= 1.0)
        single = (abs(able[j]) == 1.0) & ((now if up else -now) * slope[j] <= 1.0)
        end = min(max(mean[j] + sigma[j] * deviates[j], lower[i, j]), upper[i, j])
        after[j] = end if (inside | single) & (mean[j] == mean[j]) else np.nan


@kernel(nogil=True)
def _move(i: int, after: Floats, w: Floats) -> int:
    """To where the bursts end, and how many do not."""
    odd = 0
    for j in range(after.size):
        sound = after[j] == after[j]
        w[i, j] = after[j] if sound else w[i, j]
        odd += not sound
    return odd


@kernel(nogil=True)
def _one_by_one(
    i: int,
    rule: Rule,
    table: Floats,
    able: Floats,
    after: Floats,
    cells: Cells,
    w: Floats,
    state: np.uint64,
    gamma: np.uint64,
) -> None:
    """The bursts that are not sound, pulse by pulse."""
    for j in range(able.size):
        if after[j] != after[j]:
            up, low, high = able[j] > 0.0, cells.lower[i, j], cells.upper[i, j]
            step = cells.up[i, j] if up else cells.down[i, j]
            slope = cells.up_slope[i, j] if up else cells.down_slope[i, j]
            sign, n = 1.0 if up else -1.0, np.int32(abs(able[j]))
            w[i, j], state = one_by_one(rule, table, n, sign, w[i, j], step, slope, low, high, state, gamma)
