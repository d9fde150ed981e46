"""f, f' and f'' against each other, and the drive that unfolds a kink."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import ACTIVATIONS, activation, piecewise_linear
from analog_pc.errors import BadInput

ALL = pytest.mark.parametrize("name", ACTIVATIONS)
KINKED = pytest.mark.parametrize("name", [n for n, a in ACTIVATIONS.items() if a.kinks])
X = np.linspace(-8.03, 8.07, 400)  # no point within 1e-4 of a kink (0, +-3)
STEP = 1e-5

DEFINITIONS = {
    "identity": lambda x: x,
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "relu": lambda x: np.where(x > 0.0, x, 0.0),
    "leaky_relu": lambda x: np.where(x > 0.0, x, 0.01 * x),
    "hard_sigmoid": lambda x: np.clip(x / 6.0 + 0.5, 0.0, 1.0),
}


@ALL
def test_definition(name: str) -> None:
    # Values up to 8; a few roundings of 1e-16 each.
    np.testing.assert_allclose(activation(name).f(X), DEFINITIONS[name](X), rtol=0.0, atol=1e-14)


@ALL
def test_slope_is_the_derivative(name: str) -> None:
    f = activation(name)
    # Central difference: truncation h^2 f'''/6 < 4e-11, rounding 8 eps / h < 2e-10.
    numeric = (f.f(X + STEP) - f.f(X - STEP)) / (2.0 * STEP)
    np.testing.assert_allclose(f.slope(X), numeric, rtol=0.0, atol=1e-9)


@ALL
def test_curvature_is_the_second_derivative(name: str) -> None:
    f = activation(name)
    # As above; f' has magnitude 1, so rounding is eps / h = 2e-11.
    numeric = (f.slope(X + STEP) - f.slope(X - STEP)) / (2.0 * STEP)
    np.testing.assert_allclose(f.curvature(X), numeric, rtol=0.0, atol=1e-9)


@ALL
def test_position_undoes_drive(name: str) -> None:
    f = activation(name)
    x = np.concatenate([X, [-3.0, 0.0, 3.0]])
    # One rounding per unit added and taken away, at magnitudes below 16.
    np.testing.assert_allclose(f.position(f.drive(x)), x, rtol=0.0, atol=4e-15)
    np.testing.assert_array_equal(f.gate(f.drive(x)), f.slope(x))


@KINKED
def test_dead_zone_of_width_one_after_each_kink(name: str) -> None:
    f = activation(name)
    for k, kink in enumerate(f.kinks):
        z = kink + k + np.array([0.0, 0.25, 0.5, 1.0])
        np.testing.assert_array_equal(f.position(z), np.full(4, kink))
        left, right = f.slopes[k], f.slopes[k + 1]
        # Two products and a sum of numbers <= 1.
        np.testing.assert_allclose(f.gate(z), left + (right - left) * np.array([0, 0.25, 0.5, 1]), atol=1e-15)


@KINKED
def test_an_activity_rests_on_a_kink_with_the_gate_that_balances(name: str) -> None:
    """Feedback that pulls back across the kink from both sides: any gate between the slopes is at rest."""
    f = activation(name)
    for k, kink in enumerate(f.kinks):
        left, right = f.slopes[k], f.slopes[k + 1]
        back = -1.7 * np.sign(right - left)  # E has a minimum across the kink
        gates = left + (right - left) * np.array([0.0, 0.25, 1.0])
        x, gate = f.at_kink(np.full(3, kink + 1e-9), gates * back, np.full(3, back), 1e-8)
        assert x.tolist() == [kink] * 3
        np.testing.assert_allclose(gate, gates, rtol=0.0, atol=1e-15)
        z = f.drive(x, gate)  # the rectifier's op-amp stands that far in its dead zone
        np.testing.assert_allclose(z, kink + k + np.array([0.0, 0.25, 1.0]), rtol=0.0, atol=2e-15)
        np.testing.assert_allclose(f.gate(z), gates, rtol=0.0, atol=2e-15)
        np.testing.assert_array_equal(f.position(z), x)


@KINKED
@pytest.mark.parametrize("case", ["far", "repels", "below", "above", "no feedback"])
def test_an_activity_does_not_rest_on_a_kink(name: str, case: str) -> None:
    f = activation(name)
    for k, kink in enumerate(f.kinks):
        left, right = f.slopes[k], f.slopes[k + 1]
        back = -1.7 * np.sign(right - left) * {"repels": -1.0, "no feedback": 0.0}.get(case, 1.0)
        gate = left + (right - left) * {"below": -0.01, "above": 1.01}.get(case, 0.5)
        x = np.array([kink + (2e-8 if case == "far" else 1e-9)])
        position, found = f.at_kink(x, np.array([gate * back]), np.array([back]), 1e-8)
        assert position.tolist() == x.tolist()
        assert np.isnan(found).all()


def test_smooth_activations_do_not_overflow() -> None:
    for name in ("tanh", "sigmoid"):
        f = activation(name)
        far = np.array([-800.0, 800.0])
        assert f.f(far).tolist() == [{"tanh": -1.0, "sigmoid": 0.0}[name], 1.0]
        assert f.slope(far).tolist() == [0.0, 0.0]
        assert np.abs(f.curvature(far)).max() == 0.0


def test_three_slopes() -> None:
    f = piecewise_linear("bowl", (-1.0, 2.0), (-1.0, 0.5, 3.0), 0.25)
    # By hand: 0.25 at 0, -0.25 at the left kink, then slope -1; 1.25 at the right kink, then slope 3.
    np.testing.assert_allclose(
        f.f(np.array([-2.0, -1.0, 0.0, 2.0, 3.0])), [0.75, -0.25, 0.25, 1.25, 4.25], rtol=1e-15
    )


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(BadInput, match="unknown activation 'gelu': use one of identity, tanh, sigmoid, relu"):
        activation("gelu")
