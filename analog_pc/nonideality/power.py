"""Where the watts go at rest."""

from __future__ import annotations

import numpy as np

from analog_pc.circuit import Amplifiers, Outcome
from analog_pc.compiler import CompiledNetwork
from analog_pc.errors import SimulationFailed
from analog_pc.nonideality.departures import SOLVED
from analog_pc.nonideality.results import Power
from analog_pc.reporting.text import counted
from analog_pc.simulators import Native


def power(compiled: CompiledNetwork, phase: str, samples: int, native: Native) -> Power:
    """Mean dissipation over the first samples."""
    few = min(samples, compiled.clamps.samples)
    technology = compiled.design.technology
    amplifiers = sum(len(e.out) for _, e in compiled.circuit.banks() if isinstance(e, Amplifiers))
    parts: tuple[tuple[str, float], ...] = ()
    words = "" if technology.opamp_power else f"{technology.name} does not say what an amplifier draws"
    try:
        solution = native.simulate(
            compiled.circuit, compiled.operating_point(tuple(range(few)), every_node=True)
        )
        found = native.dissipation(compiled.circuit, solution)
        each = solution.status.each(few)
        good = np.array([o in SOLVED for o in each])
        words += _counted(each, good)
        parts = tuple((name, float(w[good].mean())) for name, w in found.items()) if good.any() else ()
        few = int(good.sum())
    except SimulationFailed as failure:
        words, few = str(failure), 0
    return Power(phase, few, parts, amplifiers, technology.opamp_power, words)


def _counted(each: tuple[Outcome, ...], good: np.ndarray) -> str:
    return (
        ""
        if good.all()
        else f"{int((~good).sum())} of {counted(len(each), 'sample')} without an operating point"
    )
