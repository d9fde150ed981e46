"""Learning rules: their two factors against updates and gradients known otherwise."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import (
    Equilibrium,
    PredictiveCodingNetwork,
    Relaxation,
    backprop_update,
    hebbian_update,
    random_network,
    relax,
)
from analog_pc.pcn.learning import (
    LEARNING_RULES,
    Backpropagation,
    Factors,
    IncrementalPredictiveCoding,
    LearningRule,
    PredictiveCoding,
    learning_rule,
)

RNG = np.random.default_rng(2)
NET = random_network((4, 6, 5, 3), "tanh", seed=1, precision=[1.0, 2.0, 0.5])
NET = NET.with_parameters(NET.W, [RNG.normal(size=n) for n in NET.sizes[1:]])
X, T = RNG.normal(size=(7, 4)), RNG.normal(size=(7, 3))


class Fixed:
    """Weights that are not written."""

    def __init__(self, network: PredictiveCodingNetwork, unsettled: tuple[int, ...] = ()) -> None:
        self.network, self.feedback, self.unsettled = network, network.W, unsettled

    def relax(self, inputs: np.ndarray, targets: np.ndarray) -> Equilibrium:
        rest = relax(self.network, inputs, targets)
        settled = np.isin(np.arange(len(inputs)), self.unsettled, invert=True)
        energy = np.where(settled, rest.energy, np.nan)
        verdict = Relaxation(settled, rest.relaxation.residual, 0, "")
        return Equilibrium(rest.activities, rest.predictions, rest.eps, rest.rates, energy, verdict)


def updates(rule: LearningRule, weights: Fixed) -> list[Factors]:
    return list(rule.updates(weights, X, T))


def test_pc_is_the_hebbian_update_at_rest() -> None:
    (found,) = updates(PredictiveCoding(), Fixed(NET))
    rest = relax(NET, X, T)
    wanted = hebbian_update(NET, rest)
    for k in range(3):
        np.testing.assert_allclose(found.post[k].T @ found.pre[k], wanted.weights[k], rtol=0.0, atol=1e-13)
        np.testing.assert_allclose(found.post[k].sum(axis=0), wanted.biases[k], rtol=0.0, atol=1e-13)
    assert found.energy == pytest.approx(rest.energy.mean(), rel=1e-14)
    assert found.unsettled == 0


def test_bp_is_the_gradient() -> None:
    (found,) = updates(Backpropagation(), Fixed(NET))
    wanted = backprop_update(NET, X, T)
    for k in range(3):
        np.testing.assert_allclose(found.post[k].T @ found.pre[k], wanted.weights[k], rtol=0.0, atol=1e-13)
        np.testing.assert_allclose(found.post[k].sum(axis=0), wanted.biases[k], rtol=0.0, atol=1e-13)
    loss = 0.5 * 0.5 * ((relax(NET, X).output - T) ** 2).sum() / len(X)
    assert found.energy == pytest.approx(loss, rel=1e-9)


def test_bp_feeds_back_what_the_transposed_arrays_hold() -> None:
    weights = Fixed(NET)
    weights.feedback = tuple(np.zeros_like(w) for w in NET.W)
    (found,) = updates(Backpropagation(), weights)
    assert not found.post[0].any()
    assert found.post[2].any()


def test_samples_that_do_not_rest_teach_nothing() -> None:
    (found,) = updates(PredictiveCoding(), Fixed(NET, unsettled=(0, 3)))
    rest = relax(NET, X, T)
    keep = [1, 2, 4, 5, 6]
    assert found.unsettled == 2
    np.testing.assert_array_equal(found.pre[1], rest.rates[1][keep])
    np.testing.assert_allclose(found.post[2], NET.pi[2] * rest.eps[3][keep], rtol=1e-14)
    assert found.energy == pytest.approx(rest.energy[keep].mean(), rel=1e-14)
    (nothing,) = updates(PredictiveCoding(), Fixed(NET, unsettled=tuple(range(7))))
    assert np.isnan(nothing.energy)
    assert all(len(d) == 0 for d in nothing.post)


# --- incremental predictive coding


def energy_of(net: PredictiveCodingNetwork, x: list[np.ndarray]) -> float:
    """E summed over samples, straight from its definition."""
    total = 0.0
    for k in range(net.depth):
        rate = x[k] if k == 0 else np.tanh(x[k])
        total += 0.5 * net.pi[k] * float(((x[k + 1] - rate @ net.W[k].T - net.b[k]) ** 2).sum())
    return total


def test_ipc_moves_activities_and_weights_down_the_same_gradient() -> None:
    """Central differences of E at the second state of a run, against its factors and its third state."""
    gamma = 0.2
    weights = Fixed(NET)
    seen: list[Factors] = []
    for found in IncrementalPredictiveCoding(3, gamma).updates(weights, X, T):
        seen.append(found)
        change = [0.01 * d.T @ x for x, d in zip(found.pre, found.post, strict=True)]
        weights.network = weights.network.with_parameters(
            [w + c for w, c in zip(weights.network.W, change, strict=True)], weights.network.b
        )
        weights.feedback = weights.network.W
        if len(seen) == 1:
            second = weights.network  # what the second step computes with
    # Rates are tanh of the activities: states in the open.
    states = [[X, *(np.arctanh(r) for r in found.pre[1:]), T] for found in seen]
    step = 1e-6
    for layer in (1, 2):
        for index in ((0, 0), (4, 2)):
            slopes = []
            for sign in (1.0, -1.0):
                moved = [a.copy() for a in states[1]]
                moved[layer][index] += sign * step
                slopes.append(energy_of(second, moved))
            gradient = (slopes[0] - slopes[1]) / (2.0 * step)
            got = states[2][layer][index] - states[1][layer][index]
            # Differences of an energy of order 10: rounding 1e-15 10 / step = 1e-8.
            assert got == pytest.approx(-gamma * gradient, abs=1e-7)
    w = [m.copy() for m in second.W]
    slopes = []
    for sign in (1.0, -1.0):
        w[1][2, 3] += sign * step
        slopes.append(energy_of(second.with_parameters(w, second.b), states[1]))
        w[1][2, 3] -= sign * step
    assert (seen[1].post[1].T @ seen[1].pre[1])[2, 3] == pytest.approx(
        -(slopes[0] - slopes[1]) / (2.0 * step), abs=1e-7
    )
    assert seen[1].energy == pytest.approx(energy_of(second, states[1]) / len(X), rel=1e-12)


def test_ipc_starts_at_the_forward_pass_and_relaxes() -> None:
    found = updates(IncrementalPredictiveCoding(400, 0.1), Fixed(NET))
    assert len(found) == 400
    assert not any(np.abs(d).max() > 1e-14 for d in found[0].post[:2])  # all of E at the output
    rest = relax(NET, X, T)
    assert found[-1].energy == pytest.approx(rest.energy.mean(), rel=1e-6)  # weights are fixed here
    energies = [f.energy for f in found]
    assert all(b <= a + 1e-12 for a, b in pairwise(energies))


def test_named_rules() -> None:
    assert learning_rule("ipc:steps=8,gamma=0.5") == IncrementalPredictiveCoding(8, 0.5)
    assert learning_rule("ipc:steps=1") == IncrementalPredictiveCoding(1)
    assert {name: kind().name for name, kind in LEARNING_RULES.items()} == {
        name: name for name in LEARNING_RULES
    }


@pytest.mark.parametrize(("text", "words"), [
    ("hebb", "unknown rule 'hebb': use one of pc, ipc, bp"),
    ("pc:steps=3", "it has no parameters"),
    ("ipc:steps=3,steps=4", "steps is given twice"),
    ("ipc:steps=0", "steps = 0"), ("ipc:gamma=0", r"gamma = 0\.0"), ("ipc:gamma=inf", "gamma = inf"),
])  # fmt: skip
def test_refused_rules(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        learning_rule(text)
