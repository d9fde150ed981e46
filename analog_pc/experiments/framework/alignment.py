"""Training on images with errors and alignment along the way: what experiments on feedback weights share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiler import program_arrays
from analog_pc.errors import BadInput
from analog_pc.experiments.framework.experiment import Claim
from analog_pc.experiments.framework.quantity import Condition, Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.mapping import NetworkArrays
from analog_pc.pcn import PredictiveCodingNetwork, random_network, relax
from analog_pc.pcn.feedback import ErrorPath, alignment, margins, relax_on_path
from analog_pc.technology import Technology
from analog_pc.training import (
    ErrorPathBackend,
    Progress,
    Trainer,
    TrainingConfig,
    TrainingRun,
    mathematics_backend,
)
from analog_pc.training.backend import Backend
from analog_pc.training.datasets import Dataset, load_dataset

ERROR = "test error"
COS = "cos(B, W^T)"
ERRORS = "test errors"  # arrays [seeds, epochs]
COSINES = "cosines"  # arrays [seeds, epochs + 1], mean over the layers that feed back
WIDTH = 32  # of a hidden layer
MOMENTUM = 0.9
BATCH = 32
FLAT = 0.02  # standard deviation of a unit's f(x) over the training images, below which it tells nothing
LR = {"sigmoid": 0.1, "tanh": 0.03}


@dataclass(frozen=True)
class Case:
    """One training: the rule as text, without its seed, hidden layers, activation; `gain` of the first
    weights, and the learning rate (None: the activation's default)."""

    rule: str
    depth: int = 1
    activation: str = "sigmoid"
    gain: float = 1.0
    rate: float | None = None

    @property
    def lr(self) -> float:
        """The learning rate."""
        return LR[self.activation] if self.rate is None else self.rate

    @property
    def settings(self) -> dict[str, Condition]:
        """What names its quantities."""
        usual: dict[str, Condition] = {"rule": self.rule, "depth": self.depth, "activation": self.activation}
        return usual if self.gain == 1.0 else usual | {"gain": self.gain}


def load_images(data: Path | None, seed: int) -> Dataset:
    """scikit-learn's handwritten digits (8 x 8), or the images of a file; 80 % of them train."""
    return load_dataset("digits" if data is None else str(data), seed)


def image_network(images: Dataset, case: Case, seed: int) -> PredictiveCodingNetwork:
    """Xavier weights, `gain` times as large; for digits 64-32-10 or 64-32-32-10."""
    sizes = (images.train_inputs.shape[1], *(WIDTH,) * case.depth, images.classes)
    return random_network(sizes, case.activation, seed=seed, gain=case.gain)


def seeded(rule: str, seed: int) -> str:
    """The rule with its seed, where it is random."""
    if rule in ("bp", "pc"):
        return rule
    return f"{rule}{',' if ':' in rule else ':'}seed={seed}"


def train_case(case: Case, images: Dataset, seed: int, epochs: int) -> Mapping[str, Array]:
    """One training with momentum; see `train_backend`.  `margin`: the smallest of 50 samples at its end."""
    network = image_network(images, case, seed)
    config = TrainingConfig(rule=seeded(case.rule, seed), epochs=epochs, lr=case.lr, batch=BATCH, seed=seed)
    backend = mathematics_backend(network, config.learning_rule, MOMENTUM)
    found = train_backend(backend, config, images)
    path = backend.path if isinstance(backend, ErrorPathBackend) else ErrorPath()
    margin = np.nan
    if config.learning_rule.name.startswith("pc") and not found["diverged"]:
        margin = smallest_margin(backend.network, path, images)
    mixed = _mixed(backend, images) if isinstance(backend, ErrorPathBackend) else {}
    return {**found, "margin": np.array(margin), **mixed}


def _mixed(backend: ErrorPathBackend, images: Dataset) -> Mapping[str, Array]:
    """Of the first hidden layer behind a mixing matrix: units that are `FLAT`, and eigenvalues of the matrix
    with a negative real part, along which learning goes the wrong way."""
    if backend.mixing is None:
        return {}
    network = backend.predictive
    drive = images.train_inputs @ network.W[0].T + network.b[0]
    spread = network.activation_of(1).f(drive).std(axis=0)
    against = np.linalg.eigvals(backend.mixing[0]).real < 0.0
    return {"flat": np.array((spread < FLAT).sum()), "against": np.array(against.sum())}


def train_backend(backend: Backend, config: TrainingConfig, images: Dataset) -> Mapping[str, Array]:
    """Test errors [epochs] and cosines [epochs + 1] along a training, and whether it diverged: it then ends,
    wrong on every image from there on, its last cosine kept."""
    run = TrainingRun(Trainer(backend, config), images)
    errors = np.ones(config.epochs)
    cosines = np.full(config.epochs + 1, _mean_cosine(backend))

    def after_epoch(now: Progress) -> None:
        if now.epoch_ended:
            errors[now.epoch - 1] = 1.0 - run.accuracy
            cosines[now.epoch :] = _mean_cosine(backend)

    diverged = False
    try:
        run.go(after_epoch)
    except BadInput:
        diverged = True
    return {"errors": errors, "cosines": cosines, "diverged": np.array(diverged)}


def _mean_cosine(backend: Backend) -> float:
    """Over the layers that feed back: all but the first."""
    return float(alignment(backend.network, backend.feedback)[1:].mean())


def smallest_margin(
    network: PredictiveCodingNetwork, path: ErrorPath, images: Dataset, samples: int = 50
) -> float:
    """Of the rests of training samples, in units of g_s / C."""
    inputs = images.train_inputs[:samples]
    targets = images.one_hot(images.train_labels[:samples])
    rest = (
        relax(network, inputs, targets)
        if path.is_transpose
        else relax_on_path(network, path, inputs, targets)
    )
    return float(margins(network, path, rest).min())


def arrays_with_feedback(
    network: PredictiveCodingNetwork, feedback: Sequence[Floats], technology: Technology, seed: int = 0
) -> NetworkArrays:
    """Programmed arrays: forward ones of the network, transposed ones of feedback weights [post, pre]."""
    other = network.with_parameters(list(feedback), network.b)
    return NetworkArrays(
        program_arrays(network, technology, seed).forward, program_arrays(other, technology, seed).transposed
    )


def error_of(case: Case) -> Quantity:
    return quantity(ERROR, **case.settings)


def cosine_of(case: Case, epoch: int) -> Quantity:
    return quantity(COS, **case.settings, epoch=epoch)


def errors_of(case: Case) -> Quantity:
    """Array [seeds, epochs]."""
    return error_of(case).renamed(ERRORS)


def cosines_of(case: Case) -> Quantity:
    """Array [seeds, epochs + 1]."""
    return error_of(case).renamed(COSINES)


def told_epochs(epochs: int) -> tuple[int, ...]:
    """Epochs whose cosines are told: 1, 5 and the last."""
    return tuple(sorted({min(epoch, epochs) for epoch in (1, 5, epochs)}))


def summary(
    cases: Sequence[Case], parts: Sequence[Sequence[Mapping[str, Array]]]
) -> tuple[dict[Quantity, float], dict[Quantity, Array]]:
    """Numbers and arrays of trainings, `parts` by case and seed."""
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {}
    for case, seeds in zip(cases, parts, strict=True):
        errors = np.array([part["errors"] for part in seeds])
        cosines = np.array([part["cosines"] for part in seeds])
        values[error_of(case)] = float(errors[:, -1].mean())
        for epoch in told_epochs(errors.shape[1]):
            values[cosine_of(case, epoch)] = float(cosines[:, epoch].mean())
        arrays[errors_of(case)] = errors
        arrays[cosines_of(case)] = cosines
    return values, arrays


def case_claims(case: Case, epochs: int, name: str, *, aligned: bool) -> list[Claim]:
    """Rows of a training, without published numbers; `name` is its part of the identifiers."""
    rule = "bp" if fixed_prediction(case) else "pc"
    found = [Claim(error_of(case), None, None, rule, id=f"error@{name}")]
    if aligned:
        epochs_told = told_epochs(epochs)
        found += [
            Claim(cosine_of(case, epoch), None, None, rule, id=f"cos@{name},epoch={epoch}")
            for epoch in epochs_told
        ]
    return found


def fixed_prediction(case: Case) -> bool:
    """Whether the activities of this rule stay at their predictions, as in backpropagation."""
    return case.rule.partition(":")[0] in ("bp", "fa", "kp")
