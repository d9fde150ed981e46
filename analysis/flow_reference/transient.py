"""Where the whole transient of a compiled circuit rests: the definition on real parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiler import CompiledNetwork
from analog_pc.errors import SimulationFailed
from analog_pc.simulators import Simulator

FIRST = 50.0  # C / g_s
DOUBLINGS = 5
AT_REST = 1e-6  # change over the last half of a transient, of its largest voltage
PRECISION = 1e-6  # of a step


def transient_rest(compiled: CompiledNetwork, sample: int, simulator: Simulator) -> tuple[Floats | None, str]:
    """Volts of the value nodes [n] where a sample's transient from its forward state rests, and how it ended.

    None where it does not rest: an oscillation, a state that is left slowly, or a simulator that gave up.
    """
    duration = FIRST
    for _ in range(DOUBLINGS):
        analysis = compiled.transient(sample, duration=duration, max_step=duration)
        try:
            run = simulator.simulate(compiled.circuit, replace(analysis, precision=PRECISION))
        except SimulationFailed as failure:
            return None, str(failure)
        volts = run.voltage(value_nodes(compiled))
        late = volts[run.axis >= 0.5 * run.axis[-1]]
        if np.abs(late - volts[-1]).max() <= AT_REST * np.abs(run.volts).max():
            return volts[-1], "rests"
        duration *= 2.0
    return None, "does not rest"


def value_nodes(compiled: CompiledNetwork) -> tuple[str, ...]:
    """Nodes of the activities of layers 1 ... L."""
    return tuple(node for bus in compiled.probes.activities[1:] for node in bus)
