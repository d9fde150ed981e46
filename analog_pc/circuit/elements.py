"""Elements: banks of equal parts between buses, their values in arrays.

One object stands for a whole bank (4,096 devices of a crossbar are one `Crossbar`), so that a
simulator can print or stamp it in one step.  Buses of one bank have equal lengths; a scalar value is
spread over the bank.  SI units.  What physics does not allow is refused: R <= 0, C <= 0, G < 0, NaN.
"""

from __future__ import annotations

from analog_pc.circuit.amplifiers import Amplifiers
from analog_pc.circuit.array import Crossbar, Wire
from analog_pc.circuit.clocks import ClockSources
from analog_pc.circuit.controlled import VCCS, MultiplyingVCCS, NonlinearVCVS
from analog_pc.circuit.memristors import MemristorModel, Memristors
from analog_pc.circuit.passive import Capacitors, Resistors, StimulusSources, VoltageSources
from analog_pc.circuit.switches import Multiplexers, Switches

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
    | ClockSources
    | Switches
    | Multiplexers
    | Memristors
)

# What only ngspice simulates: parts that change with time by themselves.
TIMED = (ClockSources, Switches, Multiplexers, Memristors)

__all__ = [
    "TIMED",
    "VCCS",
    "Amplifiers",
    "Capacitors",
    "ClockSources",
    "Crossbar",
    "Element",
    "MemristorModel",
    "Memristors",
    "Multiplexers",
    "MultiplyingVCCS",
    "NonlinearVCVS",
    "Resistors",
    "StimulusSources",
    "Switches",
    "VoltageSources",
    "Wire",
]
