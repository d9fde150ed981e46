"""Simulators: what solves a circuit for an analysis.  One line in `SIMULATORS` adds one.

Every entry inherits the whole of `tests/conformance`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from analog_pc.circuit import Analysis, Circuit, Solution
from analog_pc.simulators.native import Native
from analog_pc.simulators.spice.ngspice import Ngspice
from analog_pc.simulators.spice.shared import NgspiceShared
from analog_pc.simulators.vacask import Vacask


class Simulator(Protocol):
    """Something that solves a circuit for an analysis.

    `simulate` raises `BadInput` for a circuit or an analysis that cannot be solved, `SimulatorMissing`
    if the program or the library is not installed, and `SimulationFailed` if what came back is not
    a solution.  It never returns a number that it has a reason to doubt, and the status of operating points
    says whether the circuit stays there, or that nobody looked.
    """

    name: str

    def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
        """Volts of every node of the circuit (or of the nodes that the analysis saves)."""
        ...

    def available(self) -> bool:
        """Whether `simulate` can run here."""
        ...

    def version(self) -> str:
        """Name and version of the simulator, such as ``ngspice-39``."""
        ...


SIMULATORS: dict[str, Callable[[], Simulator]] = {
    "ngspice": Ngspice,
    "ngspice-shared": NgspiceShared,
    "native": Native,
    "vacask": Vacask,
}

__all__ = ["SIMULATORS", "Native", "Ngspice", "NgspiceShared", "Simulator", "Vacask"]
