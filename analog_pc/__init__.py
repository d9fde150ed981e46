"""analog_pc: predictive coding networks as circuits that relax, checked against an ideal reference.

Names are imported from their homes when they are first asked for: `import analog_pc`, and with it the command
line, does not load compilers and plotting that it does not need.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from analog_pc.results import to_xarray
    from analog_pc.simulators import SIMULATORS, Native, Ngspice, NgspiceShared, Vacask
    from analog_pc.simulators.spice import to_pyspice
    from analog_pc.technology import Technology, technology
    from analog_pc.verification import compare

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
    "to_xarray",
]

_HOMES = {
    "CompiledNetwork": "analog_pc.compiler",
    "compile_network": "analog_pc.compiler",
    "CrossbarSolution": "analog_pc.crossbar",
    "solve_crossbar": "analog_pc.crossbar",
    "AnalogPcError": "analog_pc.errors",
    "BadInput": "analog_pc.errors",
    "SimulationFailed": "analog_pc.errors",
    "SimulatorMissing": "analog_pc.errors",
    "Clamps": "analog_pc.pcn",
    "Equilibrium": "analog_pc.pcn",
    "PredictiveCodingNetwork": "analog_pc.pcn",
    "backprop_update": "analog_pc.pcn",
    "hebbian_update": "analog_pc.pcn",
    "make_clamps": "analog_pc.pcn",
    "random_network": "analog_pc.pcn",
    "relax": "analog_pc.pcn",
    "Native": "analog_pc.simulators",
    "Ngspice": "analog_pc.simulators",
    "NgspiceShared": "analog_pc.simulators",
    "to_xarray": "analog_pc.results",
    "SIMULATORS": "analog_pc.simulators",
    "Vacask": "analog_pc.simulators",
    "to_pyspice": "analog_pc.simulators.spice",
    "Technology": "analog_pc.technology",
    "compare": "analog_pc.verification",
}


if not TYPE_CHECKING:  # a type checker knows all names, and is to find wrong ones

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps the name `technology` for the function: importing the subpackage of that name would take it."""

    @property
    def technology(self) -> Any:
        return import_module("analog_pc.technology").technology

    @technology.setter
    def technology(self, subpackage: ModuleType) -> None:
        """What the import system does after it has imported a subpackage."""


sys.modules[__name__].__class__ = _Package
