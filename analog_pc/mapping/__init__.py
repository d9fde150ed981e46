"""The only bridge between mathematics and electricity: weight <-> conductances, activity <-> volt."""

from analog_pc.mapping.conductance import ConductancePair, NetworkArrays, decode, encode, mismatched, written
from analog_pc.mapping.referenced import ReferencedMapping
from analog_pc.mapping.scales import Scales, choose_scales

__all__ = [
    "ConductancePair",
    "NetworkArrays",
    "ReferencedMapping",
    "Scales",
    "choose_scales",
    "decode",
    "encode",
    "mismatched",
    "written",
]
