"""Compiled steps that every kernel takes along one row of an array.

Loops without a branch on what a device does: they use SIMD, and a processor has nothing to guess.
"""

from __future__ import annotations

import numba
import numpy as np

from analog_pc.devices.pulsed.streams import normal

_FAST = {"reassoc", "contract", "nsz"}  # lets sums use SIMD; NaN and infinity keep their meaning


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def pulsed(counts):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Whether a row has any pulse: images are mostly black, and a transfer writes one row."""
    found = np.int32(0)
    for j in range(counts.size):
        found |= counts[j]
    return found != 0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def admit(counts, limit, wear, able):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Pulses that a device still follows, and its wear."""
    for j in range(able.size):
        n = np.int64(abs(counts[j]))
        able[j] = np.int32(min(n, max(limit[j] - wear[j], 0)))
        wear[j] += n


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def select(counts, up, down, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """What belongs to the direction of the pulses.  Both are read: a branch would be a coin toss."""
    for j in range(out.size):
        a, b = up[j], down[j]
        out[j] = a if counts[j] > 0 else b


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def sign(counts, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """+1 where pulses go up, else -1."""
    for j in range(out.size):
        out[j] = 1.0 if counts[j] > 0 else -1.0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def touched(able, touched):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Where there is a pulse, and at how many places."""
    k = 0
    for j in range(able.size):
        touched[k] = j
        k += able[j] > 0
    return k


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def draw(state, gamma, deviates):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Normal deviates, and the state after them."""
    for k in range(deviates.size):
        deviates[k], state = normal(state, gamma)
    return state


@numba.njit(cache=True, nogil=True, fastmath=_FAST)  # type: ignore[untyped-decorator, unused-ignore]
def total(counts, hidden, sums):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Half of pulses and of pulses x weight, before and once more after."""
    pulses, weights = 0.0, 0.0
    for j in range(hidden.size):
        n = 0.5 * abs(counts[j])
        pulses += n
        weights += n * hidden[j]
    sums[0] += pulses
    sums[1] += weights


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def remaining(able, touched):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Take a pulse off each device touched, keep in front those that have more, and say how many."""
    kept = 0
    for k in range(touched.size):
        j = touched[k]
        able[j] -= 1
        touched[kept] = j
        kept += able[j] > 0
    return kept
