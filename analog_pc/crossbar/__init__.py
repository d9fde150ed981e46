"""A resistive crossbar with the resistance of its wires: driven, or as a multiport among other elements."""

from analog_pc.crossbar.dissipation import Dissipation, cell_voltages, dissipation
from analog_pc.crossbar.effective import effective_conductance
from analog_pc.crossbar.multiport import port_admittance, with_access
from analog_pc.crossbar.nonlinear import NonlinearArray
from analog_pc.crossbar.solution import CrossbarSolution, Status
from analog_pc.crossbar.solve import METHODS, solve_crossbar

__all__ = [
    "METHODS",
    "CrossbarSolution",
    "Dissipation",
    "NonlinearArray",
    "Status",
    "cell_voltages",
    "dissipation",
    "effective_conductance",
    "port_admittance",
    "solve_crossbar",
    "with_access",
]
