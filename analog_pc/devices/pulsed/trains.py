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

import numpy as np

from analog_pc.arrays import Any, Floats, Int32s, UInt32s
from analog_pc.compiled.kernel import kernel
from analog_pc.compiled.random_streams import mix, stream
from analog_pc.devices.pulsed.coincidence import ones_of

MOST_SLOTS = 31
_NONE, _ROWS, _COLUMNS = np.uint32(0), np.uint64(0), np.uint64(1)
_U0, _U1, _U11, _U32, _U63 = (np.uint64(k) for k in (0, 1, 11, 32, 63))


class Probabilities(NamedTuple):
    """Of a pulse per slot on each row and column, and the number of lines whose probability was above 1."""

    rows: Floats
    columns: Floats
    cut: int


class Trains(NamedTuple):
    """A line's slots in a uint32, slot k in bit k, and its direction: an int32, 0 for up and -1 for down."""

    rows: Any
    columns: Any
    row_down: Any
    column_down: Any

    @property
    def driven(self) -> int:
        """Pulses on lines, each times the devices on its line."""
        return int(self.columns.size * ones_of(self.rows) + self.rows.size * ones_of(self.columns))


def probabilities(
    x: Floats, d: Floats, rate: float, slots: int, step: float, management: bool
) -> Probabilities | None:
    """Those of an outer product; None where there is nothing to change."""
    p, q = np.empty(x.size), np.empty(d.size)
    most_p, most_q = _sizes(x, p), _sizes(d, q)
    if most_p == 0.0 or most_q == 0.0 or rate == 0.0:
        return None
    scale = math.sqrt(abs(rate) / (slots * step))
    tilt = math.sqrt(most_q) / math.sqrt(most_p) if management else 1.0
    return Probabilities(p, q, _scale(scale * tilt, p) + _scale(scale / tilt, q))


def trains(key: np.uint64, found: Probabilities, x: Floats, d: Floats, rate: float, slots: int) -> Trains:
    """Those of rate * outer(x, d), drawn from two streams of the key: one of rows, one of columns."""
    rows, columns = np.empty(x.size, np.uint32), np.empty(d.size, np.uint32)
    row_down, column_down = np.empty(x.size, np.int32), np.empty(d.size, np.int32)
    every = np.uint32((1 << slots) - 1)
    _bernoulli(key, _ROWS, found.rows, every, rows)
    _bernoulli(key, _COLUMNS, found.columns, every, columns)
    _directions(x, rate < 0.0, row_down)
    _directions(d, False, column_down)
    return Trains(rows, columns, row_down, column_down)


@kernel(nogil=True)
def _sizes(x: Floats, p: Floats) -> float:
    """|x|, and the largest."""
    most = 0.0
    for i in range(x.size):
        p[i] = abs(x[i])
        most = max(most, p[i])
    return most


@kernel(nogil=True)
def _scale(scale: float, p: Floats) -> int:
    """Scaled, cut at 1, and how many were cut."""
    cut = 0
    for i in range(p.size):
        p[i] *= scale
        cut += p[i] > 1.0
        p[i] = min(p[i], 1.0)
    return cut


@kernel(nogil=True)
def _directions(x: Floats, reverse: bool, down: Int32s) -> None:
    """-1 where x, or where -x, is not above 0."""
    for i in range(x.size):
        down[i] = 0 if (x[i] > 0.0) != reverse else -1


@kernel(nogil=True)
def _bernoulli(key: np.uint64, side: np.uint64, p: Floats, every: np.uint32, words: UInt32s) -> None:
    """Independent slots of probability p: where a random multiple of 2^-53 in [0, 1) is below p.

    All slots are compared at once, from the first binary place on.  A place decides half of those still
    open, so that 31 slots take some 6 places, two to a random number, instead of 31 random numbers.
    """
    state, gamma = stream(key, side)
    for i in range(p.size):
        if p[i] >= 1.0:
            words[i] = every
            continue
        places = np.uint64(math.ceil(p[i] * 2.0**53)) << _U11  # the first one in bit 63
        word, still = _NONE, every
        while still != _NONE and places != _U0:
            state += gamma
            bits = mix(state)
            for half in range(2):
                random = np.uint32(bits >> (_U32 if half == 0 else _U0))
                if places >> _U63 == _U1:
                    word |= still & ~random
                    still &= random
                else:
                    still &= ~random
                places <<= _U1
        words[i] = word
