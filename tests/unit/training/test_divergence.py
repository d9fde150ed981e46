"""Trainings whose energy rose, and the rates that a linear read-out bears, against both computed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import random_network
from analog_pc.training import MathematicsBackend, Trainer, TrainingConfig, TrainingRun, load_dataset
from analog_pc.training.divergence import read_out_rate, rise

INPUTS = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]])
TARGETS = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
LARGE = random_network((2, 3, 2), "tanh", seed=0, precision=[1.0, 4.0]).with_parameters(
    [np.full((3, 2), 5.0), np.full((2, 3), 5.0)], [np.zeros(3), np.zeros(2)]
)
ZERO = 2.0  # 1/2 precision_L |target|^2 with one target of 1


def history(*energies: float | None) -> list[dict[str, Any]]:
    return [{"energy": energy} for energy in energies]


def test_a_rise_from_the_first_epoch_to_above_weights_of_zero() -> None:
    found = rise(history(2.5, 9.0, 2.6), LARGE, INPUTS, TARGETS)
    assert found is not None
    assert (found.since, found.before, found.after, found.zero) == ("in epoch 1", 2.5, 2.6, ZERO)


def test_a_rise_from_before_training() -> None:
    hidden = np.tanh(INPUTS @ LARGE.W[0].T) @ LARGE.W[1].T
    start = 2.0 * float(((TARGETS - hidden) ** 2).sum()) / 3
    assert start > ZERO
    found = rise(history(2e3, 1e3), LARGE, INPUTS, TARGETS)
    assert found is not None
    assert (found.since, found.after) == ("before training", 1e3)
    assert found.before == pytest.approx(start, rel=1e-12)
    assert rise(history(2e3, 0.99 * start), LARGE, INPUTS, TARGETS) is None  # slow, but falling
    assert rise(history(0.99 * start), LARGE, INPUTS, TARGETS) is None  # one epoch has no first to compare


@pytest.mark.parametrize(
    "energies",
    [
        pytest.param((), id="none"),
        pytest.param((None,), id="unsettled"),
        pytest.param((1.0, None), id="unsettled-at-last"),
        pytest.param((1.9, 0.5), id="falls"),
        pytest.param((0.5, 0.51), id="noise"),
        pytest.param((0.5, ZERO), id="as-weights-of-zero"),
        pytest.param((5.0, 30.0, 0.2), id="early-peak"),
    ],
)
def test_no_rise(energies: tuple[float | None, ...]) -> None:
    assert rise(history(*energies), LARGE, INPUTS, TARGETS) is None


def test_a_first_epoch_without_equilibrium_is_not_compared() -> None:
    assert rise(history(None, 2.1), LARGE, INPUTS, TARGETS) is None
    found = rise(history(None, 1e9), LARGE, INPUTS, TARGETS)
    assert found is not None
    assert found.since == "before training"


@pytest.mark.parametrize("precision", [1.0, 4.0])
def test_twice_the_rate_of_a_read_out_is_where_descent_turns_to_divergence(precision: float) -> None:
    """Gradient descent on all samples at once, without momentum."""
    network = random_network((2, 2), seed=0, precision=[precision])
    half = read_out_rate(network, INPUTS)
    assert half is not None

    def loss_after(rate: float) -> float:
        seen = np.hstack([INPUTS, np.ones((3, 1))])
        weights = np.zeros((2, 3))
        for _ in range(500):
            weights += rate * precision * (TARGETS - seen @ weights.T).T @ seen / 3
        return float(((TARGETS - seen @ weights.T) ** 2).sum())

    assert loss_after(1.98 * half) < float((TARGETS**2).sum()) < 1e3 < loss_after(2.02 * half)


def test_networks_with_hidden_layers_have_no_such_rate() -> None:
    assert read_out_rate(LARGE, INPUTS) is None


def test_weights_whose_outputs_overflow_are_not_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last update of the last epoch, which no step follows."""
    network = random_network((4, 6, 3), "identity", seed=0)
    backend = MathematicsBackend(network)
    trainer = Trainer(backend, TrainingConfig(epochs=1, batch=200))

    def step(inputs: np.ndarray, targets: np.ndarray) -> float:
        backend.network = network.with_parameters([1e200 * w for w in network.W], network.b)
        return 1.0

    monkeypatch.setattr(trainer, "step", step)
    with pytest.raises(BadInput, match=r"training diverged in epoch 1 \(outputs overflow\): use a smaller"):
        TrainingRun(trainer, load_dataset("iris")).go()
