"""-d(dx/dt)/dx of a graph: the Hessian of E where all feedback is the transpose.

With M = d eps / dx, B, which is M with F_p in place of each W_p, and of every projection s -> c with a gain
of unit u two blocks::

    B^T Pi M + diag(leak - f'' h),      -gate_s F^T lambda_c  at (s, u),      -lambda_c^T W gate_s  at (u, s)
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
    graph: PredictiveCodingGraph, links: Sequence[Link], state: GraphState, chosen: Ints
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

    Returns
    -------
    array
        [samples, n, n].
    """
    columns = _columns_of(graph, chosen)
    forth = _error_derivative(graph, links, state, columns, [link.weight for link in links])
    back = forth
    if not graph.symmetric:
        back = _error_derivative(graph, links, state, columns, [link.back for link in links])
    out = np.matmul(np.swapaxes(back, 1, 2), _times_precision(graph, forth))
    for v, p in enumerate(graph.populations):
        places, units = columns[v]
        bending = p.f.curvature(state.x[v][:, units]) * state.feedback[v][:, units]
        k = np.arange(places.start, places.stop)
        out[:, k, k] += p.leaks[units] - bending
    for link in links:
        if link.gain is not None:
            _add_gain(out, link, link.gain, state, columns)
    return np.asarray(out)


def _columns_of(graph: PredictiveCodingGraph, chosen: Ints) -> list[_Columns]:
    offsets = np.concatenate([[0], np.cumsum(graph.sizes)])
    found = []
    for start, stop in pairwise(offsets.tolist()):
        first, last = np.searchsorted(chosen, [start, stop]).tolist()
        found.append(_Columns(slice(first, last), chosen[first:last] - start))
    return found


def _rows_of(graph: PredictiveCodingGraph) -> list[slice]:
    """Places of each population among all that are predicted, side by side."""
    sizes = [n if known else 0 for n, known in zip(graph.sizes, graph.predicted, strict=True)]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    return [slice(start, stop) for start, stop in pairwise(offsets.tolist())]


def _error_derivative(
    graph: PredictiveCodingGraph,
    links: Sequence[Link],
    state: GraphState,
    columns: list[_Columns],
    weights: list[Floats],
) -> Floats:
    """d eps / dx with these matrices in place of W, [samples, predicted activities, chosen ones]."""
    rows = _rows_of(graph)
    out = np.zeros((len(state.energy), rows[-1].stop, columns[-1].places.stop))
    for v, (places, units) in enumerate(columns):
        if graph.predicted[v]:
            out[:, rows[v].start + units, np.arange(places.start, places.stop)] = 1.0
    for link, weight in zip(links, weights, strict=True):
        places, units = columns[link.source]
        if len(units):
            scale = state.factor[link.number][:, :, None] * state.gate[link.source][:, None, units]
            out[:, rows[link.target], places] -= weight[:, units] * scale
        if link.gain is not None:
            at = _place(columns, link.gain)
            if at is not None:
                out[:, rows[link.target], at] -= state.carried[link.number]
    return out


def _place(columns: list[_Columns], unit: tuple[int, int]) -> int | None:
    """Place of a (population, unit) among the chosen activities."""
    places, units = columns[unit[0]]
    found = np.flatnonzero(units == unit[1])
    return int(places.start + found[0]) if len(found) else None


def _times_precision(graph: PredictiveCodingGraph, derivative: Floats) -> Floats:
    out = np.empty_like(derivative)
    for v, rows in enumerate(_rows_of(graph)):
        pi = graph.populations[v].pi
        if pi.ndim == 1:
            out[:, rows] = pi[: rows.stop - rows.start, None] * derivative[:, rows]
        elif graph.predicted[v]:
            out[:, rows] = np.matmul(pi, derivative[:, rows])
    return out


def _add_gain(
    out: Floats, link: Link, unit: tuple[int, int], state: GraphState, columns: list[_Columns]
) -> None:
    at = _place(columns, unit)
    places, units = columns[link.source]
    if at is None or not len(units):
        return
    lam = state.weighted[link.target]
    gate = state.gate[link.source][:, units]
    out[:, places, at] -= gate * (lam @ link.back[:, units])
    out[:, at, places] -= gate * (lam @ link.weight[:, units])
