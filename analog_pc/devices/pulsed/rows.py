"""Compiled steps that every kernel takes along row i of an array.

Loops without a branch on what a device does: they use SIMD, and a processor has nothing to guess.  They read
whole arrays [rows, columns] at row i, and not a view of it: a view counts references, once a row, which takes
as long as the work.
"""

from __future__ import annotations

import numba
import numpy as np

from analog_pc.compiled.random_streams import draw

_FAST = {"reassoc", "contract", "nsz"}  # lets sums use SIMD; NaN and infinity keep their meaning


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def admit(i, mortal, counts, limit, wear, able):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
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


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def select(i, able, up, down, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """What belongs to the direction of the pulses.  Both are read: a branch would be a coin toss."""
    for j in range(out.size):
        a, b = up[i, j], down[i, j]
        out[j] = a if able[j] > 0.0 else b


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def touched(able, place):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Places of the devices that follow, in front."""
    k = 0
    for j in range(able.size):
        place[k] = j
        k += able[j] != 0.0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def spread(able, drawn, deviates):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """A deviate of its own to each device that follows, and one of the others' to the rest."""
    k = 0
    for j in range(able.size):
        deviates[j] = drawn[k]
        k += able[j] != 0.0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def write_noise(  # type: ignore[no-untyped-def]
    i, size, noise, able, moving, state, gamma, bits, late, drawn
):  # pragma: no cover - compiled
    """New noise of the devices that follow, and the state after it."""
    state = draw(state, gamma, moving, bits, late, drawn)
    k = 0
    for j in range(able.size):
        if able[j] != 0.0:
            noise[i, j] = size * drawn[k]
            k += 1
    return state


@numba.njit(cache=True, nogil=True, fastmath=_FAST)  # type: ignore[untyped-decorator, unused-ignore]
def weighed(i, counts, hidden):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Sum of pulses x weight."""
    total = 0.0
    for j in range(counts.shape[1]):
        total += abs(counts[i, j]) * hidden[i, j]
    return total


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def remaining(able, place, pulsed):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Take a pulse off each of the first places, keep in front those that have more, and say how many."""
    kept = 0
    for k in range(pulsed):
        j = place[k]
        able[j] -= 1.0 if able[j] > 0.0 else -1.0
        place[kept] = j
        kept += able[j] != 0.0
    return kept
