"""Voltage-controlled sources: nonlinear VCVS, VCCS, and a VCCS that multiplies two voltages."""

from __future__ import annotations

from dataclasses import dataclass

from analog_pc.arrays import ArrayLike
from analog_pc.circuit.bus import Bus, checked_name
from analog_pc.circuit.transfer import TransferFunction
from analog_pc.circuit.values import same_length, values


@dataclass(frozen=True, eq=False)
class NonlinearVCVS:
    """V(out) = gain transfer(V(control) + offset) to ground, no input current; gain, offset [n]."""

    name: str
    control: Bus
    out: Bus
    transfer: TransferFunction
    gain: ArrayLike = 1.0
    offset: ArrayLike = 0.0

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, control=self.control, out=self.out)
        object.__setattr__(self, "gain", values(self.name, "gain", self.gain, (n,)))
        object.__setattr__(self, "offset", values(self.name, "offset", self.offset, (n,)))


@dataclass(frozen=True, eq=False)
class MultiplyingVCCS:
    """Current siemens * gate(V(control)) * V(drive) flows from ground into `out`; siemens [n]."""

    name: str
    control: Bus
    drive: Bus
    out: Bus
    siemens: ArrayLike
    gate: TransferFunction

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, control=self.control, drive=self.drive, out=self.out)
        object.__setattr__(self, "siemens", values(self.name, "siemens", self.siemens, (n,), low=0.0))


@dataclass(frozen=True, eq=False)
class VCCS:
    """Current siemens * V(drive) flows from ground into `out`; siemens [n]."""

    name: str
    drive: Bus
    out: Bus
    siemens: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, drive=self.drive, out=self.out)
        object.__setattr__(self, "siemens", values(self.name, "siemens", self.siemens, (n,), low=0.0))
