"""Laws of the energy and of its rest."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.activations import ACTIVATIONS
from analog_pc.pcn import PredictiveCodingNetwork, make_clamps, random_network, relax
from analog_pc.pcn.flow import flow
from analog_pc.pcn.state import Landscape

FEW = settings(max_examples=25, deadline=None, derandomize=True)
SEEDS = st.integers(0, 10_000)
SIZES = st.lists(st.integers(1, 5), min_size=3, max_size=4).map(tuple)
NAMES = st.sampled_from(list(ACTIVATIONS))
SMOOTH = st.sampled_from([n for n, a in ACTIVATIONS.items() if not a.kinks])


def problem(
    sizes: tuple[int, ...], name: str, seed: int
) -> tuple[PredictiveCodingNetwork, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    base = random_network(sizes, name, seed=seed, precision=rng.uniform(0.5, 2.0, len(sizes) - 1))
    net = base.with_parameters(base.W, [rng.normal(size=n) for n in sizes[1:]])
    return net, rng.normal(size=(2, sizes[0])), rng.normal(size=(2, sizes[-1]))


@FEW
@given(SIZES, SMOOTH, SEEDS)
def test_the_flow_dissipates_exactly_the_energy_it_loses(
    sizes: tuple[int, ...], name: str, seed: int
) -> None:
    net, x, t = problem(sizes, name, seed)
    landscape = Landscape(net, make_clamps(net, x, t))
    start = landscape.state(landscape.forward())
    times = np.linspace(0.0, 6.0, 601)
    path = flow(landscape, start.x, 6.0).at(times)
    states = [landscape.resting_state([layer[k] for layer in path]) for k in range(len(times))]
    energy = np.array([s.energy for s in states])
    power = np.array([sum((g**2).sum(axis=1) for g in s.gradient) for s in states])
    # Interpolation of the integrator between its steps: 1e-10 relative.
    assert (np.diff(energy, axis=0) <= 1e-8 * np.maximum(energy[:1], 1.0)).all()
    # Passivity, dE/dt = -|dE/dx|^2, by Simpson's rule: error h^4/180 of the fourth derivative, whose modes
    # decay at rates up to a few units; 1e-5 of the power at the start.
    lost = (times[1] / 3.0) * (power[0] + 4.0 * power[1:-1:2].sum(0) + 2.0 * power[2:-1:2].sum(0) + power[-1])
    np.testing.assert_allclose(energy[0] - energy[-1], lost, rtol=0.0, atol=1e-5 * max(1.0, power.max()))


@FEW
@given(SIZES, NAMES, SEEDS)
def test_rest_lies_below_the_forward_state(sizes: tuple[int, ...], name: str, seed: int) -> None:
    net, x, t = problem(sizes, name, seed)
    landscape = Landscape(net, make_clamps(net, x, t))
    rest = relax(net, x, t)
    assert rest.relaxation.all_converged, rest.relaxation.message
    assert (rest.energy <= landscape.state(landscape.forward()).energy * (1.0 + 1e-12)).all()  # rounding
    assert (rest.energy >= 0.0).all()


@FEW
@given(SIZES, SEEDS, st.floats(-3.0, 3.0))
def test_linear_rest_superposes(sizes: tuple[int, ...], seed: int, factor: float) -> None:
    base, x, t = problem(sizes, "identity", seed)
    net = PredictiveCodingNetwork(base.W, None, "identity", base.pi)  # a bias is a third source
    first, second = relax(net, x, t), relax(net, x[::-1], 2.0 * t[::-1])
    both = relax(net, x + factor * x[::-1], t + 2.0 * factor * t[::-1])
    for a, b, c in zip(both.activities, first.activities, second.activities, strict=True):
        # Each rest is within 1e-12 x force over the smallest eigenvalue, above 1e-3.
        np.testing.assert_allclose(a, b + factor * c, rtol=0.0, atol=1e-8)


@FEW
@given(SIZES, NAMES, SEEDS)
def test_hidden_units_have_no_order(sizes: tuple[int, ...], name: str, seed: int) -> None:
    net, x, t = problem(sizes, name, seed)
    order = np.random.default_rng(seed + 1).permutation(sizes[1])
    W, b = list(net.W), list(net.b)
    W[0], b[0], W[1] = W[0][order], b[0][order], W[1][:, order]
    one, other = relax(net, x, t), relax(net.with_parameters(W, b), x, t)
    # As above; sums in another order.
    np.testing.assert_allclose(other.activities[1], one.activities[1][:, order], rtol=0.0, atol=1e-8)
    np.testing.assert_allclose(other.energy, one.energy, rtol=0.0, atol=1e-8)


@FEW
@given(SIZES, NAMES, SEEDS)
def test_samples_do_not_see_each_other(sizes: tuple[int, ...], name: str, seed: int) -> None:
    net, x, t = problem(sizes, name, seed)
    both, alone = relax(net, x, t), relax(net, x[1:], t[1:])
    for a, b in zip(both.activities, alone.activities, strict=True):
        np.testing.assert_allclose(a[1:], b, rtol=0.0, atol=1e-8)


@FEW
@given(SIZES, NAMES, SEEDS, st.floats(0.01, 100.0))
def test_only_ratios_of_precision_matter(sizes: tuple[int, ...], name: str, seed: int, factor: float) -> None:
    net, x, t = problem(sizes, name, seed)
    stiff = PredictiveCodingNetwork(net.W, net.b, name, factor * net.pi)
    one, other = relax(net, x, t), relax(stiff, x, t)
    assert other.relaxation.all_converged, other.relaxation.message
    for a, b in zip(one.activities, other.activities, strict=True):
        # |dE/dx| <= 1e-12 leaves 100 times more room at a hundredth of the stiffness.
        np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-7)
    np.testing.assert_allclose(other.energy, factor * one.energy, rtol=1e-7, atol=1e-9)
