"""Elements, circuits, analyses and solutions as data."""

from analog_pc.circuit.amplifiers import Amplifiers
from analog_pc.circuit.analysis import (
    Analysis,
    Noise,
    OperatingPoint,
    Settling,
    Stimuli,
    Transient,
    check_analysis,
)
from analog_pc.circuit.bus import GROUND, Bus, bus, grounds
from analog_pc.circuit.checks import check_circuit, refuse_timed
from analog_pc.circuit.circuit import (
    BOLTZMANN,
    ROOM,
    Circuit,
    Instance,
    Subcircuit,
    thermal_voltage,
)
from analog_pc.circuit.diodes import Diodes, IdealDiodes, diode_current
from analog_pc.circuit.elements import (
    VCCS,
    Capacitors,
    ClockSources,
    Crossbar,
    Element,
    MemristorModel,
    Memristors,
    Multiplexers,
    MultiplyingVCCS,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    Switches,
    VoltageSources,
    Wire,
)
from analog_pc.circuit.joined import joined, prefixed
from analog_pc.circuit.phases import at_phase
from analog_pc.circuit.saturation import saturation_current
from analog_pc.circuit.solution import NoiseSolution, Outcome, Solution, Status
from analog_pc.circuit.transfer import TransferFunction

__all__ = [
    "BOLTZMANN",
    "GROUND",
    "ROOM",
    "VCCS",
    "Amplifiers",
    "Analysis",
    "Bus",
    "Capacitors",
    "Circuit",
    "ClockSources",
    "Crossbar",
    "Diodes",
    "Element",
    "IdealDiodes",
    "Instance",
    "MemristorModel",
    "Memristors",
    "Multiplexers",
    "MultiplyingVCCS",
    "Noise",
    "NoiseSolution",
    "NonlinearVCVS",
    "OperatingPoint",
    "Outcome",
    "Resistors",
    "Settling",
    "Solution",
    "Status",
    "Stimuli",
    "StimulusSources",
    "Subcircuit",
    "Switches",
    "TransferFunction",
    "Transient",
    "VoltageSources",
    "Wire",
    "at_phase",
    "bus",
    "check_analysis",
    "check_circuit",
    "diode_current",
    "grounds",
    "joined",
    "prefixed",
    "refuse_timed",
    "saturation_current",
    "thermal_voltage",
]
