"""`relax` depends neither on the unit of the precisions nor, where f has none, on that of the activities."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analog_pc.activations import ACTIVATIONS
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, random_network, relax

FEW = settings(max_examples=40, deadline=None, derandomize=True)
SEEDS = st.integers(0, 10_000)
SIZES = st.lists(st.integers(1, 5), min_size=3, max_size=5).map(tuple)
NAMES = st.sampled_from(list(ACTIVATIONS))
HOMOGENEOUS = st.sampled_from(["identity", "relu", "leaky_relu"])
POWERS = st.integers(-60, 60)


def problem(
    sizes: tuple[int, ...], name: str, seed: int
) -> tuple[PredictiveCodingNetwork, np.ndarray, np.ndarray]:
    """Precisions over eight decades."""
    rng = np.random.default_rng(seed)
    base = random_network(sizes, name, seed=seed, precision=10.0 ** rng.uniform(-4.0, 4.0, len(sizes) - 1))
    net = base.with_parameters(base.W, [rng.normal(size=n) for n in sizes[1:]])
    return net, rng.normal(size=(2, sizes[0])), rng.normal(size=(2, sizes[-1]))


def identical(one: Equilibrium, other: Equilibrium, unit: float) -> None:
    assert one.relaxation.converged.tolist() == other.relaxation.converged.tolist()
    assert one.relaxation.iterations == other.relaxation.iterations
    for a, b in zip(one.activities, other.activities, strict=True):
        np.testing.assert_array_equal(unit * a, b)


@FEW
@given(SIZES, NAMES, SEEDS, POWERS, st.booleans(), st.booleans())
def test_precisions_times_a_power_of_two(
    sizes: tuple[int, ...], name: str, seed: int, power: int, learn: bool, follow: bool
) -> None:
    """Bit by bit the same: a power of two rounds nothing, and no absolute number tells them apart."""
    net, x, t = problem(sizes, name, seed)
    scaled = PredictiveCodingNetwork(net.W, net.b, name, 2.0**power * net.pi)
    targets = t if learn else None
    one, other = (relax(n, x, targets, follow=follow) for n in (net, scaled))
    identical(one, other, 1.0)
    np.testing.assert_array_equal(other.energy, 2.0**power * one.energy)


@FEW
@given(SIZES, HOMOGENEOUS, SEEDS, POWERS, st.booleans(), st.booleans())
def test_another_unit_of_activity(
    sizes: tuple[int, ...], name: str, seed: int, power: int, learn: bool, follow: bool
) -> None:
    net, x, t = problem(sizes, name, seed)
    unit = 2.0**power
    scaled = net.with_parameters(net.W, [unit * b for b in net.b])
    one = relax(net, x, t if learn else None, follow=follow)
    other = relax(scaled, unit * x, unit * t if learn else None, follow=follow)
    identical(one, other, unit)


@FEW
@given(SIZES, HOMOGENEOUS, SEEDS, st.floats(-9.0, 9.0))
@example((1, 1, 1, 1), "leaky_relu", 56, 0.0)  # an activity grows to 80 times the largest of the start
def test_any_unit_of_precision_and_activity(
    sizes: tuple[int, ...], name: str, seed: int, decades: float
) -> None:
    net, x, t = problem(sizes, name, seed)
    unit = 10.0**decades
    scaled = PredictiveCodingNetwork(net.W, [unit * b for b in net.b], name, unit * net.pi)
    one, other = relax(net, x, t), relax(scaled, unit * x, unit * t)
    assert one.relaxation.all_converged, one.relaxation.message
    assert other.relaxation.all_converged, other.relaxation.message
    for a, b in zip(one.activities, other.activities, strict=True):
        # 1e-12 of the forces, over a condition number of up to 1e8: eight decades of precision.
        np.testing.assert_allclose(unit * a, b, rtol=0.0, atol=1e-4 * unit * np.abs(a).max())


@FEW
@given(SIZES, NAMES, SEEDS)
def test_predict_is_at_rest_whatever_the_precisions(sizes: tuple[int, ...], name: str, seed: int) -> None:
    net, x, _ = problem(sizes, name, seed)
    got = relax(net, x)
    assert got.relaxation.all_converged, got.relaxation.message
    assert got.relaxation.iterations == 0
