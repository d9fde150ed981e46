"""A whole learning trial inside one circuit simulation.

One transient predicts, clamps the target by switches, relaxes, senses prediction errors, writes the
memristors by overlapping pulses, releases the target, and predicts again.  A behavioural model says,
device by device, what it should give; `continuous` does without clocks and pulses.
"""

from analog_pc.testbench.behavioural_model import ModelResult, behavioural_model
from analog_pc.testbench.circuit import LearningCircuit, learning_circuit
from analog_pc.testbench.compare import Agreement, RuleDeviation, compare_with_model, compare_with_rule
from analog_pc.testbench.continuous import (
    ContinuousTestbench,
    compare_continuous,
    continuous_deck,
    flow_of,
    run_continuous,
    write_continuous_results,
)
from analog_pc.testbench.examples import EXAMPLES, Example
from analog_pc.testbench.figures import draw_testbench
from analog_pc.testbench.files import write_results
from analog_pc.testbench.pulse_encoding import Phase, PulseEncoding
from analog_pc.testbench.run import LearningWaveforms, learning_deck, run_testbench
from analog_pc.testbench.schedule import Schedule
from analog_pc.testbench.side_by_side import run_side_by_side
from analog_pc.testbench.testbench import LearningTestbench, build_testbench

__all__ = [
    "EXAMPLES",
    "Agreement",
    "ContinuousTestbench",
    "Example",
    "LearningCircuit",
    "LearningTestbench",
    "LearningWaveforms",
    "ModelResult",
    "Phase",
    "PulseEncoding",
    "RuleDeviation",
    "Schedule",
    "behavioural_model",
    "build_testbench",
    "compare_continuous",
    "compare_with_model",
    "compare_with_rule",
    "continuous_deck",
    "draw_testbench",
    "flow_of",
    "learning_circuit",
    "learning_deck",
    "run_continuous",
    "run_side_by_side",
    "run_testbench",
    "write_continuous_results",
    "write_results",
]
