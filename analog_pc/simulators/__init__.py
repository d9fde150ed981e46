"""Simulators, which solve a circuit for an analysis.  One line in `SIMULATORS` adds one.

Every entry inherits the whole of `tests/conformance`.
"""

from __future__ import annotations

from collections.abc import Callable

from analog_pc.simulators.native import Native
from analog_pc.simulators.simulator import Simulator, Supports
from analog_pc.simulators.spice.ngspice import Ngspice
from analog_pc.simulators.spice.shared import NgspiceShared
from analog_pc.simulators.vacask import Vacask

SIMULATORS: dict[str, Callable[[], Simulator]] = {
    "ngspice": Ngspice,
    "ngspice-shared": NgspiceShared,
    "native": Native,
    "vacask": Vacask,
}

__all__ = ["SIMULATORS", "Native", "Ngspice", "NgspiceShared", "Simulator", "Supports", "Vacask"]
