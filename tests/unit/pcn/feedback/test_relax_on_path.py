"""Rests with an error path of their own: closed forms, the gradient flow as a special case, stability."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, random_network, relax
from analog_pc.pcn.clamps import make_clamps
from analog_pc.pcn.feedback import (
    ErrorPath,
    alignment,
    loop_margin,
    margins,
    path_landscape,
    random_feedback,
    random_mixing,
    relax_on_path,
)
from analog_pc.pcn.hessian import curvatures
from analog_pc.pcn.state import Landscape

RNG = np.random.default_rng(3)
NET = random_network((4, 6, 5, 3), "tanh", seed=1, precision=[1.0, 2.0, 0.5])
NET = NET.with_parameters(NET.W, [RNG.normal(size=n) for n in NET.sizes[1:]])
X = RNG.normal(size=(7, 4))
T = RNG.normal(size=(7, 3))
PATHS = {
    "feedback": ErrorPath(feedback=random_feedback(NET, seed=1)),
    "gate": ErrorPath(gate=0.7),
    "mixing": ErrorPath(mixing=random_mixing(NET, seed=1)),
    "all": ErrorPath(feedback=random_feedback(NET), gate=0.5, mixing=random_mixing(NET)),
}


@pytest.mark.parametrize("activation", ["identity", "tanh", "sigmoid"])
@pytest.mark.parametrize("sizes", [(4, 6, 3), (4, 6, 5, 3), (4, 5, 5, 5, 3)])
def test_the_transpose_is_predictive_coding(activation: str, sizes: tuple[int, ...]) -> None:
    net = random_network(sizes, activation, seed=2, precision=np.linspace(0.5, 2.0, len(sizes) - 1))
    assert ErrorPath().is_transpose
    wanted = relax(net, X, T)
    found = relax_on_path(net, ErrorPath(), X, T, tolerance=1e-13)
    assert found.relaxation.all_converged
    for name in ("activities", "predictions", "eps", "rates"):
        for a, b in zip(getattr(found, name), getattr(wanted, name), strict=True):
            np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-11)
    np.testing.assert_allclose(found.energy, wanted.energy, rtol=1e-10)


def test_a_linear_chain_is_one_linear_solve() -> None:
    """x_1 = (1 + p B W)^-1 (mu_1 + p B (t - c)), with mixing: W -> M W, c -> M b."""
    net = random_network((4, 6, 3), "identity", seed=4, precision=[1.0, 0.5])
    net = net.with_parameters(net.W, [RNG.normal(size=n) for n in net.sizes[1:]])
    b1, b2 = random_feedback(net, seed=5)
    path = ErrorPath(feedback=[b1, b2], mixing=random_mixing(net, seed=6))
    m1, m2 = random_mixing(net, seed=6)
    np.testing.assert_array_equal(m2, np.eye(3))
    left = np.eye(6) + 0.5 * b2.T @ net.W[1]
    right = (X @ net.W[0].T + net.b[0]) @ m1.T + 0.5 * (T - net.b[1]) @ b2
    found = relax_on_path(net, path, X, T)
    np.testing.assert_allclose(found.activities[1], np.linalg.solve(left, right.T).T, rtol=0.0, atol=1e-11)


@pytest.mark.parametrize("name", PATHS)
def test_it_rests_where_the_equations_say(name: str) -> None:
    """The flow written out once more, from the definition."""
    path = PATHS[name]
    found = relax_on_path(NET, path, X, T)
    assert found.relaxation.all_converged
    x = found.activities
    back = path.feedback_of(NET)
    mixing = path.mixing_of(NET) or tuple(np.eye(n) for n in NET.sizes[1:])
    rates = [x[0], np.tanh(x[1]), np.tanh(x[2])]
    eps = [x[k + 1] - (rates[k] @ NET.W[k].T + NET.b[k]) @ mixing[k].T for k in range(3)]
    for layer in (1, 2):
        gate = path.gate or 1.0 - np.tanh(x[layer]) ** 2
        moves = -NET.pi[layer - 1] * eps[layer - 1] + gate * (NET.pi[layer] * eps[layer] @ back[layer])
        np.testing.assert_allclose(moves, 0.0, atol=1e-10)


@pytest.mark.parametrize("name", PATHS)
def test_a_batch_rests_where_its_samples_do(name: str) -> None:
    """A larger batch multiplies the matrices of all its samples at once."""
    inputs = RNG.normal(size=(9, 4))
    targets = RNG.normal(size=(9, 3))
    whole = relax_on_path(NET, PATHS[name], inputs, targets, tolerance=1e-13)
    alone = [relax_on_path(NET, PATHS[name], inputs[[k]], targets[[k]], tolerance=1e-13) for k in range(9)]
    for layer in (1, 2):
        wanted = np.concatenate([one.activities[layer] for one in alone])
        np.testing.assert_allclose(whole.activities[layer], wanted, rtol=0.0, atol=1e-10)


@pytest.mark.parametrize("name", PATHS)
def test_the_flow_ends_at_the_stable_rest(name: str) -> None:
    """Integrated from the forward state by another method; the margin is the slowest rate of its end."""
    flow = path_landscape(NET, PATHS[name], make_clamps(NET, X[:1], T[:1]))
    start = flow.forward()

    def state(y: Floats) -> list[Floats]:
        return [start[0], y[None, :6], y[None, 6:], start[-1]]

    def move(_t: float, y: Floats) -> Floats:
        return -np.concatenate(flow.state(state(y)).gradient[1:3], axis=1)[0]

    rest = relax_on_path(NET, PATHS[name], X[:1], T[:1])
    margin = margins(NET, PATHS[name], rest)[0]
    assert margin > 0.0
    begin = np.concatenate(start[1:3], axis=1)[0]
    end = solve_ivp(move, (0.0, 60.0 / margin), begin, method="LSODA", rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(
        end.y[:, -1], np.concatenate(rest.activities[1:3], axis=1)[0], rtol=0.0, atol=1e-8
    )


@pytest.mark.parametrize("name", PATHS)
def test_the_jacobian_is_the_derivative_of_the_flow(name: str) -> None:
    flow = path_landscape(NET, PATHS[name], make_clamps(NET, X[:1], T[:1]))
    x = [X[:1], RNG.normal(size=(1, 6)), RNG.normal(size=(1, 5)), T[:1]]
    found = flow.stiffness_matrix(flow.state(x))[0]
    step = 1e-6
    for j in range(11):
        sides = []
        for sign in (1.0, -1.0):
            moved = [a.copy() for a in x]
            layer, unit = (1, j) if j < 6 else (2, j - 6)
            moved[layer][0, unit] += sign * step
            sides.append(-np.concatenate(flow.state(moved).gradient[1:3], axis=1)[0])
        np.testing.assert_allclose(found[:, j], -(sides[0] - sides[1]) / (2.0 * step), rtol=0.0, atol=1e-8)


def test_the_margin_of_the_transpose_is_the_curvature_of_the_energy() -> None:
    rest = relax(NET, X, T)
    landscape = Landscape(NET, make_clamps(NET, X, T))
    wanted = [c[0] for c in curvatures(landscape, landscape.state(list(rest.activities)))]
    np.testing.assert_allclose(margins(NET, ErrorPath(), rest), wanted, rtol=1e-9)


@pytest.mark.parametrize(("b", "margin"), [(1.0, 2.0), (-0.5, 0.5), (-2.0, -1.0)])
def test_feedback_against_the_weights_can_be_unstable(b: float, margin: float) -> None:
    """1-1-1 linear: dx/dt = -(1 + b w) x + ..., w = 1."""
    net = PredictiveCodingNetwork([[[1.0]], [[1.0]]], activation="identity")
    path = ErrorPath(feedback=[[[1.0]], [[b]]])
    rest = relax_on_path(net, path, [[1.0]], [[2.0]], follow=False)
    assert margins(net, path, rest)[0] == pytest.approx(margin)
    assert loop_margin(net.W[1], np.array([[b]]), 1.0) == pytest.approx(margin)
    assert relax_on_path(net, path, [[1.0]], [[2.0]]).relaxation.all_converged == (margin > 0.0)


def test_a_rest_that_the_flow_leaves_is_reported() -> None:
    """At zero error the forward state is a rest, stable or not."""
    net = PredictiveCodingNetwork([[[1.0]], [[1.0]]], activation="tanh")
    path = ErrorPath(feedback=[[[1.0]], [[-2.0]]])
    found = relax_on_path(net, path, [[0.0]], [[0.0]])
    assert not found.relaxation.all_converged
    assert "a mode grows" in found.relaxation.message


@pytest.mark.parametrize("shape", [(3, 7), (7, 3)])
def test_the_margin_of_one_hidden_layer(shape: tuple[int, int]) -> None:
    weights = RNG.normal(size=shape)
    feedback = RNG.normal(size=shape)
    wanted = np.linalg.eigvals(np.eye(shape[1]) + 0.25 * feedback.T @ weights).real.min()
    assert loop_margin(weights, feedback, 0.5) == pytest.approx(wanted)


def test_a_network_without_hidden_layers_has_nothing_to_relax() -> None:
    net = random_network((4, 3))
    found = relax_on_path(net, ErrorPath(), X, T)
    np.testing.assert_allclose(found.eps[1], T - X @ net.W[0].T, atol=1e-15)
    assert found.relaxation.all_converged


def test_a_search_that_ends_too_early_says_so() -> None:
    found = relax_on_path(NET, PATHS["feedback"], X, T, max_iterations=1)
    assert not found.relaxation.all_converged
    assert "not at rest" in found.relaxation.message


def test_mixing_may_start_with_a_positive_symmetric_part() -> None:
    drawn = random_mixing(NET, seed=1)
    positive = random_mixing(NET, seed=1, positive=True)
    for m, p in zip(drawn[:-1], positive[:-1], strict=True):
        before = np.linalg.eigvalsh(m + m.T)
        assert before[0] < 0.0
        np.testing.assert_allclose(np.linalg.eigvalsh(p + p.T), np.sort(np.abs(before)), atol=1e-13)
        np.testing.assert_allclose(p - p.T, m - m.T, atol=1e-13)
    np.testing.assert_array_equal(positive[-1], np.eye(3))


def test_random_feedback_is_of_its_scale_and_independent_of_the_weights() -> None:
    net = random_network((200, 100, 50), seed=3)
    feedback = random_feedback(net, scale=2.0, seed=3)
    for b, w in zip(feedback, net.W, strict=True):
        assert b.std() == pytest.approx(2.0 * w.std(), rel=0.03)
    assert np.abs(alignment(net, feedback)).max() < 5.0 / np.sqrt(50 * 100)  # five standard deviations
    np.testing.assert_allclose(alignment(net, net.W), 1.0, rtol=1e-14)
    np.testing.assert_allclose(alignment(net, [-w for w in net.W]), -1.0, rtol=1e-14)
    assert alignment(net.with_parameters([0.0 * w for w in net.W], net.b), feedback)[0] == 0.0


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: ErrorPath(gate=0.0), "gate = 0.0"),
        (lambda: ErrorPath(gate=np.inf), "gate = inf"),
        (lambda: relax_on_path(NET, ErrorPath(feedback=NET.W[:2]), X, T), "2 matrices"),
        (lambda: relax_on_path(NET, ErrorPath(feedback=[w.T for w in NET.W]), X, T), "shape"),
        (lambda: relax_on_path(NET, ErrorPath(feedback=[np.nan * w for w in NET.W]), X, T), "not finite"),
        (lambda: relax_on_path(NET, ErrorPath(mixing=NET.W), X, T), "mixing of layer 1"),
        (lambda: relax_on_path(random_network((4, 6, 3), "relu"), ErrorPath(), X, T), "kinks"),
        (lambda: random_feedback(NET, scale=0.0), "scale = 0.0"),
    ],
)
def test_refused_paths(make: Any, text: str) -> None:
    with pytest.raises(BadInput, match=text):
        make()
