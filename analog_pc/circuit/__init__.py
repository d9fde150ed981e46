"""The problem (elements, circuits, analyses) and the answer (solutions), all data."""

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
from analog_pc.circuit.checks import check_circuit
from analog_pc.circuit.circuit import BOLTZMANN, ROOM, Circuit, Instance, Subcircuit
from analog_pc.circuit.elements import (
    Amplifiers,
    Capacitors,
    Crossbar,
    Element,
    GatedTransconductors,
    Resistors,
    StimulusSources,
    Transconductors,
    VoltageSources,
    VoltageTransfers,
    Wire,
)
from analog_pc.circuit.solution import NoiseSolution, Outcome, Solution, Status
from analog_pc.circuit.transfer import Law

__all__ = [
    "BOLTZMANN",
    "GROUND",
    "ROOM",
    "Amplifiers",
    "Analysis",
    "Bus",
    "Capacitors",
    "Circuit",
    "Crossbar",
    "Element",
    "GatedTransconductors",
    "Instance",
    "Law",
    "Noise",
    "NoiseSolution",
    "OperatingPoint",
    "Outcome",
    "Resistors",
    "Settling",
    "Solution",
    "Status",
    "Stimuli",
    "StimulusSources",
    "Subcircuit",
    "Transconductors",
    "Transient",
    "VoltageSources",
    "VoltageTransfers",
    "Wire",
    "bus",
    "check_analysis",
    "check_circuit",
    "grounds",
]
