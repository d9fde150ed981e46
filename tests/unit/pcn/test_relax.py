"""Equilibria: closed forms, the direct road against the physical one, and honest endings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import root

from analog_pc.activations import ACTIVATIONS
from analog_pc.errors import BadInput
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, make_clamps, random_network, relax
from analog_pc.pcn.equilibrium import take
from analog_pc.pcn.hessian import curvatures
from analog_pc.pcn.state import Landscape

ALL = pytest.mark.parametrize("name", ACTIVATIONS)


def data(net: PredictiveCodingNetwork, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(samples, net.sizes[0])), rng.normal(size=(samples, net.sizes[-1]))


def close(a: Equilibrium, b: Equilibrium, atol: float) -> None:
    for x, y in zip(a.activities, b.activities, strict=True):
        np.testing.assert_allclose(x, y, rtol=0.0, atol=atol)


def linear_rest(net: PredictiveCodingNetwork, clamps: object) -> list[np.ndarray]:
    """Least squares in the free activities: min |D (M x - b)|^2 with the rows of M x = x_l - W_l x_{l-1}."""
    offsets = np.concatenate([[0], np.cumsum(net.sizes)])
    M = np.zeros((offsets[-1] - offsets[1], offsets[-1]))
    for k, w in enumerate(net.W):
        rows = slice(offsets[k + 1] - offsets[1], offsets[k + 2] - offsets[1])
        M[rows, offsets[k + 1] : offsets[k + 2]] = np.eye(len(w))
        M[rows, offsets[k] : offsets[k + 1]] = -w
    D = np.sqrt(np.concatenate([np.full(len(w), p) for w, p in zip(net.W, net.pi, strict=True)]))
    free, x = np.concatenate(clamps.free), np.concatenate(clamps.values, axis=1).copy()
    for row in x:
        rhs = D * (np.concatenate(net.b) - M[:, ~free] @ row[~free])
        row[free] = np.linalg.lstsq(D[:, None] * M[:, free], rhs, rcond=None)[0]
    return np.split(x, offsets[1:-1], axis=1)


def rounding(net: PredictiveCodingNetwork, got: Equilibrium, layer: int) -> np.ndarray:
    """What rounding leaves of ||dE/dx|| in a layer (`analog_pc.pcn.compiled`), term by term, [samples]."""
    u = 2.0**-53

    def delta(k: int) -> np.ndarray:
        x = np.linalg.norm(got.activities[k], axis=1)
        if k == 1:
            return u * (x + np.linalg.norm(got.predictions[1], axis=1))
        f = np.linalg.norm(got.rates[k - 1], axis=1)
        w, b = np.linalg.norm(net.W[k - 1]), np.linalg.norm(net.b[k - 1])
        return u * (x + (net.sizes[k - 1] + 2) * (w * f + b))

    pi, above = net.precision_of(layer), net.precision_of(layer + 1)
    force = above * np.linalg.norm(got.eps[layer + 1], axis=1)
    back = np.linalg.norm(above * got.eps[layer + 1] @ net.W[layer], axis=1)
    passed = above * delta(layer + 1) + (net.sizes[layer + 1] + 2) * u * force
    return np.asarray(pi * delta(layer) + np.linalg.norm(net.W[layer]) * passed + 4.0 * u * back)


@pytest.mark.parametrize("method", ["newton", "flow"])
@pytest.mark.parametrize("mode", ["learn", "predict", "partial", "free input"])
def test_linear_closed_form(method: str, mode: str) -> None:
    rng = np.random.default_rng(5)
    base = random_network([2, 4, 3, 3], "identity", seed=5, precision=[0.5, 2.0, 1.5])
    net = base.with_parameters(base.W, [rng.normal(size=n) for n in base.sizes[1:]])
    x, t = data(net, 3, 5)
    partial = np.ma.array(rng.normal(size=(3, 4)), mask=[[True, False, True, True]] * 3)
    held = {
        "learn": make_clamps(net, x, t),
        "predict": make_clamps(net, x),
        "partial": make_clamps(net, x, None, {1: partial}),
        "free input": make_clamps(net, None, t),
    }[mode]
    got = relax(net, clamps=held, method=method, tolerance=1e-12 if method == "newton" else 1e-8)
    assert got.relaxation.all_converged, got.relaxation.message
    for a, b in zip(got.activities, linear_rest(net, held), strict=True):
        # Residual over the smallest eigenvalue of the Hessian, above 0.01 here.
        np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-10 if method == "newton" else 1e-6)


@ALL
@pytest.mark.parametrize("sizes", [(3, 4, 2), (2, 4, 3, 2)])
def test_newton_ends_where_the_flow_ends(name: str, sizes: tuple[int, ...]) -> None:
    net = random_network(sizes, name, seed=11, gain=1.5)
    x, t = data(net, 3, 12)
    newton = relax(net, x, t)
    flow = relax(net, x, t, method="flow", tolerance=1e-8)
    assert newton.relaxation.all_converged, newton.relaxation.message
    # The flow rests at |dE/dx| <= 1e-8 (smooth), or within the 1e-7 over which it opens a kink's gate,
    # both over a smallest eigenvalue above 0.03.
    close(newton, flow, 1e-5 if ACTIVATIONS[name].kinks else 1e-6)


def test_a_flow_goes_on_where_a_kink_makes_it_fast() -> None:
    # Left of the kink x rises by 0.01 a unit of time, and comes there after 58; right of it |dE/dx| is 1.
    # Another sample is far beyond it from the start.
    net = PredictiveCodingNetwork(
        [[[1.0]], [[1.0]]], [[0.0], [0.0]], activation="leaky_relu", precision=[0.001, 1.0]
    )
    x, t = [[-0.58], [1.0]], [[1.0], [1.0]]
    flow = relax(net, x, t, method="flow", tolerance=1e-7)
    assert flow.relaxation.all_converged, flow.relaxation.message
    close(flow, relax(net, x, t), 1e-6)


@pytest.mark.parametrize("seed", range(7))
@ALL
def test_random_networks_come_to_rest(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = [int(n) for n in rng.integers(1, 41, rng.integers(2, 6))]
    net = random_network(sizes, name, seed=seed)
    x, t = data(net, 2, seed)
    got = relax(net, x, t)
    falls = np.zeros(2, dtype=bool)  # E, to one side of a kink that a unit stands on
    # `tolerance`: 1e-12 of the layer's forces, beyond what rounding leaves (twice: both sides evaluate it).
    for layer in range(1, net.depth):
        lam, above = (net.precision_of(k) * got.eps[k] for k in (layer, layer + 1))
        back = above @ net.W[layer]
        slope = ACTIVATIONS[name].slope(got.activities[layer])
        resting = [np.isin(got.activities[layer], ACTIVATIONS[name].kinks)]
        g = np.linalg.norm(np.where(resting[0], 0.0, lam - slope * back), axis=1)
        limit = 1e-12 * np.linalg.norm(lam, axis=1) + 2.0 * rounding(net, got, layer)
        assert (g <= limit).all()
        for kink in ACTIVATIONS[name].kinks:
            left, right = ACTIVATIONS[name].slope(np.array([kink - 1e-9, kink + 1e-9]))
            fall = np.maximum(right * back - lam, lam - left * back)
            falls |= ((got.activities[layer] == kink) & (fall > 1e-9)).any(axis=1)
    assert (got.relaxation.converged == ~falls).all(), got.relaxation.message
    # Relaxing never ends above the forward state, in which only the output springs are stretched.
    output = relax(net, x).output
    forward = 0.5 * ((t - output) ** 2).sum(axis=1)
    assert (got.energy <= forward * (1.0 + 1e-12)).all()  # rounding
    for k, (mu, a) in enumerate(zip(got.predictions[1:], got.rates, strict=True)):
        np.testing.assert_allclose(mu, a @ net.W[k].T + net.b[k], rtol=0.0, atol=1e-13)


@ALL
def test_predict_is_the_forward_pass(name: str) -> None:
    net = random_network([3, 4, 2], name, seed=2)
    x, _ = data(net, 4, 2)
    got = relax(net, x)
    hidden = x @ net.W[0].T
    output = ACTIVATIONS[name].f(hidden) @ net.W[1].T
    np.testing.assert_allclose(got.output, output, rtol=0.0, atol=1e-14)  # rounding
    np.testing.assert_allclose(got.energy, 0.0, atol=1e-29)  # rounding of x, 1e-15, squared
    assert got.relaxation.all_converged


def test_everything_clamped_rests_at_once() -> None:
    net = random_network([3, 2], "tanh", seed=2)
    x, t = data(net, 2, 2)
    for method in ("newton", "flow"):
        got = relax(net, x, t, method=method)
        assert got.relaxation.all_converged
        np.testing.assert_array_equal(got.output, t)


def test_precision_moves_the_hidden_node() -> None:
    """1-1-1 chain of unit weights, x0 = 0, target 1: the hidden node divides the springs, p2 / (p1 + p2)."""
    for p1, p2 in ((1.0, 1.0), (1.0, 3.0), (10.0, 0.1)):
        net = PredictiveCodingNetwork([[[1.0]], [[1.0]]], activation="identity", precision=[p1, p2])
        got = relax(net, [[0.0]], [[1.0]])
        np.testing.assert_allclose(got.activities[1], p2 / (p1 + p2), rtol=1e-11)  # tolerance 1e-12 x force
        np.testing.assert_allclose(got.energy, 0.5 * p1 * p2 / (p1 + p2), rtol=1e-11)


def test_free_input_finds_the_cause() -> None:
    """Input 1, two outputs, weights 1: the input that explains (1, 3) best is their mean."""
    net = PredictiveCodingNetwork([[[1.0], [1.0]]], activation="identity")
    got = relax(net, None, [[1.0, 3.0]])
    np.testing.assert_allclose(got.activities[0], [[2.0]], rtol=0.0, atol=2e-12)  # tolerance / eigenvalue 2
    np.testing.assert_allclose(got.energy, 1.0, rtol=1e-12)


@pytest.mark.parametrize("sizes", [(3, 4, 2), (3, 4, 4, 2)])
def test_an_unfinished_relaxation_says_so(sizes: tuple[int, ...]) -> None:
    net = random_network(sizes, "tanh", seed=4, gain=2.0)
    x, t = data(net, 3, 4)
    got = relax(net, x, t, max_iterations=1)
    assert not got.relaxation.converged.any()
    assert not got.relaxation.all_converged
    assert got.relaxation.residual.min() > 1e-6
    assert "not at rest" in got.relaxation.message
    assert got.relaxation.iterations == 1


def test_convergence_is_judged_per_sample() -> None:
    net = random_network([3, 4, 4, 2], "tanh", seed=4)
    x, t = data(net, 2, 4)
    t[0] = relax(net, x).output[0]  # the forward state is this sample's rest
    got = relax(net, x, t, max_iterations=1)
    assert got.relaxation.converged.tolist() == [True, False]
    assert "in sample 1" in got.relaxation.message


def symmetric_saddle() -> tuple[PredictiveCodingNetwork, float, float]:
    """Two equal sigmoid nodes share one output of weight w.  Both at x = -1.317, where f'' is largest, under
    a feedback h = 15 > 1 / f'' = 10.4: a rest whose curvature is positive along (1, 1) and negative along
    (1, -1).  Bias and target follow from dE/dx = 0."""
    x, h, w = -1.317, 15.0, 8.0
    f = 1.0 / (1.0 + np.exp(-x))
    bias, target = x - f * (1.0 - f) * h, 2.0 * w * f + h / w
    return PredictiveCodingNetwork([[[bias], [bias]], [[w, w]]]), x, target


def test_the_saddle_of_the_test_is_one() -> None:
    net, x, target = symmetric_saddle()
    landscape = Landscape(net, make_clamps(net, [[1.0]], [[target]]))
    state = landscape.state([np.ones((1, 1)), np.full((1, 2), x), np.full((1, 1), target)])
    assert state.residual.max() < 1e-13  # rounding of forces of 15
    low, high = curvatures(landscape, state)[0]
    assert low < -0.3
    assert high > 1.0


@pytest.mark.parametrize("method", ["newton", "flow"])
def test_a_saddle_is_never_called_rest(method: str) -> None:
    net, x, target = symmetric_saddle()
    got = relax(net, [[1.0]], [[target]], method=method, tolerance=1e-8)
    saddle = np.allclose(got.activities[1], x, rtol=0.0, atol=1e-4)
    # Either rounding broke the symmetry on the way and the rest is a minimum, or the saddle is admitted.
    assert saddle != got.relaxation.all_converged
    if saddle:
        assert "saddle" in got.relaxation.message


@pytest.mark.parametrize("method", ["newton", "flow"])
def test_a_flat_direction_still_minimises(method: str) -> None:
    """Two free inputs of which only the sum is felt: no unique minimum, but one lowest energy."""
    net = PredictiveCodingNetwork([[[1.0, 1.0], [2.0, 2.0]]], activation="identity")
    got = relax(net, None, [[1.0, 2.0]], method=method, tolerance=1e-8)
    np.testing.assert_allclose(got.activities[0].sum(), 1.0, rtol=0.0, atol=1e-7)  # tolerance / eigenvalue


@pytest.mark.parametrize("method", ["newton", "flow"])
def test_a_kink_that_is_level_to_one_side_does_not_hold_a_free_input(method: str) -> None:
    """E = (0.3 + 0.3 relu(x_1) + 0.3 relu(x_2))^2 / 2: the same wherever both inputs are below 0."""
    net = PredictiveCodingNetwork([[[-0.3, -0.3]]], [[-0.5]], activation="relu", activate_input=True)
    got = relax(net, targets=[[-0.2]], method=method)
    assert got.relaxation.residual.tolist() == [0.0]
    assert not got.relaxation.all_converged
    assert "flat direction" in got.relaxation.message


def test_unknown_method() -> None:
    net = random_network([2, 2])
    with pytest.raises(BadInput, match="unknown relaxation method 'euler': use one of newton, flow"):
        relax(net, [[0.0, 0.0]], method="euler")


def test_taking_samples() -> None:
    net = random_network([3, 4, 2], "tanh", seed=4)
    x, t = data(net, 5, 4)
    whole, part = relax(net, x, t), relax(net, x[1:3], t[1:3])
    picked = take(whole, slice(1, 3))
    assert picked.samples == 2
    close(picked, part, 1e-10)  # both within tolerance / smallest eigenvalue
    np.testing.assert_array_equal(picked.energy, whole.energy[1:3])
    np.testing.assert_array_equal(picked.relaxation.residual, whole.relaxation.residual[1:3])


@pytest.mark.parametrize("ratio", [1.0, 1e4, 1e8, 1e-8])
@pytest.mark.parametrize("name", ["relu", "identity"])
def test_the_forward_pass_is_at_rest_at_any_ratio_of_precisions(name: str, ratio: float) -> None:
    """One rounding of x - mu, times the precision, is no force."""
    base = random_network((4, 6, 3), name, seed=1, precision=[1.0, ratio])
    x, _ = data(base, 50, 3)
    got = relax(base, x)
    assert got.relaxation.all_converged, got.relaxation.message
    want = ACTIVATIONS[name].f(x @ base.W[0].T) @ base.W[1].T
    np.testing.assert_allclose(got.output, want, rtol=0.0, atol=1e-15)


@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("method", ["newton", "flow"])
def test_all_precisions_times_a_factor(factor: float, method: str) -> None:
    """E is only multiplied, so no minimum moves: the root of dE/dx by hybr, which knows no precision."""
    net = random_network((4, 6, 3), "tanh", seed=1, gain=2.0)
    x, t = data(net, 1, 3)
    hidden, output = net.W

    def gradient(y: np.ndarray) -> np.ndarray:
        eps = t[0] - output @ np.tanh(y)
        return np.asarray(y - hidden @ x[0] - (1.0 - np.tanh(y) ** 2) * (output.T @ eps))

    scaled = PredictiveCodingNetwork(net.W, None, "tanh", [factor, factor])
    got = relax(scaled, x, t, method=method, tolerance=1e-12 if method == "newton" else 1e-9)
    assert got.relaxation.all_converged, got.relaxation.message
    found = got.activities[1][0]
    want = root(gradient, found + 1e-3, tol=1e-14).x
    np.testing.assert_allclose(found, want, rtol=0.0, atol=1e-11 if method == "newton" else 1e-7)
