"""Stochastic pulse trains: the outer product of two vectors as coincidences of random pulses.

::

    row i      _|~|___|~|_____     a pulse in a slot with probability p_i = A |x_i|
    column j   _|~|_____|~|___     q_j = B |d_j|
    device     _|~|___________     moves where both have one: slots p_i q_j times on average

    A B slots step = |rate|,    so that E[change] = rate x_i d_j for a constant step and p, q <= 1

Without management A = B.  With it (update management) A max|x| = B max|d|, which makes the largest
probabilities equal and therefore least likely to exceed 1.  Source: Gokmen & Vlasov, Front. Neurosci.
10:333 (2016); the management: Gokmen, Onen & Haensch, Front. Neurosci. 11:538 (2017).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from analog_pc.arrays import Any, Floats
from analog_pc.devices.pulsed.streams import mix, stream, uniform

MOST_SLOTS = 31
_ONE, _NONE, _COLUMNS = np.uint32(1), np.uint32(0), np.uint64(1)


class Probabilities(NamedTuple):
    """Of a pulse per slot on each row and column, and the number of lines whose probability was above 1."""

    rows: Floats
    columns: Floats
    cut: int


def probabilities(
    x: Floats, d: Floats, rate: float, slots: int, step: float, management: bool
) -> Probabilities | None:
    """Those of an outer product; None where there is nothing to change."""
    p, q = np.abs(x), np.abs(d)
    most_p, most_q = float(p.max()), float(q.max())
    if most_p == 0.0 or most_q == 0.0 or rate == 0.0:
        return None
    scale = math.sqrt(abs(rate) / (slots * step))
    tilt = math.sqrt(most_q) / math.sqrt(most_p) if management else 1.0
    p, q = p * (scale * tilt), q * (scale / tilt)
    cut = int((p > 1.0).sum() + (q > 1.0).sum())
    return Probabilities(np.minimum(p, 1.0), np.minimum(q, 1.0), cut)


def trains(key: np.uint64, probability: Probabilities, slots: int) -> tuple[Any, Any]:
    """Pulse trains of rows and of columns, uint32, slot k in bit k."""
    found = []
    for side, p in enumerate((probability.rows, probability.columns)):
        words = np.empty(p.size, dtype=np.uint32)
        _bernoulli(key, np.uint64(side), p, slots, words)
        found.append(words)
    return found[0], found[1]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _bernoulli(key, side, p, slots, words):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Independent slots of probability p, compared with multiples of 2^-53."""
    state, gamma = stream(key, side)
    for i in range(p.size):
        word = _NONE
        for k in range(slots):
            state += gamma
            if_on = _ONE if uniform(mix(state)) < p[i] else _NONE
            word |= if_on << np.uint32(k)
        words[i] = word
