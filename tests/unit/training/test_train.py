"""The loop of relaxation and update, against the same steps by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import backprop_update, hebbian_update, random_network, relax
from analog_pc.training import Trainer, TrainingConfig, accuracy, load_dataset, predict, train
from analog_pc.training.train import batches

RNG = np.random.default_rng(0)
NET = random_network((4, 5, 3), "tanh", seed=0, precision=[1.0, 2.0])
X, T = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 3))


def silent(epoch: int, energy: float) -> None:
    pass


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_pc_step_is_relax_and_hebbian(activation: str) -> None:
    net = random_network((4, 5, 3), activation, seed=0, precision=[1.0, 2.0])
    trainer = Trainer(net, TrainingConfig("pc", lr=0.3))
    energy = trainer.step(X, T)
    rest = relax(net, X, T)
    update = hebbian_update(net, rest, lr=0.3 / 6)
    # Rest to |dE/dx| <= 1e-10 in the trainer, 1e-12 here; curvature is of order 1.
    assert energy == pytest.approx(rest.energy.mean(), abs=1e-9)
    for k in range(2):
        np.testing.assert_allclose(trainer.network.W[k], net.W[k] + update.weights[k], rtol=0.0, atol=1e-9)
        np.testing.assert_allclose(trainer.network.b[k], net.b[k] + update.biases[k], rtol=0.0, atol=1e-9)
        assert np.abs(update.weights[k]).max() > 1e-3
    assert trainer.network.activation == activation
    np.testing.assert_array_equal(trainer.network.pi, net.pi)


def test_bp_step_is_the_gradient_of_the_loss() -> None:
    trainer = Trainer(NET, TrainingConfig("bp", lr=0.3))
    loss = trainer.step(X, T)
    assert loss == pytest.approx(0.5 * ((predict(NET, X) - T) ** 2).sum(axis=1).mean(), rel=1e-14)
    update = backprop_update(NET, X, T, lr=0.3 / 6)
    for k in range(2):
        np.testing.assert_allclose(trainer.network.W[k], NET.W[k] + update.weights[k], rtol=1e-14)
    after = relax(trainer.network, X).output
    assert (NET.pi[-1] * (after - T) ** 2).sum() < (NET.pi[-1] * (relax(NET, X).output - T) ** 2).sum()


def test_momentum_remembers_the_step_before() -> None:
    config = TrainingConfig("bp", lr=0.1, momentum=0.5)
    trainer = Trainer(NET, config)
    trainer.step(X, T)
    first, middle = trainer.network.W[0] - NET.W[0], trainer.network
    trainer.step(X, T)
    fresh = backprop_update(middle, X, T, lr=0.1 / 6).weights[0]
    # Rounding of two sums.
    np.testing.assert_allclose(trainer.network.W[0] - middle.W[0], 0.5 * first + fresh, rtol=0.0, atol=1e-15)


def test_the_network_given_is_left_alone() -> None:
    before = [w.copy() for w in NET.W]
    Trainer(NET, TrainingConfig()).step(X, T)
    for a, b in zip(before, NET.W, strict=True):
        np.testing.assert_array_equal(a, b)


def test_predict_is_the_rest_with_free_output() -> None:
    # Newton's tolerance 1e-12 over curvature of order 1.
    np.testing.assert_allclose(predict(NET, X), relax(NET, X).output, rtol=0.0, atol=1e-11)


def test_accuracy_counts() -> None:
    found = predict(NET, X).argmax(axis=1)
    assert accuracy(NET, X, found) == 1.0
    assert accuracy(NET, X, np.where(np.arange(6) < 2, found, (found + 1) % 3)) == pytest.approx(1 / 3)


def test_batches_cover_everything_once() -> None:
    found = list(batches(np.random.default_rng(0), 10, 4))
    assert [len(k) for k in found] == [4, 4, 2]
    assert sorted(np.concatenate(found)) == list(range(10))
    assert np.concatenate(found).tolist() != list(range(10))


def test_training_lowers_the_energy_and_is_reproducible() -> None:
    data = load_dataset("iris")
    start, seen = random_network((4, 6, 3), seed=0), []
    config = TrainingConfig(epochs=5, seed=1)
    first = train(start, data, config, lambda epoch, energy: seen.append((epoch, energy)))
    assert [epoch for epoch, _ in seen] == [1, 2, 3, 4, 5]
    assert seen[-1][1] < 0.9 * seen[0][1]
    again = train(start, data, config, silent)
    np.testing.assert_array_equal(first.W[0], again.W[0])
    other = train(start, data, TrainingConfig(epochs=5, seed=2), silent)
    assert np.abs(first.W[0] - other.W[0]).max() > 0.0


@pytest.mark.parametrize("rule", ["pc", "bp"])
@pytest.mark.parametrize("activation", ["identity", "tanh", "relu"])
def test_divergence_says_what_to_do(rule: str, activation: str) -> None:
    net = random_network((4, 6, 3), activation, seed=0)
    with pytest.raises(
        BadInput, match=r"training diverged in epoch \d+: use a smaller lr than 1000000000\.0"
    ):
        train(net, load_dataset("iris"), TrainingConfig(rule, lr=1e9), silent)


def test_sizes_must_fit() -> None:
    with pytest.raises(BadInput, match=r"layers \(4, 5, 2\): data 'iris' has 4 inputs and 3 classes"):
        train(random_network((4, 5, 2)), load_dataset("iris"), TrainingConfig(), silent)


@pytest.mark.parametrize(("values", "words"), [
    ({"rule": "hebb"}, "unknown learning rule 'hebb': use one of pc, bp"),
    ({"epochs": 0}, "epochs = 0"), ({"batch": 0}, "batch = 0"),
    ({"lr": 0.0}, r"lr = 0\.0"), ({"lr": np.nan}, "lr = nan"), ({"lr": np.inf}, "lr = inf"),
    ({"momentum": 1.0}, r"momentum = 1\.0"), ({"momentum": -0.1}, r"momentum = -0\.1"),
    ({"momentum": np.nan}, "momentum = nan"),
])  # fmt: skip
def test_refused_configurations(values: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        TrainingConfig(**values)


def test_digits_are_learned() -> None:
    data = load_dataset("digits", 0)
    net = train(random_network((64, 32, 10), seed=0), data, TrainingConfig(), silent)
    # 0.965: what is promised; 360 test samples, seed 0.
    assert accuracy(net, data.test_inputs, data.test_labels) >= 0.965
