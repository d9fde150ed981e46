"""Arguments that mean nothing are refused in one line, which says what they are and what to give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import (
    Population,
    PredictiveCodingGraph,
    PredictiveCodingNetwork,
    Projection,
    backprop_update,
    fixed_prediction,
    graph_energy,
    graph_update,
    hebbian_update,
    levelled,
    levels,
    random_network,
    relax,
    relax_for,
    relax_trajectory,
    save_graph,
    save_network,
    updated,
    zero_divergence_update,
)
from analog_pc.pcn.feedback import ErrorPath, relax_on_path

NET: Any = random_network((2, 3, 1), "tanh", seed=1)
GRAPH: Any = NET.graph
X = [[0.5, -0.5]]
Y = [[0.3]]
HELD: Any = {"0": X, "2": Y}
NAN = float("nan")

RELAX: dict[str, Callable[..., object]] = {
    "chain": lambda **options: relax(NET, X, Y, **options),
    "graph": lambda **options: relax(GRAPH, clamps=HELD, **options),
    "flow": lambda **options: relax(NET, X, Y, method="flow", **options),
    "path": lambda **options: relax_on_path(NET, ErrorPath(gate=0.7), X, Y, **options),
}


@pytest.mark.parametrize("road", RELAX.values(), ids=RELAX.keys())
@pytest.mark.parametrize("tolerance", [-1.0, NAN, np.inf, "1", None, True])
def test_a_tolerance_is_a_finite_number(road: Callable[..., object], tolerance: object) -> None:
    with pytest.raises(BadInput, match=r"tolerance = .*must be finite and >= 0"):
        road(tolerance=tolerance)


@pytest.mark.parametrize("road", RELAX.values(), ids=RELAX.keys())
@pytest.mark.parametrize("iterations", [-1, 0, 3.0, "3", None, True])
def test_iterations_are_counted(road: Callable[..., object], iterations: object) -> None:
    with pytest.raises(BadInput, match=r"max_iterations = .*must be a whole number >= 1"):
        road(max_iterations=iterations)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duration": "1"}, "duration = '1', must be finite and >= 0"),
        ({"duration": NAN}, "duration = nan"),
        ({"duration": 1.0, "precision": -1.0}, r"precision = -1\.0, must be finite and > 0"),
    ],
)
def test_relax_for_takes_numbers(options: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        relax_for(NET, inputs=X, **options)


@pytest.mark.parametrize("network", [NET, GRAPH], ids=["chain", "graph"])
@pytest.mark.parametrize("clamps", [X, np.array(X), [X], "0", 0])
def test_clamps_are_a_mapping(network: Any, clamps: Any) -> None:
    with pytest.raises(BadInput, match=r"clamps: must map .* to arrays, got a .*: give clamps=\{'?0'?: X\}"):
        relax(network, clamps=clamps)


@pytest.mark.parametrize("layer", [0.0, True, "0", None])
def test_layers_are_whole_numbers(layer: Any) -> None:
    with pytest.raises(BadInput, match=r"clamps of layer .*: layers 0 \.\.\. 2 may be clamped"):
        relax(NET, clamps={layer: X})


@pytest.mark.parametrize("network", ["net", None, NET.W])
def test_what_is_no_network(network: Any) -> None:
    with pytest.raises(BadInput, match="must be a PredictiveCodingNetwork or PredictiveCodingGraph"):
        relax(network, X)
    with pytest.raises(BadInput, match="must be a PredictiveCodingNetwork or PredictiveCodingGraph"):
        levels(network)


REST = relax(GRAPH, clamps=HELD)
READ: dict[str, Callable[[Any], Any]] = {
    "graph_update": lambda network: graph_update(network, REST),
    "graph_energy": lambda network: graph_energy(network, HELD, REST.activities),
    "fixed_prediction": lambda network: fixed_prediction(network, HELD).eps,
    "zero_divergence_update": lambda network: zero_divergence_update(network, HELD),
    "levels": levels,
    "levelled": lambda network: levelled(network).sizes,
    "relax_trajectory": lambda network: relax_trajectory(network, HELD, [0.0, 1.0]),
}


@pytest.mark.parametrize("read", READ.values(), ids=READ.keys())
def test_a_chain_is_read_as_its_graph(read: Callable[[Any], Any]) -> None:
    np.testing.assert_equal(read(NET), read(GRAPH))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda path: save_graph(path, NET), "save_graph needs a PredictiveCodingGraph, .*network.graph"),
        (lambda path: save_network(path, GRAPH), "save_network needs a .*Network, .*with save_graph"),
        (lambda _: hebbian_update(GRAPH, REST), "hebbian_update needs .*: use graph_update"),
        (lambda _: backprop_update(GRAPH, X, Y), "backprop_update needs .*: use fixed_prediction"),
        (lambda _: relax_for(GRAPH, 1.0, X), "relax_for needs .*: follow a graph with relax_trajectory"),
        (lambda _: relax_on_path(GRAPH, ErrorPath(), X, Y), "relax_on_path needs .*: use relax"),
        (lambda _: updated(NET, {}), "updated needs .*: give network.graph, or use network.with_parameters"),
    ],
)
def test_the_other_kind_of_network_is_told_where_to_go(
    call: Callable[[Path], Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=message):
        call(tmp_path / "net.npz")
    assert not list(tmp_path.iterdir())


def test_a_graph_takes_lists() -> None:
    with pytest.raises(BadInput, match="a list of populations"):
        PredictiveCodingGraph(GRAPH.populations[0], [])


def test_the_flow_counts_no_iterations() -> None:
    assert "iterations" not in relax(NET, X, Y, method="flow").relaxation.message
    assert "iterations" in relax(NET, X, Y).relaxation.message


@pytest.mark.parametrize("tolerance", [np.float16(1e-3), np.longdouble(1e-9), np.float32(1e-6)])
def test_numbers_and_flags_of_numpy_are_taken(tolerance: Any) -> None:
    for network, clamps in ((NET, {0: X, 2: Y}), (GRAPH, HELD)):
        found = relax(
            network, clamps=clamps, tolerance=tolerance, max_iterations=np.int8(100), follow=np.True_
        )
        assert found.relaxation.converged.all()
    assert PredictiveCodingNetwork(NET.W, activate_input=np.False_).activation_of(0).name == "identity"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"follow": "no"}, "follow is 'no'"),
        ({"tolerance": 1.0}, "tolerance = 1.0, must be below 1"),
        ({"method": np.array(["newton", "flow"])}, "unknown relaxation method"),
        ({"max_iterations": 2**63}, "max_iterations = 9223372036854775808"),
    ],
)
def test_searches_are_asked_for_in_numbers_and_flags(options: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        relax(NET, X, Y, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": 1.0}, "precision = 1.0, must be below 1"),
        ({"start": 3}, "start must map names of populations to arrays, got a int"),
        ({"start": np.ones(2)}, "start must map names of populations to arrays, got a ndarray"),
        ({"times": [1.0, 0.0]}, "times must ascend"),
    ],
)
def test_trajectories(options: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        relax_trajectory(**{"graph": GRAPH, "clamps": HELD, "times": [0.0, 1.0], **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sizes": 1j}, "give a whole number for each layer"),
        ({"sizes": "12"}, "give a whole number for each layer"),
        ({"sizes": (2.0, 1)}, "give a whole number for each layer"),
        ({"gain": None}, "gain = None"),
        ({"gain": NAN}, "gain = nan"),
        ({"gain": -1.0}, "gain = -1.0"),
        ({"gain": np.array([1.0, 2.0])}, "gain = "),
        ({"biases": "3"}, "biases is '3'"),
    ],
)
def test_random_networks(options: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        random_network(**{"sizes": (2, 1), **options})


@pytest.mark.parametrize("weights", [None, True, 3, "W", object()])
def test_weights_are_matrices(weights: Any) -> None:
    with pytest.raises(BadInput, match="weights must be a sequence of matrices"):
        PredictiveCodingNetwork(weights)


HUGE: Any = 10**400  # beyond float64


@pytest.mark.parametrize(
    "call",
    [
        lambda: relax(NET, [[HUGE, 0]], Y),
        lambda: relax(NET, X, Y, tolerance=HUGE),
        lambda: PredictiveCodingNetwork([[[HUGE]]]),
        lambda: Population(name="x", size=1, leak=HUGE),
        lambda: random_network((2, 1), gain=HUGE),
        lambda: relax_trajectory(GRAPH, HELD, [0.0, HUGE]),
    ],
)
def test_whole_numbers_beyond_float64(call: Callable[[], object]) -> None:
    with pytest.raises(BadInput):
        call()


@pytest.mark.parametrize("options", [{"name": np.ones(2)}, {"kind": np.array(["dense", "block"])}])
def test_names_and_kinds_are_text(options: dict) -> None:
    with pytest.raises(BadInput):
        Projection(**{"source": "x", "target": "y", "weight": [[1.0]], **options})
