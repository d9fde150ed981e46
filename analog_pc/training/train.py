"""Training of an ideal network: relax, update, repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.compiled.kernel import kernel
from analog_pc.errors import BadInput
from analog_pc.pcn import (
    LEARNING_RULES,
    PredictiveCodingNetwork,
    Update,
    backprop_update,
    hebbian_update,
    relax,
)
from analog_pc.pcn.clamps import Clamps
from analog_pc.pcn.state import Landscape
from analog_pc.training.datasets import Dataset


@dataclass(frozen=True)
class TrainingConfig:
    """Gradient descent with momentum on the mean over a batch of the summed energy."""

    rule: str = "pc"
    epochs: int = 50
    batch: int = 32
    lr: float = 0.1
    momentum: float = 0.9
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rule not in LEARNING_RULES:
            raise BadInput(f"unknown learning rule {self.rule!r}: use one of {', '.join(LEARNING_RULES)}")
        for name in ("epochs", "batch"):
            if getattr(self, name) < 1:
                raise BadInput(f"{name} = {getattr(self, name)}, must be at least 1")
        if not (np.isfinite(self.lr) and self.lr > 0.0) or not 0.0 <= self.momentum < 1.0:
            raise BadInput(f"lr = {self.lr}, momentum = {self.momentum}: need lr > 0 and 0 <= momentum < 1")


@dataclass
class Trainer:
    """A network being trained; `step` takes one batch."""

    network: PredictiveCodingNetwork
    config: TrainingConfig
    velocity: list[Floats] = field(default_factory=list)

    def step(self, inputs: Floats, targets: Floats) -> float:
        """Relax to |dE/dx| <= 1e-11 of each layer's forces (backpropagation: run forward), then update.

        Returns the energy at rest (the loss, for backpropagation) per sample.
        """
        net = self.network
        if self.config.rule == "bp":
            update = backprop_update(net, inputs, targets)
            energy = 0.5 * float(((predict(net, inputs) - targets) ** 2).sum(axis=1).mean())
        else:
            rest = relax(net, clamps=both_ends(net, inputs, targets), tolerance=1e-11, follow=False)
            update, energy = hebbian_update(net, rest), float(rest.energy.mean())
        self._apply(update, len(inputs))
        return energy

    def _apply(self, update: Update, samples: int) -> None:
        changes = (*update.weights, *update.biases)
        if not self.velocity:
            self.velocity = [np.zeros_like(c) for c in changes]
        parameters = []
        for p, v, change in zip((*self.network.W, *self.network.b), self.velocity, changes, strict=True):
            new = np.empty_like(p)
            _descend(
                p.ravel(),
                v.ravel(),
                change.ravel(),
                self.config.momentum,
                self.config.lr / samples,
                new.ravel(),
            )
            new.setflags(write=False)
            parameters.append(new)
        depth = self.network.depth
        self.network = self.network.with_parameters(parameters[:depth], parameters[depth:])


@kernel()
def _descend(
    parameter: Floats, velocity: Floats, change: Floats, momentum: float, rate: float, out: Floats
) -> None:
    """velocity = momentum velocity + rate change; out = parameter + velocity, in one pass over memory."""
    for k in range(out.size):
        velocity[k] = momentum * velocity[k] + rate * change[k]
        out[k] = parameter[k] + velocity[k]


def both_ends(network: PredictiveCodingNetwork, inputs: Floats, targets: Floats) -> Clamps:
    """The clamps of learning, without the checks of `make_clamps`: for the inner loop."""
    sizes = network.sizes
    free = tuple(np.full(n, 0 < layer < network.depth) for layer, n in enumerate(sizes))
    hidden = (np.zeros((len(inputs), n)) for n in sizes[1:-1])
    return Clamps(free, (inputs, *hidden, targets))


def train(
    network: PredictiveCodingNetwork,
    data: Dataset,
    config: TrainingConfig | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> PredictiveCodingNetwork:
    """Train a network on a data set: relax each batch under input and target, then update the weights.

    With rule "pc" an update is the mean over the batch of ``precision_l eps_l f(x_{l-1})^T``, with rule "bp"
    the gradient of backpropagation, both with momentum.

    Parameters
    ----------
    network
        What training starts from, such as a `random_network`; it is not changed.
    data
        Inputs [samples, n_0] and labels [samples], such as `analog_pc.training.load_dataset` gives.
    config
        Rule, epochs, batch size, learning rate, momentum and seed; None: `TrainingConfig()`.
    progress
        Called after each epoch with its number, from 1, and its mean energy per sample.

    Returns
    -------
    PredictiveCodingNetwork
        The trained network.

    Raises
    ------
    BadInput
        When the sizes do not fit the data, or the training diverges.

    Examples
    --------
    >>> from analog_pc import random_network, train
    >>> from analog_pc.training import TrainingConfig, accuracy, load_dataset
    >>> data = load_dataset("iris")
    >>> network = train(random_network((4, 8, 3), "tanh"), data, TrainingConfig(epochs=20))
    >>> accuracy(network, data.test_inputs, data.test_labels) > 0.8
    True
    """
    config = config or TrainingConfig()
    if (network.sizes[0], network.sizes[-1]) != (data.train_inputs.shape[1], data.classes):
        raise BadInput(
            f"layers {network.sizes}: data {data.name!r} has {data.train_inputs.shape[1]} inputs and "
            f"{data.classes} classes"
        )
    targets = data.one_hot(data.train_labels)
    trainer = Trainer(network, config)
    rng = np.random.default_rng(config.seed)
    for epoch in range(config.epochs):
        energies = []
        with np.errstate(over="ignore", invalid="ignore"):  # a divergence is found, and said, here
            for chosen in batches(rng, len(targets), config.batch):
                try:
                    energies.append(trainer.step(data.train_inputs[chosen], targets[chosen]))
                except (BadInput, np.linalg.LinAlgError):  # weights or matrices that are not finite
                    energies.append(np.nan)
                if not np.isfinite(energies[-1]):
                    raise BadInput(
                        f"training diverged in epoch {epoch + 1}: use a smaller lr than {config.lr}"
                    )
        mean = float(np.mean(energies))
        if progress is not None:
            progress(epoch + 1, mean)
    return trainer.network


def batches(rng: np.random.Generator, samples: int, size: int) -> Iterator[Ints]:
    """Shuffled index batches that cover all samples once."""
    order = rng.permutation(samples)
    for start in range(0, samples, size):
        yield order[start : start + size]


def predict(network: PredictiveCodingNetwork, inputs: Floats) -> Floats:
    """The output that the network rests at with its input clamped: one forward pass."""
    sizes = network.sizes
    free = (np.zeros(sizes[0], dtype=bool), *(np.ones(n, dtype=bool) for n in sizes[1:]))
    clamps = Clamps(free, (inputs, *(np.zeros((len(inputs), n)) for n in sizes[1:])))
    return Landscape(network, clamps).forward()[-1]


def accuracy(network: PredictiveCodingNetwork, inputs: Floats, labels: Ints) -> float:
    """Fraction of samples whose largest output is their label."""
    return float((predict(network, inputs).argmax(axis=1) == labels).mean())
