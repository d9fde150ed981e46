"""Updates of graphs: the derivative of E, and reverse differentiation against complex steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import (
    Population,
    PredictiveCodingGraph,
    Projection,
    ProjectionUpdate,
    backprop_update,
    fixed_prediction,
    graph_energy,
    graph_update,
    hebbian_update,
    levelled,
    levels,
    random_network,
    relax,
    updated,
    zero_divergence_update,
)
from analog_pc.relaxers import FixedPrediction

STEP = 1e-40  # imaginary: no difference is taken, so that the derivative is exact to rounding
EXACT = 1e-12  # of the largest entry of a gradient


def xavier(rng: np.random.Generator, post: int, pre: int) -> np.ndarray:
    g = np.sqrt(6.0 / (post + pre))
    return rng.uniform(-g, g, (post, pre))


def projected(
    sizes: dict[str, int], pairs: list[tuple[str, str]], *, activations: dict[str, str] | None = None
) -> PredictiveCodingGraph:
    """tanh populations (inputs "x..." raw) with Xavier weights and biases of 0.1."""
    rng = np.random.default_rng(0)
    named = activations or {}
    populations = [
        Population(
            name=name,
            size=size,
            activation=named.get(name, "identity" if name[0] == "x" else "tanh"),
            precision=1.0 if name[0] == "x" else rng.uniform(0.5, 2.0),
        )
        for name, size in sizes.items()
    ]
    projections = [
        Projection(
            source=source,
            target=target,
            weight=xavier(rng, sizes[target], sizes[source]),
            bias=0.1 * rng.normal(size=sizes[target]),
        )
        for source, target in pairs
    ]
    return PredictiveCodingGraph(populations, projections)


SIZES = {"x": 5, "a": 7, "b": 6, "y": 4}
CHAIN = projected(SIZES, [("x", "a"), ("a", "b"), ("b", "y")])
SKIP = projected(SIZES, [("x", "a"), ("a", "b"), ("b", "y"), ("a", "y")])
INPUT_SKIP = projected(SIZES, [("x", "a"), ("a", "b"), ("b", "y"), ("x", "y")])
DIAMOND = projected(
    {"x": 5, "a": 4, "b": 6, "c": 3, "d": 5, "y": 4},
    [("x", "a"), ("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "y"), ("c", "y"), ("a", "y")],
    activations={"c": "sigmoid"},
)
STEPS = 6
RNN = projected(
    {**{f"x{t}": 3 for t in range(STEPS)}, **{f"h{t}": 8 for t in range(STEPS)}, "y": 2},
    [
        *((f"x{t}", f"h{t}") for t in range(STEPS)),
        *((f"h{t - 1}", f"h{t}") for t in range(1, STEPS)),
        (f"h{STEPS - 1}", "y"),
    ],
)
GRAPHS = {"chain": CHAIN, "skip": SKIP, "input skip": INPUT_SKIP, "diamond": DIAMOND, "rnn": RNN}
ALL = pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS.keys())

FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda x: x,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
}


def clamped(graph: PredictiveCodingGraph, samples: int = 3, seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    ends = [n for n in graph.names if n[0] == "x" or n == "y"]
    return {name: rng.normal(size=(samples, graph.population(name).size)) for name in ends}


def loss(graph: PredictiveCodingGraph, held: dict[str, np.ndarray], weights: dict, biases: dict) -> complex:
    """1/2 sum precision |t - y|^2 of a forward pass that knows nothing of predictive coding."""
    x: dict[str, np.ndarray] = {}
    names = list(graph.names)
    while names:
        name = next(n for n in names if all(p.source in x for p in graph.projections if p.target == n))
        names.remove(name)
        incoming = [p for p in graph.projections if p.target == name]
        x[name] = (
            held[name]
            if not incoming
            else sum(
                FUNCTIONS[graph.population(p.source).activation](x[p.source]) @ weights[p.name].T
                + biases[p.name]
                for p in incoming
            )
        )
    return complex((0.5 * graph.population("y").pi * (held["y"] - x["y"]) ** 2).sum())


def gradient(graph: PredictiveCodingGraph, held: dict[str, np.ndarray]) -> dict[str, ProjectionUpdate]:
    """-dloss/dW and -dloss/db by complex steps, of all projections."""
    weights = {p.name: np.asarray(p.W, dtype=complex) for p in graph.projections}
    biases = {p.name: np.asarray(p.b, dtype=complex) for p in graph.projections}
    found = {}
    for name in weights:
        both = []
        for values in (weights, biases):
            out = np.zeros(values[name].shape)
            for where in np.ndindex(out.shape):
                values[name][where] += 1j * STEP
                out[where] = -loss(graph, held, weights, biases).imag / STEP
                values[name][where] -= 1j * STEP
            both.append(out)
        found[name] = ProjectionUpdate(*both)
    return found


def difference(got: dict[str, ProjectionUpdate], want: dict[str, ProjectionUpdate]) -> float:
    """Largest difference of an update, relative to the largest entry of that gradient."""
    assert set(got) == set(want)
    worst = 0.0
    for name in want:
        for a, b in zip(got[name], want[name], strict=True):
            worst = max(worst, float(np.abs(a - b).max() / np.abs(b).max()))
    return worst


@ALL
def test_fixed_prediction_is_backpropagation(graph: PredictiveCodingGraph) -> None:
    held = clamped(graph)
    got = graph_update(graph, fixed_prediction(graph, held))
    assert difference(got, gradient(graph, held)) < EXACT


@ALL
def test_levelled_zero_divergence_is_backpropagation(graph: PredictiveCodingGraph) -> None:
    held = clamped(graph)
    got = zero_divergence_update(levelled(graph), held)
    got = {name.split("__")[0]: update for name, update in got.items()}
    assert difference(got, gradient(graph, held)) < EXACT


@pytest.mark.parametrize("graph", [SKIP, DIAMOND], ids=["skip", "diamond"])
def test_without_levels_it_is_not(graph: PredictiveCodingGraph) -> None:
    held = clamped(graph)
    assert difference(zero_divergence_update(graph, held), gradient(graph, held)) > 0.01


@pytest.mark.parametrize("graph", [CHAIN, INPUT_SKIP, RNN], ids=["chain", "input skip", "rnn"])
def test_what_is_levelled_stays(graph: PredictiveCodingGraph) -> None:
    """Inputs need no delays: an input's activity is the same at any time."""
    assert levelled(graph).projections == graph.projections


def test_shared_weights_of_a_recurrent_network() -> None:
    """One matrix used at all times: the sum of its copies' updates is backpropagation through time."""
    shared = RNN.with_parameters(
        {f"h{t - 1}->h{t}": RNN.projection("h0->h1").W for t in range(1, STEPS)},
        {f"h{t - 1}->h{t}": RNN.projection("h0->h1").b for t in range(1, STEPS)},
    )
    held = clamped(shared)
    names = [f"h{t - 1}->h{t}" for t in range(1, STEPS)]
    got = zero_divergence_update(shared, held)
    want = gradient(shared, held)
    total = sum(got[name].weight for name in names)
    exact = sum(want[name].weight for name in names)
    assert np.abs(total - exact).max() < EXACT * np.abs(exact).max()


@pytest.mark.parametrize("gamma", [0.5, 1.0 - np.exp(-5.0)])
def test_a_step_of_gamma_scales_by_powers(gamma: float) -> None:
    held = clamped(CHAIN)
    got = zero_divergence_update(CHAIN, held, gamma=gamma)
    want = gradient(CHAIN, held)
    for below, name in enumerate(("b->y", "a->b", "x->a")):
        np.testing.assert_allclose(got[name].weight, gamma**below * want[name].weight, rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "identity"])
@pytest.mark.parametrize("precision", [None, [1.0, 0.5, 4.0]])
def test_whole_steps_on_a_chain_are_backpropagation(activation: str, precision: list[float] | None) -> None:
    rng = np.random.default_rng(3)
    chain = random_network((3, 5, 4, 2), activation, seed=2, precision=precision)
    inputs = rng.normal(size=(4, 3))
    targets = rng.uniform(-1.0, 1.0, size=(4, 2))
    exact = backprop_update(chain, inputs, targets)
    found = zero_divergence_update(chain.graph, {"0": inputs, "3": targets})
    for layer, (weight, bias) in enumerate(zip(exact.weights, exact.biases, strict=True)):
        step = found[f"{layer}->{layer + 1}"]
        np.testing.assert_allclose(step.weight, weight, rtol=0.0, atol=1e-12 * np.abs(weight).max())
        np.testing.assert_allclose(step.bias, bias, rtol=0.0, atol=1e-12 * np.abs(bias).max())


def test_a_gain_and_a_matrix_precision_backpropagate() -> None:
    """Against finite differences of the energy of the target at the forward state."""
    rng = np.random.default_rng(5)
    root = rng.normal(size=(2, 2))
    graph = PredictiveCodingGraph(
        [
            Population(name="x", size=3),
            Population(name="z", size=2, activation="tanh", precision=3.0),
            Population(name="h", size=3, activation="tanh", precision=0.5),
            Population(name="y", size=2, precision=root @ root.T + np.eye(2)),
        ],
        [
            Projection(source="x", target="z", weight=rng.normal(size=(2, 3))),
            Projection(source="x", target="h", weight=rng.normal(size=(3, 3))),
            Projection(source="h", target="y", weight=rng.normal(size=(2, 3)), gain=("z", 1)),
        ],
    )
    held = {"x": rng.normal(size=(2, 3)), "y": rng.normal(size=(2, 2))}

    def target_energy(changed: PredictiveCodingGraph) -> float:
        free = {"x": held["x"]}
        forward = relax(changed, clamps=free)
        at = [*forward.activities[:-1], held["y"]]
        return float(graph_energy(changed, free, at).sum())

    got = graph_update(graph, fixed_prediction(graph, held))
    also = zero_divergence_update(graph, held)
    for p in graph.projections:
        for where in np.ndindex(p.W.shape):
            step = np.zeros(p.W.shape)
            step[where] = 1e-6
            up = target_energy(graph.with_parameters({p.name: p.W + step}))
            down = target_energy(graph.with_parameters({p.name: p.W - step}))
            # Rounding of E, 1e-15, over the step; third derivatives times its square.
            np.testing.assert_allclose(got[p.name].weight[where], (down - up) / 2e-6, rtol=0.0, atol=1e-7)
        np.testing.assert_allclose(also[p.name].weight, got[p.name].weight, rtol=0.0, atol=1e-12)


def test_the_update_of_a_chain() -> None:
    net = random_network((3, 4, 2), "tanh", seed=1, precision=[0.5, 2.0])
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4, 3))
    t = rng.normal(size=(4, 2))
    want = hebbian_update(net, relax(net, x, t), lr=0.1)
    got = graph_update(net.graph, relax(net.graph, clamps={"0": x, "2": t}), lr=0.1)
    for k, name in enumerate(("0->1", "1->2")):
        np.testing.assert_allclose(got[name].weight, want.weights[k], rtol=0.0, atol=1e-11)
        np.testing.assert_allclose(got[name].bias, want.biases[k], rtol=0.0, atol=1e-11)
    changed = updated(net.graph, got)
    np.testing.assert_array_equal(changed.weights[0], net.W[0] + got["0->1"].weight)


def test_the_update_is_the_slope_of_the_energy() -> None:
    """With a gain, a pattern with shared values, and a projection that does not learn."""
    rng = np.random.default_rng(2)
    weight = np.array([[1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 1.0, 2.0]])
    pattern = np.array([[0, 1, -1, -1], [-1, -1, 0, 1]])
    graph = PredictiveCodingGraph(
        [
            Population(name="x", size=4, activation="tanh"),
            Population(name="z", size=1),
            Population(name="y", size=2),
        ],
        [
            Projection(source="x", target="y", kind="block", weight=weight, pattern=pattern, gain=("z", 0)),
            Projection(source="x", target="y", weight=rng.normal(size=(2, 4)), plastic=False, name="fixed"),
        ],
    )
    held = {"x": rng.normal(size=(3, 4)), "z": rng.normal(size=(3, 1)), "y": rng.normal(size=(3, 2))}
    rest = relax(graph, clamps=held)
    got = graph_update(graph, rest)
    assert set(got) == {"x->y"}
    for value in (0, 1):
        step = 1e-5 * (pattern == value)
        up, down = (
            graph_energy(graph.with_parameters({"x->y": weight + s * step}), held, rest.activities).sum()
            for s in (1.0, -1.0)
        )
        # E is quadratic in W: rounding only.
        np.testing.assert_allclose(got["x->y"].weight[pattern == value], (down - up) / 2e-5, rtol=1e-8)
    assert (got["x->y"].weight[pattern < 0] == 0.0).all()
    assert updated(graph, got).projections[0].shared is not None


def test_levels() -> None:
    assert levels(DIAMOND) == (0, 1, 2, 2, 3, 4)
    delayed = levelled(DIAMOND)
    assert delayed.names[6:] == ("c_to_y_1", "a_to_y_1", "a_to_y_2")
    assert delayed.projection("a->y").source == "a_to_y_2"
    assert [p.kind for p in delayed.projections].count("identity") == 3
    held = clamped(DIAMOND)
    free = {"x": held["x"]}
    np.testing.assert_allclose(  # the same function
        relax(delayed, clamps=free).activities[5], relax(DIAMOND, clamps=free).activities[5], atol=1e-13
    )


def test_refused() -> None:
    loop = PredictiveCodingGraph(
        [Population(name="x", size=2)], [Projection(source="x", target="x", weight=np.eye(2))]
    )
    with pytest.raises(BadInput, match="populations x predict themselves: levels need a graph"):
        levels(loop)
    with pytest.raises(BadInput, match="backpropagated errors need a graph without cycles"):
        fixed_prediction(loop, {"x": [[0.0, 0.0]]})
    held = clamped(CHAIN)
    with pytest.raises(BadInput, match="input x is free"):
        fixed_prediction(CHAIN, {"y": held["y"]})
    with pytest.raises(BadInput, match="no target is clamped"):
        fixed_prediction(CHAIN, {"x": held["x"]})
    with pytest.raises(BadInput, match="target a predicts others"):
        zero_divergence_update(CHAIN, {**held, "a": np.zeros((3, 7))})
    with pytest.raises(BadInput, match=r"gamma is 0\.0"):
        zero_divergence_update(CHAIN, held, gamma=0.0)
    with pytest.raises(BadInput, match="gamma is nan"):
        zero_divergence_update(CHAIN, held, gamma=float("nan"))


def test_the_relaxer_of_fixed_prediction_takes_graphs() -> None:
    net = random_network((3, 4, 2), "tanh", seed=1, precision=[0.5, 2.0])
    x = np.ones((1, 3))
    t = np.ones((1, 2))
    chain = FixedPrediction().relax(net, x, t)
    graph = FixedPrediction().relax(net.graph, clamps={"0": x, "2": t})
    for a, b in zip(chain.eps, graph.eps, strict=True):
        np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-15)
    np.testing.assert_allclose(graph.energy, chain.energy, rtol=1e-14)
