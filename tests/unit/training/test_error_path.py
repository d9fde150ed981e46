"""Numbers whose errors have a path of their own: decay, learning, prediction, state, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, hebbian_update, random_network
from analog_pc.pcn.feedback import alignment, relax_on_path
from analog_pc.pcn.learning import OwnErrorPath, learning_rule
from analog_pc.training import (
    ErrorPathBackend,
    MathematicsBackend,
    Trainer,
    TrainingConfig,
    accuracy,
    load_dataset,
    mathematics_backend,
    train,
)
from analog_pc.training.in_situ import DeviceBackend, Exact, weight_device

RNG = np.random.default_rng(1)
NET = random_network((4, 6, 3), "sigmoid", seed=1)
X = RNG.normal(size=(8, 4))
T = RNG.normal(size=(8, 3))


def backend_of(text: str, network: PredictiveCodingNetwork = NET, momentum: float = 0.9) -> ErrorPathBackend:
    found = mathematics_backend(network, learning_rule(text), momentum)
    assert isinstance(found, ErrorPathBackend)
    return found


def trained(text: str, steps: int, *, momentum: float = 0.0, lr: float = 0.5) -> ErrorPathBackend:
    backend = backend_of(text, momentum=momentum)
    trainer = Trainer(backend, TrainingConfig(rule=text, lr=lr))
    for _ in range(steps):
        trainer.step(X, T)
    return backend


@pytest.mark.parametrize("name", ["kp", "pc-kp"])
def test_learnt_feedback_comes_to_the_weights_as_decay_says(name: str) -> None:
    """Both get the same product, so that B^T - W falls by 1 - lr decay a step, whatever they learn."""
    lr, decay, steps = 0.5, 0.02, 50
    backend = trained(f"{name}:decay={decay}", steps, lr=lr)
    start = backend_of(f"{name}:decay={decay}")
    for b, w, b0, w0 in zip(backend.feedback, backend.network.W, start.feedback, NET.W, strict=True):
        np.testing.assert_allclose(b - w, (1.0 - lr * decay) ** steps * (b0 - w0), rtol=0.0, atol=1e-13)
    assert (alignment(backend.network, backend.feedback) > alignment(NET, start.feedback)).all()


def test_without_decay_the_difference_stays() -> None:
    backend = trained("kp:decay=0", 30)
    start = backend_of("kp:decay=0")
    for b, w, b0, w0 in zip(backend.feedback, backend.network.W, start.feedback, NET.W, strict=True):
        np.testing.assert_allclose(b - w, b0 - w0, rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_random_feedback_stays_and_weights_learn(momentum: float) -> None:
    backend = trained("pc-fa", 20, momentum=momentum, lr=0.1)
    for b, b0 in zip(backend.feedback, backend_of("pc-fa").feedback, strict=True):
        np.testing.assert_array_equal(b, b0)
    assert not np.allclose(backend.network.W[0], NET.W[0])


def test_a_step_is_the_local_product_at_the_rest() -> None:
    backend = backend_of("pc-fa", momentum=0.0)
    rest = relax_on_path(NET, backend.path, X, T)
    wanted = hebbian_update(NET, rest, 0.3 / len(X))
    Trainer(backend, TrainingConfig(rule="pc-fa", lr=0.3)).step(X, T)
    for k in range(2):
        np.testing.assert_allclose(backend.network.W[k] - NET.W[k], wanted.weights[k], rtol=0.0, atol=1e-10)
        np.testing.assert_allclose(backend.network.b[k] - NET.b[k], wanted.biases[k], rtol=0.0, atol=1e-10)


def test_mixing_learns_errors_times_predictions() -> None:
    """dM_1 = lr / batch sum eps_1 mu_1^T, mu_1 before the mixing; the output's stays 1."""
    text = "pc-relaxed:mixing=learnt"
    backend = backend_of(text, momentum=0.0)
    before = backend.mixing
    assert before is not None
    rest = relax_on_path(NET, backend.path, X, T)
    Trainer(backend, TrainingConfig(rule=text, lr=0.3)).step(X, T)
    wanted = before[0] + 0.3 / len(X) * rest.eps[1].T @ (X @ NET.W[0].T)
    after = backend.mixing
    assert after is not None
    np.testing.assert_allclose(after[0], wanted, rtol=0.0, atol=1e-10)
    np.testing.assert_array_equal(after[1], np.eye(3))


def test_predictions_are_mixed() -> None:
    backend = backend_of("pc-relaxed:mixing=fixed")
    assert backend.mixing is not None
    hidden = 1.0 / (1.0 + np.exp(-(X @ NET.W[0].T) @ backend.mixing[0].T))
    np.testing.assert_allclose(backend.predict(X), hidden @ NET.W[1].T, rtol=0.0, atol=1e-14)


@pytest.mark.parametrize("text", ["kp", "pc-kp:mixing=learnt,gate=0.5", "pc-fa", "pc-relaxed:mixing=fixed"])
def test_training_resumes_bit_for_bit(text: str) -> None:
    config = TrainingConfig(rule=text, lr=0.1)
    one = Trainer(backend_of(text), config)
    other = Trainer(backend_of(text), config)
    for _ in range(3):
        one.step(X, T)
    other.restore(one.state())
    for trainer in (one, other):
        trainer.step(X, T)
    for name, value in one.state().items():
        np.testing.assert_array_equal(other.state()[name], value)


def test_feedback_alignment_learns_iris() -> None:
    data = load_dataset("iris")
    network = random_network((4, 8, 3), "tanh")
    for rule in ("fa", "pc-kp"):
        found = train(network, data, TrainingConfig(rule=rule, epochs=30, lr=0.03))
        assert accuracy(found, data.test_inputs, data.test_labels) > 0.8


def test_other_backends_refuse_such_rules_in_one_line() -> None:
    devices = DeviceBackend(NET, weight_device("ideal"), Exact())
    for rule in ("fa", "kp", "pc-relaxed", "pc-fa", "pc-kp"):
        with pytest.raises(BadInput, match="mathematics_backend"):
            Trainer(MathematicsBackend(NET), TrainingConfig(rule=rule))
        with pytest.raises(BadInput, match="'random' or 'learnt'"):
            Trainer(devices, TrainingConfig(rule=rule))
    assert type(mathematics_backend(NET, learning_rule("pc"))) is MathematicsBackend


def test_a_path_belongs_to_its_rule() -> None:
    rule = learning_rule("fa")
    assert isinstance(rule, OwnErrorPath)
    with pytest.raises(BadInput, match="rule pc: this error path is of rule fa"):
        Trainer(ErrorPathBackend(NET, rule), TrainingConfig(rule="pc"))


def test_weights_beyond_numbers_are_reported() -> None:
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError):
        trained("fa", 9, lr=1e300)
