"""GRAPH.npz: round trip and refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import (
    Population,
    PredictiveCodingGraph,
    Projection,
    load_graph,
    load_network,
    random_network,
    save_graph,
    save_network,
    unrolled_blocks,
)

RNG = np.random.default_rng(0)


def everything() -> PredictiveCodingGraph:
    loop = RNG.normal(size=(2, 2))
    blocks = unrolled_blocks([[1.0, 2.0]], 2)
    return PredictiveCodingGraph(
        [
            Population(name="a", size=4, activation="tanh", leak=[0.0, 1.0, 2.0, 3.0], prior=0.5),
            Population(name="b", size=2, precision=[[2.0, 1.0], [1.0, 3.0]]),
            Population(name="c", size=2, activation="relu", precision=[0.5, 4.0]),
        ],
        [
            Projection(
                source="a", target="b", kind="block", **blocks._asdict(), plastic=False, gain=("c", 1)
            ),
            Projection(source="b", target="c", kind="identity", feedback="none"),
            Projection(
                source="c", target="c", weight=loop, bias=[1.0, 2.0], feedback=2.0 * loop, name="loop"
            ),
        ],
    )


def test_round_trip(tmp_path: Path) -> None:
    graph = everything()
    save_graph(tmp_path / "graph.npz", graph)
    back = load_graph(str(tmp_path / "graph.npz"))
    for p, q in zip(graph.populations, back.populations, strict=True):
        assert (p.name, p.size, p.activation) == (q.name, q.size, q.activation)
        for name in ("pi", "leaks", "priors"):
            np.testing.assert_array_equal(getattr(p, name), getattr(q, name))
    for p, q in zip(graph.projections, back.projections, strict=True):
        for name in ("name", "source", "target", "kind", "plastic", "gain"):
            assert getattr(p, name) == getattr(q, name)
        for name in ("W", "b", "back", "shared"):
            np.testing.assert_array_equal(getattr(p, name), getattr(q, name))
    for a, b in zip(graph.feedback, back.feedback, strict=True):
        np.testing.assert_array_equal(a, b)


def test_without_projections(tmp_path: Path) -> None:
    save_graph(tmp_path / "graph.npz", PredictiveCodingGraph([Population(name="a", size=1, leak=1.0)], []))
    assert load_graph(tmp_path / "graph.npz").sizes == (1,)


def test_a_chain_is_no_graph_and_a_graph_no_chain(tmp_path: Path) -> None:
    net = random_network((2, 3), seed=0)
    save_network(tmp_path / "net.npz", net)
    save_graph(tmp_path / "graph.npz", net.graph)
    with pytest.raises(BadInput, match="is a chain: read it with load_network"):
        load_graph(tmp_path / "net.npz")
    with pytest.raises(BadInput, match="is a graph of populations, not a chain: read it with load_graph"):
        load_network(tmp_path / "graph.npz")
    np.testing.assert_array_equal(load_graph(tmp_path / "graph.npz").weights[0], net.W[0])


REFUSED = {
    "no graph": ({"graph": None}, "is no graph: it has no entry 'graph'"),
    "version": ({"graph": 2}, "is a graph of another version than 1"),
    "missing": ({"kinds": None, "plastic": None}, "missing kinds, plastic"),
    "leak": ({"leak.b": None}, r"missing leak\.b"),
    "unknown": ({"weight.9": np.ones((2, 2))}, r"unknown entries weight\.9"),
    "short": ({"sizes": [4, 2]}, r"sizes has shape \(2,\), expected \(3,\)"),
    "sizes": ({"sizes": [4.0, 2.0, 2.0]}, "sizes is of type float64"),
    "size": ({"sizes": [4, 2, 0]}, "population c: size is 0"),
    "plastic": ({"plastic": [1, 0, 1]}, "plastic is of type int64"),
    "names": ({"names": [1, 2, 3]}, r"names must be a list of texts, got int64 of shape \(3,\)"),
    "feedback": ({"feedback.2": None}, "feedback.2 and feedback 'own' go together"),
    "weight": ({"weight.2": np.full((2, 2), np.nan)}, r"projection loop: weight\[0, 0\] is nan"),
    "precision": ({"precision.c": np.array([0.0, 1.0])}, r"population c: precision is 0\.0"),
    "pattern": ({"pattern.0": np.zeros((2, 4))}, "must have the same weight"),
    "pattern huge": ({"pattern.0": np.full((2, 4), 2**50)}, "whole numbers from -1 to 7"),
    "gain": ({"gain_units": [7, -1, -1]}, "gain unit 7, c has 2"),
    "source": ({"sources": ["a", "b", "z"]}, "no population 'z'"),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(changes: dict, message: str, tmp_path: Path) -> None:
    path = tmp_path / "graph.npz"
    save_graph(path, everything())
    with np.load(path) as stored:
        arrays = dict(stored)
    for name, value in changes.items():
        arrays.pop(name, None)
        if value is not None:
            arrays[name] = np.asarray(value)
    np.savez(path, **arrays)
    with pytest.raises(BadInput, match=message) as refused:
        load_graph(path)
    assert str(refused.value).startswith(str(path))
