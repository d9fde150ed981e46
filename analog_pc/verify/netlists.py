"""Netlists that a person runs by hand."""

from __future__ import annotations

from pathlib import Path

from analog_pc.compiler import CompiledNetwork, write_netlist
from analog_pc.simulators import Simulator
from analog_pc.simulators.spice import single_sample_deck


def sample_deck(compiled: CompiledNetwork, simulator: Simulator | None) -> str:
    """The operating point of the first sample as one deck with ``.nodeset`` lines.

    The search starts from where the circuit itself comes to rest in a transient of `simulator`; without
    a simulator, or with the input alone clamped (one stationary point), from the forward state.
    """
    guess = compiled.start(0)
    if simulator is not None and compiled.clamps.beyond_input:
        point = compiled.operating_point((0,), by_relaxation=True, every_node=True)
        rest = simulator.simulate(compiled.circuit, point)
        guess = dict(zip(guess, rest.voltage(tuple(guess))[0].tolist(), strict=True))
    stimuli = {name: volts[0] for name, volts in compiled.operating_point().stimuli.items()}
    return single_sample_deck(compiled.circuit, stimuli, guess)


def write_sample_netlist(folder: Path, compiled: CompiledNetwork, simulator: Simulator | None) -> None:
    """`network.cir` and `probes.json` of the first sample; the folder is made if it is missing."""
    deck = sample_deck(compiled, simulator)
    folder.mkdir(parents=True, exist_ok=True)
    write_netlist(folder, compiled, deck)
