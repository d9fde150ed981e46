"""Compiled steps that every kernel takes along row i of an array.

Loops without a branch on what a device does: they use SIMD, and a processor has nothing to guess.  They read
whole arrays [rows, columns] at row i, and not a view of it: a view counts references, once a row, which takes
as long as the work.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats, Int32s, Ints, UInt64s
from analog_pc.compiled.kernel import REGROUPED_SUMS, kernel
from analog_pc.compiled.random_streams import draw


@kernel(nogil=True)
def admit(i: int, mortal: bool, counts: Int32s, limit: Ints, wear: Ints, able: Floats) -> int:
    """Signed pulses that a device still follows (as floats), and its wear; how many devices follow."""
    if mortal:
        for j in range(able.size):
            n = np.int64(abs(counts[i, j]))
            left = min(n, max(limit[i, j] - wear[i, j], 0))
            able[j] = left if counts[i, j] > 0 else -left
            wear[i, j] += n
    else:
        for j in range(able.size):
            able[j] = counts[i, j]
            wear[i, j] += abs(counts[i, j])
    moving = 0
    for j in range(able.size):
        moving += able[j] != 0.0
    return moving


@kernel(nogil=True)
def select(i: int, able: Floats, up: Floats, down: Floats, out: Floats) -> None:
    """What belongs to the direction of the pulses.  Both are read: a branch would be a coin toss."""
    for j in range(out.size):
        a, b = up[i, j], down[i, j]
        out[j] = a if able[j] > 0.0 else b


@kernel(nogil=True)
def touched(able: Floats, place: Ints) -> None:
    """Places of the devices that follow, in front."""
    k = 0
    for j in range(able.size):
        place[k] = j
        k += able[j] != 0.0


@kernel(nogil=True)
def spread(able: Floats, drawn: Floats, deviates: Floats) -> None:
    """A deviate of its own to each device that follows, and one of the others' to the rest."""
    k = 0
    for j in range(able.size):
        deviates[j] = drawn[k]
        k += able[j] != 0.0


@kernel(nogil=True)
def write_noise(
    i: int,
    size: float,
    noise: Floats,
    able: Floats,
    moving: int,
    state: np.uint64,
    gamma: np.uint64,
    bits: UInt64s,
    late: Ints,
    drawn: Floats,
) -> np.uint64:
    """New noise of the devices that follow, and the state after it."""
    state = draw(state, gamma, moving, bits, late, drawn)
    k = 0
    for j in range(able.size):
        if able[j] != 0.0:
            noise[i, j] = size * drawn[k]
            k += 1
    return state


@kernel(nogil=True, fastmath=REGROUPED_SUMS)
def weighed(i: int, counts: Int32s, hidden: Floats) -> float:
    """Sum of pulses x weight."""
    total = 0.0
    for j in range(counts.shape[1]):
        total += abs(counts[i, j]) * hidden[i, j]
    return total


@kernel(nogil=True)
def remaining(able: Floats, place: Ints, pulsed: int) -> int:
    """Take a pulse off each of the first places, keep in front those that have more, and say how many."""
    kept = 0
    for k in range(pulsed):
        j = place[k]
        able[j] -= 1.0 if able[j] > 0.0 else -1.0
        place[kept] = j
        kept += able[j] != 0.0
    return kept
