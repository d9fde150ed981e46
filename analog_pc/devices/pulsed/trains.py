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

from analog_pc.arrays import Floats, Int32s, UInt32s, UInt64s
from analog_pc.compiled.kernel import REGROUPED_SUMS, WITHOUT_ENTRY, kernel
from analog_pc.compiled.random_streams import mix, stream

MOST_SLOTS = 31
_NONE = np.uint32(0)
_ROWS = np.uint64(0)
_COLUMNS = np.uint64(1)
_U0, _U1, _U11, _U32, _U63 = (np.uint64(k) for k in (0, 1, 11, 32, 63))
_M1, _M2, _M4, _ONES = (np.uint32(k) for k in (0x55555555, 0x33333333, 0x0F0F0F0F, 0x01010101))
_S1, _S2, _S4, _S24 = (np.uint32(k) for k in (1, 2, 4, 24))


class Probabilities(NamedTuple):
    """Of a pulse per slot on each row and column, [samples, lines], and the number of lines whose probability
    was above 1."""

    rows: Floats
    columns: Floats
    cut: int


class PulseTrains(NamedTuple):
    """A line's slots in a uint32, slot k in bit k, and its direction: an int32, 0 for up and -1 for down.

    [samples, lines]; in a kernel that gives the pulses of one sample [lines].
    """

    rows: UInt32s
    columns: UInt32s
    row_down: Int32s
    column_down: Int32s

    @property
    def driven(self) -> int:
        """Pulses on lines, each times the devices on its line, of all samples."""
        of_rows = self.columns.shape[-1] * _ones_of(self.rows)
        of_columns = self.rows.shape[-1] * _ones_of(self.columns)
        return int(of_rows + of_columns)


def probabilities(
    x: Floats, d: Floats, rate: float, slots: int, step: float, management: bool
) -> Probabilities:
    """Probabilities of the pulses of outer products.

    Parameters
    ----------
    x, d
        Vectors of the rows [samples, rows] and of the columns [samples, columns]; none is zero.
    rate
        Of the outer products, of either sign, not 0.
    slots, step
        Length of the trains, and mean step of the devices.
    management
        Whether x and d are scaled against each other.
    """
    p = np.empty(x.shape)
    q = np.empty(d.shape)
    scale = math.sqrt(abs(rate) / (slots * step))
    return Probabilities(p, q, _probabilities(x, d, scale, management, p, q))


def draw_trains(
    keys: UInt64s, found: Probabilities, x: Floats, d: Floats, rate: float, slots: int
) -> PulseTrains:
    """Trains of rate * outer(x, d), drawn from two streams of a key: one of rows, one of columns.

    Parameters
    ----------
    keys
        Of the random streams, [samples].
    found
        The probabilities of the same vectors, rate and slots.
    x, d, rate, slots
        As in `probabilities`.
    """
    lines = PulseTrains(
        rows=np.empty(x.shape, np.uint32),
        columns=np.empty(d.shape, np.uint32),
        row_down=np.empty(x.shape, np.int32),
        column_down=np.empty(d.shape, np.int32),
    )
    every = np.uint32((1 << slots) - 1)
    _draw(keys, _ROWS, found.rows, every, lines.rows)
    _draw(keys, _COLUMNS, found.columns, every, lines.columns)
    _directions(x, rate < 0.0, lines.row_down)
    _directions(d, False, lines.column_down)
    return lines


@kernel(**WITHOUT_ENTRY)
def coincidences(
    lines: PulseTrains,
    counts: Int32s,
    sums: Floats,
    weighed: bool,
    hidden: Floats,
    one_sided: bool,
    begin: int,
    end: int,
) -> None:
    """Count the coincidences of trains on rows begin ... end; a device goes up where its lines agree.

    A line is `down` by -1 or 0, the int32 that turns the sign of a number: (n ^ -1) + 1 = -n.

    Parameters
    ----------
    lines
        The trains of one sample.
    counts, sums, weighed
        See `kernels.PulseCounts`; counts are written, and of the sums pulses, coincidences and half-selects x
        weight.  Sums come as zeros and stay so for a row without a pulse, whose counts nothing reads.
    hidden
        Weights [rows, columns].
    one_sided
        Whether coincidences that go down are dropped.
    begin, end
        First row, and the row after the last.
    """
    rows = lines.rows
    columns = lines.columns
    for i in range(begin, end):
        if rows[i] == 0 and not weighed:
            continue
        total = np.int32(0)
        for j in range(columns.size):
            n = ones(rows[i] & columns[j])
            down = lines.row_down[i] ^ lines.column_down[j]
            counts[i, j] = (n ^ down) - down
            total += n
        sums[i, 0] = total
        sums[i, 2] = total
        if weighed:
            sums[i, 3] = _half_selected(i, ones(rows[i]), columns, counts, hidden)
        if one_sided:
            sums[i, 0] = _only_up(i, counts)


@kernel(nogil=True)
def ones(word: np.uint32) -> np.int32:
    """Number of ones of a uint32."""
    x = np.uint32(word - ((word >> _S1) & _M1))
    x = np.uint32((x & _M2) + ((x >> _S2) & _M2))
    x = np.uint32((x + (x >> _S4)) & _M4)
    return np.int32(np.uint32(x * _ONES) >> _S24)


@kernel(nogil=True)
def _ones_of(lines: UInt32s) -> int:
    """Number of ones of an array of uint32."""
    count = 0
    for line in lines.flat:
        count += int(ones(line))
    return count


@kernel(fastmath=REGROUPED_SUMS, **WITHOUT_ENTRY)
def _half_selected(i: int, own: np.int32, columns: UInt32s, counts: Int32s, hidden: Floats) -> float:
    """Sum over a row of half-selects x weight; `counts` are the coincidences, of any sign."""
    total = 0.0
    for j in range(columns.size):
        total += (own + ones(columns[j]) - 2 * abs(counts[i, j])) * hidden[i, j]
    return total


@kernel(**WITHOUT_ENTRY)
def _only_up(i: int, counts: Int32s) -> np.int32:
    """Keep the counts that go up, and add them."""
    total = np.int32(0)
    for j in range(counts.shape[1]):
        counts[i, j] = max(counts[i, j], 0)
        total += counts[i, j]
    return total


@kernel(nogil=True)
def _probabilities(x: Floats, d: Floats, scale: float, management: bool, p: Floats, q: Floats) -> int:
    """Fill p and q of every sample; how many were cut."""
    cut = 0
    for s in range(len(x)):
        most_p = _sizes(x[s], p[s])
        most_q = _sizes(d[s], q[s])
        tilt = math.sqrt(most_q) / math.sqrt(most_p) if management else 1.0
        cut += _scale(scale * tilt, p[s])
        cut += _scale(scale / tilt, q[s])
    return cut


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
    """-1 where x, or where -x, is not above 0, [samples, lines]."""
    for s in range(x.shape[0]):
        for i in range(x.shape[1]):
            down[s, i] = 0 if (x[s, i] > 0.0) != reverse else -1


@kernel(nogil=True)
def _draw(keys: UInt64s, side: np.uint64, p: Floats, every: np.uint32, lines: UInt32s) -> None:
    """Trains of one side, [samples, lines]."""
    for s in range(keys.size):
        _bernoulli(keys[s], side, p[s], every, lines[s])


@kernel(**WITHOUT_ENTRY)
def _bernoulli(key: np.uint64, side: np.uint64, p: Floats, every: np.uint32, lines: UInt32s) -> None:
    """Independent slots of probability p: where a random multiple of 2^-53 in [0, 1) is below p.

    All slots are compared at once, from the first binary place on.  A place decides half of those still
    open, so that 31 slots take some 6 places, two to a random number, instead of 31 random numbers.
    """
    state, gamma = stream(key, side)
    for i in range(p.size):
        if p[i] >= 1.0:
            lines[i] = every
            continue
        places = np.uint64(math.ceil(p[i] * 2.0**53)) << _U11  # the first one in bit 63
        word = _NONE
        still = every
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
        lines[i] = word
