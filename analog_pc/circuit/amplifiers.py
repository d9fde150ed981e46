"""Amplifiers: from an ideal controlled source to an op-amp with its limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike
from analog_pc.circuit.bus import Bus, checked_name
from analog_pc.circuit.transfer import TransferFunction, limiter
from analog_pc.circuit.values import limit, same_length, values
from analog_pc.errors import BadInput

# How sharply an output meets its rail, and an input stage its largest current (see `limiter`).  A rail is
# sharp: at half of it the output is 0.3 % low.  A differential pair is soft: half its current at 0.6 of it.
RAIL = 6
PAIR = 2


@dataclass(frozen=True, eq=False)
class Amplifiers:
    """Difference amplifiers to ground, no input current; an op-amp when the gain is large.

    ::

        plus  --|+\\                    d = V(plus) - V(minus) + offset (+ noise)
                | A >--[ r_o ]-- out   dp/dt = L(2 pi GBW (d - p / gain), slew rate)
        minus --|-/                    V = L(p, saturation),   V(out) = V - r_o I(out)

    L(., m) is the limiter of `circuit.transfer`, a straight line through 0 that bends to +-m.  Without a
    gain-bandwidth product there is no pole: p = gain d.  At rest p = gain d in either case, so neither
    bandwidth nor slew rate moves an operating point.

    Parameters
    ----------
    gain
        At zero frequency, V/V; > 0 where there is a pole.
    offset
        Input-referred, V, [n].
    gain_bandwidth
        Hz; the pole lies at gain_bandwidth / gain.  inf: no pole.
    slew_rate
        Largest |dp/dt|, V/s; needs a pole.
    saturation
        Largest |V(out)| of the unloaded output, V.
    output_ohms
        r_o, Ohm; 0 for a stiff output.
    noise
        White, input-referred, V / sqrt(Hz) (one-sided).
    kind
        What a parts list calls it.  A netlist has one subcircuit for all amplifiers that agree in kind and
        in every value above except the offset.
    """

    name: str
    plus: Bus
    minus: Bus
    out: Bus
    gain: float
    offset: ArrayLike = 0.0
    gain_bandwidth: float = np.inf
    slew_rate: float = np.inf
    saturation: float = np.inf
    output_ohms: float = 0.0
    noise: float = 0.0
    kind: str = "amplifier"

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        checked_name(self.kind, f"{self.name}: kind")
        n = same_length(self.name, plus=self.plus, minus=self.minus, out=self.out)
        values(self.name, "gain", self.gain, (), low=0.0 if self.has_pole else -np.inf)
        object.__setattr__(self, "offset", values(self.name, "offset", self.offset, (n,)))
        for what in ("gain_bandwidth", "slew_rate", "saturation"):
            limit(self.name, what, getattr(self, what))
        for what in ("output_ohms", "noise"):
            values(self.name, what, getattr(self, what), (), low=0.0, zero=True)
        if np.isfinite(self.slew_rate) and not self.has_pole:
            raise BadInput(f"{self.name}: slew_rate = {self.slew_rate!r} V/s needs a finite gain_bandwidth")

    @property
    def has_pole(self) -> bool:
        return bool(np.isfinite(self.gain_bandwidth))

    @property
    def unity_rate(self) -> float:
        """2 pi GBW, 1/s: dp/dt per volt at the input."""
        return 2.0 * np.pi * float(self.gain_bandwidth)

    @property
    def rail(self) -> TransferFunction | None:
        """The output's limiter; None where it has no limit."""
        return limiter(self.saturation, RAIL) if np.isfinite(self.saturation) else None

    @property
    def pair(self) -> TransferFunction | None:
        """The limiter of dp/dt in V/s; None where it has no limit."""
        return limiter(self.slew_rate, PAIR) if np.isfinite(self.slew_rate) else None
