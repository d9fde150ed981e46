"""A whole learning trial inside one circuit simulation.

One transient predicts, clamps the target by switches, relaxes, senses prediction errors, writes the
memristors by overlapping pulses, releases the target, and predicts again.  A twin in Python says, device by
device, what it should give; `continuous` does without clocks and pulses.
"""

from analog_pc.testbench.circuit import TrialCircuit, trial_circuit
from analog_pc.testbench.compare import Agreement, Departure, compare_trial, depart_from_rule
from analog_pc.testbench.continuous import (
    ContinuousTrial,
    compare_continuous,
    continuous_deck,
    flow_of,
    run_continuous,
    write_continuous_netlist,
    write_continuous_results,
)
from analog_pc.testbench.examples import EXAMPLES, Example
from analog_pc.testbench.figures import draw_trial
from analog_pc.testbench.files import write_netlist, write_results
from analog_pc.testbench.run import TrialResult, run_trial, trial_deck
from analog_pc.testbench.schedule import Schedule
from analog_pc.testbench.trial import Trial, build_trial
from analog_pc.testbench.twin import TwinResult, twin
from analog_pc.testbench.writing import Phase, Writing

__all__ = [
    "EXAMPLES",
    "Agreement",
    "ContinuousTrial",
    "Departure",
    "Example",
    "Phase",
    "Schedule",
    "Trial",
    "TrialCircuit",
    "TrialResult",
    "TwinResult",
    "Writing",
    "build_trial",
    "compare_continuous",
    "compare_trial",
    "continuous_deck",
    "depart_from_rule",
    "draw_trial",
    "flow_of",
    "run_continuous",
    "run_trial",
    "trial_circuit",
    "trial_deck",
    "twin",
    "write_continuous_netlist",
    "write_continuous_results",
    "write_netlist",
    "write_results",
]
