"""-d(dx/dt)/dx of a graph: the Hessian of E where all feedback is the transpose.

With M_v = d eps_v / dx, and B_v, which is M_v with F_p in place of each W_p and the gate of the feedback in
place of f'; of every projection s -> c with a gain of unit u two blocks more::

    sum_v B_v^T Pi_v M_v + diag(leak - f'' h)
    -gate_s F^T lambda_c  at (s, u),      -lambda_c^T W f'_s  at (u, s)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.pcn.graph.graph import PredictiveCodingGraph
from analog_pc.pcn.graph.state import GraphState, Link


class _Columns(NamedTuple):
    """The chosen activities of one population: places among all chosen ones, and in the population."""

    places: slice
    units: Ints


def stiffness_matrix(
    graph: PredictiveCodingGraph,
    links: Sequence[Link],
    state: GraphState,
    chosen: Ints,
    gate: float | None = None,
) -> Floats:
    """-d(dx/dt)/dx at the gates of a state.

    Parameters
    ----------
    graph, links
        The graph and its projections.
    state
        Evaluated activities.
    chosen
        Which activities, of all populations side by side, ascending, [n].
    gate
        Constant in place of f' on the way back; None: f'.

    Returns
    -------
    array
        [samples, n, n].
    """
    offsets = np.concatenate([[0], np.cumsum(graph.sizes)])
    columns = []
    for start, stop in pairwise(offsets.tolist()):
        first, last = np.searchsorted(chosen, [start, stop]).tolist()
        columns.append(_Columns(slice(first, last), chosen[first:last] - start))
    slope = state.gate
    if gate is not None:
        slope = [p.f.slope(x) for p, x in zip(graph.populations, state.x, strict=True)]
    out = np.zeros((len(state.energy), len(chosen), len(chosen)))
    for v, (p, (places, units)) in enumerate(zip(graph.populations, columns, strict=True)):
        into = [link for link in links if link.target == v]
        if into:
            forth = _error_derivative(into, state, columns, [link.weight for link in into], slope)
            back = forth
            if gate is not None or not graph.symmetric:
                back = _error_derivative(into, state, columns, [link.back for link in into], state.gate)
            weighted = p.pi[:, None] * forth if p.pi.ndim == 1 else p.pi @ forth
            out += np.swapaxes(back, 1, 2) @ weighted
        k = np.arange(places.start, places.stop)
        out[:, k, k] += p.leaks[units]
        if gate is None:
            out[:, k, k] -= (p.f.curvature(state.x[v]) * state.feedback[v])[:, units]
    for link in links:
        at = _place(columns, link.gain)
        places, units = columns[link.source]
        if at is not None:
            lam = state.weighted[link.target]
            out[:, places, at] -= state.gate[link.source][:, units] * (lam @ link.back[:, units])
            out[:, at, places] -= slope[link.source][:, units] * (lam @ link.weight[:, units])
    return out


def _error_derivative(
    into: Sequence[Link],
    state: GraphState,
    columns: Sequence[_Columns],
    weights: Sequence[Floats],
    slope: Sequence[Floats],
) -> Floats:
    """d eps / dx of the population that projections go into, with these matrices in place of W,
    [samples, units, chosen]."""
    own = columns[into[0].target]
    out = np.zeros((len(state.energy), len(weights[0]), columns[-1].places.stop))
    out[:, own.units, np.arange(own.places.start, own.places.stop)] = 1.0
    for link, weight in zip(into, weights, strict=True):
        places, units = columns[link.source]
        out[:, :, places] -= weight[:, units] * (
            state.factor[link.number][:, :, None] * slope[link.source][:, None, units]
        )
        at = _place(columns, link.gain)
        if at is not None:
            out[:, :, at] -= state.carried[link.number]
    return out


def _place(columns: Sequence[_Columns], unit: tuple[int, int] | None) -> int | None:
    """Place of a (population, unit) among the chosen activities."""
    if unit is None:
        return None
    places, units = columns[unit[0]]
    found = np.flatnonzero(units == unit[1])
    return int(places.start + found[0]) if len(found) else None
