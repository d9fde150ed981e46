"""The loop of relaxation and update, against the same steps by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import backprop_update, hebbian_update, random_network, relax
from analog_pc.pcn.equilibrium import take
from analog_pc.training import (
    MathematicsBackend,
    Trainer,
    TrainingConfig,
    TrainingRun,
    accuracy,
    load_dataset,
    predict,
    train,
)

RNG = np.random.default_rng(0)
NET = random_network((4, 5, 3), "tanh", seed=0, precision=[1.0, 2.0])
X, T = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 3))


def silent(epoch: int, energy: float) -> None:
    pass


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_pc_step_is_relax_and_hebbian(activation: str) -> None:
    net = random_network((4, 5, 3), activation, seed=0, precision=[1.0, 2.0])
    trainer = Trainer(MathematicsBackend(net), TrainingConfig(rule="pc", lr=0.3))
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
    trainer = Trainer(MathematicsBackend(NET), TrainingConfig(rule="bp", lr=0.3))
    loss = trainer.step(X, T)
    wanted = 0.5 * NET.pi[-1] * ((predict(NET, X) - T) ** 2).sum(axis=1).mean()
    assert loss == pytest.approx(wanted, rel=1e-14)
    update = backprop_update(NET, X, T, lr=0.3 / 6)
    for k in range(2):
        np.testing.assert_allclose(trainer.network.W[k], NET.W[k] + update.weights[k], rtol=1e-14)
    after = relax(trainer.network, X).output
    assert (NET.pi[-1] * (after - T) ** 2).sum() < (NET.pi[-1] * (relax(NET, X).output - T) ** 2).sum()


def test_momentum_remembers_the_step_before() -> None:
    trainer = Trainer(MathematicsBackend(NET, momentum=0.5), TrainingConfig(rule="bp", lr=0.1))
    trainer.step(X, T)
    first, middle = trainer.network.W[0] - NET.W[0], trainer.network
    trainer.step(X, T)
    fresh = backprop_update(middle, X, T, lr=0.1 / 6).weights[0]
    # Rounding of two sums.
    np.testing.assert_allclose(trainer.network.W[0] - middle.W[0], 0.5 * first + fresh, rtol=0.0, atol=1e-15)


def test_the_network_given_is_left_alone() -> None:
    before = [w.copy() for w in NET.W]
    Trainer(MathematicsBackend(NET), TrainingConfig()).step(X, T)
    for a, b in zip(before, NET.W, strict=True):
        np.testing.assert_array_equal(a, b)


def test_predict_is_the_rest_with_free_output() -> None:
    # Newton's tolerance 1e-12 over curvature of order 1.
    np.testing.assert_allclose(predict(NET, X), relax(NET, X).output, rtol=0.0, atol=1e-11)


def test_accuracy_counts() -> None:
    found = predict(NET, X).argmax(axis=1)
    assert accuracy(NET, X, found) == 1.0
    assert accuracy(NET, X, np.where(np.arange(6) < 2, found, (found + 1) % 3)) == pytest.approx(1 / 3)


def test_batches_cover_everything_once(monkeypatch: pytest.MonkeyPatch) -> None:
    data = load_dataset("iris")
    trainer = Trainer(
        MathematicsBackend(random_network((4, 6, 3), seed=0)), TrainingConfig(epochs=2, batch=50)
    )
    seen: list[np.ndarray] = []

    def step(inputs: np.ndarray, targets: np.ndarray) -> float:
        seen.append(inputs)
        return 1.0

    monkeypatch.setattr(trainer, "step", step)
    TrainingRun(trainer, data).go()
    assert [len(batch) for batch in seen] == [50, 50, 20] * 2
    first, second = (np.concatenate(seen[k : k + 3]) for k in (0, 3))
    for epoch in (first, second):
        np.testing.assert_array_equal(np.sort(epoch, axis=0), np.sort(data.train_inputs, axis=0))
        assert (epoch != data.train_inputs).any()
    assert (first != second).any()


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
        BadInput, match=r"training diverged in epoch \d+ \(.*\): use a smaller lr than 1e\+09"
    ):
        train(net, load_dataset("iris"), TrainingConfig(rule=rule, lr=1e9), silent)


def test_sizes_must_fit() -> None:
    with pytest.raises(BadInput, match=r"layers \(4, 5, 2\): data 'iris' has 4 inputs and 3 classes"):
        train(random_network((4, 5, 2)), load_dataset("iris"), TrainingConfig(), silent)


@pytest.mark.parametrize(("values", "words"), [
    ({"rule": "hebb"}, "unknown rule 'hebb': use one of pc, ipc, bp"),
    ({"epochs": 0}, "epochs = 0"), ({"batch": 0}, "batch = 0"),
    ({"lr": 0.0}, r"lr = 0\.0"), ({"lr": np.nan}, "lr = nan"), ({"lr": np.inf}, "lr = inf"),
    ({"seed": -1}, "seed = -1"),
])  # fmt: skip
def test_refused_configurations(values: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        TrainingConfig(**values)


@pytest.mark.parametrize("momentum", [1.0, -0.1, np.nan])
def test_refused_momentum(momentum: float) -> None:
    with pytest.raises(BadInput, match=f"momentum = {momentum}"):
        MathematicsBackend(NET, momentum)


def test_numbers_are_resumed_bit_for_bit(tmp_path: Path) -> None:
    """A checkpoint of weights that are numbers, with their velocities."""

    def run(epochs: int, checkpoint: Path | None = None) -> TrainingRun:
        config = TrainingConfig(rule="ipc:steps=2", epochs=epochs, lr=0.01, seed=3)
        start = random_network((4, 6, 3), seed=0)
        return TrainingRun(Trainer(MathematicsBackend(start), config), load_dataset("iris"), checkpoint)

    whole = run(4)
    whole.go()
    run(2, tmp_path / "c.npz").go()
    second = run(4, tmp_path / "c.npz")
    second.resume()
    second.go()
    assert whole.history == second.history
    first_state, second_state = whole.trainer.state(), second.trainer.state()
    assert first_state.keys() == second_state.keys()
    for name, value in first_state.items():
        np.testing.assert_array_equal(value, second_state[name])


def test_samples_without_equilibrium_teach_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = MathematicsBackend(NET, momentum=0.0)
    rest = relax(NET, X, T)
    keep = np.arange(6) != 2
    verdict = replace(rest.relaxation, converged=keep)
    monkeypatch.setattr(backend, "relax", lambda inputs, targets: replace(rest, relaxation=verdict))
    trainer = Trainer(backend, TrainingConfig(lr=0.3))
    assert trainer.step(X, T) == pytest.approx(rest.energy[keep].mean(), rel=1e-14)
    assert trainer.unsettled == 1
    update = hebbian_update(NET, take(rest, keep), lr=0.3 / 6)
    np.testing.assert_allclose(trainer.network.W[0], NET.W[0] + update.weights[0], rtol=0.0, atol=1e-14)


def test_digits_are_learned() -> None:
    data = load_dataset("digits", 0)
    net = train(random_network((64, 32, 10), seed=0), data, TrainingConfig(), silent)
    # 0.965: what is promised; 360 test samples, seed 0.
    assert accuracy(net, data.test_inputs, data.test_labels) >= 0.965


@pytest.mark.parametrize(
    "arguments",
    [
        {"epochs": None},
        {"epochs": 3.5},
        {"epochs": True},
        {"batch": "3"},
        {"batch": float("nan")},
        {"lr": "3"},
        {"lr": True},
        {"seed": 3.5},
        {"seed": None},
        {"rule": None},
        {"rule": [1]},
    ],
    ids=str,
)
def test_a_configuration_that_means_nothing_is_refused(arguments: dict[str, Any]) -> None:
    (name,) = arguments
    with pytest.raises(BadInput, match=f"^{name} = "):
        TrainingConfig(**arguments)


@pytest.mark.parametrize("number", [np.float16(0.5), np.float32(0.5), np.longdouble(0.5)], ids=repr)
def test_numbers_of_numpy_are_taken(number: Any) -> None:
    data = load_dataset("iris")
    network = random_network((4, 3, 3), "tanh")
    expected = train(network, data, TrainingConfig(lr=0.5, epochs=1), momentum=0.5)
    found = train(network, data, TrainingConfig(lr=number, epochs=np.int8(1)), momentum=number)
    np.testing.assert_array_equal(found.W[0], expected.W[0])


@pytest.mark.parametrize("rule", ["fa:seed=-1", "pc-fa:seed=-1", "pc-relaxed:mixing=fixed,seed=-1"])
def test_a_seed_of_a_rule_is_checked(rule: str) -> None:
    with pytest.raises(BadInput, match="seed = -1"):
        train(random_network((4, 3, 3)), load_dataset("iris"), TrainingConfig(rule=rule, epochs=1))


@pytest.mark.parametrize("source", [None, 3, [1]])
def test_data_are_a_name_or_a_file(source: Any) -> None:
    with pytest.raises(BadInput, match="give a file or one of"):
        load_dataset(source)


def test_what_is_no_network_no_data_or_no_configuration_is_refused() -> None:
    data = load_dataset("iris")
    network = random_network((4, 3, 3), "tanh")
    for wrong in (
        (None, data),
        (network.graph, data),
        (network, None),
        (network, data, {}),
        (network, data, "3"),
    ):
        with pytest.raises(BadInput, match=r"^train needs a "):
            train(*wrong)  # type: ignore[arg-type, unused-ignore]
    for momentum in (None, "3", [1], True):
        with pytest.raises(BadInput, match=r"^momentum = "):
            train(network, data, momentum=momentum)  # type: ignore[arg-type, unused-ignore]
