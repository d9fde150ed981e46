"""Cells: small circuits with their schematics, from which layers are built."""

from analog_pc.cells.activations import ActivationCell, activation_cell
from analog_pc.cells.arrays import differential_crossbar, inverters, transimpedance
from analog_pc.cells.nodes import clamp, eps_sense, feedback_gate, free_input_node, value_node

__all__ = [
    "ActivationCell",
    "activation_cell",
    "clamp",
    "differential_crossbar",
    "eps_sense",
    "feedback_gate",
    "free_input_node",
    "inverters",
    "transimpedance",
    "value_node",
]
