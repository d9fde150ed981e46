"""The flow that judges operating points (analysis/flow_reference): closed forms, LSODA, and `relax`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analog_pc.pcn import PredictiveCodingNetwork, relax

sys.path.insert(0, str(Path(__file__).parents[2] / "analysis"))
from flow_reference import draw, flow_rest, follow, forward_state, free_activities
from flow_reference.networks import ACTIVATIONS


def chain(activation: str, second: float, start: float, target: float) -> tuple[float, bool]:
    """Where x of a 1-1-1 chain rests: E = 1/2 (x - start)^2 + 1/2 (target - second f(x))^2."""
    network = PredictiveCodingNetwork([[[1.0]], [[second]]], activation=activation)
    found = flow_rest(network, np.array([[start]]), np.array([[target]]))
    assert found.x[0, 1] == target
    return float(found.x[0, 0]), bool(found.decided[0])


@pytest.mark.parametrize(
    ("activation", "second", "start", "target", "rest"),
    [
        ("identity", 2.0, 1.0, 3.0, 7.0 / 5.0),  # (start + second target) / (1 + second^2)
        ("relu", 2.0, 1.0, 3.0, 7.0 / 5.0),
        ("relu", 2.0, -0.5, 3.0, -0.5),  # dead, though 1.1 is a minimum as well
        ("relu", 2.0, 1.0, -3.0, 0.0),  # on the kink: -1 would be the minimum of the right side
        ("leaky_relu", 2.0, -0.5, 3.0, (-0.5 + 0.06) / 1.0004),
        ("leaky_relu", 2.0, 0.1, -3.0, 0.0),  # on the kink: 0.04 would be the minimum of the left side
        ("leaky_relu", 2.0, 0.01, -3.0, (0.01 - 0.06) / 1.0004),  # through the kink
        ("hard_sigmoid", 8.0, 4.0, 2.0, 4.0),
        ("hard_sigmoid", 6.0, 2.0, 9.0, 3.0),  # on the upper kink: 4 would be the minimum of the middle piece
        ("hard_sigmoid", 6.0, 2.0, 5.0, 2.0),  # f(2) = 5/6: the prediction is the target
    ],
)
def test_closed_forms(activation: str, second: float, start: float, target: float, rest: float) -> None:
    found, decided = chain(activation, second, start, target)
    assert decided
    assert found == pytest.approx(rest, abs=1e-12)


def test_a_start_between_two_basins_is_undecided() -> None:
    """relu at x = 0 with a target above: to the left nothing moves, to the right x goes up."""
    assert not chain("relu", 2.0, 0.0, 3.0)[1]


@pytest.mark.parametrize("number", range(36))
def test_it_agrees_with_the_package_where_that_is_at_rest(number: int) -> None:
    problem = draw(number, 3, seed=7)
    found = flow_rest(problem.network, problem.inputs, problem.targets)
    ideal = relax(problem.network, problem.inputs, problem.targets)
    judged = found.decided & ideal.relaxation.converged
    assert judged.any()
    x = np.concatenate(ideal.activities[1:], axis=1)
    full = np.maximum(1.0, np.abs(found.x).max(axis=1))
    assert (np.abs(x - found.x).max(axis=1) / full)[judged].max() <= 1e-9  # a tolerance of 1e-12 on dE/dx


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "identity"])
def test_it_follows_the_flow(activation: str) -> None:
    """Against scipy's LSODA on the differential equation as the README has it; it cannot rest on a kink."""
    number = ACTIVATIONS.index(activation)
    problem = draw(number, 2, seed=11)
    network, targets = problem.network, problem.targets
    assert targets is not None
    start = forward_state(network, problem.inputs, targets)
    free = free_activities(network, False)
    ends, rests = follow(network, problem.inputs, start, False)
    assert rests.all()
    slope = {
        "identity": np.ones_like,
        "tanh": lambda x: 1.0 / np.cosh(x) ** 2,
        "sigmoid": lambda x: 0.25 / np.cosh(0.5 * x) ** 2,
    }[activation]
    value = {
        "identity": lambda x: x,
        "tanh": np.tanh,
        "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    }[activation]
    borders = np.cumsum([len(b) for b in network.b])[:-1]

    def velocity(_time: float, moving: np.ndarray, sample: int) -> np.ndarray:
        x = np.split(np.concatenate([moving, start[sample, free:]]), borders)
        rates = [problem.inputs[sample], *(value(layer) for layer in x[:-1])]
        pulls = [
            pi * (layer - W @ rate - b)
            for pi, layer, W, rate, b in zip(network.pi, x, network.W, rates, network.b, strict=True)
        ]
        backs = [
            slope(layer) * (W.T @ pull) for layer, W, pull in zip(x, network.W[1:], pulls[1:], strict=False)
        ]
        return np.concatenate([back - pull for back, pull in zip(backs, pulls, strict=False)])

    for sample, end in enumerate(ends):
        run = solve_ivp(
            velocity, (0.0, 2000.0), start[sample, :free], "LSODA", args=(sample,), rtol=1e-9, atol=1e-9
        )
        assert np.abs(run.y[:, -1] - end[:free]).max() <= 1e-6 * max(1.0, np.abs(end).max())
