"""Cells: small circuits with their schematics, from which layers are built."""

from analog_pc.cells.activations import ActivationCell, activation_cell
from analog_pc.cells.arrays import differential_crossbar, drivers, transimpedance
from analog_pc.cells.nodes import clamp, eps_sense, feedback_gate, free_input_node, value_node
from analog_pc.cells.parts import Parts, open_loop, unity

__all__ = [
    "ActivationCell",
    "Parts",
    "activation_cell",
    "clamp",
    "differential_crossbar",
    "drivers",
    "eps_sense",
    "feedback_gate",
    "free_input_node",
    "open_loop",
    "transimpedance",
    "unity",
    "value_node",
]
