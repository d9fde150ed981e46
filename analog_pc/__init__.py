"""analog_pc: predictive coding networks as circuits that relax, checked against an ideal reference."""

from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.crossbar import CrossbarSolution, solve_crossbar
from analog_pc.errors import AnalogPcError, BadInput, SimulationFailed, SimulatorMissing
from analog_pc.pcn import (
    Clamps,
    Equilibrium,
    PredictiveCodingNetwork,
    backprop_update,
    hebbian_update,
    make_clamps,
    random_network,
    relax,
)
from analog_pc.simulators import SIMULATORS, Native, Ngspice, NgspiceShared, Vacask
from analog_pc.simulators.spice import to_pyspice
from analog_pc.technology import Technology, technology
from analog_pc.verify import compare

__version__ = "0.1.0"

__all__ = [
    "SIMULATORS",
    "AnalogPcError",
    "BadInput",
    "Clamps",
    "CompiledNetwork",
    "CrossbarSolution",
    "Equilibrium",
    "Native",
    "Ngspice",
    "NgspiceShared",
    "PredictiveCodingNetwork",
    "SimulationFailed",
    "SimulatorMissing",
    "Technology",
    "Vacask",
    "backprop_update",
    "compare",
    "compile_network",
    "hebbian_update",
    "make_clamps",
    "random_network",
    "relax",
    "solve_crossbar",
    "technology",
    "to_pyspice",
]
