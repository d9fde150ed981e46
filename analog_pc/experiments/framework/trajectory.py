"""The relaxation of a graph over time, by the mathematics or as the waveforms of a circuit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.interpolate import CubicSpline

from analog_pc.arrays import Floats, Masked
from analog_pc.compiler import CompiledGraph, compile_network
from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingGraph, make_clamps
from analog_pc.pcn.flow import flow
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.relaxers import CircuitRelaxer, IdealRelaxer, Relaxer

STEPS = 200  # of a circuit's waveform at least: a spline through them is exact to 1e-6 of a settling


def trajectory(
    relaxer: Relaxer,
    graph: PredictiveCodingGraph,
    clamps: Mapping[str, Masked],
    start: Mapping[str, Floats],
    times: Floats,
) -> dict[str, Floats]:
    """Activities of a batch at `times`.

    Parameters
    ----------
    relaxer
        `IdealRelaxer` (the differential equation) or a `CircuitRelaxer` (a transient a sample).
    graph
        What relaxes.
    clamps
        Population -> masked array [samples, n].
    start
        Population -> activities at time 0, [n] or [samples, n]; clamped units keep their clamps, populations
        that are not named start at 0.
    times
        In C / g_s, ascending, > 0 at the end, [times].

    Returns
    -------
    dict
        Population -> activities, [times, samples, n].

    Raises
    ------
    BadInput
        For a relaxer without time.
    """
    held = make_clamps(graph, clamps=clamps)
    state = [
        np.array(np.broadcast_to(start.get(name, np.zeros(n)), (held.samples, n)))
        for name, n in zip(graph.names, graph.sizes, strict=True)
    ]
    if isinstance(relaxer, IdealRelaxer):
        landscape = GraphLandscape(graph, held)
        path = flow(landscape, state, float(times[-1])).at(times)
        return dict(zip(graph.names, path, strict=True))
    if not isinstance(relaxer, CircuitRelaxer):
        raise BadInput(f"{relaxer.name} has no waveforms: use the ideal network or a circuit")
    compiled = compile_network(graph, relaxer.technology, clamps=held, seed=relaxer.seed)
    each = [_waveforms(compiled, relaxer, k, [x[k] for x in state], times) for k in range(held.samples)]
    return {
        name: np.stack(waves, axis=1)
        for name, waves in zip(graph.names, zip(*each, strict=True), strict=True)
    }


def _waveforms(
    compiled: CompiledGraph, relaxer: CircuitRelaxer, sample: int, state: list[Floats], times: Floats
) -> list[Floats]:
    """Activities of one sample, [times, n] of each population."""
    duration = float(times[-1])
    analysis = compiled.transient(sample, start=state, duration=duration, max_step=duration / STEPS)
    wave = compiled.decode_waveform(relaxer.simulator.simulate(compiled.circuit, analysis))
    _, first = np.unique(wave.times, return_index=True)
    return [CubicSpline(wave.times[first], activity[first])(times) for activity in wave.activities]
