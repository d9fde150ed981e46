"""The relaxation of a graph over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.errors import BadInput
from analog_pc.numeric import finite_number
from analog_pc.pcn.clamps import ClampValues, make_clamps
from analog_pc.pcn.flow import flow
from analog_pc.pcn.graph.graph import PredictiveCodingGraph
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.network import PredictiveCodingNetwork, as_graph
from analog_pc.pcn.parameters import finite_array


def relax_trajectory(
    graph: PredictiveCodingGraph | PredictiveCodingNetwork,
    clamps: ClampValues,
    times: Sequence[float] | Floats,
    *,
    start: Mapping[str, ArrayLike] | None = None,
    precision: float = 1e-10,
) -> tuple[Floats, ...]:
    """Activities of a graph while it relaxes, by the differential equation that `relax` follows.

    Parameters
    ----------
    graph
        The graph; a chain is read as its `graph`.
    clamps
        As for `relax`.
    times
        From 0 on, never falling, in units of C / g_s: a spring of precision 1 relaxes alone as exp(-t).
    start
        Activities at time 0 of populations by name, [samples, size]; the others start at the forward state.
    precision
        Relative tolerance of the integrator, below 1.

    Returns
    -------
    tuple
        One array [times, samples, size] a population, in the graph's order.

    Raises
    ------
    BadInput
        For clamps that `relax` refuses, times that fall or are negative, a start of another shape, a
        precision that is not > 0 and below 1, and when the integrator gives up.
    """
    graph = as_graph(graph)
    landscape = GraphLandscape(graph, make_clamps(graph, clamps=clamps))
    accuracy = finite_number("relax_trajectory: precision", precision)
    if accuracy >= 1.0:
        raise BadInput(f"relax_trajectory: precision = {precision!r}, must be below 1: it is relative")
    instants = finite_array("times", times, 1)
    if instants[0] < 0.0 or (np.diff(instants) < 0.0).any():
        raise BadInput("times must ascend, from 0 on")
    started = {} if start is None else start
    if not isinstance(started, Mapping):
        kind = type(started).__name__
        raise BadInput(f"start must map names of populations to arrays, got a {kind}: give start={{name: x}}")
    x = landscape.forward()
    for name, values in started.items():
        index = graph.index(name)
        chosen = finite_array(f"start of {name}", values, 2)
        if chosen.shape != x[index].shape:
            raise BadInput(f"start of {name}: shape {x[index].shape} expected, got {chosen.shape}")
        x[index] = chosen
    if instants[-1] == 0.0:
        return tuple(np.stack([a] * len(instants)) for a in landscape.held(x))
    return flow(landscape, x, float(instants[-1]), precision=accuracy).at(instants)


def graph_energy(
    graph: PredictiveCodingGraph | PredictiveCodingNetwork, clamps: ClampValues, activities: Sequence[Floats]
) -> Floats:
    """E of a graph at activities, one array [..., samples, size] a population, as [..., samples].

    Parameters
    ----------
    graph, clamps
        As for `relax_trajectory`.
    activities
        Of an equilibrium, or of a trajectory with its times first.
    """
    graph = as_graph(graph)
    landscape = GraphLandscape(graph, make_clamps(graph, clamps=clamps))
    shape = np.shape(activities[0])[:-1]
    rows = [np.reshape(a, (-1, np.shape(a)[-1])) for a in activities]
    return landscape.state(rows).energy.reshape(shape)
