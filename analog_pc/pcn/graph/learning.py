"""Local learning of a graph: the product of what a projection carries and of the force on its target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.pcn.equilibrium import Equilibrium
from analog_pc.pcn.graph.graph import PredictiveCodingGraph
from analog_pc.pcn.network import PredictiveCodingNetwork, as_graph
from analog_pc.pcn.parameters import check_kind


class ProjectionUpdate(NamedTuple):
    """dW [post, pre] and db [post] of one projection, summed over the samples."""

    weight: Floats
    bias: Floats


def graph_update(
    graph: PredictiveCodingGraph | PredictiveCodingNetwork, equilibrium: Equilibrium, lr: float = 1.0
) -> dict[str, ProjectionUpdate]:
    """Predictive coding on a graph: ``dW_p = lr g_p Pi_v eps_v f(x_source)^T``, ``db_p = lr Pi_v eps_v``.

    This is -lr dE/dW at an equilibrium, summed over its samples.  Entries without a device stay 0; of entries
    that share a value each gets the sum over all of them, which keeps them equal.

    Parameters
    ----------
    graph
        Its precisions, and which projections learn; a chain is read as its `graph`.
    equilibrium
        Of the ideal graph, or decoded from a circuit.
    lr
        Learning rate.

    Returns
    -------
    dict
        Updates by the name of the projection, of those that are plastic and have weights.
    """
    graph = as_graph(graph)
    found = {}
    for p, source, target, gain in zip(
        graph.projections, graph.sources, graph.targets, graph.gains, strict=True
    ):
        if not p.plastic or p.W is None:
            continue
        post = lr * graph.populations[target].weighted(equilibrium.eps[target])
        pre = equilibrium.rates[source]
        if gain is not None:
            pre = equilibrium.activities[gain[0]][:, gain[1], None] * pre
        weight = post.T @ pre
        found[p.name] = ProjectionUpdate(
            weight if p.shared is None else _shared_sums(weight, p.shared), post.sum(axis=0)
        )
    return found


def _shared_sums(weight: Floats, shared: Ints) -> Floats:
    """Each entry with a device: the sum over all entries that share its value; others: 0."""
    devices = shared >= 0
    sums = np.bincount(shared[devices], weights=weight[devices], minlength=1)
    return np.where(devices, sums[np.where(devices, shared, 0)], 0.0)


def updated(graph: PredictiveCodingGraph, update: Mapping[str, ProjectionUpdate]) -> PredictiveCodingGraph:
    """The graph with an update added; a projection without bias stays without.

    Parameters
    ----------
    graph
        What learns.
    update
        As `graph_update` returns it.

    Raises
    ------
    BadInput
        For a chain, and for names of no projection.
    """
    check_kind("updated", graph, PredictiveCodingGraph, "give network.graph, or use network.with_parameters")
    weights = {}
    biases = {}
    for name, change in update.items():
        p = graph.projection(name)
        if p.W is not None:
            weights[name] = p.W + change.weight
        if p.b is not None:
            biases[name] = p.b + change.bias
    return graph.with_parameters(weights, biases)
