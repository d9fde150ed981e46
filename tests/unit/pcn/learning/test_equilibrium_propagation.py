"""Equilibrium propagation in predictive coding networks: nudged equilibria, gradients, orders in beta."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, random_network, relax
from analog_pc.pcn.learning import (
    CentredEquilibriumPropagation,
    Factors,
    forward_pass,
    learning_rule,
    nudged_equilibrium,
)
from analog_pc.training import Trainer, TrainingConfig, mathematics_backend

RNG = np.random.default_rng(5)
NET = random_network((4, 6, 5, 3), "tanh", seed=1, precision=[1.0, 2.0, 0.5])
NET = NET.with_parameters(NET.W, [0.3 * RNG.normal(size=n) for n in NET.sizes[1:]])
X = RNG.normal(size=(7, 4))
T = RNG.normal(size=(7, 3))


def loss(network: PredictiveCodingNetwork) -> float:
    """1/2 precision_L |y - o*|^2 at the free equilibrium, summed over the samples."""
    free = relax(network, X)
    return 0.5 * float((network.pi[-1] * (T - free.activities[-1]) ** 2).sum())


def slope_of_loss(layer: int, index: tuple[int, int], step: float = 1e-5) -> float:
    found = []
    for sign in (1.0, -1.0):
        w = [a.copy() for a in NET.W]
        w[layer][index] += sign * step
        found.append(loss(NET.with_parameters(w, NET.b)))
    return (found[0] - found[1]) / (2.0 * step)


def factors(text: str, network: PredictiveCodingNetwork = NET) -> Factors:
    (found,) = learning_rule(text).updates(mathematics_backend(network, learning_rule("bp")), X, T)
    return found


def flat(found: Factors) -> np.ndarray:
    return np.concatenate([a.ravel() for a in (*found.update().weights, *found.update().biases)])


def test_small_beta_is_the_gradient_of_the_loss_at_the_free_equilibrium() -> None:
    """C-EP is off by O(beta^2) = 1e-8 of the gradient, differences of the loss by 1e-10 and rounding."""
    weights = factors("c-ep:beta=1e-4").update().weights
    for layer, index in ((0, (2, 1)), (0, (5, 3)), (1, (4, 0)), (2, (1, 2)), (2, (0, 4))):
        assert weights[layer][index] == pytest.approx(-slope_of_loss(layer, index), rel=1e-6)


@pytest.mark.parametrize(("rule", "order"), [("p-ep", 1.0), ("n-ep", 1.0), ("c-ep", 2.0)])
def test_order_of_the_bias_in_beta(rule: str, order: float) -> None:
    """Slope of log error over log beta; the next term of the series is 4 times smaller at beta 0.02."""
    exact = flat(factors("bp"))
    far, near = (np.linalg.norm(flat(factors(f"{rule}:beta={beta}")) - exact) for beta in (0.02, 0.005))
    assert np.log(far / near) / np.log(4.0) == pytest.approx(order, abs=0.1)


def test_a_nudged_equilibrium_is_that_of_its_own_outputs_clamped() -> None:
    """Newton's method, which knows of no currents, finds the same hidden activities; the force on the outputs
    is the current.  Its own tolerance and the sweeps' leave 1e-10."""
    current = 0.2 * (T - forward_pass(NET, X)[-1])
    nudged = nudged_equilibrium(NET, NET.W, X, current)
    assert nudged.relaxation.all_converged
    clamped = relax(NET, X, nudged.activities[-1])
    for a, b in zip(nudged.activities, clamped.activities, strict=True):
        np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-10)
    np.testing.assert_allclose(NET.pi[-1] * clamped.eps[-1], current, rtol=0.0, atol=1e-10)
    np.testing.assert_allclose(nudged.energy, clamped.energy, rtol=1e-9)


def test_samples_that_do_not_rest_teach_nothing() -> None:
    """A large beta drives samples off, but for the one whose output is its target already."""
    output = forward_pass(NET, X)[-1]
    targets = np.concatenate([output[:1], T[1:]])
    rule = learning_rule("p-ep:beta=3")
    (found,) = rule.updates(mathematics_backend(NET, learning_rule("bp")), X, targets)
    assert 0 < found.unsettled < len(X)
    assert all(len(post) == len(X) - found.unsettled for post in found.post)
    state = nudged_equilibrium(NET, NET.W, X, 3.0 * NET.pi[-1] * (targets - output))
    assert state.relaxation.converged[0]
    assert "make beta smaller" in state.relaxation.message
    assert int((~state.relaxation.converged).sum()) == found.unsettled


def test_without_an_error_nothing_is_learned() -> None:
    own = forward_pass(NET, X)[-1]
    (found,) = learning_rule("c-ep").updates(mathematics_backend(NET, learning_rule("bp")), X, own)
    assert found.unsettled == 0
    assert not flat(found).any()


def test_phases_and_refusals() -> None:
    assert [learning_rule(r).phases for r in ("p-ep", "n-ep", "c-ep")] == [2, 2, 3]  # type: ignore[attr-defined]
    assert learning_rule("c-ep:beta=0.5") == CentredEquilibriumPropagation(0.5)
    for beta in ("0", "-1", "nan", "inf"):
        with pytest.raises(BadInput, match="beta"):
            learning_rule(f"n-ep:beta={beta}")


def test_a_network_learns() -> None:
    config = TrainingConfig(rule="c-ep", lr=0.1)
    trainer = Trainer(mathematics_backend(NET, config.learning_rule), config)
    for _ in range(60):
        trainer.step(X, T)
    assert loss(trainer.network) < 0.3 * loss(NET)
