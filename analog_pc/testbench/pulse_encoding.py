"""How two lines write a product: the level of one pulse, the width of the other.

::

    row line, of a rate f            column line, of a weighted error F = precision eps

     level(f) ______________         0 V ________           _____
             |              |                    |         |
      0 V ___|              |___      -column    |_________|
                                                  F / F_max of the phase

A device moves only while both are there.  Above its threshold V_t the model of Yakopcic moves at
A (exp(V) - exp(V_t)), V in units of 1 V; so rows are driven by the logarithm of the rate::

    level(f) = base + 1 V ln(1 + (exp(swing) - 1) f / f_max)           (a diode's law, amplified to 1 V)
    V = level(f) + (V_t - base)   ->   dx/dt = A exp(V_t) (exp(swing) - 1) f / f_max  x  window(x)

which is linear in f, and zero where f is; the pulse of the column makes it F / F_max of the phase long.
The product is exact up to the window of the device, and a column has one edge in a phase: far fewer points of
time than the train of pulses whose duty would carry a factor.  The price: the drive knows the device's law.

No device moves but by its own two pulses: a row alone stays below base + swing, a column alone below
V_t - base, and both are kept below either threshold.

A phase has a polarity (SET: rows up, columns down; RESET: the reverse) and serves one sign of the rates::

    phase      rows that are driven   columns that pulse
    SET    +   f > 0                  F > 0
    RESET  +   f > 0                  F < 0
    SET    -   f < 0                  F < 0          these two only
    RESET  -   f < 0                  F > 0          where rates may be negative
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.devices import Yakopcic
from analog_pc.errors import BadInput


@dataclass(frozen=True)
class Phase:
    """`polarity` +1 SET, -1 RESET; `sign` of the rates it serves; `seconds` of the longest pulse."""

    polarity: int
    sign: int
    seconds: float

    @property
    def name(self) -> str:
        return f"{'set' if self.polarity > 0 else 'reset'} {'+' if self.sign > 0 else '-'}"

    @property
    def columns(self) -> int:
        """The sign of the weighted errors whose columns pulse."""
        return self.polarity * self.sign


@dataclass(frozen=True)
class PulseEncoding:
    """Pulses for a device.

    Parameters
    ----------
    device
        Its law is that of Yakopcic with eta = 1.
    base, swing
        Level of a row of rate 0, and what is added at `rate_scale`, V.
    rate_scale, eps_scale
        |f| and |precision eps| of the largest pulse; beyond them pulses grow no more.

    Raises
    ------
    BadInput
        For a device that would move under one line alone, in either direction.
    """

    device: Yakopcic
    rate_scale: float = 1.0
    eps_scale: float = 1.0
    base: float = 0.1
    swing: float = 0.4

    def __post_init__(self) -> None:
        for name in ("rate_scale", "eps_scale", "base", "swing"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise BadInput(f"writing: {name} = {value!r}, must be finite and > 0")
        if self.device.eta != 1.0:
            raise BadInput(f"writing: {self.device.name} with eta = {self.device.eta!r}, must be 1")
        low, high = self.device.thresholds
        single_line = {"row": self.base + self.swing, "column": max(self.column(1), self.column(-1))}
        for line, volts in single_line.items():
            if not volts < min(-low, high):
                raise BadInput(
                    f"writing: a {line} of {volts:g} V alone would move devices with thresholds {low:g} and "
                    f"{high:g} V"
                )

    @property
    def gain(self) -> float:
        """exp(swing) - 1."""
        return math.expm1(self.swing)

    def column(self, polarity: int) -> float:
        """Height of a column's pulse, V: what takes a row of rate 0 to the threshold."""
        low, high = self.device.thresholds
        return (high if polarity > 0 else -low) - self.base

    def level(self, rates: ArrayLike) -> Floats:
        """Height of the pulses of rows, V, of rates of the sign that is served; others stay at `base`."""
        part = np.clip(np.asarray(rates, dtype=np.float64) / self.rate_scale, 0.0, 1.0)
        return np.asarray(self.base + np.log1p(self.gain * part))

    def width(self, weighted_eps: ArrayLike) -> Floats:
        """Width of the pulses of columns, as a part of the phase; 0 for the sign that is not served."""
        return np.clip(np.asarray(weighted_eps, dtype=np.float64) / self.eps_scale, 0.0, 1.0)

    def speed(self, polarity: int, state: float) -> float:
        """|dx/dt| under the largest pulse, 1/s."""
        volts = polarity * (self.base + self.swing + self.column(polarity))
        return abs(float(self.device.rate(volts, state)))

    def phases(self, change: float, state: float, signed: bool) -> tuple[Phase, ...]:
        """Phases in which the largest pulses move `state` by `change`, at the speed that they begin with."""
        signs = (1, -1) if signed else (1,)
        seconds = {polarity: change / self.speed(polarity, state) for polarity in (1, -1)}
        return tuple(Phase(p, sign, seconds[p]) for sign in signs for p in (1, -1))
