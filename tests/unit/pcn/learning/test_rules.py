"""Learning rules against finite differences, and predictive coding against backpropagation."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import ACTIVATIONS
from analog_pc.pcn import PredictiveCodingNetwork, backprop_update, hebbian_update, random_network, relax

SIZES = (3, 4, 3, 2)
STEP = 1e-5
ALL = pytest.mark.parametrize("name", ACTIVATIONS)


def problem(
    name: str, *, activate_input: bool = False
) -> tuple[PredictiveCodingNetwork, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(21)
    base = random_network(SIZES, name, seed=21, precision=[0.5, 2.0, 3.0])
    biases = [rng.normal(size=n) for n in SIZES[1:]]
    net = PredictiveCodingNetwork(base.W, biases, name, base.pi, activate_input)
    return net, rng.normal(size=(4, 3)), rng.normal(size=(4, 2))


def energy(net: PredictiveCodingNetwork, x: tuple[np.ndarray, ...]) -> float:
    mus = [net.activation_of(k).f(x[k]) @ net.W[k].T + net.b[k] for k in range(net.depth)]
    return float(sum(0.5 * pi * ((a - m) ** 2).sum() for pi, a, m in zip(net.pi, x[1:], mus, strict=True)))


def loss(net: PredictiveCodingNetwork, x: np.ndarray, t: np.ndarray) -> float:
    a = x
    for k in range(net.depth):
        a = net.activation_of(k).f(a) @ net.W[k].T + net.b[k]
    return float(0.5 * net.pi[-1] * ((a - t) ** 2).sum())


def slope(value, net: PredictiveCodingNetwork, layer: int, which: str, index: tuple[int, ...]) -> float:
    """d value(net) / d parameter by a central difference."""
    ends = []
    for sign in (1.0, -1.0):
        W, b = [w.copy() for w in net.W], [v.copy() for v in net.b]
        {"W": W, "b": b}[which][layer][index] += sign * STEP
        ends.append(value(net.with_parameters(W, b)))
    return (ends[0] - ends[1]) / (2.0 * STEP)


def check(update, value, net: PredictiveCodingNetwork, lr: float) -> None:
    for layer in range(net.depth):
        for which, got in (("W", update.weights[layer]), ("b", update.biases[layer])):
            assert got.shape == (net.W if which == "W" else net.b)[layer].shape
            for index in np.ndindex(got.shape):
                # Truncation h^2 E''' and rounding eps E / h: about 1e-9 for E near 50.
                expected = -lr * slope(value, net, layer, which, index)
                np.testing.assert_allclose(got[index], expected, rtol=0.0, atol=1e-8)


@ALL
def test_hebbian_descends_the_energy_at_rest(name: str) -> None:
    net, x, t = problem(name)
    rest = relax(net, x, t)
    check(hebbian_update(net, rest, 0.3), lambda other: energy(other, rest.activities), net, 0.3)


def test_hebbian_with_an_activated_input() -> None:
    net, x, t = problem("tanh", activate_input=True)
    rest = relax(net, x, t)
    check(hebbian_update(net, rest), lambda other: energy(other, rest.activities), net, 1.0)


@ALL
def test_backprop_descends_the_loss(name: str) -> None:
    net, x, t = problem(name)
    check(backprop_update(net, x, t, 0.3), lambda other: loss(other, x, t), net, 0.3)


def test_backprop_with_an_activated_input() -> None:
    net, x, t = problem("tanh", activate_input=True)
    check(backprop_update(net, x, t), lambda other: loss(other, x, t), net, 1.0)


def test_updates_are_summed_over_samples() -> None:
    net, x, t = problem("tanh")
    for rule in ("pc", "bp"):

        def update(x, t, rule=rule):
            return hebbian_update(net, relax(net, x, t)) if rule == "pc" else backprop_update(net, x, t)

        parts = [update(x[k : k + 1], t[k : k + 1]) for k in range(len(x))]
        for layer in range(net.depth):
            total = sum(p.weights[layer] for p in parts)
            # Each part is at rest within 1e-12 over the smallest eigenvalue.
            np.testing.assert_allclose(update(x, t).weights[layer], total, rtol=0.0, atol=1e-9)


def test_no_surprise_no_change() -> None:
    net, x, _ = problem("sigmoid")
    t = relax(net, x).output
    for update in (hebbian_update(net, relax(net, x, t)), backprop_update(net, x, t)):
        for change in (*update.weights, *update.biases):
            np.testing.assert_array_equal(change, 0.0)


def test_predictive_coding_tends_to_backprop() -> None:
    """Whittington and Bogacz 2017: as the output variance v grows, v dW(PC) -> dW(BP), difference ~ 1/v."""
    rng = np.random.default_rng(0)
    net = random_network((5, 7, 6, 4), "sigmoid", seed=0)
    x, t = rng.normal(size=(1, 5)), rng.normal(size=(1, 4))
    bp = np.concatenate([w.ravel() for w in backprop_update(net, x, t).weights])
    variances = np.array([8.0, 64.0, 512.0])
    off = []
    for v in variances:
        wide = PredictiveCodingNetwork(net.W, net.b, "sigmoid", [1.0, 1.0, 1.0 / v])
        pc = v * np.concatenate([w.ravel() for w in hebbian_update(wide, relax(wide, x, t)).weights])
        off.append(np.linalg.norm(pc - bp) / np.linalg.norm(bp))
    fit = np.polyfit(np.log(variances), np.log(off), 1)[0]
    assert abs(fit + 1.0) < 0.1  # the acceptance bound of the reference; 1/v + O(1/v^2) gives about 0.02
    assert off[-1] < 1e-2


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_gradient_of_the_relaxed_energy_is_the_hebbian_one(name: str) -> None:
    """Envelope theorem: dE*/dW of the energy relaxed anew equals dE/dW at the old rest, because dE/dx = 0."""
    net, x, t = problem(name)
    update = hebbian_update(net, relax(net, x, t))

    def relaxed(other):
        return float(relax(other, x, t).energy.sum())

    for layer in range(net.depth):
        # As for `check`.
        np.testing.assert_allclose(
            update.weights[layer][1, 2], -slope(relaxed, net, layer, "W", (1, 2)), rtol=0.0, atol=1e-7
        )
