"""The native simulator: exact reduction, then small dense problems for whole batches."""

from analog_pc.simulators.native.analyses.eigenmodes import Modes
from analog_pc.simulators.native.analyses.linearisation import Linearised
from analog_pc.simulators.native.mna.undetermined import UndeterminedNode
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.simulator import Native

__all__ = ["Deadline", "Linearised", "Modes", "Native", "UndeterminedNode"]
