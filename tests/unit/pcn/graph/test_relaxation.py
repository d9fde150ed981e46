"""Equilibria of graphs: closed forms, Newton against the flow, chains, and honest endings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analog_pc import IdealRelaxer
from analog_pc.activations import ACTIVATIONS
from analog_pc.errors import BadInput
from analog_pc.pcn import (
    Equilibrium,
    Population,
    PredictiveCodingGraph,
    PredictiveCodingNetwork,
    Projection,
    random_network,
    relax,
    relax_trajectory,
)

METHODS = pytest.mark.parametrize("method", ["newton", "flow"])
TOLERANCE = {"newton": 1e-12, "flow": 1e-9}


def close(a: Equilibrium, b: Equilibrium, atol: float) -> None:
    for x, y in zip(a.activities, b.activities, strict=True):
        np.testing.assert_allclose(x, y, rtol=0.0, atol=atol)


@pytest.mark.parametrize("follow", [True, False])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_chain_relaxes_as_its_graph(name: str, follow: bool) -> None:
    rng = np.random.default_rng(4)
    base = random_network([3, 4, 5, 2], name, seed=4, precision=[0.5, 2.0, 1.0])
    net = base.with_parameters(base.W, [rng.normal(size=len(b)) for b in base.b])
    x = rng.normal(size=(3, 3))
    t = rng.normal(size=(3, 2))
    chain = relax(net, x, t, follow=follow)
    got = relax(net.graph, clamps={"0": x, "3": t}, follow=follow)
    assert got.relaxation.all_converged, got.relaxation.message
    close(got, chain, 1e-10)  # 1e-12 of the forces, over an eigenvalue above 0.05
    for field in ("predictions", "eps"):
        for a, b in zip(getattr(got, field), getattr(chain, field), strict=True):
            np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-10)
    for a, b in zip(got.rates, chain.rates, strict=False):  # of a graph, the last population's too
        np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-10)
    np.testing.assert_allclose(got.energy, chain.energy, rtol=1e-10)
    assert got.output.shape == (3, 2)


def memory(seed: int = 0) -> PredictiveCodingGraph:
    """One population that predicts itself, with zero diagonal: the recurrent associative memory."""
    rng = np.random.default_rng(seed)
    weight = 0.3 * rng.normal(size=(6, 6))
    np.fill_diagonal(weight, 0.0)
    projection = Projection(source="pixels", target="pixels", weight=weight, bias=rng.normal(size=6))
    return PredictiveCodingGraph(
        [Population(name="pixels", size=6, precision=[1.0, 2.0, 1.0, 3.0, 1.0, 1.0])], [projection]
    )


@METHODS
def test_a_memory_completes_by_least_squares(method: str) -> None:
    """argmin |D (M_u x_u + M_k x_k - b)|^2 with M = 1 - W."""
    graph = memory()
    rng = np.random.default_rng(1)
    known = np.array([True, False, True, False, False, True])
    values = rng.normal(size=(4, 6))
    got = relax(
        graph,
        clamps={"pixels": np.ma.array(values, mask=np.tile(~known, (4, 1)))},
        method=method,
        tolerance=TOLERANCE[method],
    )
    assert got.relaxation.all_converged, got.relaxation.message
    m = np.eye(6) - graph.weights[0]
    d = np.sqrt(graph.populations[0].pi)
    for sample in range(4):
        rhs = graph.projections[0].b - m[:, known] @ values[sample, known]
        want = np.linalg.lstsq(d[:, None] * m[:, ~known], d * rhs, rcond=None)[0]
        np.testing.assert_allclose(
            got.activities[0][sample, ~known], want, rtol=0.0, atol=1e-7 if method == "flow" else 1e-11
        )
        np.testing.assert_array_equal(got.activities[0][sample, known], values[sample, known])


@METHODS
def test_leak_prior_and_matrix_precision(method: str) -> None:
    """x free between its prior and what it predicts: (leak + W^T Pi W) x = leak prior + W^T Pi y."""
    rng = np.random.default_rng(2)
    root = rng.normal(size=(3, 3))
    precision = root @ root.T + np.eye(3)
    weight = rng.normal(size=(3, 2))
    leak = np.array([0.5, 2.0])
    prior = np.array([1.0, -1.0])
    graph = PredictiveCodingGraph(
        [
            Population(name="x", size=2, leak=leak, prior=prior),
            Population(name="y", size=3, precision=precision),
        ],
        [Projection(source="x", target="y", weight=weight)],
    )
    y = rng.normal(size=(5, 3))
    got = relax(graph, clamps={"y": y}, method=method, tolerance=TOLERANCE[method])
    assert got.relaxation.all_converged, got.relaxation.message
    want = np.linalg.solve(
        np.diag(leak) + weight.T @ precision @ weight, (leak * prior + y @ precision @ weight).T
    ).T
    np.testing.assert_allclose(got.activities[0], want, rtol=0.0, atol=1e-7 if method == "flow" else 1e-12)
    eps = y - want @ weight.T
    energy = 0.5 * np.einsum("si,ij,sj->s", eps, precision, eps) + 0.5 * (leak * (want - prior) ** 2).sum(
        axis=1
    )
    np.testing.assert_allclose(got.energy, energy, rtol=1e-7)
    assert got.predictions[0].shape == (5, 0)
    assert got.eps[0].shape == (5, 0)


@METHODS
def test_a_gain_finds_the_room(method: str) -> None:
    """mu = sum_k z_k V_k s, s and y clamped: (p + G^T G) z = p prior + G^T y, the columns of G are V_k s."""
    rng = np.random.default_rng(3)
    maps = rng.normal(size=(2, 3, 4))
    graph = PredictiveCodingGraph(
        [
            Population(name="z", size=2, leak=0.1, prior=0.5),
            Population(name="s", size=4),
            Population(name="y", size=3),
        ],
        [
            Projection(source="s", target="y", weight=v, gain=("z", k), name=f"map{k}")
            for k, v in enumerate(maps)
        ],
    )
    s = rng.normal(size=(3, 4))
    y = rng.normal(size=(3, 3))
    got = relax(graph, clamps={"s": s, "y": y}, method=method, tolerance=TOLERANCE[method])
    assert got.relaxation.all_converged, got.relaxation.message
    for sample in range(3):
        g = np.stack([v @ s[sample] for v in maps], axis=1)
        want = np.linalg.solve(0.1 * np.eye(2) + g.T @ g, 0.05 + g.T @ y[sample])
        np.testing.assert_allclose(
            got.activities[0][sample], want, rtol=0.0, atol=1e-6 if method == "flow" else 1e-10
        )


def alignment(factor: float, activation: str = "identity") -> PredictiveCodingGraph:
    """x -> h -> y with feedback B = factor W of its own: K = 1 + factor W^T W."""
    up = np.array([[1.0, 0.0], [1.0, 1.0]])
    return PredictiveCodingGraph(
        [
            Population(name="x", size=2),
            Population(name="h", size=2, activation=activation),
            Population(name="y", size=2),
        ],
        [
            Projection(source="x", target="h", weight=[[1.0, 0.5], [0.0, 1.0]]),
            Projection(source="h", target="y", weight=up, feedback=factor * up),
        ],
    )


@pytest.mark.parametrize("activation", ["identity", "tanh"])
@METHODS
def test_feedback_of_its_own(method: str, activation: str) -> None:
    """No gradient flow: the root of F, against an independent integration."""
    graph = alignment(0.7, activation)
    x = np.array([[0.3, -0.8]])
    t = np.array([[1.0, -0.5]])
    got = relax(graph, clamps={"x": x, "y": t}, method=method, tolerance=TOLERANCE[method])
    assert got.relaxation.all_converged, got.relaxation.message
    w, v = graph.weights
    f = np.tanh if activation == "tanh" else np.asarray

    def rate(_t: float, h: np.ndarray) -> np.ndarray:
        slope = 1.0 - np.tanh(h) ** 2 if activation == "tanh" else 1.0
        return np.asarray(w @ x[0] - h + slope * (graph.feedback[1].T @ (t[0] - v @ f(h))))

    want = solve_ivp(rate, (0.0, 200.0), w @ x[0], rtol=1e-11, atol=1e-13).y[:, -1]
    np.testing.assert_allclose(
        got.activities[1][0], want, rtol=0.0, atol=1e-8
    )  # LSODA's and RK45's 1e-11 a step


@pytest.mark.parametrize("activation", ["identity", "tanh"])
def test_an_unstable_feedback_is_never_called_rest(activation: str) -> None:
    """B = -2 W: K = 1 - 2 W^T W has a negative eigenvalue at 0, where all forces vanish."""
    graph = alignment(-2.0, activation)
    got = relax(graph, clamps={"x": [[0.0, 0.0]], "y": [[0.0, 0.0]]})
    assert np.abs(got.activities[1]).max() == 0.0
    assert not got.relaxation.all_converged
    assert "rest that the flow leaves" in got.relaxation.message


def test_a_flow_that_cycles_is_never_called_rest() -> None:
    """x' = -x - f'(x) B^T W f(x) with B^T W = -[[2, 2], [-2, 2]]: around the focus 0, which it leaves."""
    graph = PredictiveCodingGraph(
        [
            Population(name="x", size=2),
            Population(name="h", size=2, activation="tanh"),
            Population(name="y", size=2),
        ],
        [
            Projection(source="x", target="h", weight=np.eye(2)),
            Projection(source="h", target="y", weight=[[2.0, 2.0], [-2.0, 2.0]], feedback=-np.eye(2)),
        ],
    )
    got = relax(graph, clamps={"x": [[0.01, 0.0]], "y": [[0.0, 0.0]]}, max_iterations=400)
    assert not got.relaxation.all_converged
    assert "not at rest" in got.relaxation.message
    assert np.abs(got.activities[1]).max() > 0.3  # far from the focus


@METHODS
def test_flat_directions_are_reported_by_population(method: str) -> None:
    """Only the sum of a and b[0] is predicted; b[1] and c are determined."""
    graph = PredictiveCodingGraph(
        [
            Population(name="a", size=1),
            Population(name="b", size=2),
            Population(name="c", size=1),
            Population(name="d", size=2),
        ],
        [
            Projection(source="a", target="d", weight=[[1.0], [0.0]]),
            Projection(source="b", target="d", weight=[[1.0, 0.0], [0.0, 1.0]]),
            Projection(source="d", target="c", weight=[[1.0, 1.0]]),
        ],
    )
    got = relax(graph, clamps={"d": [[3.0, 1.0]]}, method=method, tolerance=TOLERANCE[method])
    assert not got.relaxation.converged.any()
    assert (
        got.relaxation.message
        == "sample 0 has 1 flat direction of E: not determined in a (1 of 1), b (1 of 2)"
    )
    # Yet E is minimal, and the flow from 0 has left the undetermined direction alone.
    np.testing.assert_allclose(got.energy, 0.0, atol=1e-14)
    np.testing.assert_allclose([got.activities[0][0, 0], got.activities[1][0, 0]], 1.5, atol=1e-7)
    np.testing.assert_allclose(got.activities[2], 4.0, rtol=1e-7)


@METHODS
def test_a_saddle_is_not_called_rest(method: str) -> None:
    """E = 1/20 x^2 + 1/2 (1 - x^2)^2: a maximum at 0, between two wells."""
    graph = PredictiveCodingGraph(
        [
            Population(name="z", size=1),
            Population(name="x", size=1, precision=0.1),
            Population(name="y", size=1),
        ],
        [
            Projection(source="z", target="x", weight=[[0.0]]),
            Projection(source="x", target="y", weight=[[1.0]], gain=("x", 0)),
        ],
    )
    got = relax(graph, clamps={"z": [[0.0]], "y": [[1.0]]}, method=method, tolerance=1e-9)
    assert got.activities[1][0, 0] == 0.0
    assert "saddle of E" in got.relaxation.message
    assert not got.relaxation.all_converged


def test_everything_clamped_and_nothing_converges_alone() -> None:
    graph = random_network([2, 3], "tanh", seed=0).graph
    for method in ("newton", "flow"):
        got = relax(graph, clamps={"0": [[1.0, 2.0]], "1": [[0.0, 0.0, 0.0]]}, method=method)
        assert got.relaxation.all_converged
    deep = random_network([3, 4, 4, 2], "tanh", seed=4, gain=2.0).graph
    short = relax(deep, clamps={"0": np.ones((3, 3)), "3": np.ones((3, 2))}, max_iterations=1)
    assert "not at rest" in short.relaxation.message
    assert not short.relaxation.converged.any()


def test_clamps_without_names_are_refused() -> None:
    graph = random_network([2, 3], "tanh", seed=0).graph
    with pytest.raises(BadInput, match="clamps: must map names of populations to arrays, got a list"):
        relax(graph, clamps=[[[1.0, 2.0]]])  # type: ignore[arg-type]


def test_many_samples_relax_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = random_network([3, 4, 2], "tanh", seed=4).graph
    rng = np.random.default_rng(0)
    held = {"0": rng.normal(size=(7, 3)), "2": rng.normal(size=(7, 2))}
    together = relax(graph, clamps=held)
    monkeypatch.setattr("analog_pc.pcn.graph.stability.NUMBERS", 2 * 4 * 9)  # two samples at a time
    parts = relax(graph, clamps=held)
    close(parts, together, 1e-10)
    assert parts.relaxation.all_converged
    assert parts.samples == 7


def test_the_ideal_relaxer_takes_graphs() -> None:
    graph = memory()
    held = {"pixels": np.ma.array(np.ones((1, 6)), mask=[[True, True, True, False, False, False]])}
    close(IdealRelaxer().relax(graph, clamps=held), relax(graph, clamps=held), 1e-10)


@pytest.mark.parametrize("factor", [1e-6, 1e6])
@METHODS
def test_units_of_precision_and_activity(factor: float, method: str) -> None:
    """All precisions and leaks times a factor, and all activities times it, where f has no unit."""
    names = ("leaky_relu", "relu") if method == "newton" else ("identity", "identity")
    rng = np.random.default_rng(8)
    weights = [rng.normal(size=(3, 3)) for _ in range(3)]

    def graph(stiffness: float, unit: float) -> PredictiveCodingGraph:
        return PredictiveCodingGraph(
            [
                Population(name="a", size=3, activation=names[0], leak=0.3 * stiffness, prior=unit),
                Population(name="b", size=3, activation=names[1], precision=2.0 * stiffness),
                Population(name="c", size=3, precision=stiffness),
            ],
            [
                Projection(source="a", target="b", weight=weights[0], bias=np.full(3, 0.4 * unit)),
                Projection(source="b", target="c", weight=weights[1]),
                Projection(source="c", target="b", weight=0.2 * weights[2]),
            ],
        )

    target = rng.normal(size=(2, 3))
    tolerance = 1e-12 if method == "newton" else 1e-8
    one = relax(graph(1.0, 1.0), clamps={"c": target}, method=method, tolerance=tolerance)
    other = relax(graph(factor, factor), clamps={"c": factor * target}, method=method, tolerance=tolerance)
    assert one.relaxation.all_converged, one.relaxation.message
    assert other.relaxation.all_converged, other.relaxation.message
    for a, b in zip(one.activities, other.activities, strict=True):
        np.testing.assert_allclose(
            factor * a, b, rtol=0.0, atol=1e-6 * factor if method == "flow" else 1e-9 * factor
        )


def test_trajectory_of_a_single_spring() -> None:
    """x' = -p (x - mu) from a start: mu + (x0 - mu) exp(-p t)."""
    graph = PredictiveCodingGraph(
        [Population(name="u", size=1), Population(name="x", size=1, precision=2.0)],
        [Projection(source="u", target="x", weight=[[3.0]])],
    )
    times = np.linspace(0.0, 4.0, 9)
    got = relax_trajectory(graph, {"u": [[1.0]]}, times, start={"x": [[0.5]]})
    assert [a.shape for a in got] == [(9, 1, 1), (9, 1, 1)]
    want = 3.0 - 2.5 * np.exp(-2.0 * times)
    np.testing.assert_allclose(got[1][:, 0, 0], want, rtol=0.0, atol=1e-8)  # 1e-10 a step, and interpolation
    rest = relax_trajectory(graph, {"u": [[1.0]]}, [0.0, 1.0])
    np.testing.assert_allclose(rest[1], 3.0, rtol=1e-12)  # the forward state is at rest


@pytest.mark.parametrize(
    ("times", "start", "message"),
    [
        ([], {}, r"times has shape \(0,\), expected a non-empty vector"),
        ("ab", {}, "times is not an array of numbers"),
        ([0.0, float("nan")], {}, r"times\[1\] is nan, every value must be finite"),
        ([1.0], {"pixels": "a"}, "start of pixels is not an array of numbers"),
        ([-1.0, 0.0], {}, "times must ascend, from 0 on"),
        ([1.0, 0.5], {}, "times must ascend"),
        ([1.0], {"pixels": [[0.0]]}, r"start of pixels: shape \(1, 6\) expected, got \(1, 1\)"),
        ([1.0], {"z": [[0.0]]}, "no population 'z'"),
    ],
)
def test_trajectory_refuses(times: list[float], start: dict, message: str) -> None:
    held = {"pixels": np.ma.array(np.ones((1, 6)), mask=[[True, True, True, False, False, False]])}
    with pytest.raises(BadInput, match=message):
        relax_trajectory(memory(), held, times, start=start)


def gated(units: int) -> PredictiveCodingGraph:
    """y = g sum_i max(x_i, 0), x_i and g with leak 1."""
    x = Population(name="x", size=units, activation="relu", leak=1.0)
    g = Population(name="g", size=1, leak=1.0)
    y = Population(name="y", size=1)
    sums = Projection(source="x", target="y", weight=np.ones((1, units)), gain=("g", 0))
    return PredictiveCodingGraph([x, g, y], [sums])


@METHODS
def test_of_a_unit_on_a_kink_without_force_both_sides_count(method: str) -> None:
    """The Hessian at x = g = 0: 1 to the left; [[1, -y], [-y, 1]] to the right, with the best g 1 - y^2."""
    found = relax(gated(1), clamps={"y": [[5.0], [0.5]]}, method=method).relaxation
    assert found.converged.tolist() == [False, True]
    assert (
        "sample 0 is on a saddle of E, which falls from kinks of f with a curvature of -24" in found.message
    )


@METHODS
@pytest.mark.parametrize(("target", "stable"), [(-0.8, True), (0.8, False)])
def test_of_two_units_on_kinks_the_steps_that_they_can_take_count(
    method: str, target: float, stable: bool
) -> None:
    """d = q relu(r_0), q = relu(r_1), leak 1: q r_0 of the sign of d is needed; only r_1 > 0 eases q > 0."""
    r = Population(name="r", size=2, activation="relu", leak=1.0)
    q = Population(name="q", size=1)
    d = Population(name="d", size=1)
    graph = PredictiveCodingGraph(
        [r, q, d],
        [
            Projection(source="r", target="q", weight=[[0.0, 1.0]]),
            Projection(source="r", target="d", weight=[[1.0, 0.0]], gain=("q", 0)),
        ],
    )
    found = relax(graph, clamps={"d": [[target]]}, method=method).relaxation
    assert found.converged.tolist() == [stable]


@METHODS
@pytest.mark.parametrize("feedback", ["own", "none"])
def test_units_that_are_off_are_at_rest_whatever_the_way_back(method: str, feedback: str) -> None:
    rng = np.random.default_rng(0)
    back = rng.normal(size=(2, 8)) if feedback == "own" else "none"
    graph = PredictiveCodingGraph(
        [
            Population(name="i", size=3),
            Population(name="r", size=8, activation="relu"),
            Population(name="o", size=2),
        ],
        [
            Projection(source="i", target="r", weight=rng.normal(size=(8, 3))),
            Projection(source="r", target="o", weight=rng.normal(size=(2, 8)), feedback=back),
        ],
    )
    assert relax(graph, clamps={"i": np.zeros((1, 3))}, method=method).relaxation.all_converged


@METHODS
def test_units_that_are_off_beside_a_branch_with_an_error(method: str) -> None:
    """Seven rectifiers without input; the curvature of the tanh units has nothing to do with them."""
    rng = np.random.default_rng(1)
    graph = PredictiveCodingGraph(
        [
            Population(name="i", size=2),
            Population(name="h", size=3, activation="tanh"),
            Population(name="a", size=2),
            Population(name="z", size=2),
            Population(name="r", size=7, activation="relu"),
            Population(name="b", size=2),
        ],
        [
            Projection(source="i", target="h", weight=rng.normal(size=(3, 2))),
            Projection(source="h", target="a", weight=rng.normal(size=(2, 3))),
            Projection(source="z", target="r", weight=rng.normal(size=(7, 2))),
            Projection(source="r", target="b", weight=rng.normal(size=(2, 7))),
        ],
    )
    clamps = {"i": [[0.3, -0.2]], "a": [[0.4, 0.1]], "z": [[0.0, 0.0]]}
    assert relax(graph, clamps=clamps, method=method).relaxation.all_converged


def test_a_free_input_that_a_kink_leaves_undetermined_is_told_for_every_target() -> None:
    """x_1 = 0 for targets below 0: E is level along x_1 <= 0, whatever rounding makes of the gate there."""
    network = PredictiveCodingNetwork([[[1.3]], [[0.7]]], [[0.3], [0.0]], activation="relu")
    targets = np.array([[-1.0], [-0.9], [-0.8], [-0.7], [-0.6], [-0.5], [-0.4], [-0.3]])
    verdicts = [bool(relax(network, targets=[t]).relaxation.converged[0]) for t in targets]
    together = relax(network, targets=targets).relaxation.converged.tolist()
    graph = relax(network.graph, clamps={"2": targets}).relaxation.converged.tolist()
    assert verdicts == together == graph == [False] * 8


def test_units_that_are_all_off_are_at_rest() -> None:
    """A blank input without biases: E is a sum of squares, whatever the sides of its kinks."""
    network = random_network((6, 20, 3), "relu", seed=0)
    for one, clamps in ((network, {0: np.zeros((2, 6))}), (network.graph, {"0": np.zeros((2, 6))})):
        assert relax(one, clamps=clamps).relaxation.all_converged


@METHODS
@pytest.mark.parametrize("target", [200.0, 300.0, 1000.0])
@pytest.mark.parametrize("kind", ["chain", "graph"])
def test_where_f_saturates_nothing_is_at_rest(kind: str, target: float, method: str) -> None:
    """E = (y - tanh x)^2 / 2 falls to (y - 1)^2 / 2 at infinity: dE/dx vanishes, and nothing balances it."""
    chain = PredictiveCodingNetwork([[[1.0]]], activation="tanh", activate_input=True)
    network, layer = (chain, 1) if kind == "chain" else (chain.graph, "1")
    held = {layer: np.array([[target]])}
    assert not relax(network, clamps=held, method=method).relaxation.converged.any()  # type: ignore[arg-type, unused-ignore]
