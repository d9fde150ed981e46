"""What a crossbar is: conductances and the resistance of one segment of each kind of wire."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, is_number
from analog_pc.errors import BadInput

HUGE = 1e100  # Ohm or S: far from overflow
SAGGING = 16.0  # r G n^2 of a line of n cells above which its voltage falls by a good part
MOST_LOADED = 1e6  # r G: beyond it, rounding of w - b takes over from the currents G (w - b)


@dataclass(frozen=True, eq=False)
class WiredArray:
    """conductance [rows, columns] in S, 0 for an open cell; Ohm per segment, 0 for an ideal line."""

    conductance: Floats
    word_line_resistance: float
    bit_line_resistance: float

    @property
    def rows(self) -> int:
        return int(self.conductance.shape[0])

    @property
    def columns(self) -> int:
        return int(self.conductance.shape[1])

    @property
    def has_ideal_line(self) -> bool:
        return self.word_line_resistance == 0.0 or self.bit_line_resistance == 0.0

    @property
    def word_lines_sag(self) -> bool:
        """Whether the wire decides: then segment currents are best read from it, else from the devices."""
        return self.word_line_resistance * float(self.conductance.max()) * self.columns**2 > SAGGING

    @property
    def bit_lines_sag(self) -> bool:
        """The same for bit lines."""
        return self.bit_line_resistance * float(self.conductance.max()) * self.rows**2 > SAGGING

    def exchanged(self) -> WiredArray:
        """The same circuit from its other ends: driven at the feet of the bit lines, word lines grounded.

        The device in row i, column j comes to row columns - 1 - j, column rows - 1 - i.
        """
        turned = np.ascontiguousarray(self.conductance.T[::-1, ::-1])
        return WiredArray(turned, self.bit_line_resistance, self.word_line_resistance)


def wired_array(
    conductance: ArrayLike, word_line_resistance: float, bit_line_resistance: float
) -> WiredArray:
    """Checked and converted.

    Raises
    ------
    BadInput
        For anything but a non-empty matrix of conductances, each >= 0 and finite, and two resistances, each
        0 or positive and finite; and where a wire segment resists 1e6 times as much as a device.
    """
    g = numbers("conductance", conductance)
    if g.ndim != 2 or g.size == 0:
        raise BadInput(f"conductance has shape {g.shape}, expected (rows, columns), at least (1, 1)")
    if g.min() < 0.0 or g.max() > HUGE:
        where = tuple(int(k) for k in np.argwhere((g < 0.0) | (g > HUGE))[0])
        raise BadInput(f"conductance{list(where)} is {float(g[where])!r} S, must be >= 0 and <= {HUGE:g}")
    word = resistance("word_line_resistance", word_line_resistance)
    bit = resistance("bit_line_resistance", bit_line_resistance)
    for name, r in (("word_line_resistance", word), ("bit_line_resistance", bit)):
        if r * float(g.max()) > MOST_LOADED:
            where = tuple(int(k) for k in np.unravel_index(np.argmax(g), g.shape))
            raise BadInput(
                f"{name} {r!r} Ohm times conductance{list(where)} {float(g.max())!r} S is above"
                f" {MOST_LOADED:g}: rounding would take over"
            )
    return WiredArray(g if g.flags.writeable else g.copy(), word, bit)  # numba compiles once for the two


def drive(array: WiredArray, voltages: ArrayLike) -> Floats:
    """Word-line voltages as [batch, rows], in V; BadInput for another shape or values that are not finite.

    A batch may be empty.
    """
    v = numbers("word_line_voltages", voltages)
    if v.ndim not in (1, 2) or v.shape[-1] != array.rows:
        raise BadInput(
            f"word_line_voltages has shape {v.shape}, expected ({array.rows},) or (batch, {array.rows})"
            f" to go with conductance {array.conductance.shape}"
        )
    return v.reshape(-1, array.rows)


def port_drive(array: WiredArray, voltages: ArrayLike) -> Floats:
    """Port voltages as [batch, rows + columns], in V, word lines first; refuses the same."""
    v = numbers("port_voltages", voltages)
    ports = array.rows + array.columns
    if v.ndim not in (1, 2) or v.shape[-1] != ports:
        raise BadInput(
            f"port_voltages has shape {v.shape}, expected ({ports},) or (batch, {ports})"
            f" to go with conductance {array.conductance.shape}"
        )
    return v.reshape(-1, ports)


def numbers(name: str, value: ArrayLike) -> Floats:
    """A C-ordered float64 array of finite numbers."""
    try:
        raw = np.asarray(value)
        if raw.dtype.kind not in "biuf":
            raise TypeError
        values = np.ascontiguousarray(raw, dtype=np.float64).reshape(raw.shape)
    except (TypeError, ValueError):
        raise BadInput(f"{name} is not an array of real numbers") from None
    if not np.isfinite(values).all():
        where = tuple(int(k) for k in np.argwhere(~np.isfinite(values))[0])
        raise BadInput(f"{name}{list(where)} is {float(values[where])}, every value must be finite")
    return values


def resistance(name: str, value: float, zero: str = "an ideal line") -> float:
    """One resistance in Ohm, 0 or far from under- and overflow."""
    if not is_number(value):
        raise BadInput(f"{name} is {value!r}, expected one number in Ohm")
    try:
        ohms = float(value)
    except OverflowError:
        ohms = np.inf if value > 0 else -np.inf
    if not (ohms == 0.0 or 1.0 / HUGE <= ohms <= HUGE):
        raise BadInput(f"{name} is {ohms!r} Ohm, must be 0 ({zero}) or {1.0 / HUGE:g} ... {HUGE:g}")
    return ohms
