"""The native simulator: exact reduction, then small dense problems for whole batches."""

from analog_pc.simulators.native.modes import Modes
from analog_pc.simulators.native.simulator import Native

__all__ = ["Modes", "Native"]
