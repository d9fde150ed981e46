"""Transients of clocked circuits on simulators without clocks, phase by phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.circuit import Circuit, Solution, Transient, at_phase
from analog_pc.simulators.simulator import Simulator


@dataclass(frozen=True)
class ClockPhase:
    """A time at which the clocks stand still, and how long the phase lasts, s."""

    at: float
    duration: float


def simulate_phases(
    simulator: Simulator, circuit: Circuit, analysis: Transient, phases: Sequence[ClockPhase]
) -> list[Solution]:
    """One transient for each phase; what holds charge carries it from one to the next.

    Edges take no time: a phase that stands for a clock with edges has the duration that lets as much charge
    through.  Amplifiers with poles begin each phase at rest.

    Parameters
    ----------
    simulator
        Of any kind.
    circuit
        With clocks and switches.
    analysis
        Stimuli, initial volts, and the nodes to save, among them all that hold charge; its duration is not
        used.
    phases
        In order.

    Returns
    -------
    list
        Solutions, whose axes begin at 0 in every phase.
    """
    found = []
    volts = dict(analysis.initial)
    for phase in phases:
        step = min(analysis.max_step, phase.duration)
        part = replace(analysis, initial=volts, duration=phase.duration, max_step=step)
        solution = simulator.simulate(at_phase(circuit, phase.at), part)
        nodes = tuple(volts)
        volts = dict(zip(nodes, solution.voltage(nodes)[-1].tolist(), strict=True))
        found.append(solution)
    return found


def one_after_the_other(parts: Sequence[Solution]) -> Solution:
    """Phases as one solution, whose times go on."""
    begins = np.cumsum([0.0, *(part.axis[-1] for part in parts)])
    axis = np.concatenate([part.axis + begin for part, begin in zip(parts, begins, strict=False)])
    volts = np.concatenate([part.volts for part in parts])
    return Solution(axis, parts[0].nodes, volts, parts[-1].status)
