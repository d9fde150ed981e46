"""Sparse matrices under construction."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.simulators.native.mna.flatten import GROUND_NUMBER


class Triplets(NamedTuple):
    """Entries of a sparse matrix; entries of the same place add up."""

    rows: Ints
    columns: Ints
    values: Floats

    def of_rows(self, kept: Bools) -> Triplets:
        """The entries in some rows; kept [rows]."""
        chosen = kept[self.rows]
        return Triplets(self.rows[chosen], self.columns[chosen], self.values[chosen])

    def renumbered(self, columns: Ints) -> Triplets:
        """The same entries, column k as column `columns[k]`."""
        return Triplets(self.rows, columns[self.columns], self.values)


class TripletBuilder:
    """Collects entries; those in the row or column of ground vanish."""

    def __init__(self) -> None:
        self._parts: list[Triplets] = []

    def add(self, rows: Any, columns: Any, values: Any) -> None:
        """Entries given as arrays that broadcast against each other."""
        i, j, v = np.broadcast_arrays(rows, columns, np.asarray(values, dtype=np.float64))
        kept = (i != GROUND_NUMBER) & (j != GROUND_NUMBER) & (v != 0.0)
        self._parts.append(Triplets(i[kept], j[kept], v[kept]))

    def conductances(self, a: Any, b: Any, siemens: Any) -> None:
        """Conductances from nodes a to nodes b in Kirchhoff's current law."""
        self.add(a, a, siemens)
        self.add(b, b, siemens)
        self.add(a, b, -np.asarray(siemens))
        self.add(b, a, -np.asarray(siemens))

    def difference(self, rows: Any, plus: Any, minus: Any, factor: float = 1.0) -> None:
        """factor (w[plus] - w[minus]) in the rows."""
        self.add(rows, plus, factor)
        self.add(rows, minus, -factor)

    def triplets(self) -> Triplets:
        """All entries."""
        if len(self._parts) != 1:
            none = np.empty(0, dtype=np.int64)
            parts = [Triplets(none, none, np.empty(0)), *self._parts]
            self._parts = [Triplets(*(np.concatenate(part) for part in zip(*parts, strict=True)))]
        return self._parts[0]

    def matrix(self, shape: tuple[int, int]) -> csr_array:
        rows, columns, values = self.triplets()
        return csr_array((values, (rows, columns)), shape=shape)
