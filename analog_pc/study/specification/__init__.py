"""The inverse question: how bad may each part of a chip be, alone and all together?"""

from analog_pc.study.specification.bounds import BOUNDS, Bound, bound
from analog_pc.study.specification.joint import Joint
from analog_pc.study.specification.run import FieldLimit, Specification, Target, specify

__all__ = ["BOUNDS", "Bound", "FieldLimit", "Joint", "Specification", "Target", "bound", "specify"]
