"""VACASK: netlists in its dialect, transfer functions as compiled Verilog-A, one process for an analysis."""

from analog_pc.simulators.vacask.simulator import Vacask

__all__ = ["Vacask"]
