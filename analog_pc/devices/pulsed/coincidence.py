"""Compiled coincidences of pulse trains: the ones of the `and` of their slots."""

from __future__ import annotations

import numba
import numpy as np

_M1, _M2, _M4 = np.uint32(0x55555555), np.uint32(0x33333333), np.uint32(0x0F0F0F0F)
_ONES = np.uint32(0x01010101)
_S1, _S2, _S4, _S24 = np.uint32(1), np.uint32(2), np.uint32(4), np.uint32(24)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def ones(word):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Number of ones of a uint32."""
    x = np.uint32(word - ((word >> _S1) & _M1))
    x = np.uint32((x & _M2) + ((x >> _S2) & _M2))
    x = np.uint32((x + (x >> _S4)) & _M4)
    return np.int32(np.uint32(x * _ONES) >> _S24)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def ones_of(words):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Number of ones of a vector of uint32."""
    count = 0
    for word in words:
        count += ones(word)
    return count


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def coincidences(  # type: ignore[no-untyped-def]
    rows, columns, row_up, column_up, one_sided, energy, hidden, counts, sums, begin, end
):  # pragma: no cover - compiled
    """Signed counts of trains, one uint32 of slots a line; a device is up where its lines agree."""
    for i in range(begin, end):
        own, total, halves = ones(rows[i]), 0, 0.0
        for j in range(counts.shape[1]):
            n = ones(rows[i] & columns[j])
            counts[i, j] = n if row_up[i] == column_up[j] else (0 if one_sided else -n)
            total += n
        sums[i, 2] = total
        if energy:
            for j in range(counts.shape[1]):
                halves += (own + ones(columns[j]) - 2 * ones(rows[i] & columns[j])) * hidden[i, j]
            sums[i, 3] = halves
