"""What a graph refuses, by name, and what it keeps."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import (
    Population,
    PredictiveCodingGraph,
    PredictiveCodingNetwork,
    Projection,
    random_network,
)

A = Population(name="a", size=2)
B = Population(name="b", size=3, activation="tanh")
W = np.arange(6.0).reshape(3, 2)

POPULATIONS = {
    "name": ({"name": "a b"}, "a population is called 'a b': use letters, digits"),
    "no name": ({"name": ""}, "a population is called ''"),
    "size": ({"size": 0}, "population a: size is 0, must be a whole number >= 1"),
    "size float": ({"size": 2.0}, r"size is 2\.0"),
    "size huge": ({"size": 10**12}, "size is 1000000000000, must be at most"),
    "precision ragged": ({"precision": [[1.0, 2.0], [3.0]]}, "precision has rows of different lengths"),
    "activation": ({"activation": "softplus"}, "unknown activation 'softplus'"),
    "precision 0": ({"precision": 0.0}, r"population a: precision is 0\.0, must be > 0"),
    "precision tiny": ({"precision": 1e-300}, "must be within 1e-100 ... 1e100"),
    "precision vector": ({"precision": [1.0, -1.0]}, r"precision is -1\.0, must be > 0"),
    "precision size": (
        {"precision": [1.0, 1.0, 1.0]},
        r"precision has shape \(3,\), expected one number or \(2,\)",
    ),
    "precision nan": ({"precision": [1.0, np.nan]}, r"precision\[1\] is nan"),
    "matrix size": ({"precision": np.eye(3)}, r"precision has shape \(3, 3\)"),
    "matrix": ({"precision": [[1.0, 0.5], [0.0, 1.0]]}, "is not symmetric"),
    "indefinite": (
        {"precision": [[1.0, 2.0], [2.0, 1.0]]},
        "has an eigenvalue -1, a matrix must be positive definite",
    ),
    "leak": ({"leak": -1.0}, r"population a: leak is -1\.0, must be >= 0"),
    "prior": ({"prior": [0.0]}, r"prior has shape \(1,\)"),
    "prior text": ({"prior": "x"}, "prior is not an array of numbers"),
}


@pytest.mark.parametrize(("arguments", "message"), POPULATIONS.values(), ids=POPULATIONS.keys())
def test_population_refuses(arguments: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Population(**{"name": "a", "size": 2, **arguments})


PROJECTIONS = {
    "source": ({"source": "c"}, r"projection c->b: no population 'c'; there are a, b"),
    "target": ({"target": None}, "the target of a projection is called None"),
    "kind": ({"kind": "sparse"}, "unknown kind 'sparse', use one of dense, identity, block, convolution"),
    "no weight": ({"weight": None}, "projection a->b: kind dense needs a weight"),
    "identity weight": ({"kind": "identity"}, "kind identity has no weight"),
    "identity sizes": ({"kind": "identity", "weight": None}, "an identity joins equal sizes, got a 2, b 3"),
    "transposed": ({"weight": W.T}, r"weight has shape \(2, 3\), expected \[post, pre\] \(3, 2\)"),
    "nan": ({"weight": np.full((3, 2), np.nan)}, r"weight\[0, 0\] is nan"),
    "bias": ({"bias": [0.0]}, r"bias has shape \(1,\), expected \(3,\)"),
    "feedback": ({"feedback": "learnt"}, "feedback 'learnt', use one of transpose, none or a matrix"),
    "feedback shape": ({"feedback": W.T}, r"feedback has shape \(2, 3\)"),
    "plastic": ({"plastic": 1}, "plastic is 1, must be True or False"),
    "gain": ({"gain": "a"}, r"gain is 'a', expected \(population, unit\)"),
    "gain population": ({"gain": ("z", 0)}, "no population 'z'"),
    "gain unit": ({"gain": ("a", 2)}, "gain unit 2, a has 2"),
    "gain fraction": ({"gain": ("a", 0.5)}, r"gain unit 0\.5 must be a whole number"),
    "pattern": ({"pattern": np.zeros((3, 2))}, "kind dense has no pattern"),
    "pattern shape": ({"kind": "block", "pattern": [[0]]}, r"whole numbers from -1 to 5, of shape \(3, 2\)"),
    "pattern fraction": ({"kind": "block", "pattern": W / 2.0}, "whole numbers"),
    "pattern off": (
        {"kind": "block", "pattern": np.full((3, 2), -1)},
        "not 0 where its pattern has no device",
    ),
    "pattern shared": ({"kind": "convolution", "pattern": 0.0 * W}, "must have the same weight"),
    "name": ({"name": "a b"}, "must be printable text without spaces"),
}


@pytest.mark.parametrize(("arguments", "message"), PROJECTIONS.values(), ids=PROJECTIONS.keys())
def test_projection_refuses(arguments: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        PredictiveCodingGraph(
            [A, B], [Projection(**{"source": "a", "target": "b", "weight": W, **arguments})]
        )


def test_graph_refuses() -> None:
    with pytest.raises(BadInput, match="at least one population"):
        PredictiveCodingGraph([], [])
    with pytest.raises(BadInput, match="populations named a twice"):
        PredictiveCodingGraph([A, A], [])
    twice = [Projection(source="a", target="b", weight=W)] * 2
    with pytest.raises(BadInput, match="projections named a->b twice: give each a name of its own"):
        PredictiveCodingGraph([A, B], twice)
    with pytest.raises(BadInput, match="populations of a graph: got Projection, expected Population"):
        PredictiveCodingGraph(twice, [])  # type: ignore[arg-type]
    graph = PredictiveCodingGraph([A], [])
    with pytest.raises(BadInput, match="no population 'z'; there are a"):
        graph.index("z")
    with pytest.raises(BadInput, match="no projection 'z'"):
        graph.projection("z")


def test_names_indices_and_arrays() -> None:
    other = 2.0 * W
    graph = PredictiveCodingGraph(
        [A, B, Population(name="c", size=3, precision=[[2.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]])],
        [
            Projection(source="a", target="b", weight=W, bias=[1.0, 2.0, 3.0]),
            Projection(source="b", target="c", kind="identity", feedback="none", gain=("a", 1)),
            Projection(source="a", target="c", weight=W, feedback=other, name="skip"),
        ],
    )
    assert graph.names == ("a", "b", "c")
    assert graph.sizes == (2, 3, 3)
    assert graph.index("b") == 1
    assert graph.population("b") is B
    assert graph.projection("skip").weight is W
    assert graph.predicted == (False, True, True)
    assert graph.gains == (None, (0, 1), None)
    np.testing.assert_array_equal(graph.weights[1], np.eye(3))
    np.testing.assert_array_equal(graph.feedback[0], W)
    np.testing.assert_array_equal(graph.feedback[1], np.zeros((3, 3)))
    np.testing.assert_array_equal(graph.feedback[2], other)
    assert not graph.symmetric
    assert graph.acyclic
    assert repr(graph) == "<PredictiveCodingGraph a 2, b 3, c 3; 3 projections>"
    with pytest.raises(ValueError, match="read-only"):
        graph.weights[0][0, 0] = 1.0
    np.testing.assert_array_equal(
        graph.population("c").weighted(np.array([[1.0, 0.0, 2.0]])), [[2.0, 1.0, 2.0]]
    )


def test_topological_order_and_cycles() -> None:
    """d -> c <-> b, c -> a and a gain from e on it: the cycle waits for nothing, a waits for c and e."""
    names = "abcde"
    graph = PredictiveCodingGraph(
        [Population(name=name, size=1) for name in names],
        [
            Projection(source="d", target="c", weight=[[1.0]]),
            Projection(source="b", target="c", weight=[[1.0]]),
            Projection(source="c", target="b", weight=[[1.0]]),
            Projection(source="c", target="a", weight=[[1.0]], gain=("e", 0)),
        ],
    )
    assert graph.on_cycle == (False, True, True, False, False)
    assert graph.order == (1, 2, 3, 4, 0)
    itself = PredictiveCodingGraph([A], [Projection(source="a", target="a", weight=np.eye(2))])
    assert itself.on_cycle == (True,)


def test_a_chain_is_a_graph() -> None:
    net = random_network((2, 3, 4), "relu", seed=1, precision=[0.5, 2.0])
    graph = net.graph
    assert graph.names == ("0", "1", "2")
    assert graph.sizes == net.sizes
    assert [p.activation for p in graph.populations] == ["identity", "relu", "relu"]
    for weight, bias, projection in zip(net.W, net.b, graph.projections, strict=True):
        assert projection.W is weight  # nothing is copied
        assert projection.b is bias
    assert [float(p.pi[0]) for p in graph.populations[1:]] == [0.5, 2.0]
    assert (
        PredictiveCodingNetwork(net.W, activation="tanh", activate_input=True).graph.populations[0].activation
        == "tanh"
    )


def test_other_parameters() -> None:
    graph = random_network((2, 3, 4), seed=1).graph
    changed = graph.with_parameters({"0->1": W}, {"1->2": [1.0, 2.0, 3.0, 4.0]})
    np.testing.assert_array_equal(changed.weights[0], W)
    np.testing.assert_array_equal(changed.projections[1].b, [1.0, 2.0, 3.0, 4.0])
    assert changed.weights[1] is graph.weights[1]
    with pytest.raises(BadInput, match="no projection 'z'"):
        graph.with_parameters({"z": W})
