"""Resistors, capacitors and sources."""

from __future__ import annotations

from dataclasses import dataclass

from analog_pc.arrays import ArrayLike
from analog_pc.circuit.bus import Bus, checked_name
from analog_pc.circuit.values import same_length, values


@dataclass(frozen=True, eq=False)
class Resistors:
    """``a --/\\/\\/-- b``; `ohms` [n]."""

    name: str
    a: Bus
    b: Bus
    ohms: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, a=self.a, b=self.b)
        object.__setattr__(self, "ohms", values(self.name, "ohms", self.ohms, (n,), low=0.0))


@dataclass(frozen=True, eq=False)
class Capacitors:
    """``a --||-- b``; `farads` [n]."""

    name: str
    a: Bus
    b: Bus
    farads: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, a=self.a, b=self.b)
        object.__setattr__(self, "farads", values(self.name, "farads", self.farads, (n,), low=0.0))


@dataclass(frozen=True, eq=False)
class VoltageSources:
    """Constant sources, V(plus) - V(minus) = volts [n]."""

    name: str
    plus: Bus
    minus: Bus
    volts: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, plus=self.plus, minus=self.minus)
        object.__setattr__(self, "volts", values(self.name, "volts", self.volts, (n,)))


@dataclass(frozen=True, eq=False)
class StimulusSources:
    """Sources whose volts the analysis gives: V(plus) - V(minus) = analysis.stimuli[name][sample]."""

    name: str
    plus: Bus
    minus: Bus

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        same_length(self.name, plus=self.plus, minus=self.minus)
