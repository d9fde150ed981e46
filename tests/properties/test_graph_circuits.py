"""Random graphs as circuits: cycles, self-projections, gains, own feedback, mixed activations and clamps.

The circuit of ideal parts agrees with the reference within the tolerance that is derived from the finite gain
(`verification/graph_tolerances.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analog_pc.arrays import Floats, Masked
from analog_pc.compiler import CompiledGraph, compile_network
from analog_pc.pcn import Equilibrium, Population, PredictiveCodingGraph, relax
from analog_pc.simulators import Native, Ngspice, Vacask
from analog_pc.technology import IDEAL, Technology
from analog_pc.verification import compare
from analog_pc.verification.compare_graph import full_scales_of_graph
from analog_pc.verification.graph_tolerances import graph_tolerances

# Found whatever import mode pytest runs in.
sys.path.insert(0, str(Path(__file__).parent))
from random_graphs import random_graph

SEEDS = st.integers(0, 100_000)
# Of the largest E.  Native: steps leave 1e-8 each, a finite gain lets the circuit miss the gradient by 1e-7.
# ngspice: its step control leaves 1e-5 of the full scale in a waveform, so twice that of E.
RISE = {Native: 1e-6, Ngspice: 2e-5}


def drawn(
    seed: int, technology: Technology = IDEAL, *, symmetric: bool = False
) -> tuple[CompiledGraph, Equilibrium] | None:
    """A graph that has equilibria under its clamps; None for one that has none."""
    graph, clamps = random_graph(seed, symmetric=symmetric)
    if any(moved_by_products_alone(p, graph, clamps) for p in graph.populations):
        return None
    ideal = relax(graph, clamps=clamps)
    if not ideal.relaxation.all_converged:
        return None
    return compile_network(graph, technology, clamps=clamps), ideal


def moved_by_products_alone(
    population: Population, graph: PredictiveCodingGraph, clamps: Mapping[str, Masked]
) -> bool:
    """Free, without prediction and leak: multipliers alone move it, and they pass nothing around 0 V.

    The native simulator eliminates the linear part of a circuit first, and says that nothing there determines
    such a node (a gain without leak, or a source whose rectifiers are off at 0 V); ngspice has no such limit.
    """
    free = clamps[population.name].mask[0]
    unpredicted = not graph.predicted[graph.index(population.name)]
    gate = float(population.f.gate(np.zeros(1))[0])
    linear = gate != 0.0 and any(
        source == population.name and gain is None and not (isinstance(feedback, str) and feedback == "none")
        for source, gain, feedback in ((p.source, p.gain, p.feedback) for p in graph.projections)
    )
    return bool(unpredicted and not linear and (free & (population.leaks == 0.0)).any())


def check(compiled: CompiledGraph, ideal: Equilibrium, simulator: Native | Ngspice | Vacask) -> None:
    solution = simulator.simulate(compiled.circuit, compiled.operating_point())
    found = compiled.decode(solution)
    assert found.relaxation.all_converged, found.relaxation.message
    failed = [c for c in compare(ideal, found, compiled) if not c.passed]
    assert not failed, failed


@settings(max_examples=10, deadline=None, derandomize=True)
@given(SEEDS)
def test_native_agrees_with_the_reference(seed: int) -> None:
    one = drawn(seed)
    assume(one is not None)
    assert one is not None
    check(*one, Native())


@pytest.mark.parametrize("seed", [3, 5, 9, 17, 59])
def test_ngspice_agrees_with_the_reference(seed: int) -> None:
    one = drawn(seed)
    assert one is not None
    check(*one, Ngspice())


@settings(max_examples=4, deadline=None, derandomize=True)
@given(SEEDS)
def test_the_tolerance_covers_a_low_gain(seed: int) -> None:
    """At a gain of 1e5 the deviations are 1e4 times as large, and so is the derived tolerance."""
    one = drawn(seed, replace(IDEAL, opamp_gain=1e5))
    assume(one is not None)
    assert one is not None
    compiled, ideal = one
    found = compiled.decode(Native().simulate(compiled.circuit, compiled.operating_point()))
    scales = full_scales_of_graph(ideal, compiled)
    allowed = graph_tolerances(compiled, ideal, scales)
    for comparison in compare(ideal, found, compiled):
        quantity = comparison.quantity
        assert comparison.residual <= allowed[quantity], (quantity, comparison.residual, allowed[quantity])


def along_a_transient(seed: int, simulator: Native | Ngspice) -> Floats | None:
    """E [times] of the circuit of a random graph whose feedback is the transpose, from random activities."""
    one = drawn(seed, symmetric=True)
    if one is None:
        return None
    compiled, _ = one
    rng = np.random.default_rng(seed)
    start = [rng.normal(size=n) for n in compiled.graph.sizes]
    solution = simulator.simulate(compiled.circuit, compiled.transient(start=start, duration=10.0))
    return compiled.decode_waveform(solution).energy


@settings(max_examples=4, deadline=None, derandomize=True)
@given(SEEDS)
def test_energy_never_rises_along_a_transient(seed: int) -> None:
    energy = along_a_transient(seed, Native())
    assume(energy is not None)
    assert energy is not None
    assert (np.diff(energy) <= RISE[Native] * energy.max()).all()


@pytest.mark.slow
@pytest.mark.parametrize(("simulator", "graphs"), [(Native, 150), (Ngspice, 40), (Vacask, 30)])
def test_simulators_agree_with_the_reference_on_many_graphs(simulator: type, graphs: int) -> None:
    """The first graphs that have equilibria, of seeds that no other test here has."""
    checked = 0
    for seed in range(200_000, 200_000 + 4 * graphs):
        one = drawn(seed)
        if one is None:
            continue
        check(*one, simulator())
        checked += 1
        if checked == graphs:
            return
    pytest.fail(f"{checked} of {4 * graphs} random graphs have equilibria, expected {graphs}")


@pytest.mark.slow
@pytest.mark.parametrize("simulator", [Native, Ngspice])
def test_energy_never_rises_along_a_transient_of_many_graphs(simulator: type) -> None:
    for seed in range(300_000, 300_040):
        energy = along_a_transient(seed, simulator())
        if energy is not None:
            assert (np.diff(energy) <= RISE[simulator] * energy.max()).all(), seed
