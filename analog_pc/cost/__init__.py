"""What a network costs on a chip: energy, latency and area by part, from cited component values."""

from analog_pc.cost.baselines import Baseline, digital_baselines
from analog_pc.cost.break_even import BreakEvenRow, break_even
from analog_pc.cost.components import (
    ASSUMED_PROCESS,
    Catalogue,
    Component,
    process_of,
    read_catalogue,
    shipped,
)
from analog_pc.cost.network import network_cost
from analog_pc.cost.part_sizing import AmplifierSizing, SpringSizing, size_amplifier, size_spring
from analog_pc.cost.results import Cost, Operations, PartCost, PhaseCost
from analog_pc.cost.sizing import Sizing, SizingRule, size_node_capacitor

__all__ = [
    "ASSUMED_PROCESS",
    "AmplifierSizing",
    "Baseline",
    "BreakEvenRow",
    "Catalogue",
    "Component",
    "Cost",
    "Operations",
    "PartCost",
    "PhaseCost",
    "Sizing",
    "SizingRule",
    "SpringSizing",
    "break_even",
    "digital_baselines",
    "network_cost",
    "process_of",
    "read_catalogue",
    "shipped",
    "size_amplifier",
    "size_node_capacitor",
    "size_spring",
]
