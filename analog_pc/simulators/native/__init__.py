"""The native simulator: exact reduction, then small dense problems for whole batches."""

from analog_pc.simulators.native.deadline import Deadline
from analog_pc.simulators.native.linearised import Linearised
from analog_pc.simulators.native.modes import Modes
from analog_pc.simulators.native.simulator import Native
from analog_pc.simulators.native.undetermined import UndeterminedNode

__all__ = ["Deadline", "Linearised", "Modes", "Native", "UndeterminedNode"]
