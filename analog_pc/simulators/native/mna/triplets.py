"""Sparse matrices under construction."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.simulators.native.mna.flat import NOWHERE

Triplets = tuple[Ints, Ints, Floats]
EMPTY = np.empty(0, dtype=np.int64)


class TripletBuilder:
    """Triplets (row, column, value), added up; what lies in row or column `NOWHERE` (ground) vanishes."""

    def __init__(self) -> None:
        self._added: list[tuple[Any, Any, Any]] = []
        self._triplets: list[Triplets] = []  # of what was added, as far as somebody has asked

    def add(self, rows: Any, columns: Any, values: Any) -> None:
        """Arrays that broadcast against each other."""
        self._added.append((rows, columns, values))

    def between(self, a: Any, b: Any, siemens: Any) -> None:
        """Conductances from nodes a to nodes b, as Kirchhoff's current law sees them."""
        self.add(a, a, siemens)
        self.add(b, b, siemens)
        self.add(a, b, -np.asarray(siemens))
        self.add(b, a, -np.asarray(siemens))

    def difference(self, rows: Any, plus: Any, minus: Any, factor: Any = 1.0) -> None:
        """factor (w[plus] - w[minus]) in the rows."""
        self.add(rows, plus, factor)
        self.add(rows, minus, -np.asarray(factor, dtype=np.float64))

    def triplets(self, keep_rows: Bools | None = None) -> Triplets:
        """Rows, columns and values, without the rows that are not kept."""
        if self._added:
            spread = [_spread(*added) for added in self._added]
            i, j, v = (np.concatenate(part) for part in zip(*self._triplets, *spread, strict=True))
            there = (i != NOWHERE) & (j != NOWHERE) & (v != 0.0)
            self._triplets, self._added = [(i[there], j[there], v[there])], []
        i, j, v = self._triplets[0] if self._triplets else (EMPTY, EMPTY, np.empty(0))
        if keep_rows is None:
            return i, j, v
        kept = keep_rows[i]
        return i[kept], j[kept], v[kept]

    def matrix(self, shape: tuple[int, int]) -> csr_array:
        """The sum as a sparse matrix."""
        i, j, v = self.triplets()
        return csr_array((v, (i, j)), shape=shape)

    def dense(self, shape: tuple[int, int], keep_rows: Bools | None = None) -> Floats:
        """The sum as a matrix with all its zeros, without the rows that are not kept."""
        i, j, v = self.triplets(keep_rows)
        out = np.zeros(shape)
        np.add.at(out, (i, j), v)
        return out


def _spread(rows: Any, columns: Any, values: Any) -> Triplets:
    """One number of each for every triplet."""
    shape = np.broadcast(rows, columns, values).shape
    i, j, v = np.empty(shape, np.int64), np.empty(shape, np.int64), np.empty(shape)
    i[...], j[...], v[...] = rows, columns, values
    return i.ravel(), j.ravel(), v.ravel()
