"""From a network and a technology to a circuit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import overload

import numpy as np

from analog_pc.arrays import ArrayLike
from analog_pc.cells import clamp
from analog_pc.circuit import Circuit, Element, StimulusSources, VoltageSources, check_circuit, grounds
from analog_pc.compiler.chain import ChainDesign, program_arrays
from analog_pc.compiler.compiled import CompiledGraph, CompiledNetwork
from analog_pc.compiler.design import Design
from analog_pc.compiler.options import DEFAULTS, CompileOptions
from analog_pc.compiler.population import population_instance
from analog_pc.errors import BadInput
from analog_pc.mapping import (
    NetworkArrays,
    PopulationScales,
    Scales,
    choose_population_scales,
    choose_scales,
    forward_ranges,
    population_ranges,
)
from analog_pc.pcn import Clamps, PredictiveCodingGraph, PredictiveCodingNetwork, make_clamps, relax
from analog_pc.pcn.clamps import ClampValues
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState
from analog_pc.pcn.parameters import check_kind, check_seed
from analog_pc.technology import Technology


@overload
def compile_network(
    network: PredictiveCodingNetwork,
    technology: Technology,
    inputs: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    *,
    clamps: ClampValues | None = None,
    seed: int = 0,
    options: CompileOptions = DEFAULTS,
) -> CompiledNetwork: ...


@overload
def compile_network(
    network: PredictiveCodingGraph,
    technology: Technology,
    *,
    clamps: ClampValues | None = None,
    seed: int = 0,
    options: CompileOptions = DEFAULTS,
) -> CompiledGraph: ...


def compile_network(
    network: PredictiveCodingNetwork | PredictiveCodingGraph,
    technology: Technology,
    inputs: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    *,
    clamps: ClampValues | None = None,
    seed: int = 0,
    options: CompileOptions = DEFAULTS,
) -> CompiledNetwork | CompiledGraph:
    """Compile a network onto a circuit of a technology, with the clamps that `relax` has.

    The circuit obeys, with tau = C / g_s and up to the finite gain of its amplifiers::

        tau dx_l/dt = -precision_l (x_l - mu_l) + f'(x_l) W_{l+1}^T precision_{l+1} (x_{l+1} - mu_{l+1})

    and of a graph what `analog_pc.pcn.graph.state` says.

    Parameters
    ----------
    network
        A chain or a graph of populations, whose weights become conductances.
    technology
        Component values and their non-idealities, such as ``technology("ideal")``.
    inputs
        Clamped activities of layer 0, [samples, n_0].
    targets
        Clamped activities of layer L, [samples, n_L]; None leaves the output free.
    clamps
        Layer, or name of a population -> masked array [samples, n], as for `relax`.
    seed
        Of everything random in the technology: one seed is one chip.
    options
        Volts per unit of activity, feedback switches, and given conductances.

    Returns
    -------
    CompiledNetwork, or CompiledGraph of a graph
        The circuit, the analyses to ask of it, and `decode`, the inverse of compilation.

    Raises
    ------
    BadInput
        For what `relax` refuses of clamps, what is no technology, seed or options, a forward pass that
        overflows, volts per unit that would saturate, arrays of other shapes than the network's, and free
        units that nothing moves.

    Examples
    --------
    >>> from analog_pc import Native, compile_network, random_network, technology
    >>> network = random_network((2, 3, 1), "tanh", seed=0)
    >>> compiled = compile_network(network, technology("ideal"), [[0.5, -0.5]], [[1.0]])
    >>> solution = Native().simulate(compiled.circuit, compiled.operating_point())
    >>> compiled.decode(solution)
    <Equilibrium 2-3-1, 1 of 1 samples converged>
    """
    check_kind("compile_network", technology, Technology, "use technology('ideal')")
    check_kind("compile_network", options, CompileOptions, "use CompileOptions(...)")
    check_seed(seed)
    held = make_clamps(network, inputs, targets, clamps)
    if isinstance(network, PredictiveCodingGraph):
        design = _graph_design(network, technology, held, seed, options)
        return CompiledGraph(_circuit(design), design)
    chain = _chain_design(network, technology, held, seed, options)
    return CompiledNetwork(_circuit(chain), chain)


def _circuit(design: Design) -> Circuit:
    circuit = Circuit(
        "pcn",
        _supplies(design) + _clamps(design) + _switches(design),
        tuple(population_instance(design, k) for k in range(len(design.graph.names))),
        design.technology.temperature,
    )
    check_circuit(circuit)
    return circuit


# --- chains


def _chain_design(
    network: PredictiveCodingNetwork, technology: Technology, held: Clamps, seed: int, options: CompileOptions
) -> ChainDesign:
    if options.feedback_switches:
        raise BadInput("feedback_switches is an option of graphs: give network.graph, or gate_feedback=True")
    volts = options.volts_per_unit
    if isinstance(volts, Mapping | PopulationScales):
        raise BadInput("volts_per_unit of a chain: give one number, one for each layer, or Scales")
    scales = choose_scales(network, technology, forward_ranges(network, held), volts)
    arrays = options.arrays or program_arrays(network, technology, seed)
    _check_shapes(network, arrays)
    gated = options.gate_feedback
    parts = network.graph, technology, held
    return ChainDesign(*parts, seed=seed, network=network, scales=scales, arrays=arrays, gated=gated)


def _check_shapes(network: PredictiveCodingNetwork, arrays: NetworkArrays) -> None:
    for layer, w in enumerate(network.W, start=1):
        post, pre = w.shape
        wanted = (pre + network.has_biases, post), (post, pre)
        for what, shape in zip(("forward", "transposed"), wanted, strict=True):
            pairs = getattr(arrays, what)
            got = pairs[layer - 1].plus.shape if len(pairs) == network.depth else f"{len(pairs)} arrays"
            if got != shape:
                raise BadInput(f"arrays: {what} of layer {layer} is {got}, expected [row, column] = {shape}")


# --- graphs


def _graph_design(
    graph: PredictiveCodingGraph, technology: Technology, held: Clamps, seed: int, options: CompileOptions
) -> Design:
    _check_names(graph)
    if options.gate_feedback:
        raise BadInput("gate_feedback is an option of chains: a graph has no forward pass without feedback")
    if options.arrays is not None:
        raise BadInput("given arrays are an option of chains: a graph's arrays come from its weights")
    volts = options.volts_per_unit
    if isinstance(volts, Scales | Sequence):
        raise BadInput("volts_per_unit of a graph: give one number, or one for each population by name")
    ranges = population_ranges(graph, _known_states(graph, held))
    scales = choose_population_scales(graph, technology, ranges, volts)
    switched = tuple(graph.index(name) for name in options.feedback_switches)
    design = Design(graph, technology, held, scales, seed, switched)
    _check_held(design)
    return design


def _check_names(graph: PredictiveCodingGraph) -> None:
    """Refuse populations that a netlist cannot tell apart.

    Raises
    ------
    BadInput
    """
    seen: dict[str, str] = {}
    for name in graph.names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise BadInput(f"populations {other} and {name}: netlists have no upper case, rename one of them")
        if "error" in name.lower():
            raise BadInput(f'population {name}: no node of a netlist may hold the word "error", rename it')


def _known_states(graph: PredictiveCodingGraph, held: Clamps) -> list[GraphState]:
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


def _check_held(design: Design) -> None:
    """Refuse free populations whose activities nothing determines."""
    graph = design.graph
    for k, population in enumerate(graph.populations):
        free = design.clamps.free[k]
        pushed = graph.predicted[k] or bool(design.returns(k))
        gains = [gain[1] for gain in graph.gains if gain is not None and gain[0] == k]
        unmoved = free & (population.leaks == 0.0)
        unmoved[gains] = False
        if not pushed and unmoved.any():
            raise BadInput(
                f"population {population.name}, unit {int(np.argmax(unmoved))}: it is free, and neither a "
                "prediction, feedback nor a leak moves it; clamp it or give it a leak"
            )


# --- elements between the subcircuits


def _supplies(design: Design) -> tuple[Element, ...]:
    """The bias word lines of each population, complementary."""
    lines = tuple(line for k in design.bias_volts for (line,) in design.bias_lines(k))
    volts = [sign * unit for unit in design.bias_volts.values() for sign in (1.0, -1.0)]
    return (VoltageSources("bias", lines, grounds(len(lines)), np.array(volts)),) if lines else ()


def _clamps(design: Design) -> tuple[Element, ...]:
    found: tuple[Element, ...] = ()
    for k, free in enumerate(design.clamps.free):
        pinned = tuple(compress(design.buses[k]["x"], ~free))
        if pinned:
            found += clamp(f"clamp{design.names(k).nodes}", pinned)
    return found


def _switches(design: Design) -> tuple[Element, ...]:
    """The control lines of the switches of feedback."""
    found: tuple[Element, ...] = ()
    for k in design.switched:
        if not design.returns(k):
            raise BadInput(
                f"feedback_switches: no feedback reaches population {design.graph.names[k]}, so there is "
                "nothing to cut"
            )
        lines = design.switch_lines(k)
        found += (StimulusSources(f"switch{design.names(k).nodes}", lines, grounds(2)),)
    return found
