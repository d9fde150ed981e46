"""A whole training run: epochs, history, checkpoints, and how it ends."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.devices.pulsed.state import generator_state, part, prefixed, restored_generator
from analog_pc.errors import AnalogPcError, BadInput
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.pcn.parameters import check_kind
from analog_pc.training.backend import predict
from analog_pc.training.checkpoint import description, load, save
from analog_pc.training.costs import Costs
from analog_pc.training.datasets import Dataset
from analog_pc.training.divergence import Rise, rise
from analog_pc.training.error_path import mathematics_backend
from analog_pc.training.interrupt import interruptible
from analog_pc.training.trainer import Trainer, TrainingConfig

SAVE_SECONDS = 30.0  # between checkpoints, and after every epoch
SHOW_SECONDS = 0.1


class Progress(NamedTuple):
    """Progress of a run: `update` of `updates`, `epoch` from 1, energy per sample, J written so far.

    `epoch_ended`: the epoch has ended, and `energy` is its mean.
    """

    update: int
    updates: int
    epoch: int
    energy: float
    joules: float | None
    epoch_ended: bool


class TrainingRun:
    """Training over all epochs; it can be stopped at any time and resumed bit for bit.

    Parameters
    ----------
    trainer
        What is trained, and how.
    data
        Inputs and labels; every epoch takes the training part once, in batches of a new random order.
    checkpoint
        File that is written after every epoch, every `SAVE_SECONDS`, on Ctrl-C and where training diverges.

    Raises
    ------
    BadInput
        When the sizes do not fit the data.
    """

    def __init__(self, trainer: Trainer, data: Dataset, checkpoint: Path | None = None) -> None:
        sizes = trainer.network.sizes
        if (sizes[0], sizes[-1]) != (data.train_inputs.shape[1], data.classes):
            raise BadInput(
                f"layers {sizes}: data {data.name!r} has {data.train_inputs.shape[1]} inputs and "
                f"{data.classes} classes"
            )
        self.trainer = trainer
        self.data = data
        self.checkpoint = checkpoint
        self.targets = data.one_hot(data.train_labels)
        self.rng = np.random.default_rng(trainer.config.seed)
        self.history: list[dict[str, Any]] = []
        self.order: Ints = np.empty(0, dtype=np.int64)  # of the epoch under way; empty between epochs
        self.position = 0  # samples done
        self.energy = 0.0  # sum over samples that have an equilibrium
        self.settled = 0  # how many these are
        self.begun = trainer.costs
        self._saved = time.monotonic()

    @property
    def epoch(self) -> int:
        """Whole epochs done."""
        return len(self.history)

    @property
    def accuracy(self) -> float:
        """Fraction of the test samples whose largest output is their label."""
        found = self.trainer.backend.predict(self.data.test_inputs).argmax(axis=1)
        return float((found == self.data.test_labels).mean())

    @property
    def rise(self) -> Rise | None:
        """Whether the energy rose over the epochs done; see `analog_pc.training.divergence.rise`."""
        return rise(self.history, self.trainer.backend.start, self.data.train_inputs, self.targets)

    def go(self, progress: Callable[[Progress], None] | None = None) -> list[dict[str, Any]]:
        """Train until `config.epochs` are done; returns the history, one dictionary for JSON an epoch.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C, with a line that says what was saved.
        BadInput
            When training diverges; the devices, and the checkpoint, are those of before.
        """
        numerics = np.errstate(over="ignore", invalid="ignore")
        with single_threaded_blas(), interruptible() as interrupt, numerics:
            while self.epoch < self.trainer.config.epochs:
                self._epoch(progress, lambda: interrupt.wanted)
        return self.history

    def _epoch(self, progress: Callable[[Progress], None] | None, stop: Callable[[], bool]) -> None:
        if not self.order.size:
            self.begun = self.trainer.costs
            self.order = self.rng.permutation(len(self.targets))
            self.position = 0
            self.energy = 0.0
            self.settled = 0
        shown = 0.0
        while self.position < self.order.size:
            self._update()
            now = time.monotonic()
            if progress is not None and now - shown > SHOW_SECONDS:
                progress(self._progress(epoch_ended=False))
                shown = now
            if stop():
                self._interrupted()
            if now - self._saved > SAVE_SECONDS:
                self.save()
        self._check_outputs()
        self._finish()
        if progress is not None:
            progress(self._progress(epoch_ended=True))
        self.save()

    def _update(self) -> None:
        chosen = self.order[self.position : self.position + self.trainer.config.batch]
        try:
            energy = self.trainer.step(self.data.train_inputs[chosen], self.targets[chosen])
        except (FloatingPointError, np.linalg.LinAlgError) as fault:
            self.save()
            raise self._diverged(str(fault)) from None
        except AnalogPcError:  # a simulator that fails, say: what was learned is kept
            self.save()
            raise
        if np.isfinite(energy):
            self.energy += energy * chosen.size
            self.settled += chosen.size
        self.position += chosen.size

    def _diverged(self, fault: str) -> BadInput:
        there = self.checkpoint is not None and self.checkpoint.exists()
        kept = f"; {self.checkpoint} holds the last good state" if there else ""
        return BadInput(
            f"training diverged in epoch {self.epoch + 1} ({fault}): use a smaller lr than "
            f"{self.trainer.config.lr:g}{kept}"
        )

    def _check_outputs(self) -> None:
        """No step follows the last update of an epoch, which would find weights that overflow."""
        outputs = predict(self.trainer.network, self.data.test_inputs)
        if not np.isfinite(np.square(outputs).sum()):
            raise self._diverged("outputs overflow")

    def _finish(self) -> None:
        costs = self.trainer.costs
        self.history.append(
            {
                "epoch": self.epoch + 1,
                "energy": self.energy / self.settled if self.settled else None,
                "accuracy": self.accuracy,
                "epoch_costs": costs.since(self.begun).as_json(),
                "total_costs": costs.as_json(),
            }
        )
        self.order = np.empty(0, dtype=np.int64)

    def _progress(self, *, epoch_ended: bool) -> Progress:
        batch = self.trainer.config.batch
        per_epoch = -(-len(self.targets) // batch)
        return Progress(
            update=self.epoch * per_epoch + (0 if epoch_ended else -(-self.position // batch)),
            updates=self.trainer.config.epochs * per_epoch,
            epoch=self.epoch if epoch_ended else self.epoch + 1,
            energy=self._mean_energy(epoch_ended),
            joules=self.trainer.costs.joules,
            epoch_ended=epoch_ended,
        )

    def _mean_energy(self, epoch_ended: bool) -> float:
        """Energy per sample that has an equilibrium; NaN where none has one."""
        if epoch_ended:
            last = self.history[-1]["energy"]
            return math.nan if last is None else float(last)
        return self.energy / self.settled if self.settled else math.nan

    def _interrupted(self) -> None:
        self.save()
        where = f"interrupted in epoch {self.epoch + 1} after {self.position} of {self.order.size} samples"
        saved = f"saved in {self.checkpoint}" if self.checkpoint else "nothing was saved"
        raise KeyboardInterrupt(f"{where}: {saved}")

    def save(self) -> None:
        """Write the checkpoint, where there is one."""
        if self.checkpoint is not None:
            save(self.checkpoint, description(self.trainer, self.data), self.state())
        self._saved = time.monotonic()

    def resume(self) -> None:
        """Go on from the checkpoint.

        Raises
        ------
        BadInput
            Without a checkpoint, and for what `load` refuses.
        """
        if self.checkpoint is None:
            raise BadInput("resume: from which checkpoint?")
        self.restore(load(self.checkpoint, description(self.trainer, self.data)))

    def state(self) -> dict[str, Any]:
        """All that changes, as arrays."""
        own = {
            "order": self.order,
            "position": np.array(self.position),
            "settled": np.array(self.settled),
            "energy": np.array(self.energy),
            "generator": generator_state(self.rng),
            "history": json.dumps(self.history),
            "begun": json.dumps(asdict(self.begun)),
        }
        return own | prefixed("trainer", self.trainer.state())

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`, bit for bit."""
        self.order = np.array(state["order"], dtype=np.int64)
        self.position = int(state["position"])
        self.settled = int(state["settled"])
        self.energy = float(state["energy"])
        self.rng = restored_generator(state["generator"])
        self.history = json.loads(str(state["history"]))
        self.begun = Costs(**json.loads(str(state["begun"])))
        self.trainer.restore(part(state, "trainer"))


def train(
    network: PredictiveCodingNetwork,
    data: Dataset,
    config: TrainingConfig | None = None,
    progress: Callable[[int, float], None] | None = None,
    *,
    momentum: float = 0.9,
) -> PredictiveCodingNetwork:
    """Train a network on a data set: relax each batch under input and target, then update the weights.

    With rule "pc" an update is the mean over the batch of ``precision_l eps_l f(x_{l-1})^T``, with rule "bp"
    the gradient of backpropagation, both with momentum; others: `analog_pc.pcn.LEARNING_RULES`.

    Parameters
    ----------
    network
        What training starts from, such as a `random_network`; it is not changed.
    data
        Inputs [samples, n_0] and labels [samples], such as `analog_pc.training.load_dataset` gives.
    config
        Rule, epochs, batch size, learning rate and seed; None: `TrainingConfig()`.
    progress
        Called after each epoch with its number, from 1, and its mean energy per sample.
    momentum
        From 0 to below 1.

    Returns
    -------
    PredictiveCodingNetwork
        The trained network.

    Raises
    ------
    BadInput
        For what is no network, data set or configuration, sizes that do not fit the data, and a training that
        diverges.

    Examples
    --------
    >>> from analog_pc import random_network, train
    >>> from analog_pc.training import TrainingConfig, accuracy, load_dataset
    >>> data = load_dataset("iris")
    >>> network = train(random_network((4, 8, 3), "tanh"), data, TrainingConfig(epochs=20))
    >>> accuracy(network, data.test_inputs, data.test_labels) > 0.8
    True
    """

    def after_epoch(now: Progress) -> None:
        if progress is not None and now.epoch_ended:
            progress(now.epoch, now.energy)

    chosen = TrainingConfig() if config is None else config
    check_kind("train", network, PredictiveCodingNetwork, "use random_network(...)")
    check_kind("train", data, Dataset, "use load_dataset(...)")
    check_kind("train", chosen, TrainingConfig, "use TrainingConfig(...)")
    backend = mathematics_backend(network, chosen.learning_rule, momentum)
    run = TrainingRun(Trainer(backend, chosen), data)
    run.go(after_epoch)
    return run.trainer.network


def accuracy(network: PredictiveCodingNetwork, inputs: Floats, labels: Ints) -> float:
    """Fraction of samples whose largest output is their label.

    Parameters
    ----------
    network
        Predicts by its forward pass.
    inputs, labels
        [samples, n_0] and [samples].
    """
    return float((predict(network, inputs).argmax(axis=1) == labels).mean())
