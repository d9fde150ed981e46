"""The sweep over the layers gives the same step as the whole matrix."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.pcn import make_clamps, random_network
from analog_pc.pcn.activations import ACTIVATIONS
from analog_pc.pcn.hessian import bend
from analog_pc.pcn.newton import dense_direction, direction
from analog_pc.pcn.state import Landscape, State

SIZES = (3, 5, 4, 2)


def landscape_of(name: str, partial: bool) -> Landscape:
    rng = np.random.default_rng(7)
    net = random_network(SIZES, name, seed=7, precision=[0.5, 2.0, 3.0])
    clamps = None
    if partial:
        mask = np.array([[True, False, True, True]] * 3)
        clamps = {2: np.ma.array(rng.normal(size=(3, 4)), mask=mask)}
    return Landscape(net, make_clamps(net, rng.normal(size=(3, 3)), rng.normal(size=(3, 2)), clamps))


def agree(landscape: Landscape, state: State, shift: np.ndarray) -> None:
    swept = direction(landscape, state, shift)
    dense = dense_direction(landscape, state, shift)
    for a, b in zip(swept, dense, strict=True):
        # Two eliminations of systems with condition below 1e3.
        np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-11 * max(1.0, np.abs(b).max()))


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("shift", [0.0, 0.3, 100.0])
def test_swept_is_dense(name: str, partial: bool, shift: float) -> None:
    landscape = landscape_of(name, partial)
    rng = np.random.default_rng(1)
    state = landscape.state(landscape.from_activities([rng.normal(size=(3, n)) for n in SIZES]))
    agree(landscape, state, shift * np.array([1.0, 2.0, 0.5]))


@pytest.mark.parametrize("name", [n for n, a in ACTIVATIONS.items() if a.kinks])
def test_swept_is_dense_on_attracting_kinks(name: str) -> None:
    landscape = landscape_of(name, partial=False)
    z = landscape.forward()
    kink = ACTIVATIONS[name].kinks[0]
    found = 0
    for layer, node in ((1, 0), (1, 3), (2, 2)):
        trial = [a.copy() for a in z]
        trial[layer][:, node] = kink + 0.4  # inside the dead zone
        attracts = bend(landscape, landscape.state(trial))[layer][:, node] > 0.0
        for k in np.flatnonzero(attracts):  # the samples whose feedback pulls towards the kink
            one = Landscape(landscape.network, landscape.clamps.sample(int(k)))
            agree(one, one.state([a[k : k + 1] for a in trial]), np.zeros(1))
            found += 1
    assert found >= 1


def test_one_newton_step_solves_a_linear_network() -> None:
    landscape = landscape_of("identity", partial=True)
    state = landscape.state(landscape.forward())
    step = direction(landscape, state, np.zeros(3))
    rest = landscape.state(landscape.moved(state.z, step))
    assert state.residual.min() > 1e-2
    assert rest.residual.max() < 1e-13  # rounding of forces near 1


def test_a_large_shift_is_a_short_step_downhill() -> None:
    landscape = landscape_of("tanh", partial=False)
    state = landscape.state(landscape.forward())
    step = direction(landscape, state, np.full(3, 1e6))
    for dx, g in zip(step[1:], state.gradient[1:], strict=True):
        # (H + shift) dx = -g: relative difference of |H| / shift < 1e-5.
        np.testing.assert_allclose(1e6 * dx, -g, rtol=0.0, atol=1e-5 * max(1.0, np.abs(g).max()))
