"""From a network and a technology to a circuit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import overload

import numpy as np

from analog_pc.arrays import ArrayLike
from analog_pc.cells import clamp
from analog_pc.circuit import Bus, Circuit, Element, VoltageSources, check_circuit, grounds
from analog_pc.compiler.compiled import CompiledNetwork
from analog_pc.compiler.graph.compile import compile_graph
from analog_pc.compiler.graph.compiled import CompiledGraph
from analog_pc.compiler.layers import Design, bias_lines, layer_instance, names, program_arrays
from analog_pc.compiler.options import DEFAULTS, CompileOptions
from analog_pc.errors import BadInput
from analog_pc.mapping import NetworkArrays, PopulationScales, choose_scales, forward_ranges
from analog_pc.pcn import PredictiveCodingGraph, PredictiveCodingNetwork, make_clamps
from analog_pc.pcn.clamps import ClampValues
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
        For what `relax` refuses of clamps, a forward pass that overflows, volts per unit that would
        saturate, arrays of other shapes than the network's, and free units that nothing moves.

    Examples
    --------
    >>> from analog_pc import Native, compile_network, random_network, technology
    >>> network = random_network((2, 3, 1), "tanh", seed=0)
    >>> compiled = compile_network(network, technology("ideal"), [[0.5, -0.5]], [[1.0]])
    >>> solution = Native().simulate(compiled.circuit, compiled.operating_point())
    >>> compiled.decode(solution)
    <Equilibrium 2-3-1, 1 of 1 samples converged>
    """
    held = make_clamps(network, inputs, targets, clamps)
    if isinstance(network, PredictiveCodingGraph):
        return compile_graph(network, technology, held, seed, options)
    if options.feedback_switches:
        raise BadInput("feedback_switches is an option of graphs: give network.graph, or gate_feedback=True")
    volts = options.volts_per_unit
    if isinstance(volts, Mapping | PopulationScales):
        raise BadInput("volts_per_unit of a chain: give one number, one for each layer, or Scales")
    scales = choose_scales(network, technology, forward_ranges(network, held), volts)
    arrays = options.arrays
    if arrays is None:
        arrays = program_arrays(network, technology, seed)
    _check_shapes(network, arrays)
    design = Design(network, technology, held, scales, seed, options.gate_feedback, arrays)
    layers = range(network.depth + 1)
    circuit = Circuit(
        "pcn",
        _supplies(design) + _clamps(design),
        tuple(layer_instance(design, k) for k in layers),
        technology.temperature,
    )
    check_circuit(circuit)
    return CompiledNetwork(circuit, design)


def _check_shapes(network: PredictiveCodingNetwork, arrays: NetworkArrays) -> None:
    for layer, w in enumerate(network.W, start=1):
        post, pre = w.shape
        wanted = (pre + network.has_biases, post), (post, pre)
        for what, shape in zip(("forward", "transposed"), wanted, strict=True):
            pairs = getattr(arrays, what)
            got = pairs[layer - 1].plus.shape if len(pairs) == network.depth else f"{len(pairs)} arrays"
            if got != shape:
                raise BadInput(f"arrays: {what} of layer {layer} is {got}, expected [row, column] = {shape}")


def _clamps(design: Design) -> tuple[Element, ...]:
    found: tuple[Element, ...] = ()
    for layer, free in enumerate(design.clamps.free):
        nodes = names(layer, len(free))["x"]
        pinned = tuple(node for node, is_free in zip(nodes, free, strict=True) if not is_free)
        if pinned:
            found += clamp(f"clamp{layer}", pinned)
    return found


def _supplies(design: Design) -> tuple[Element, ...]:
    """The bias word lines of each layer, complementary, at a rate of 1 of the layer below."""
    if not design.network.has_biases:
        return ()
    lines: Bus = ()
    volts: list[float] = []
    for layer, unit in enumerate(design.scales.rate, start=1):
        line, inverse = bias_lines(layer)
        lines += line + inverse
        volts += [unit, -unit]
    return (VoltageSources("bias", lines, grounds(len(lines)), np.array(volts)),)
