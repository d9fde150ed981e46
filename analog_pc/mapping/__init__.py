"""The only bridge between mathematics and electricity: weight <-> conductances, activity <-> volt."""

from analog_pc.mapping.conductance import (
    RESISTOR_RANGE,
    ConductancePair,
    NetworkArrays,
    clipped,
    column_scales,
    decode,
    encode,
    mismatched,
    written,
)
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
    "RESISTOR_RANGE",
    "ConductancePair",
    "NetworkArrays",
    "Ranges",
    "ReferencedMapping",
    "Scales",
    "VoltsPerUnit",
    "choose_scales",
    "clipped",
    "column_scales",
    "decode",
    "encode",
    "forward_ranges",
    "given_scales",
    "mismatched",
    "ranges_of",
    "written",
]
