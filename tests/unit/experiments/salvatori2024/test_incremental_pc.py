"""Incremental predictive coding: the counting loop against the library's rules, and clockless trials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.experiments.framework.collect import collect
from analog_pc.experiments.framework.result import DIFFERS
from analog_pc.experiments.framework.result_cache import NoCache
from analog_pc.experiments.salvatori2024.incremental_pc import (
    INCREMENTAL_PC,
    counts,
    discrete_share,
    final,
    fit,
    trial,
)
from analog_pc.experiments.salvatori2024.stepping import Course, Parameters, Schedule, learn_batch
from analog_pc.pcn import PredictiveCodingNetwork, backprop_update, random_network, relax
from analog_pc.pcn.learning import IncrementalPredictiveCoding
from analog_pc.relaxers import Relaxer

SIZES = (5, 4, 3)
RNG = np.random.default_rng(0)
INPUTS = RNG.random((6, 5))
TARGETS = np.eye(3)[RNG.integers(0, 3, 6)]
SMALL = replace(
    INCREMENTAL_PC.reduced, epochs=2, seeds=1, steps=50, slownesses=(10.0,), pc_rates=(0.3,),
    ipc_rates=(0.1,), bp_rates=(0.3,),
)  # fmt: skip


class Weights:
    """The network of the moment."""

    def __init__(self, network: PredictiveCodingNetwork) -> None:
        self.network = network
        self.feedback = network.W


def stepped(rule: str, lr: float, steps: int = 7, dt: float = 0.3) -> Parameters:
    parameters = Parameters(3, SIZES)
    learn_batch(parameters, INPUTS, TARGETS, Schedule(rule, lr, steps, dt, len(INPUTS)))
    return parameters


def test_incremental_steps_are_those_of_the_rule() -> None:
    """Biases learn too; both divide by the batch."""
    weights = Weights(random_network(SIZES, "sigmoid", seed=3))
    for factors in IncrementalPredictiveCoding(7, 0.3).updates(weights, INPUTS, TARGETS):  # type: ignore[arg-type]
        change = factors.update(0.1 / len(INPUTS))
        net = weights.network
        weights.network = net.with_parameters(
            [w + d for w, d in zip(net.W, change.weights, strict=True)],
            [b + d for b, d in zip(net.b, change.biases, strict=True)],
        )
        weights.feedback = weights.network.W
    found = stepped("ipc", 0.1)
    for a, b in zip(found.weights, weights.network.W, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-13)


def test_many_steps_end_in_the_equilibrium() -> None:
    network = random_network(SIZES, "sigmoid", seed=3)
    rest = relax(network, INPUTS, TARGETS)
    found = stepped("pc", 1.0, steps=400)
    for k, w in enumerate(network.W):
        expected = w + rest.eps[k + 1].T @ rest.rates[k] / len(INPUTS)
        np.testing.assert_allclose(found.weights[k], expected, atol=1e-9)


def test_backpropagation_is_backpropagation() -> None:
    network = random_network(SIZES, "sigmoid", seed=3)
    exact = backprop_update(network, INPUTS, TARGETS)
    found = stepped("bp", 1.0)
    for w, b, v, c, dw, db in zip(
        found.weights, found.biases, network.W, network.b, exact.weights, exact.biases, strict=True
    ):
        np.testing.assert_allclose(w - v, dw / len(INPUTS), atol=1e-14)
        np.testing.assert_allclose(b - c, db / len(INPUTS), atol=1e-14)


def test_a_course_that_never_arrives() -> None:
    course = Course(np.array([0.9, 0.5, 0.04]), np.array([20.0, 40.0, 60.0]), np.array([1.0, 2.0, 3.0]))
    assert course.reached(0.5) == (40.0, 2.0)
    assert course.reached(0.01) == (np.inf, np.inf)


def test_the_energy_falls_along_a_clockless_trial(relaxers: dict[str, Relaxer]) -> None:
    equation = trial(SMALL, 10.0, relaxers["ideal"])
    circuit = trial(SMALL, 10.0, relaxers["ngspice"])
    for found in (equation, circuit):
        assert (np.diff(found["energy"]) <= 0.0).all()
    np.testing.assert_allclose(circuit["loss"], equation["loss"], atol=1e-4)
    assert discrete_share(100) >= 0.99


def test_an_incremental_step_writes_every_time() -> None:
    found = counts(SMALL, ("pc", "ipc"), NoCache())
    arrays = {q.name: a for q, a in found.arrays.items() if dict(q.conditions)["rule"] == "ipc"}
    np.testing.assert_array_equal(arrays["x-steps after every batch"], arrays["writes after every batch"])
    assert found.values[final("ipc")] < 60.0


def test_the_result_is_drawn(relaxers: dict[str, Relaxer]) -> None:
    config = replace(SMALL, epochs=12)
    result = collect(INCREMENTAL_PC, config, {"ideal": relaxers["ideal"]})
    wrong = [row.id for row in result.rows if row.verdict == DIFFERS]
    assert set(wrong) <= {"final-error-gap@ipc-pc"}  # that wants more epochs
    assert len(INCREMENTAL_PC.draw(result).axes) == 3
    assert fit(config, "native").slownesses == (10.0,)


@pytest.mark.slow
def test_native_runs_the_parts_of_a_clockless_trial(relaxers: dict[str, Relaxer]) -> None:
    equation = trial(SMALL, 10.0, relaxers["ideal"])
    circuit = trial(SMALL, 10.0, relaxers["native"])
    assert (np.diff(circuit["energy"]) <= 0.0).all()
    np.testing.assert_allclose(circuit["loss"], equation["loss"], atol=1e-4)
