"""Cells: small circuits with their schematics, from which layers are built.

The `name` of a cell is the prefix of the names of its elements.
"""

from analog_pc.cells.activations import ActivationCell, activation_cell
from analog_pc.cells.arrays import differential_crossbar, drivers, transimpedance
from analog_pc.cells.components import ComponentSampler, open_loop, unity
from analog_pc.cells.nodes import clamp, eps_sense, feedback_gate, free_input_node, value_node

__all__ = [
    "ActivationCell",
    "ComponentSampler",
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
