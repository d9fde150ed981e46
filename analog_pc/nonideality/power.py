"""Power at the operating points, by part."""

from __future__ import annotations

import numpy as np

from analog_pc.circuit import Amplifiers
from analog_pc.compiler import CompiledNetwork
from analog_pc.errors import SimulationFailed
from analog_pc.nonideality.deviations import SOLVED
from analog_pc.nonideality.results import Power
from analog_pc.reporting.text import counted
from analog_pc.simulators import Native


def power(compiled: CompiledNetwork, phase: str, samples: int, native: Native) -> Power:
    """Mean dissipation over the first samples at their operating points.

    Parameters
    ----------
    compiled, phase
        The circuit of the phase, and its name.
    samples
        How many at most.
    native
        The simulator.
    """
    few = min(samples, compiled.clamps.samples)
    technology = compiled.design.technology
    amplifiers = sum(len(e.out) for _, e in compiled.circuit.banks() if isinstance(e, Amplifiers))
    messages = [] if technology.opamp_power else [f"{technology.name} does not say what an amplifier draws"]
    parts: tuple[tuple[str, float], ...] = ()
    solved = 0
    try:
        point = compiled.operating_point(tuple(range(few)), every_node=True)
        solution = native.simulate(compiled.circuit, point)
        watts = native.dissipation(compiled.circuit, solution)
        good = np.array([outcome in SOLVED for outcome in solution.status.each(few)])
        solved = int(good.sum())
        if solved < few:
            messages.append(f"{few - solved} of {counted(few, 'sample')} without an operating point")
        if solved:
            parts = tuple((name, float(w[good].mean())) for name, w in watts.items())
    except SimulationFailed as failure:
        messages = [str(failure)]
    return Power(phase, solved, parts, amplifiers, technology.opamp_power, "; ".join(messages))
