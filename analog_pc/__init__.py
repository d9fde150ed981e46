"""analog_pc: predictive coding networks as analog circuits, checked against an ideal reference.

A name is imported from its home package when it is first used: `import analog_pc`, and with it the command
line, does not load compilers and plotting that it does not need.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analog_pc.compiler import CompiledNetwork as CompiledNetwork
    from analog_pc.compiler import compile_network as compile_network
    from analog_pc.crossbar import solve_crossbar as solve_crossbar
    from analog_pc.errors import BadInput as BadInput
    from analog_pc.errors import SimulationFailed as SimulationFailed
    from analog_pc.experiments import EXPERIMENTS as EXPERIMENTS
    from analog_pc.pcn import Equilibrium as Equilibrium
    from analog_pc.pcn import Population as Population
    from analog_pc.pcn import PredictiveCodingGraph as PredictiveCodingGraph
    from analog_pc.pcn import PredictiveCodingNetwork as PredictiveCodingNetwork
    from analog_pc.pcn import Projection as Projection
    from analog_pc.pcn import load_network as load_network
    from analog_pc.pcn import random_network as random_network
    from analog_pc.pcn import relax as relax
    from analog_pc.pcn import save_network as save_network
    from analog_pc.relaxers import CircuitRelaxer as CircuitRelaxer
    from analog_pc.relaxers import EffectiveRelaxer as EffectiveRelaxer
    from analog_pc.relaxers import IdealRelaxer as IdealRelaxer
    from analog_pc.results import to_xarray as to_xarray
    from analog_pc.simulators import Native as Native
    from analog_pc.simulators import Ngspice as Ngspice
    from analog_pc.simulators import Vacask as Vacask
    from analog_pc.technology import Technology as Technology
    from analog_pc.technology import technology as _technology
    from analog_pc.training import train as train
    from analog_pc.verification import compare as compare

    technology = _technology  # a plain import would be taken for the subpackage of that name

__version__ = "0.1.0"

_PUBLIC = {  # home package -> names; a test holds the imports above against it
    "compiler": ("CompiledNetwork", "compile_network"),
    "crossbar": ("solve_crossbar",),
    "errors": ("BadInput", "SimulationFailed"),
    "experiments": ("EXPERIMENTS",),
    "pcn": (
        "Equilibrium",
        "Population",
        "PredictiveCodingGraph",
        "PredictiveCodingNetwork",
        "Projection",
        "load_network",
        "random_network",
        "relax",
        "save_network",
    ),
    "relaxers": ("CircuitRelaxer", "EffectiveRelaxer", "IdealRelaxer"),
    "results": ("to_xarray",),
    "simulators": ("Native", "Ngspice", "Vacask"),
    "technology": ("Technology", "technology"),
    "training": ("train",),
    "verification": ("compare",),
}
_HOMES = {name: f"{__name__}.{home}" for home, names in _PUBLIC.items() for name in names}

__all__ = sorted(_HOMES)


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
