"""Netlists that a person runs by hand."""

from __future__ import annotations

from pathlib import Path

from analog_pc.circuit import Outcome, Solution
from analog_pc.compiler import CompiledNetwork, write_netlist
from analog_pc.errors import SimulationFailed
from analog_pc.simulators import Simulator
from analog_pc.simulators.spice import single_sample_deck

# What a deck may start from as the state of rest.  A saturated circuit rests as well.
_AT_REST = (Outcome.CONVERGED, Outcome.SATURATED)


def sample_deck(compiled: CompiledNetwork, simulator: Simulator) -> str:
    """The operating point of the first sample as one deck with ``.nodeset`` lines.

    It starts from where the circuit itself comes to rest: in a transient of `simulator` from the forward
    state, or, with the input alone clamped, by its search from there.  Where `simulator` finds no rest,
    it starts from the forward state, and ngspice searches on its own.
    """
    stimuli = {name: volts[0] for name, volts in compiled.operating_point((0,)).stimuli.items()}
    found = _rest(compiled, simulator)
    if found is None:
        return single_sample_deck(compiled.circuit, stimuli, compiled.start(0))
    rest = dict(zip(found.nodes, found.volts[0].tolist(), strict=True))
    return single_sample_deck(compiled.circuit, stimuli, rest=rest)


def _rest(compiled: CompiledNetwork, simulator: Simulator) -> Solution | None:
    relaxing = compiled.clamps.beyond_input
    point = compiled.operating_point((0,), by_relaxation=relaxing, every_node=True)
    try:
        found = simulator.simulate(compiled.circuit, point)
    except SimulationFailed:
        return None
    return found if found.status.outcome in _AT_REST else None


def write_sample_netlist(folder: Path, compiled: CompiledNetwork, simulator: Simulator) -> None:
    """`network.cir` and `probes.json` of the first sample; the folder is made if it is missing."""
    deck = sample_deck(compiled, simulator)
    folder.mkdir(parents=True, exist_ok=True)
    write_netlist(folder, compiled, deck)
