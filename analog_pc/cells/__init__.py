"""Cells: small circuits with their schematics, from which layers are built.

The `name` of a cell is the prefix of the names of its elements.
"""

from analog_pc.cells.activations import ActivationCell, activation_cell
from analog_pc.cells.arrays import differential_crossbar, drivers, transimpedance
from analog_pc.cells.components import ComponentSampler, open_loop, unity
from analog_pc.cells.gains import gain_feedback, modulated_current
from analog_pc.cells.leak import leak
from analog_pc.cells.mixing import mixed_value_node, mixing_crossbar
from analog_pc.cells.nodes import clamp, eps_sense, feedback_gate, free_input_node, value_node
from analog_pc.cells.one_to_one import one_to_one
from analog_pc.cells.sampled import TwoPhaseClock, sampled_node
from analog_pc.cells.switched import feedback_switch, sample_and_hold, two_phase_clock

__all__ = [
    "ActivationCell",
    "ComponentSampler",
    "TwoPhaseClock",
    "activation_cell",
    "clamp",
    "differential_crossbar",
    "drivers",
    "eps_sense",
    "feedback_gate",
    "feedback_switch",
    "free_input_node",
    "gain_feedback",
    "leak",
    "mixed_value_node",
    "mixing_crossbar",
    "modulated_current",
    "one_to_one",
    "open_loop",
    "sample_and_hold",
    "sampled_node",
    "transimpedance",
    "two_phase_clock",
    "unity",
    "value_node",
]
