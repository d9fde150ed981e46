"""The only bridge between mathematics and electricity: weight <-> conductances, activity <-> volt."""

from analog_pc.mapping.conductance import ConductancePair, NetworkArrays, decode, encode, mismatched, written
from analog_pc.mapping.referenced import ReferencedMapping
from analog_pc.mapping.scales import (
    Ranges,
    Scales,
    VoltsPerUnit,
    choose_scales,
    forward_ranges,
    given_scales,
    ranges_of,
)

__all__ = [
    "ConductancePair",
    "NetworkArrays",
    "Ranges",
    "ReferencedMapping",
    "Scales",
    "VoltsPerUnit",
    "choose_scales",
    "decode",
    "encode",
    "forward_ranges",
    "given_scales",
    "mismatched",
    "ranges_of",
    "written",
]
