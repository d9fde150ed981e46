"""From a graph of populations and a technology to a circuit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analog_pc.cells import clamp
from analog_pc.circuit import Bus, Circuit, Element, StimulusSources, VoltageSources, check_circuit, grounds
from analog_pc.compiler.graph.compiled import CompiledGraph
from analog_pc.compiler.graph.design import GraphDesign, buses, check_names, switch_lines
from analog_pc.compiler.graph.population import bias_lines, population_instance
from analog_pc.compiler.options import DEFAULTS, CompileOptions
from analog_pc.errors import BadInput
from analog_pc.mapping import PopulationScales, Scales, choose_population_scales, population_ranges
from analog_pc.pcn import Clamps, PredictiveCodingGraph, relax
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState
from analog_pc.technology import Technology


def compile_graph(
    graph: PredictiveCodingGraph,
    technology: Technology,
    held: Clamps,
    seed: int = 0,
    options: CompileOptions = DEFAULTS,
) -> CompiledGraph:
    """Compile a graph onto a circuit of a technology; `compile_network` calls it.

    Parameters
    ----------
    graph, technology, seed, options
        As for `compile_network`.
    held
        The clamps of a batch, over populations.

    Raises
    ------
    BadInput
        For names that a netlist cannot tell apart, options of chains, volts per unit that would saturate,
        and a free population that nothing holds.
    """
    check_names(graph)
    scales = _scales(graph, technology, held, options)
    switched = tuple(graph.index(name) for name in options.feedback_switches)
    design = GraphDesign(graph, technology, held, scales, seed, switched)
    _check_held(design)
    circuit = Circuit(
        "pcn",
        _supplies(design) + _clamps(design) + _switches(design),
        tuple(population_instance(design, k) for k in range(len(graph.names))),
        technology.temperature,
    )
    check_circuit(circuit)
    return CompiledGraph(circuit, design)


def _scales(
    graph: PredictiveCodingGraph, technology: Technology, held: Clamps, options: CompileOptions
) -> PopulationScales:
    if options.gate_feedback:
        raise BadInput("gate_feedback is an option of chains: a graph has no forward pass without feedback")
    if options.arrays is not None:
        raise BadInput("given arrays are an option of chains: a graph's arrays come from its weights")
    volts = options.volts_per_unit
    if isinstance(volts, Scales | Sequence):
        raise BadInput("volts_per_unit of a graph: give one number, or one for each population by name")
    ranges = population_ranges(graph, known_states(graph, held))
    return choose_population_scales(graph, technology, ranges, volts)


def known_states(graph: PredictiveCodingGraph, held: Clamps) -> list[GraphState]:
    """The states whose ranges give the volts per unit.

    The forward state under the clamps, as for a chain.  Populations on a cycle, and free ones that nothing
    predicts, are 0 there, which says nothing of their ranges: where there are any, the ideal equilibrium
    under the clamps is the second state.
    """
    landscape = GraphLandscape(graph, held)
    forward = [landscape.state(landscape.forward())]
    roots = zip(graph.predicted, held.free, strict=True)
    if graph.acyclic and all(predicted or not free.any() for predicted, free in roots):
        return forward
    ideal = relax(graph, clamps=held)
    return [*forward, landscape.state(list(ideal.activities))]


def _check_held(design: GraphDesign) -> None:
    """Refuse free populations whose activities nothing determines."""
    graph = design.graph
    for k, population in enumerate(graph.populations):
        free = design.clamps.free[k]
        pushed = graph.predicted[k] or bool(design.returns(k))
        gains = [g[1] for p, g in enumerate(graph.gains) if g is not None and g[0] == k]
        unmoved = free & (population.leaks == 0.0)
        unmoved[gains] = False
        if not pushed and unmoved.any():
            raise BadInput(
                f"population {population.name}, unit {int(np.argmax(unmoved))}: it is free, and neither a "
                "prediction, feedback nor a leak moves it; clamp it or give it a leak"
            )


def _clamps(design: GraphDesign) -> tuple[Element, ...]:
    found: tuple[Element, ...] = ()
    for k, free in enumerate(design.clamps.free):
        nodes = buses(design.graph, k)["x"]
        pinned = tuple(node for node, is_free in zip(nodes, free, strict=True) if not is_free)
        if pinned:
            found += clamp(stimulus(design.graph, k), pinned)
    return found


def _switches(design: GraphDesign) -> tuple[Element, ...]:
    """The control lines of the switches of feedback."""
    found: tuple[Element, ...] = ()
    for k in design.switched:
        if not design.returns(k):
            raise BadInput(
                f"feedback_switches: no feedback reaches population {design.graph.names[k]}, so there is "
                "nothing to cut"
            )
        lines = switch_lines(design.graph, k)
        found += (StimulusSources(f"switch_{design.graph.names[k].lower()}", lines, grounds(2)),)
    return found


def stimulus(graph: PredictiveCodingGraph, k: int) -> str:
    """Name of the sources that clamp a population."""
    return f"clamp_{graph.names[k].lower()}"


def _supplies(design: GraphDesign) -> tuple[Element, ...]:
    """The bias word lines of each population, complementary."""
    lines: Bus = ()
    volts: list[float] = []
    for k, arrays in design.forward.items():
        if "bias" in arrays.pairs:
            line, inverse = bias_lines(design.graph.names[k])
            lines += line + inverse
            volts += [design.scales.bias[k], -design.scales.bias[k]]
    return (VoltageSources("bias", lines, grounds(len(lines)), np.array(volts)),) if lines else ()
