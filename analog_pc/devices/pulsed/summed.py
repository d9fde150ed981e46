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

import numba
import numpy as np

from analog_pc.devices.pulsed import rows
from analog_pc.devices.pulsed.kernel import one_by_one
from analog_pc.devices.pulsed.population import CONSTANT, LINEAR, Rule
from analog_pc.devices.pulsed.streams import stream

FAR = 9.0  # standard deviations; the normal distribution has 1.1e-19 beyond


def applies(rule: Rule) -> bool:
    """Whether bursts of this kind of device can be summed."""
    plain = rule.additive or rule.cycle == 0.0
    return rule.growth == 0.0 and (rule.code == CONSTANT or (rule.code == LINEAR and plain))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def write_summed(  # type: ignore[no-untyped-def]
    rule, table, cells, hidden, noise, wear, key, counts, sums, begin, end
):  # pragma: no cover - compiled
    """Signed numbers of pulses [rows, columns] on rows begin ... end."""
    width = hidden.shape[1]
    sign, step, slope = np.empty(width), np.empty(width), np.zeros(width)
    mean, sigma = np.empty(width), np.empty(width)
    able, touched, sound = np.empty(width, np.int32), np.empty(width, np.int64), np.empty(width, np.bool_)
    deviates = np.empty(2 * width)
    for i in range(begin, end):
        if not rows.pulsed(counts[i]):
            continue
        state, gamma = stream(key, np.uint64(i))
        w, lower, upper = hidden[i], cells.lower[i], cells.upper[i]
        rows.admit(counts[i], cells.limit[i], wear[i], able)
        rows.select(counts[i], cells.up[i], cells.down[i], step)
        rows.sign(counts[i], sign)
        if rule.code == LINEAR:
            rows.select(counts[i], cells.up_slope[i], cells.down_slope[i], slope)
            _linear(rule.cycle, rule.offset, able, w, sign, step, slope, mean, sigma)
        else:
            _constant(rule.cycle, rule.offset, able, w, sign, step, mean, sigma)
        _judge(able, w, lower, upper, sign, slope, mean, sigma, sound)
        drawn = rows.touched(able, touched)
        state = rows.draw(state, gamma, deviates[: drawn if rule.write == 0.0 else 2 * drawn])
        rows.total(counts[i], w, sums[i])
        if _apply(touched[:drawn], sound, mean, sigma, deviates, lower, upper, w) < drawn:
            for j in touched[:drawn]:
                if not sound[j]:
                    w[j], state = one_by_one(
                        rule,
                        table,
                        able[j],
                        sign[j],
                        w[j],
                        step[j],
                        slope[j],
                        lower[j],
                        upper[j],
                        state,
                        gamma,
                    )
        if rule.write > 0.0:
            for k in range(drawn):
                noise[i, touched[k]] = rule.write * deviates[drawn + k]
        rows.total(counts[i], w, sums[i])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _constant(cycle, offset, able, w, sign, step, mean, sigma):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Mean and deviation after the burst of a constant step."""
    for j in range(able.size):
        mean[j] = w[j] + able[j] * sign[j] * step[j]
    for j in range(able.size):
        sigma[j] = cycle * (step[j] + offset) * math.sqrt(able[j])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _linear(cycle, offset, able, w, sign, step, slope, mean, sigma):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The same of a linear step; the mean is NaN where a < 0 and for bursts of more than 31 pulses."""
    for j in range(able.size):
        keep, kept, total, part, left = 1.0 - step[j] * slope[j], 1.0, 0.0, 1.0, able[j]
        power = keep
        for _ in range(5):  # the bits of 31: a loop of fixed length and without a branch uses SIMD
            odd = left & 1
            total = part + power * total if odd else total
            kept = kept * power if odd else kept
            part *= 1.0 + power
            power *= power
            left >>= 1
        mean[j] = kept * w[j] + sign[j] * step[j] * total if (keep >= 0.0) & (left == 0) else np.nan
    for j in range(able.size):
        keep, total, part, left = 1.0 - step[j] * slope[j], 0.0, 1.0, able[j]
        power = keep * keep
        for _ in range(5):
            total = part + power * total if left & 1 else total
            part *= 1.0 + power
            power *= power
            left >>= 1
        sigma[j] = cycle * (step[j] + offset) * math.sqrt(total)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _apply(touched, sound, mean, sigma, deviates, lower, upper, w):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The sums, cut at the bounds; how many there were."""
    done = 0
    for k in range(touched.size):
        j = touched[k]
        moved = min(max(mean[j] + sigma[j] * deviates[k], lower[j]), upper[j])
        w[j] = moved if sound[j] else w[j]
        done += sound[j]
    return done


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _judge(able, w, lower, upper, sign, slope, mean, sigma, sound):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Whether a burst is as good as its pulses; a single pulse is, where its step is not cut at 0."""
    for j in range(able.size):
        far = FAR * sigma[j]
        low, high = min(w[j], mean[j]) - far, max(w[j], mean[j]) + far
        end = high if sign[j] > 0.0 else -low
        inside = (low >= lower[j]) & (high <= upper[j]) & (end * slope[j] <= 1.0)
        single = (able[j] == 1) & (sign[j] * w[j] * slope[j] <= 1.0)
        sound[j] = (inside | single) & (mean[j] == mean[j])
