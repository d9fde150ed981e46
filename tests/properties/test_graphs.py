"""Random graphs: cycles, self-projections, gains, partial clamps, mixed activations, all kinds of springs."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.activations import ACTIVATIONS
from analog_pc.pcn import (
    Clamps,
    Population,
    PredictiveCodingGraph,
    Projection,
    graph_energy,
    make_clamps,
    random_network,
    relax,
    relax_trajectory,
)
from analog_pc.pcn.graph.landscape import GraphLandscape

FEW = settings(max_examples=20, deadline=None, derandomize=True)
FEWER = settings(max_examples=6, deadline=None, derandomize=True)  # each integrates a differential equation
SEEDS = st.integers(0, 100_000)
SMOOTH = [n for n, a in ACTIVATIONS.items() if not a.kinks]
SAMPLES = 2


def drawn(seed: int, names: list[str], *, own_feedback: bool = False) -> tuple[PredictiveCodingGraph, Clamps]:
    """2 to 4 populations of 1 to 3 units, any projections between them (weights about 1 / sqrt(fan in)), each
    population held by a leak or by being predicted, a third of all units clamped."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 5))
    sizes = rng.integers(1, 4, count).tolist()
    populations = []
    for k, size in enumerate(sizes):
        root = 0.5 * rng.normal(size=(size, size))
        precision = [rng.uniform(0.5, 2.0), rng.uniform(0.5, 2.0, size), root @ root.T + np.eye(size)]
        populations.append(
            Population(
                name=f"p{k}",
                size=size,
                activation=str(rng.choice(names)),
                precision=precision[rng.integers(3)],
                leak=rng.uniform(0.2, 1.0),
                prior=rng.normal(size=size),
            )
        )
    projections = []
    for source in range(count):
        for target in range(count):
            if rng.random() > 0.5:
                continue
            shape = (sizes[target], sizes[source])
            identity = shape[0] == shape[1] and rng.random() < 0.2
            weight = rng.normal(size=shape) / np.sqrt(1.5 * shape[1])
            back = weight + 0.3 * rng.normal(size=shape) if own_feedback else "transpose"
            gain = None
            if rng.random() < 0.2:
                population = int(rng.integers(count))
                gain = (f"p{population}", int(rng.integers(sizes[population])))
            projections.append(
                Projection(
                    source=f"p{source}",
                    target=f"p{target}",
                    weight=None if identity else weight,
                    kind="identity" if identity else "dense",
                    bias=rng.normal(size=shape[0]) if rng.random() < 0.5 else None,
                    feedback="transpose" if identity else back,
                    gain=gain,
                )
            )
    graph = PredictiveCodingGraph(populations, projections)
    clamps = {}
    for name, size in zip(graph.names, graph.sizes, strict=True):
        mask = np.tile(rng.random(size) > 0.34, (SAMPLES, 1))
        clamps[name] = np.ma.array(rng.normal(size=(SAMPLES, size)), mask=mask)
    return graph, make_clamps(graph, clamps=clamps)


@FEWER
@given(SEEDS)
def test_newton_ends_where_the_flow_ends(seed: int) -> None:
    graph, clamps = drawn(seed, SMOOTH)
    newton = relax(graph, clamps=clamps)
    flow = relax(graph, clamps=clamps, method="flow", tolerance=1e-8)
    assert newton.relaxation.all_converged, newton.relaxation.message
    assert flow.relaxation.all_converged, flow.relaxation.message
    for a, b in zip(newton.activities, flow.activities, strict=True):
        # |dE/dx| <= 1e-8 of the activities over the smallest eigenvalue, seldom below 0.01.
        np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-5)


@FEWER
@given(SEEDS)
def test_newton_ends_where_the_flow_ends_without_an_energy(seed: int) -> None:
    graph, clamps = drawn(seed, SMOOTH, own_feedback=True)
    newton = relax(graph, clamps=clamps)
    flow = relax(graph, clamps=clamps, method="flow", tolerance=1e-8)
    assert newton.relaxation.converged.tolist() == flow.relaxation.converged.tolist()
    for a, b in zip(newton.activities, flow.activities, strict=True):
        rests = newton.relaxation.converged
        np.testing.assert_allclose(a[rests], b[rests], rtol=0.0, atol=1e-5)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(SEEDS)
def test_newton_ends_where_the_flow_ends_on_kinks(seed: int) -> None:
    graph, clamps = drawn(seed, list(ACTIVATIONS))
    newton = relax(graph, clamps=clamps)
    flow = relax(graph, clamps=clamps, method="flow", tolerance=1e-8)
    assert newton.relaxation.all_converged, newton.relaxation.message
    for a, b in zip(newton.activities, flow.activities, strict=True):
        # Gates of the flow open within 1e-7 of the largest activity.
        np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-4)


@FEW
@given(SEEDS)
def test_forces_are_the_slope_of_the_energy(seed: int) -> None:
    graph, clamps = drawn(seed, SMOOTH)
    landscape = GraphLandscape(graph, clamps)
    rng = np.random.default_rng(seed)
    x = landscape.held([rng.normal(size=(SAMPLES, n)) for n in graph.sizes])
    direction = [rng.normal(size=a.shape) * f for a, f in zip(x, clamps.free, strict=True)]
    state = landscape.state(x)
    slope = sum((g * d).sum(axis=1) for g, d in zip(state.gradient, direction, strict=True))
    step = 1e-5
    up, down = (
        landscape.state([a + s * d for a, d in zip(x, direction, strict=True)]) for s in (step, -step)
    )
    # Third derivatives of up to 1e3 times step^2 / 6, and rounding of E over the step.
    np.testing.assert_allclose((up.energy - down.energy) / (2.0 * step), slope, rtol=1e-6, atol=1e-6)


@FEWER
@given(SEEDS)
def test_the_energy_never_rises(seed: int) -> None:
    graph, clamps = drawn(seed, SMOOTH)
    path = relax_trajectory(graph, clamps, np.linspace(0.0, 8.0, 81))
    energy = graph_energy(graph, clamps, path)
    assert energy.shape == (81, SAMPLES)
    # Interpolation of the integrator between its steps: 1e-10 relative.
    assert (np.diff(energy, axis=0) <= 1e-8 * np.maximum(energy[:1], 1.0)).all()
    rest = relax(graph, clamps=clamps)
    assert (rest.energy <= energy[-1] * (1.0 + 1e-8)).all()


@FEW
@given(st.lists(st.integers(1, 5), min_size=3, max_size=5), st.sampled_from(list(ACTIVATIONS)), SEEDS)
def test_a_chain_is_its_graph(sizes: list[int], name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = random_network(sizes, name, seed=seed, precision=rng.uniform(0.5, 2.0, len(sizes) - 1))
    net = base.with_parameters(base.W, [rng.normal(size=n) for n in sizes[1:]])
    x = rng.normal(size=(2, sizes[0]))
    t = rng.normal(size=(2, sizes[-1]))
    chain = relax(net, x, t)
    graph = relax(net.graph, clamps={"0": x, str(net.depth): t})
    assert chain.relaxation.all_converged, chain.relaxation.message
    assert graph.relaxation.all_converged, graph.relaxation.message
    for a, b in zip(chain.activities, graph.activities, strict=True):
        np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-10)  # 1e-12 of the forces over an eigenvalue
