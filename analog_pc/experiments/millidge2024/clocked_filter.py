"""The filter as one clocked circuit: the last estimate is held in capacitors, and nothing is digital.

::

    control, observation: staircases          master tracks     slave takes over
              |                                     |                 |
    past --[ filter ]-- state --------+--[ sample and hold ]--+
      |                               |                       |
      +-------------------------------(-----------------------+
                                      +--- estimate, read at the end of the master's pulse

A sample lasts a period T of the clock.  The master follows the state from 0.1 T to 0.5 T, the slave shows its
charge as the past from 0.6 T on; control and observation step in between, at 0.55 T, so that the state has
0.9 T to relax.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.cells import ComponentSampler, sample_and_hold, two_phase_clock
from analog_pc.circuit import Circuit, ClockSources, Element, Transient, grounds
from analog_pc.compiler import CompiledGraph, CompileOptions, compile_network
from analog_pc.experiments.millidge2024.filter_circuit import CONTROL, PAST, SENSED, STATE, held
from analog_pc.experiments.millidge2024.tracking import STATES, Track
from analog_pc.pcn import PredictiveCodingGraph
from analog_pc.relaxers import CircuitRelaxer

READ = 0.5  # of a period: the end of the master's pulse
STEPPED = 0.55  # of a period: when control and observation step
RISE = 0.01  # of a period: of clocks and staircases
HOLDING = 0.1  # of a value node's capacitor: the sample and hold's, which loads the state
CLOCK = ("clock_master", "clock_slave")
HOLD = "hold"


@dataclass(frozen=True, eq=False)
class ClockedRun:
    """Waveform of the state: `times` [points] in periods, `states` [points, 3]; `estimates` [samples, 3]."""

    times: Floats
    states: Floats
    estimates: Floats


def run_clocked(
    relaxer: CircuitRelaxer, graph: PredictiveCodingGraph, track: Track, samples: int, period: float
) -> ClockedRun:
    """The first samples of a track in one transient of one circuit.

    Parameters
    ----------
    relaxer
        A circuit of a simulator that has clocks: ngspice.
    graph
        The filter.
    track
        Controls and observations.
    samples
        How many.
    period
        T, in C / g_s.
    """
    technology = relaxer.technology
    clamps = held(np.zeros(STATES), track.controls[0], track.observations[0])
    options = CompileOptions(volts_per_unit=technology.volts_per_unit)  # a buffer joins state and past
    compiled = compile_network(graph, technology, clamps=clamps, seed=relaxer.seed, options=options)
    seconds = period * compiled.scales.seconds
    circuit = _clocked(compiled, track, samples, seconds)
    initial = dict.fromkeys(compiled.probes.activities[graph.index(STATE)], 0.0)
    initial |= {f"{HOLD}_{part}_{i}": 0.0 for part in ("master", "slave") for i in range(STATES)}
    nodes = compiled.probes.activities[graph.index(STATE)]
    duration = samples * seconds
    analysis = Transient({}, initial, duration, seconds / 50.0, nodes, stiff=True)
    solution = relaxer.simulator.simulate(circuit, analysis)
    states = solution.voltage(nodes) / compiled.scales.activity[graph.index(STATE)]
    times = solution.axis / seconds
    read = np.arange(samples) + READ - RISE  # before the master's pulse falls
    estimates = np.stack([np.interp(read, times, state) for state in states.T], axis=1)
    return ClockedRun(times, states, estimates)


def _clocked(compiled: CompiledGraph, track: Track, samples: int, seconds: float) -> Circuit:
    """The compiled circuit with staircases, a clock and a sample and hold instead of its clamps."""
    graph = compiled.graph
    volts = compiled.scales.activity
    nodes = {name: compiled.probes.activities[graph.index(name)] for name in graph.names}
    clamps = {f"clamp_{name}" for name in (PAST, CONTROL, SENSED)}
    kept = tuple(e for e in compiled.circuit.elements if e.name not in clamps)
    technology = compiled.design.technology
    sampler = ComponentSampler(technology, compiled.design.seed, HOLD)
    farads = HOLDING * technology.node_capacitance
    stairs: tuple[Element, ...] = ()
    for name, values in ((CONTROL, track.controls), (SENSED, track.observations)):
        stairs += (_stairs(name, nodes[name], volts[graph.index(name)] * values[:samples], seconds),)
    clock = two_phase_clock("clock", CLOCK, seconds, samples, RISE * seconds)
    hold = sample_and_hold(HOLD, nodes[STATE], nodes[PAST], CLOCK, farads, sampler)
    return replace(compiled.circuit, elements=(*kept, *stairs, clock, *hold))


def _stairs(name: str, nodes: tuple[str, ...], volts: Floats, seconds: float) -> ClockSources:
    """Sources that step from one sample [samples, n] to the next between the clock's pulses."""
    steps = seconds * (np.arange(len(volts) - 1) + STEPPED)
    times = np.stack([steps, steps + RISE * seconds], axis=1).ravel()
    heights = np.repeat(volts.T, 2, axis=1)[:, 1:-1]
    return ClockSources(f"stairs_{name}", nodes, grounds(len(nodes)), times, heights)
