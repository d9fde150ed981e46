"""A technology: a named, cited set of component values."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from analog_pc.circuit import Wire
from analog_pc.errors import BadInput


@dataclass(frozen=True)
class Technology:
    """Component values that a network is compiled with; SI units.

    Parameters
    ----------
    name, source
        What it is called, and where its values come from.
    g_min, g_max
        Range of a programmable conductance, S.
    opamp_gain
        Open-loop gain A0 of every transimpedance amplifier, V/V.
    rectifier_gain
        Gain of the amplifier in a precision rectifier, V/V: an activity rests on a kink within
        1 / rectifier_gain units.
    spring_conductance
        g_s of a spring at precision 1, S; precision p gives p g_s.
    node_capacitance
        C of a value node, F.  The unit of time is C / g_s.
    volts_per_unit
        Nominal volts for an activity of 1; lowered at compile time when a signal would saturate.
    supply
        Largest voltage magnitude that a signal may have, V.
    word_line_resistance, bit_line_resistance
        Of the piece of line that one cell takes, Ohm; 0 for ideal wires.
    """

    name: str
    source: str
    g_min: float
    g_max: float
    opamp_gain: float
    rectifier_gain: float
    spring_conductance: float
    node_capacitance: float
    volts_per_unit: float
    supply: float
    word_line_resistance: float = 0.0
    bit_line_resistance: float = 0.0

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name in ("name", "source", "word_line_resistance", "bit_line_resistance"):
                continue  # text, and what `Wire` checks
            if not (math.isfinite(value) and value > 0.0):
                raise BadInput(f"technology {self.name!r}: {f.name} = {value!r}, must be finite and > 0")
        _ = self.wire
        if self.g_min >= self.g_max:
            raise BadInput(
                f"technology {self.name!r}: g_min = {self.g_min!r} S must be below g_max = {self.g_max!r} S"
            )

    @property
    def wire(self) -> Wire:
        """The wires of every crossbar."""
        return Wire(self.word_line_resistance, self.bit_line_resistance)

    @property
    def seconds_per_unit(self) -> float:
        """The unit of time, C / g_s in seconds."""
        return self.node_capacitance / self.spring_conductance
