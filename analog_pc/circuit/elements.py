"""Elements: banks of equal parts between buses, their values in arrays.

One object stands for a whole bank (4,096 devices of a crossbar are one `Crossbar`), so that a
simulator can print or stamp it in one step.  Buses of one bank have equal lengths; a scalar value is
spread over the bank.  SI units.  What physics does not allow is refused: R <= 0, C <= 0, G < 0, NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike
from analog_pc.circuit.amplifiers import Amplifiers
from analog_pc.circuit.bus import Bus, checked_name
from analog_pc.circuit.diodes import Diodes, IdealDiodes
from analog_pc.circuit.transfer import TransferFunction
from analog_pc.circuit.values import same_length, values
from analog_pc.errors import BadInput


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


@dataclass(frozen=True, eq=False)
class ClockSources:
    """V(plus[i]) - V(minus[i]) = straight lines between volts[i, k] at times[k]; constant before and after.

    ::

        volts           ______            All sources of a bank share `times` [k], seconds, rising from >= 0.
               ________/      \\____      A simulator steps exactly onto each bend.

    At an operating point the source has its voltage of t = 0.
    """

    name: str
    plus: Bus
    minus: Bus
    times: ArrayLike
    volts: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, plus=self.plus, minus=self.minus)
        times = values(self.name, "times", self.times, np.shape(self.times), low=0.0, zero=True)
        if times.ndim != 1 or times.size == 0 or not (np.diff(times) > 0.0).all():
            raise BadInput(f"{self.name}: times must be a list of rising seconds, got {times.tolist()!r:.60}")
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "volts", values(self.name, "volts", self.volts, (n, len(times))))


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


@dataclass(frozen=True, eq=False)
class Switches:
    """Two-way switches, a transmission gate each; on, off [n] in S, 0 < off < on.

    ::

        a[i] ----o  o---- b[i]        I = (off + (on - off) c) V(a, b),   c = V(control) within 0 ... 1 V
                  |
              control[i]            a clock's line, or a stimulus that stays as it is
    """

    name: str
    a: Bus
    b: Bus
    control: Bus
    on: ArrayLike
    off: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, a=self.a, b=self.b, control=self.control)
        on = values(self.name, "on", self.on, (n,), low=0.0)
        off = values(self.name, "off", self.off, (n,), low=0.0)
        if (off >= on).any():
            k = int(np.argmax(off >= on))
            raise BadInput(f"{self.name}: off[{k}] = {off[k]!r} S must be below on[{k}] = {on[k]!r} S")
        object.__setattr__(self, "on", on)
        object.__setattr__(self, "off", off)


@dataclass(frozen=True, eq=False)
class Multiplexers:
    """Buffered analog multiplexers: V(out[i]) = sum_k V(select[k]) V(inputs[k n + i]) / 1 V, n outputs.

    ::

        inputs[i]     ----(select[0])--+
        inputs[n + i] ----(select[1])--+--[ +1 ]--- out[i]      no input current
        ...

    A select line at 1 V passes its input, at 0 V it does not, and at -1 V it inverts it.
    """

    name: str
    select: Bus
    inputs: Bus
    out: Bus

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        wanted = len(self.select) * len(self.out)
        if not wanted or len(self.inputs) != wanted:
            raise BadInput(
                f"{self.name}: {len(self.inputs)} inputs for {len(self.select)} select lines "
                f"x {len(self.out)} outputs"
            )

    def inputs_of(self, k: int) -> Bus:
        """The inputs that the k-th select line passes, [n]."""
        n = len(self.out)
        return self.inputs[k * n : (k + 1) * n]


@dataclass(frozen=True)
class MemristorModel:
    """A compact model as SPICE reads it.

    Parameters
    ----------
    name
        Of the subcircuit ``.subckt name plus minus state`` that is written of it.
    current
        A that flow from plus to minus, an expression of ``v(plus,minus)`` and ``v(state)``.
    rate
        d state / dt in 1/s, of the same two.
    comment
        One line that says where it is from.
    """

    name: str
    current: str
    rate: str
    comment: str = ""

    def __post_init__(self) -> None:
        checked_name(self.name, "memristor model")


@dataclass(frozen=True, eq=False)
class Memristors:
    """Devices between `plus` and `minus`; V(state[i]) holds the state of device i, 1 V for 1.

    ::

        plus[i] --[ I(v, x) ]-- minus[i]           state[i] --+--( dx/dt A )
                                                             === 1 F
                                                            ground
    `initial` [n] is the state at t = 0, where the simulator's initial volts do not say otherwise.
    Only a transient can hold such a device: at rest its state is any.
    """

    name: str
    plus: Bus
    minus: Bus
    state: Bus
    model: MemristorModel
    initial: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, plus=self.plus, minus=self.minus, state=self.state)
        object.__setattr__(self, "initial", values(self.name, "initial", self.initial, (n,)))


Element = (
    Resistors
    | Capacitors
    | VoltageSources
    | StimulusSources
    | Amplifiers
    | NonlinearVCVS
    | MultiplyingVCCS
    | VCCS
    | Crossbar
    | Diodes
    | IdealDiodes
    | ClockSources
    | Switches
    | Multiplexers
    | Memristors
)

# What only ngspice simulates: parts that change with time by themselves.
TIMED = (ClockSources, Multiplexers, Memristors)
