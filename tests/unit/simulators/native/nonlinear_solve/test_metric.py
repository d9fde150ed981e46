"""The metric of a reciprocal flow: it undoes whatever units the states are held in."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc import Native, compile_network, random_network, technology
from analog_pc.compiler import CompileOptions
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.metric import reciprocal_metric
from analog_pc.simulators.native.nonlinear_solve.problem import Problem, SolveState
from analog_pc.simulators.native.nonlinear_solve.strategies.follow_slow_flow import FollowSlowFlow
from analog_pc.training import load_dataset


def units(n: int) -> np.ndarray:
    return np.exp(np.random.default_rng(n).normal(size=n))


@pytest.mark.parametrize("n", [1, 2, 7])
def test_a_gradient_flow_in_any_units_becomes_symmetric(n: int) -> None:
    rng = np.random.default_rng(n)
    hessian = rng.normal(size=(n, n))
    hessian = hessian + hessian.T
    d = units(n)
    metric = reciprocal_metric([-hessian * d[:, None] / d], np.ones(n))
    np.testing.assert_allclose(metric, (1.0 / d) / (1.0 / d).max(), rtol=1e-12)


def test_samples_in_which_other_states_are_coupled_help_each_other() -> None:
    d = units(3)
    one = np.diag([-1.0, -1.0, -1.0])
    one[0, 1] = one[1, 0] = 0.3
    other = np.diag([-1.0, -1.0, -1.0])
    other[1, 2] = other[2, 1] = -0.2
    metric = reciprocal_metric([one * d[:, None] / d, other * d[:, None] / d], np.ones(3))
    np.testing.assert_allclose(metric, (1.0 / d) / (1.0 / d).max(), rtol=1e-12)


def test_states_that_nothing_binds_keep_what_they_have() -> None:
    start = np.array([0.5, 1.0])
    one_way = np.array([[-1.0, 2.0], [-2.0, -1.0]])  # rotation: no metric makes it equal
    for jacobians in ([], [np.diag([-1.0, -2.0])], [one_way]):
        np.testing.assert_array_equal(reciprocal_metric(jacobians, start), start)


@pytest.mark.parametrize("leak", [1e-4, 1e-9])
@pytest.mark.parametrize("rate", [1.0, 1e6])
def test_what_leaks_into_an_inactive_unit_does_not_decide(leak: float, rate: float) -> None:
    """Of three like states the last is inactive; what leaks is not reciprocal, by eight decades."""
    jacobian = rate * np.array([[-1.0, 0.3, leak], [0.3, -1.0, leak], [1e-8 * leak, 1e-8 * leak, -1.0]])
    np.testing.assert_allclose(reciprocal_metric([jacobian], np.ones(3)), 1.0, rtol=1e-12)


def test_a_cascade_contracts() -> None:
    """Each state drives the next one by ten times its own rate, and none feels the next one, or hardly."""
    jacobian = -np.eye(4) + 10.0 * np.eye(4, k=-1) + 1e-9 * np.eye(4, k=1)
    metric = reciprocal_metric([jacobian], np.ones(4))
    seen = metric[:, None] * jacobian / metric
    assert np.linalg.eigvalsh(seen + seen.T).max() < -1.9
    assert np.linalg.eigvalsh(jacobian + jacobian.T).max() > 10.0  # all volts alike


@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_a_prediction_with_its_feedback_off_is_known_to_be_where_the_flow_ends(name: str) -> None:
    data = load_dataset("digits", 0)
    net = random_network((64, 32, 16, 10), name, seed=1)
    compiled = compile_network(
        net,
        technology("cmos130-rram"),
        data.test_inputs[:8],
        seed=1,
        options=CompileOptions(gate_feedback=True),
    )
    model = Native().model(compiled.circuit)
    problem = Problem.of(model, compiled.operating_point(), check=True, deadline=Deadline(None))
    state = SolveState.initial(problem)
    FollowSlowFlow().step(problem, state)
    assert state.found.all()


def test_the_slow_flow_of_rectifiers_contracts_whoever_is_inactive() -> None:
    """A unit is inactive in almost every sample; amplifiers have offsets and output resistance."""
    data = load_dataset("digits", 0)
    targets = data.one_hot(data.test_labels)[:40]
    net = random_network((64, 32, 10), "relu", seed=1)
    compiled = compile_network(net, technology("breadboard"), data.test_inputs[:40], targets, seed=1)
    problem = Problem.of(
        Native().model(compiled.circuit), compiled.operating_point(), check=True, deadline=Deadline(None)
    )
    state = SolveState.initial(problem)
    FollowSlowFlow().step(problem, state)
    assert state.found.all()


def test_no_states() -> None:
    assert reciprocal_metric([np.zeros((0, 0))], np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_layers_of_unlike_volts_are_found_as_those_of_like_volts(name: str) -> None:
    net = random_network((6, 5, 4, 3), name, seed=2)
    inputs = np.random.default_rng(0).normal(size=(20, 6))
    for volts in (0.05, (0.05, 0.01, 0.04, 0.02)):
        compiled = compile_network(
            net, technology("pcm"), inputs, seed=1, options=CompileOptions(volts_per_unit=volts)
        )
        found = Native().simulate(compiled.circuit, compiled.operating_point())
        assert found.status.converged(20).all(), found.status
