"""Compiled pulses on the devices of some rows of an array, one after the other.

A row takes its pulses in rounds: in round r every device that has more than r pulses gets one.
"""

from __future__ import annotations

import math

import numpy as np

from analog_pc.arrays import Floats, Int32s, Ints
from analog_pc.compiled.kernel import kernel
from analog_pc.compiled.random_streams import draw, normal, stream
from analog_pc.devices.pulsed import rows
from analog_pc.devices.pulsed.population import CONSTANT, EXPONENTIAL, LINEAR, POWER, Cells, Rule

SUMS = 4  # of a row: pulses, pulses x weight, coincidences, half-selects x weight


@kernel(nogil=True)
def interpolated(table: Floats, side: int, share: float) -> float:
    """table[side] at a share of the way from 0 to 1, between the places table[2], found by bisection."""
    low, high = 0, table.shape[1] - 1
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
def factor(
    rule: Rule, table: Floats, sign: float, w: float, slope: float, lower: float, upper: float
) -> float:
    """f of one pulse at w, up for sign 1.0 and down for -1.0; see `update_characteristics`."""
    if rule.code == CONSTANT:
        return 1.0
    if rule.code == LINEAR:
        return max(1.0 - sign * slope * w, 0.0)
    if lower == upper:
        return 0.0
    share = min(max((w - lower) / (upper - lower), 0.0), 1.0)  # of the range; rounding may leave it
    if rule.code == POWER:
        power: float = (1.0 - share if sign > 0.0 else share) ** slope
        return power
    if rule.code == EXPONENTIAL:
        c = rule.coefficients
        z = 2.0 * c[4] * w / (upper - lower) + c[5]
        scale, rate = (c[0] if sign > 0.0 else c[1]), (c[2] if sign > 0.0 else c[3])
        return max(1.0 - scale * math.exp(sign * rate * z), 0.0)
    return interpolated(table, 0 if sign > 0.0 else 1, share)


@kernel(nogil=True)
def moved(
    rule: Rule,
    table: Floats,
    sign: float,
    w: float,
    step: float,
    slope: float,
    lower: float,
    upper: float,
    deviate: float,
) -> float:
    """w after one pulse with that normal deviate."""
    move = step * factor(rule, table, sign, w, slope, lower, upper)
    spread = rule.cycle * (rule.offset + (step if rule.additive else move) + rule.growth * abs(w))
    return min(max(w + sign * (move + spread * deviate), lower), upper)


@kernel(nogil=True)
def one_by_one(
    rule: Rule,
    table: Floats,
    n: np.int32,
    sign: float,
    w: float,
    step: float,
    slope: float,
    lower: float,
    upper: float,
    state: np.uint64,
    gamma: np.uint64,
) -> tuple[float, np.uint64]:
    """w after n pulses on one device, and the state of the stream."""
    deviate = 0.0
    for _ in range(n):
        if rule.cycle > 0.0:
            deviate, state = normal(state, gamma)
        w = moved(rule, table, sign, w, step, slope, lower, upper, deviate)
    return w, state


@kernel(nogil=True)
def write_each(
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
    """Signed numbers of pulses [rows, columns] on rows begin ... end, one pulse after the other.

    sums[:, 0] are the numbers of pulses: images are mostly black, and a transfer writes one row.
    """
    width = hidden.shape[1]
    able, place, step, slope = np.empty(width), np.empty(width, np.int64), np.empty(width), np.empty(width)
    deviates, bits, late = np.zeros(width), np.empty(width, np.uint64), np.empty(width, np.int64)
    for i in range(begin, end):
        if sums[i, 0] == 0.0:
            continue
        state, gamma = stream(key, np.uint64(i))
        moving = rows.admit(i, mortal, counts, cells.limit, wear, able)
        sums[i, 1] = 0.5 * rows.weighed(i, counts, hidden) if weighed else 0.0
        if rule.write > 0.0:
            state = rows.write_noise(i, rule.write, noise, able, moving, state, gamma, bits, late, deviates)
        rows.select(i, able, cells.up, cells.down, step)
        rows.select(i, able, cells.up_slope, cells.down_slope, slope)
        rows.touched(able, place)
        while moving > 0:
            if rule.cycle > 0.0:
                state = draw(state, gamma, moving, bits, late, deviates)
            _round(
                i, rule, table, place, moving, deviates, able, step, slope, cells.lower, cells.upper, hidden
            )
            moving = rows.remaining(able, place, moving)
        sums[i, 1] += 0.5 * rows.weighed(i, counts, hidden) if weighed else 0.0


@kernel(nogil=True)
def _round(
    i: int,
    rule: Rule,
    table: Floats,
    place: Ints,
    pulsed: int,
    deviates: Floats,
    able: Floats,
    step: Floats,
    slope: Floats,
    lower: Floats,
    upper: Floats,
    w: Floats,
) -> None:
    """One pulse on each of the devices at the first places."""
    for k in range(pulsed):
        j = place[k]
        sign = 1.0 if able[j] > 0.0 else -1.0
        w[i, j] = moved(rule, table, sign, w[i, j], step[j], slope[j], lower[i, j], upper[i, j], deviates[k])
