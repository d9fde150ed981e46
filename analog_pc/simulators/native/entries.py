"""Sparse matrices under construction."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.simulators.native.flat import NOWHERE


class Entries:
    """Triplets (row, column, value), added up; what lies in row or column `NOWHERE` (ground) vanishes."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, Ints, Floats]] = []

    def add(self, rows: Any, columns: Any, values: Any) -> None:
        """Arrays that broadcast against each other."""
        i, j, v = (np.ravel(a) for a in np.broadcast_arrays(rows, columns, values))
        keep = (i != NOWHERE) & (j != NOWHERE) & (v != 0.0)
        self._parts.append((i[keep], j[keep], v[keep].astype(np.float64)))

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

    def matrix(self, shape: tuple[int, int], keep_rows: Bools | None = None) -> csr_array:
        """The sum as a sparse matrix, without the rows that are not kept."""
        if not self._parts:
            return csr_array(shape, dtype=np.float64)
        rows, columns, values = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        if keep_rows is not None:
            kept = keep_rows[rows]
            rows, columns, values = rows[kept], columns[kept], values[kept]
        return csr_array((values, (rows, columns)), shape=shape)
