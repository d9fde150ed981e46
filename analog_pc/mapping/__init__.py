"""The only bridge between mathematics and electricity: weight <-> conductances, activity <-> volt."""

from analog_pc.mapping.clipping import ClippedLayer, clip_network
from analog_pc.mapping.conductance import (
    RESISTOR_RANGE,
    ConductancePair,
    NetworkArrays,
    clipped,
    column_scales,
    decode,
    encode,
    mismatched,
    shares,
    written,
)
from analog_pc.mapping.population_scales import (
    PopulationRanges,
    PopulationScales,
    PopulationVolts,
    choose_population_scales,
    gate_precision,
    population_ranges,
    spring_scale,
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
from analog_pc.mapping.shared_amplifiers import encode_sum, only_devices

__all__ = [
    "RESISTOR_RANGE",
    "ClippedLayer",
    "ConductancePair",
    "NetworkArrays",
    "PopulationRanges",
    "PopulationScales",
    "PopulationVolts",
    "Ranges",
    "ReferencedMapping",
    "Scales",
    "VoltsPerUnit",
    "choose_population_scales",
    "choose_scales",
    "clip_network",
    "clipped",
    "column_scales",
    "decode",
    "encode",
    "encode_sum",
    "forward_ranges",
    "gate_precision",
    "given_scales",
    "mismatched",
    "only_devices",
    "population_ranges",
    "ranges_of",
    "shares",
    "spring_scale",
    "written",
]
