"""PCN to circuit (`compile_network`) and circuit back to PCN (`CompiledNetwork.decode`)."""

from analog_pc.compiler.auto_zero import AutoZero, auto_zero
from analog_pc.compiler.budget import StageBudget, budget_text, signal_budget
from analog_pc.compiler.chain import program_arrays
from analog_pc.compiler.compile import compile_network
from analog_pc.compiler.compiled import CompiledGraph, CompiledNetwork
from analog_pc.compiler.options import CompileOptions
from analog_pc.compiler.probes import Probes, Waveform
from analog_pc.compiler.stimuli_file import load_stimuli

__all__ = [
    "AutoZero",
    "CompileOptions",
    "CompiledGraph",
    "CompiledNetwork",
    "Probes",
    "StageBudget",
    "Waveform",
    "auto_zero",
    "budget_text",
    "compile_network",
    "load_stimuli",
    "program_arrays",
    "signal_budget",
]
