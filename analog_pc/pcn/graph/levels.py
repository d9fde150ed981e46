"""Levels of an acyclic graph, and the graph in which every projection goes up by one.

A population that nothing predicts is an input: it is clamped, carries the same at any time, and its
projections need no delay.  Any other projection over k > 1 levels gets k - 1 identity populations::

    1 --> 2 --> 3             1 --> 2 --> 3
    '-----------'             '--> [1] ---'         one identity population: a spring to a buffer

Source: Salvatori et al., "Reverse differentiation via predictive coding", AAAI 2022 (levelled graphs).
"""

from __future__ import annotations

from dataclasses import replace

from analog_pc.errors import BadInput
from analog_pc.pcn.graph.graph import Population, PredictiveCodingGraph, Projection
from analog_pc.pcn.network import PredictiveCodingNetwork, as_graph


def levels(graph: PredictiveCodingGraph | PredictiveCodingNetwork) -> tuple[int, ...]:
    """Level of each population: 0 of inputs, else 1 + the highest level of its sources.

    Parameters
    ----------
    graph
        Without cycles; a chain is read as its `graph`.

    Raises
    ------
    BadInput
        For a graph with cycles.
    """
    graph = as_graph(graph)
    refuse_cycles(graph, "levels")
    found = [0] * len(graph.populations)
    for v in graph.order:
        sources = [found[k] for k, predicts in enumerate(graph.adjacency[v]) if predicts]
        found[v] = 1 + max(sources, default=-1)
    return tuple(found)


def refuse_cycles(graph: PredictiveCodingGraph, what: str) -> None:
    """Refuse a graph in which populations predict themselves; `what` cannot be had of it.

    Raises
    ------
    BadInput
        Names these populations.
    """
    if not graph.acyclic:
        cycle = [name for name, loops in zip(graph.names, graph.on_cycle, strict=True) if loops]
        raise BadInput(
            f"populations {', '.join(cycle)} predict themselves: {what} need a graph without cycles"
        )


def levelled(graph: PredictiveCodingGraph | PredictiveCodingNetwork) -> PredictiveCodingGraph:
    """The graph with identity populations on every projection that skips a level.

    The new populations come last, have precision 1, and are called ``<source>_to_<target>_<k>``.  The graph
    computes the same function, so that the gradient of any loss is the same.

    Parameters
    ----------
    graph
        Without cycles; a chain is read as its `graph`.

    Raises
    ------
    BadInput
        For a graph with cycles, or a gain unit that is predicted at another level than just below its target.
    """
    graph = as_graph(graph)
    height = levels(graph)
    populations = list(graph.populations)
    projections = []
    for p, source, target, gain in zip(
        graph.projections, graph.sources, graph.targets, graph.gains, strict=True
    ):
        if gain is not None and graph.predicted[gain[0]] and height[target] - height[gain[0]] != 1:
            raise BadInput(
                f"projection {p.name}: its gain skips a level, and a gain cannot be delayed; "
                f"pass {graph.names[gain[0]]} through an identity population"
            )
        skipped = height[target] - height[source] - 1 if graph.predicted[source] else 0
        before = p.source
        for k in range(1, skipped + 1):
            delay = _free_name(f"{p.source}_to_{p.target}_{k}", populations)
            populations.append(Population(name=delay, size=graph.sizes[source]))
            projections.append(Projection(source=before, target=delay, kind="identity", plastic=False))
            before = delay
        projections.append(replace(p, source=before) if skipped else p)
    return PredictiveCodingGraph(populations, projections)


def _free_name(name: str, populations: list[Population]) -> str:
    taken = {p.name for p in populations}
    while name in taken:
        name += "_"
    return name
