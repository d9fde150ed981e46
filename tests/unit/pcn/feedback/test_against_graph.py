"""A chain's error path against the same chain as a graph, whose relaxation is other code."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.pcn import Population, PredictiveCodingGraph, Projection, random_network, relax
from analog_pc.pcn.feedback import ErrorPath, random_feedback, relax_on_path

RNG = np.random.default_rng(6)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("sizes", [(4, 6, 3), (4, 6, 5, 3)])
def test_a_graph_with_the_same_feedback_rests_there_too(activation: str, sizes: tuple[int, ...]) -> None:
    network = random_network(sizes, activation, seed=3, precision=np.linspace(0.5, 2.0, len(sizes) - 1))
    feedback = random_feedback(network, scale=0.7, seed=4)
    inputs = RNG.normal(size=(5, sizes[0]))
    targets = RNG.normal(size=(5, sizes[-1]))
    populations = [Population(name="0", size=sizes[0])]
    projections = []
    for k, (w, b, back) in enumerate(zip(network.W, network.b, feedback, strict=True), 1):
        own = {"activation": activation, "precision": float(network.pi[k - 1])}
        populations.append(Population(name=str(k), size=sizes[k], **own))
        projections.append(Projection(source=str(k - 1), target=str(k), weight=w, bias=b, feedback=back))
    graph = PredictiveCodingGraph(populations, projections)
    wanted = relax(graph, clamps={"0": inputs, str(len(sizes) - 1): targets})
    found = relax_on_path(network, ErrorPath(feedback=feedback), inputs, targets)
    assert wanted.relaxation.all_converged
    for k in range(len(sizes)):
        np.testing.assert_allclose(
            found.activities[k], wanted.activities[graph.index(str(k))], rtol=0.0, atol=1e-8
        )
