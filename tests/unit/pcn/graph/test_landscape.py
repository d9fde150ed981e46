"""Energy, forces and stiffness of a graph against finite differences and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.pcn import Clamps, Population, PredictiveCodingGraph, Projection, make_clamps
from analog_pc.pcn.graph.landscape import GraphLandscape

STEP = 1e-5
SAMPLES = 2


def everything(feedback: str | np.ndarray = "transpose", seed: int = 0) -> PredictiveCodingGraph:
    """A cycle, a self-projection, an identity, a gain within its own loop, leaks, and a matrix precision."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(3, 3))
    return PredictiveCodingGraph(
        [
            Population(name="a", size=2, activation="tanh", leak=[0.3, 0.0], prior=[1.0, 5.0]),
            Population(name="b", size=3, activation="sigmoid", precision=root @ root.T + np.eye(3)),
            Population(name="c", size=3, activation="tanh", precision=[0.5, 1.0, 2.0], leak=0.2, prior=-0.4),
        ],
        [
            Projection(
                source="a", target="b", weight=rng.normal(size=(3, 2)), bias=[0.1, 0.2, 0.3], gain=("c", 1)
            ),
            Projection(source="b", target="c", kind="identity", feedback="transpose"),
            Projection(source="c", target="b", weight=rng.normal(size=(3, 3)), feedback=feedback),
            Projection(source="c", target="c", weight=rng.normal(size=(3, 3))),
            Projection(source="a", target="c", weight=rng.normal(size=(3, 2)), bias=[1.0, 0.0, -1.0]),
        ],
    )


def problem(graph: PredictiveCodingGraph, seed: int = 1) -> tuple[GraphLandscape, list[np.ndarray]]:
    """One unit of each population but the first clamped, and a random point."""
    rng = np.random.default_rng(seed)
    clamps = {}
    for name, size in zip(graph.names[1:], graph.sizes[1:], strict=True):
        mask = np.ones((SAMPLES, size), dtype=bool)
        mask[:, 0] = False
        clamps[name] = np.ma.array(rng.normal(size=(SAMPLES, size)), mask=mask)
    landscape = GraphLandscape(graph, make_clamps(graph, clamps=clamps))
    return landscape, landscape.held([rng.normal(size=(SAMPLES, size)) for size in graph.sizes])


def by_hand(graph: PredictiveCodingGraph, x: list[np.ndarray]) -> np.ndarray:
    """The energy of the module's docstring, sample by sample and projection by projection."""
    total = np.zeros(SAMPLES)
    for sample in range(SAMPLES):
        for v, p in enumerate(graph.populations):
            at = x[v][sample]
            total[sample] += 0.5 * np.sum(p.leaks * (at - p.priors) ** 2)
            incoming = [q for q in graph.projections if q.target == p.name]
            if not incoming:
                continue
            mu = np.zeros(p.size)
            for q in incoming:
                seen = graph.population(q.source).f.f(x[graph.index(q.source)][sample])
                gain = 1.0 if q.gain is None else x[graph.index(q.gain[0])][sample, q.gain[1]]
                mu += gain * (seen if q.W is None else q.W @ seen)
                mu += 0.0 if q.b is None else q.b
            total[sample] += 0.5 * (at - mu) @ p.precision_matrix @ (at - mu)
    return total


def nudged(x: list[np.ndarray], population: int, unit: int, change: float) -> list[np.ndarray]:
    out = [a.copy() for a in x]
    out[population][:, unit] += change
    return out


def test_energy() -> None:
    landscape, x = problem(everything())
    np.testing.assert_allclose(landscape.state(x).energy, by_hand(landscape.graph, x), rtol=1e-14)  # rounding


def test_gradient_is_the_derivative_of_the_energy() -> None:
    landscape, x = problem(everything())
    graph = landscape.graph
    state = landscape.state(x)
    for v, size in enumerate(graph.sizes):
        for unit in range(size):
            up = by_hand(graph, nudged(x, v, unit, STEP))
            down = by_hand(graph, nudged(x, v, unit, -STEP))
            want = (up - down) / (2.0 * STEP) * landscape.clamps.free[v][unit]
            # Third derivatives of up to 1e2, times step^2 / 6; rounding of E, 1e-14, over the step.
            np.testing.assert_allclose(state.gradient[v][:, unit], want, rtol=0.0, atol=1e-7)


@pytest.mark.parametrize("feedback", ["transpose", "none", "own"])
def test_stiffness_is_the_derivative_of_the_forces(feedback: str) -> None:
    own = np.random.default_rng(3).normal(size=(3, 3))
    landscape, x = problem(everything(own if feedback == "own" else feedback))
    assert landscape.graph.symmetric == (feedback == "transpose")
    got = landscape.stiffness_matrix(landscape.state(x))
    flat = [(v, unit) for v, free in enumerate(landscape.clamps.free) for unit in np.flatnonzero(free)]
    assert got.shape == (SAMPLES, len(flat), len(flat))
    for column, (v, unit) in enumerate(flat):
        up = landscape.state(nudged(x, v, unit, STEP)).gradient
        down = landscape.state(nudged(x, v, unit, -STEP)).gradient
        difference = np.concatenate(up, axis=1) - np.concatenate(down, axis=1)
        want = difference[:, landscape.free] / (2.0 * STEP)
        np.testing.assert_allclose(got[:, :, column], want, rtol=0.0, atol=1e-7)  # as above
    if feedback == "transpose":
        np.testing.assert_allclose(got, np.swapaxes(got, 1, 2), rtol=0.0, atol=1e-13)  # rounding
    whole = landscape.hessian(landscape.state(x))
    np.testing.assert_allclose(whole[:, landscape.free][:, :, landscape.free], got, rtol=0.0, atol=1e-13)


def test_forces_with_feedback_of_its_own() -> None:
    """By hand: c -> b goes back by B, a -> b by W."""
    own = np.random.default_rng(3).normal(size=(3, 3))
    graph = everything(own)
    landscape, x = problem(graph)
    state = landscape.state(x)
    eps = [state.eps[1], state.eps[2]]
    lam = [eps[0] @ graph.populations[1].precision_matrix, eps[1] * graph.populations[2].pi]
    slope = 1.0 - np.tanh(x[2]) ** 2
    back = lam[0] @ own + lam[1] @ graph.weights[3]
    force = -lam[1] - 0.2 * (x[2] + 0.4) + slope * back
    force[:, 1] += np.einsum("si,si->s", lam[0], np.tanh(x[0]) @ graph.weights[0].T)
    np.testing.assert_allclose(-state.gradient[2][:, 1:], force[:, 1:], rtol=0.0, atol=1e-13)  # rounding


def test_forward_state() -> None:
    """Sources first; the cycle c <-> d starts at 0; a clamp of b has not acted on its prediction of e yet."""
    graph = PredictiveCodingGraph(
        [Population(name=name, size=1, activation="tanh") for name in "edcba"],
        [
            Projection(source="b", target="e", weight=[[2.0]]),
            Projection(source="a", target="b", weight=[[3.0]], bias=[0.5]),
            Projection(source="c", target="d", weight=[[1.0]]),
            Projection(source="d", target="c", weight=[[1.0]]),
        ],
    )
    clamps = make_clamps(graph, clamps={"a": [[0.2]], "b": [[7.0]], "d": [[1.0]]})
    x = GraphLandscape(graph, clamps).forward()
    predicted = 3.0 * np.tanh(0.2) + 0.5
    want = [2.0 * np.tanh(predicted), 1.0, 0.0, 7.0, 0.2]
    np.testing.assert_allclose(np.concatenate(x, axis=1)[0], want, rtol=1e-15)


def test_a_unit_on_a_kink() -> None:
    """x of relu, predicted to be -r, under a feedback h: forces -r to the left, -r + h to the right of 0."""

    def identity(name: str) -> Population:
        return Population(name=name, size=1)

    def moving(prediction: float, above: float) -> tuple[bool, float]:
        graph = PredictiveCodingGraph(
            [
                Population(name="x", size=1, activation="relu"),
                Population(name="y", size=1),
                Population(name="u", size=1),
            ],
            [
                Projection(source="u", target="x", weight=[[1.0]]),
                Projection(source="x", target="y", weight=[[1.0]]),
            ],
        )
        held = Clamps(tuple(np.array([free]) for free in (True, False, False)), (np.zeros((1, 1)),) * 3)
        state = GraphLandscape(graph, held).state(
            [np.zeros((1, 1)), np.full((1, 1), above), np.full((1, 1), prediction)]
        )
        return bool(state.moving[0][0, 0]), float(-state.gradient[0][0, 0])

    assert moving(0.5, -2.0) == (False, 0.0)  # pushed up from below, down from above: it stays
    assert moving(0.5, 2.0) == (True, 2.5)  # up on both sides
    assert moving(-0.5, 2.0) == (True, -0.5)  # away on both sides: f' is the slope of the left side
    assert moving(-0.5, -2.0) == (True, -0.5)  # down on both sides


def test_clamps_by_name() -> None:
    graph = everything()
    with pytest.raises(ValueError, match="a graph has no inputs and targets: clamp its populations by name"):
        make_clamps(graph, inputs=[[0.0, 0.0]])
    with pytest.raises(ValueError, match="no population 'z'; there are a, b, c"):
        make_clamps(graph, clamps={"z": [[0.0]]})
    with pytest.raises(ValueError, match=r"clamps of a: shape \(1, 3\), expected \(samples, 2\)"):
        make_clamps(graph, clamps={"a": [[0.0, 0.0, 0.0]]})
    with pytest.raises(ValueError, match="clamps need one equal, non-zero number of samples"):
        make_clamps(graph, clamps={})
