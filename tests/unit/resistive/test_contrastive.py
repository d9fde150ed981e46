"""Contrastive gradients against the adjoint circuit, and the orders of their bias in beta.

Where no diode switches between the two states the estimates are smooth in beta, and their orders can be read
off two strengths.  The networks, inputs and targets are random.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.resistive import (
    CONTRASTIVE_RULES,
    ContrastiveRule,
    Gradient,
    adjoint_gradient,
    contrastive_gradient,
    coupled_gradient,
    random_resistive_network,
    settle,
)

NETWORK = random_resistive_network((8, 12, 4), gain=20.0, seed=0)
INPUTS = np.random.default_rng(1).uniform(0.0, 1.0, (6, 8))
TARGETS = np.eye(4)[[0, 1, 2, 3, 0, 1]]


def flat(gradient: Gradient) -> Floats:
    return np.concatenate([a.ravel() for a in (*gradient.conductances, *gradient.currents)])


def relative(found: Gradient, reference: Gradient) -> float:
    return float(np.linalg.norm(flat(found) - flat(reference)) / np.linalg.norm(flat(reference)))


def estimate(rule: ContrastiveRule) -> Gradient:
    found = contrastive_gradient(NETWORK, INPUTS, TARGETS, rule)
    assert found.switched == 0.0
    return found


def slope(rule: ContrastiveRule, reference: Gradient, strong: float = 1e-2, weak: float = 1e-3) -> float:
    errors = [relative(estimate(rule.at(beta)), reference) for beta in (strong, weak)]
    return float(np.log(errors[0] / errors[1]) / np.log(strong / weak))


@pytest.mark.parametrize("sizes", [(5, 3), (5, 8, 3), (5, 7, 6, 3)])
def test_the_adjoint_circuit_is_the_derivative(sizes: tuple[int, ...]) -> None:
    network = random_resistive_network(sizes, gain=10.0, seed=2)
    network = network.with_parameters([g + 0.05 for g in network.G], network.b)
    inputs = np.random.default_rng(3).uniform(-1.0, 1.0, (4, 5))
    targets = np.random.default_rng(4).normal(size=(4, 3))

    def cost(parameters: list[Floats]) -> float:
        depth = network.depth
        output = settle(network.with_parameters(parameters[:depth], parameters[depth:]), inputs).output
        return 0.5 * float(((output - targets) ** 2).sum())

    found = adjoint_gradient(network, inputs, targets)
    parameters = [*network.G, *network.b]
    for which, exact in enumerate((*found.conductances, *found.currents)):
        place = np.unravel_index(int(np.abs(exact).argmax()), exact.shape)
        step = 1e-5
        moved = []
        for k in (-2, -1, 1, 2):
            changed = [p.copy() for p in parameters]
            changed[which][place] += k * step
            moved.append(cost(changed))
        # Of fourth order: the error is step^4 of the fifth derivative; rounding leaves 1e-16 cost / step.
        derivative = (moved[0] - 8.0 * moved[1] + 8.0 * moved[2] - moved[3]) / (12.0 * step)
        assert derivative == pytest.approx(float(exact[place]), rel=1e-8)


@pytest.mark.parametrize(("name", "order"), [("p-ep", 1.0), ("n-ep", 1.0), ("c-ep", 2.0)])
def test_equilibrium_propagation_tends_to_the_gradient(name: str, order: float) -> None:
    exact = adjoint_gradient(NETWORK, INPUTS, TARGETS)
    assert slope(CONTRASTIVE_RULES[name], exact) == pytest.approx(order, abs=0.1)


def test_a_centred_current_nudge_has_no_bias() -> None:
    """The network is linear while no diode switches, so that both currents give the same response."""
    rule = ContrastiveRule("current", 0.01, (-1, 1))
    exact = adjoint_gradient(NETWORK, INPUTS, TARGETS)
    # squares of some 400, known to 1e-16 each, over 2 beta: 1e-14 / 0.02
    assert relative(estimate(rule), exact) < 1e-11


def test_coupled_learning_weighs_the_error_by_the_effective_conductance() -> None:
    exact = coupled_gradient(NETWORK, INPUTS, TARGETS)
    assert relative(estimate(CONTRASTIVE_RULES["c-cpl"].at(1e-2)), exact) < 1e-10
    for name in ("p-cpl", "n-cpl"):
        assert slope(CONTRASTIVE_RULES[name], exact) == pytest.approx(1.0, abs=0.1)
    assert relative(exact, adjoint_gradient(NETWORK, INPUTS, TARGETS)) > 0.1


@pytest.mark.parametrize("name", CONTRASTIVE_RULES)
def test_every_rule_goes_downhill(name: str) -> None:
    found = flat(contrastive_gradient(NETWORK, INPUTS, TARGETS, CONTRASTIVE_RULES[name]))
    assert found @ flat(adjoint_gradient(NETWORK, INPUTS, TARGETS)) > 0.0


def test_relaxations_a_sample() -> None:
    phases = {name: rule.phases for name, rule in CONTRASTIVE_RULES.items()}
    assert phases == {"cl": 2, "p-ep": 2, "n-ep": 2, "c-ep": 2, "p-cpl": 2, "n-cpl": 2, "c-cpl": 3}
    assert ContrastiveRule("current", 0.1, (-1, 1)).phases == 3


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"nudging": "rope"}, "unknown nudge 'rope'"),
        ({"beta": 0.0}, "beta = 0.0"),
        ({"signs": (1, 0)}, r"signs = \(1, 0\)"),
    ],
)
def test_what_is_no_rule_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        replace(ContrastiveRule("spring", 0.1, (0, 1)), **changed)


def test_an_unstable_spring_is_no_gradient() -> None:
    with pytest.raises(FloatingPointError, match="not at rest"):
        contrastive_gradient(NETWORK, INPUTS, TARGETS, CONTRASTIVE_RULES["n-ep"].at(50.0))


def test_wrong_targets_are_refused() -> None:
    with pytest.raises(BadInput, match=r"targets: shape \(6, 3\)"):
        contrastive_gradient(NETWORK, INPUTS, TARGETS[:, :3], CONTRASTIVE_RULES["cl"])
