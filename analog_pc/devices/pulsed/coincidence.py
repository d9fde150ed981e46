"""Compiled coincidences of pulse trains: the ones of the `and` of their slots."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats, Int32s, UInt32s
from analog_pc.compiled.kernel import REGROUPED_SUMS, kernel

_M1, _M2, _M4 = np.uint32(0x55555555), np.uint32(0x33333333), np.uint32(0x0F0F0F0F)
_ONES = np.uint32(0x01010101)
_S1, _S2, _S4, _S24 = np.uint32(1), np.uint32(2), np.uint32(4), np.uint32(24)


@kernel(nogil=True)
def ones(word: np.uint32) -> np.int32:
    """Number of ones of a uint32."""
    x = np.uint32(word - ((word >> _S1) & _M1))
    x = np.uint32((x & _M2) + ((x >> _S2) & _M2))
    x = np.uint32((x + (x >> _S4)) & _M4)
    return np.int32(np.uint32(x * _ONES) >> _S24)


@kernel(nogil=True)
def ones_of(words: UInt32s) -> int:
    """Number of ones of a vector of uint32."""
    count = 0
    for word in words:
        count += int(ones(word))
    return count


@kernel(nogil=True, fastmath=REGROUPED_SUMS)
def _halves(i: int, own: np.int32, columns: UInt32s, counts: Int32s, hidden: Floats) -> float:
    """Sum over a row of half-selects x weight; `counts` are the coincidences, of any sign."""
    total = 0.0
    for j in range(columns.size):
        total += (own + ones(columns[j]) - 2 * abs(counts[i, j])) * hidden[i, j]
    return total


@kernel(nogil=True)
def _ups(i: int, counts: Int32s) -> np.int32:
    """Keep the counts that go up, and add them."""
    total = np.int32(0)
    for j in range(counts.shape[1]):
        counts[i, j] = max(counts[i, j], 0)
        total += counts[i, j]
    return total


@kernel(nogil=True)
def coincidences(
    rows: UInt32s,
    columns: UInt32s,
    row_down: Int32s,
    column_down: Int32s,
    one_sided: bool,
    weighed: bool,
    hidden: Floats,
    counts: Int32s,
    sums: Floats,
    begin: int,
    end: int,
) -> None:
    """Signed counts of trains, one uint32 of slots a line; a device is up where its lines agree.

    A line is `down` by -1 or 0, the int32 that turns the sign of a number: (n ^ -1) + 1 = -n.  `sums` come as
    zeros and stay so for a row without a pulse, whose counts nothing reads.
    """
    for i in range(begin, end):
        if rows[i] == 0 and not weighed:
            continue
        total = np.int32(0)
        for j in range(columns.size):
            n, down = ones(rows[i] & columns[j]), row_down[i] ^ column_down[j]
            counts[i, j] = (n ^ down) - down
            total += n
        sums[i, 0] = sums[i, 2] = total
        if weighed:
            sums[i, 3] = _halves(i, ones(rows[i]), columns, counts, hidden)
        if one_sided:
            sums[i, 0] = _ups(i, counts)
