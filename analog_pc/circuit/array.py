"""Crossbars: a device at every crossing, and the wires that lead to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike
from analog_pc.circuit.bus import Bus, checked_name
from analog_pc.circuit.transfer import TransferFunction
from analog_pc.circuit.values import values
from analog_pc.errors import BadInput


@dataclass(frozen=True)
class Wire:
    """Ohms of one cell's piece of a word line and of a bit line; 0 makes the line one node."""

    word_line_ohms: float = 0.0
    bit_line_ohms: float = 0.0

    def __post_init__(self) -> None:
        for name in ("word_line_ohms", "bit_line_ohms"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0.0):
                raise BadInput(f"wire: {name} = {value!r}, must be finite and >= 0")


@dataclass(frozen=True, eq=False)
class Crossbar:
    """A device at every crossing of word lines (rows) and bit lines (columns).

    ::

        rows[0] --rw--+--rw--+           siemens [row = word line, column = bit line]
                      G00    G01
                      rb     rb          rw, rb: `wire`, one piece of line per cell, the first one
        rows[1] --rw--+--rw--+           between rows[i] and cell (i, 0), the last one between the
                      G10    G11         last cell of a bit line and columns[j]
                      rb     rb
                 columns[0]  columns[1]

    A device carries I = G f(V - access_ohms I), V from word line to bit line: the I-V `characteristic` f in
    series with the transistor that selects the cell.  f is in volts, f(0) = 0 and f'(0) = 1, so G is the
    conductance at small signals; None stands for f(V) = V.  G = 0 is an open cell.
    The nodes inside the wires and the cells belong to no bus, and a `Solution` does not list them.
    """

    name: str
    rows: Bus
    columns: Bus
    siemens: ArrayLike
    wire: Wire = Wire()
    characteristic: TransferFunction | None = None
    access_ohms: float = 0.0

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        if not self.rows or not self.columns:
            raise BadInput(
                f"{self.name}: an array of {len(self.rows)} x {len(self.columns)} devices is empty"
            )
        shape = (len(self.rows), len(self.columns))
        siemens = values(self.name, "siemens", self.siemens, shape, low=0.0, zero=True)
        object.__setattr__(self, "siemens", siemens)
        values(self.name, "access_ohms", self.access_ohms, (), low=0.0, zero=True)
