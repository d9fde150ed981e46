"""Elements: banks of equal parts between buses, their values in arrays.

One object stands for a whole bank (4,096 devices of a crossbar are one `Crossbar`), so that a
simulator can print or stamp it in one step.  Buses of one bank have equal lengths; a scalar value is
spread over the bank.  SI units.  What physics does not allow is refused: R <= 0, C <= 0, G < 0, NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit.bus import Bus, checked_name
from analog_pc.circuit.transfer import Law
from analog_pc.errors import BadInput


def _values(element: str, what: str, values: ArrayLike, shape: tuple[int, ...], *, low: float) -> Floats:
    """Finite float64 values above `low`, spread to `shape`; `low` itself is excluded."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"{element}: {what} is not an array of numbers") from None
    try:
        array = np.broadcast_to(array, shape).copy()
    except ValueError:
        raise BadInput(f"{element}: {what} has shape {array.shape}, expected {shape}") from None
    bad = ~np.isfinite(array) | (array <= low)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        place = f"{what}{list(where)}" if where else what
        bound = "" if low == -np.inf else f" and > {low:g}"
        raise BadInput(f"{element}: {place} = {float(array[where])!r}, must be finite{bound}")
    return array


def _same_length(element: str, **buses: Bus) -> int:
    sizes = {name: len(nodes) for name, nodes in buses.items()}
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        raise BadInput(f"{element}: buses must have one equal, non-zero length, got {sizes}")
    return next(iter(sizes.values()))


@dataclass(frozen=True, eq=False)
class Resistors:
    """``a --/\\/\\/-- b``; `ohms` [n]."""

    name: str
    a: Bus
    b: Bus
    ohms: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = _same_length(self.name, a=self.a, b=self.b)
        object.__setattr__(self, "ohms", _values(self.name, "ohms", self.ohms, (n,), low=0.0))


@dataclass(frozen=True, eq=False)
class Capacitors:
    """``a --||-- b``; `farads` [n]."""

    name: str
    a: Bus
    b: Bus
    farads: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = _same_length(self.name, a=self.a, b=self.b)
        object.__setattr__(self, "farads", _values(self.name, "farads", self.farads, (n,), low=0.0))


@dataclass(frozen=True, eq=False)
class VoltageSources:
    """Constant sources, V(plus) - V(minus) = volts [n]."""

    name: str
    plus: Bus
    minus: Bus
    volts: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = _same_length(self.name, plus=self.plus, minus=self.minus)
        object.__setattr__(self, "volts", _values(self.name, "volts", self.volts, (n,), low=-np.inf))


@dataclass(frozen=True, eq=False)
class StimulusSources:
    """Sources whose volts the analysis gives: V(plus) - V(minus) = analysis.stimuli[name][sample]."""

    name: str
    plus: Bus
    minus: Bus

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        _same_length(self.name, plus=self.plus, minus=self.minus)


@dataclass(frozen=True, eq=False)
class Amplifiers:
    """V(out) = gain (V(plus) - V(minus)) to ground, no input current: an op-amp when the gain is large."""

    name: str
    plus: Bus
    minus: Bus
    out: Bus
    gain: float

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        _same_length(self.name, plus=self.plus, minus=self.minus, out=self.out)
        _values(self.name, "gain", self.gain, (), low=-np.inf)


@dataclass(frozen=True, eq=False)
class VoltageTransfers:
    """V(out) = law(V(control)) to ground, no input current."""

    name: str
    control: Bus
    out: Bus
    law: Law

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        _same_length(self.name, control=self.control, out=self.out)


@dataclass(frozen=True, eq=False)
class GatedTransconductors:
    """Current siemens * gate(V(control)) * V(drive) flows from ground into `out`; siemens [n]."""

    name: str
    control: Bus
    drive: Bus
    out: Bus
    siemens: ArrayLike
    gate: Law

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = _same_length(self.name, control=self.control, drive=self.drive, out=self.out)
        object.__setattr__(self, "siemens", _values(self.name, "siemens", self.siemens, (n,), low=0.0))


@dataclass(frozen=True, eq=False)
class Transconductors:
    """Current siemens * V(drive) flows from ground into `out`; siemens [n]."""

    name: str
    drive: Bus
    out: Bus
    siemens: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = _same_length(self.name, drive=self.drive, out=self.out)
        object.__setattr__(self, "siemens", _values(self.name, "siemens", self.siemens, (n,), low=0.0))


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
    """A conductance at every crossing of word lines (rows) and bit lines (columns).

    ::

        rows[0] --rw--+--rw--+           siemens [row = word line, column = bit line]
                      G00    G01
                      rb     rb          rw, rb: `wire`, one piece of line per cell, the first one
        rows[1] --rw--+--rw--+           between rows[i] and cell (i, 0), the last one between the
                      G10    G11         last cell of a bit line and columns[j]
                      rb     rb
                 columns[0]  columns[1]

    All devices conduct (siemens > 0): a device that is off has the off conductance of its technology.
    The nodes inside the wires belong to no bus, and a `Solution` does not list them.
    """

    name: str
    rows: Bus
    columns: Bus
    siemens: ArrayLike
    wire: Wire = Wire()

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        if not self.rows or not self.columns:
            raise BadInput(
                f"{self.name}: an array of {len(self.rows)} x {len(self.columns)} devices is empty"
            )
        shape = (len(self.rows), len(self.columns))
        object.__setattr__(self, "siemens", _values(self.name, "siemens", self.siemens, shape, low=0.0))


Element = (
    Resistors
    | Capacitors
    | VoltageSources
    | StimulusSources
    | Amplifiers
    | VoltageTransfers
    | GatedTransconductors
    | Transconductors
    | Crossbar
)
