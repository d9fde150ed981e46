"""Energy, its gradient and its Hessian against each other."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import ACTIVATIONS
from analog_pc.pcn import PredictiveCodingNetwork, make_clamps, random_network
from analog_pc.pcn.hessian import curvatures
from analog_pc.pcn.state import Landscape

SIZES = (3, 4, 2, 2)
STEP = 1e-5
SMOOTH = [n for n, a in ACTIVATIONS.items() if not a.kinks]


def problem(name: str, seed: int = 0) -> tuple[Landscape, list[np.ndarray]]:
    """Every activity free except one node of each layer, and a random point of the landscape."""
    rng = np.random.default_rng(seed)
    base = random_network(SIZES, name, seed=seed, precision=[0.5, 2.0, 3.0])
    net = PredictiveCodingNetwork(
        base.W, [rng.normal(size=n) for n in SIZES[1:]], name, base.pi, activate_input=True
    )
    clamps = {}
    for layer, size in enumerate(SIZES):
        mask = np.ones((2, size), dtype=bool)
        mask[:, 0] = False
        clamps[layer] = np.ma.array(rng.normal(size=(2, size)), mask=mask)
    landscape = Landscape(net, make_clamps(net, clamps=clamps))
    return landscape, [rng.normal(size=(2, size)) for size in SIZES]


def energy_by_hand(landscape: Landscape, x: list[np.ndarray]) -> np.ndarray:
    net = landscape.network
    total = np.zeros(len(x[0]))
    for k in range(net.depth):
        mu = net.activation_of(k).f(x[k]) @ net.W[k].T + net.b[k]
        total += 0.5 * net.pi[k] * ((x[k + 1] - mu) ** 2).sum(axis=1)
    return total


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_energy(name: str) -> None:
    landscape, x = problem(name)
    state = landscape.resting_state(x)
    # A few roundings.
    np.testing.assert_allclose(state.energy, energy_by_hand(landscape, state.x), rtol=1e-14)
    for layer, values in enumerate(landscape.clamps.values):
        # A kink's drive adds and takes away 1 or 2: rounding of numbers below 8.
        np.testing.assert_allclose(state.x[layer][:, 0], values[:, 0], rtol=0.0, atol=1e-15)
        np.testing.assert_allclose(state.x[layer][:, 1:], x[layer][:, 1:], rtol=0.0, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradient_is_the_derivative_of_the_energy(name: str) -> None:
    landscape, x = problem(name)
    state = landscape.resting_state(x)
    for layer, size in enumerate(SIZES):
        assert np.all(state.gradient[layer][:, 0] == 0.0)  # clamped
        for i in range(1, size):
            up, down = [a.copy() for a in state.x], [a.copy() for a in state.x]
            up[layer][:, i] += STEP
            down[layer][:, i] -= STEP
            numeric = (energy_by_hand(landscape, up) - energy_by_hand(landscape, down)) / (2.0 * STEP)
            # Truncation h^2 E'''/6 and rounding eps E / h, both near 1e-9 for E near 50.
            np.testing.assert_allclose(state.gradient[layer][:, i], numeric, rtol=0.0, atol=1e-8)


@pytest.mark.parametrize("name", SMOOTH)
def test_hessian_is_the_derivative_of_the_gradient(name: str) -> None:
    landscape, x = problem(name)
    state = landscape.resting_state(x)
    full = landscape.hessian(state)
    free = np.concatenate(landscape.clamps.free)
    column = -1
    for layer, size in enumerate(SIZES):
        for i in range(size):
            column += 1
            if not landscape.clamps.free[layer][i]:
                continue
            ends = []
            for sign in (1.0, -1.0):
                moved = [a.copy() for a in state.x]
                moved[layer][:, i] += sign * STEP
                ends.append(np.concatenate(landscape.state(moved).gradient, axis=1))
            numeric = (ends[0] - ends[1]) / (2.0 * STEP)
            # As for the gradient: 1e-9 of truncation and rounding.
            np.testing.assert_allclose(full[:, free, column], numeric[:, free], rtol=0.0, atol=1e-8)


def test_forward_state_has_no_free_energy() -> None:
    net = random_network([3, 4, 2], "tanh", seed=1)
    landscape = Landscape(net, make_clamps(net, np.ones((2, 3))))
    state = landscape.state(landscape.forward())
    np.testing.assert_array_equal(state.energy, 0.0)
    np.testing.assert_array_equal(state.residual, 0.0)


def chain(hidden: int, *, clamped: bool) -> Landscape:
    net = PredictiveCodingNetwork([np.eye(2)] * (hidden + 1), activation="identity")
    return Landscape(net, make_clamps(net, np.ones((1, 2)), np.ones((1, 2)) if clamped else None))


@pytest.mark.parametrize("hidden", [1, 2, 4, 8])
@pytest.mark.parametrize("clamped", [True, False])
def test_slowest_mode_of_isometric_layers(hidden: int, clamped: bool) -> None:
    """lambda_min = (2 sin(pi / (2 (L+1))))^2 with the output clamped, (2 sin(pi / (2 (2L+1))))^2 with the
    last of L layers free: the eigenvalues of a path graph, which set the settling time."""
    landscape = chain(hidden, clamped=clamped)
    lowest = curvatures(landscape, landscape.state(landscape.forward()))[0][0]
    movers = hidden if clamped else hidden + 1
    angle = np.pi / (2.0 * (movers + 1)) if clamped else np.pi / (2.0 * (2 * movers + 1))
    # Eigenvalues of a matrix of norm <= 4: absolute error of a few 1e-15.
    np.testing.assert_allclose(lowest, (2.0 * np.sin(angle)) ** 2, rtol=0.0, atol=1e-13)
