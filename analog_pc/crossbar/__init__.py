"""A resistive crossbar with the resistance of its wires: node voltages, branch currents, effective matrix."""

from analog_pc.crossbar.effective import effective_conductance
from analog_pc.crossbar.solution import CrossbarSolution, Status
from analog_pc.crossbar.solve import METHODS, solve_crossbar

__all__ = ["METHODS", "CrossbarSolution", "Status", "effective_conductance", "solve_crossbar"]
