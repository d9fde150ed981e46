"""A whole training run on devices: epochs, history, checkpoints, and how it ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Any, Ints
from analog_pc.devices.pulsed.state import generator_state, part, prefixed, restored_generator
from analog_pc.errors import AnalogPcError, BadInput
from analog_pc.training.datasets import Dataset
from analog_pc.training.in_situ.checkpoint import description, load, save
from analog_pc.training.in_situ.costs import Costs
from analog_pc.training.in_situ.interrupt import interruptible
from analog_pc.training.in_situ.trainer import InSituTrainer

SAVE_SECONDS = 30.0  # between checkpoints, and after every epoch
SHOW_SECONDS = 0.1


class Progress(NamedTuple):
    """Where a run is: `update` of `updates`, `epoch` from 1, energy per sample, J written so far."""

    update: int
    updates: int
    epoch: int
    energy: float
    joules: float | None


class InSituRun:
    """Training over all epochs, that can be stopped at any time and go on as if it had not been.

    Parameters
    ----------
    trainer, data
        What is trained, and on what; batches and their order are those of `analog_pc.training.train`.
    checkpoint
        File that is written after every epoch, every `SAVE_SECONDS`, on Ctrl-C and where training diverges.

    Raises
    ------
    BadInput
        When the sizes do not fit the data.
    """

    def __init__(self, trainer: InSituTrainer, data: Dataset, checkpoint: Path | None = None) -> None:
        sizes = trainer.start.sizes
        if (sizes[0], sizes[-1]) != (data.train_inputs.shape[1], data.classes):
            raise BadInput(
                f"layers {sizes}: data {data.name!r} has {data.train_inputs.shape[1]} inputs and "
                f"{data.classes} classes"
            )
        self.trainer, self.data, self.checkpoint = trainer, data, checkpoint
        self.targets = data.one_hot(data.train_labels)
        self.rng = np.random.default_rng(trainer.config.seed)
        self.history: list[dict[str, Any]] = []
        self.order: Ints = np.empty(0, dtype=np.int64)  # of the epoch under way; empty between epochs
        self.position, self.energy, self.rested = 0, 0.0, 0  # samples done, sum of energies, of so many
        self.begun = trainer.costs
        self._saved = time.monotonic()

    @property
    def epoch(self) -> int:
        """Whole epochs done."""
        return len(self.history)

    @property
    def accuracy(self) -> float:
        """Fraction of the test samples whose largest output is their label."""
        found = self.trainer.predict(self.data.test_inputs).argmax(axis=1)
        return float((found == self.data.test_labels).mean())

    def go(self, progress: Callable[[Progress], None] | None = None) -> list[dict[str, Any]]:
        """Train until `config.epochs` are done; returns the history, one dictionary for JSON an epoch.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C, with a line that says what was saved.
        BadInput
            When training diverges; the devices, and the checkpoint, are those of before.
        """
        with interruptible() as interrupt, np.errstate(over="ignore", invalid="ignore"):
            while self.epoch < self.trainer.config.epochs:
                self._epoch(progress, lambda: interrupt.wanted)
        return self.history

    def _epoch(self, progress: Callable[[Progress], None] | None, stop: Callable[[], bool]) -> None:
        if not self.order.size:
            self.begun = self.trainer.costs
            self.order = self.rng.permutation(len(self.targets))
            self.position, self.energy, self.rested = 0, 0.0, 0
        shown = 0.0
        while self.position < self.order.size:
            self._update()
            now = time.monotonic()
            if progress is not None and now - shown > SHOW_SECONDS:
                progress(self._progress())
                shown = now
            if stop():
                self._interrupted()
            if now - self._saved > SAVE_SECONDS:
                self.save()
        self._finish()
        if progress is not None:
            progress(self._progress())
        self.save()

    def _update(self) -> None:
        chosen = self.order[self.position : self.position + self.trainer.config.batch]
        try:
            energy = self.trainer.step(self.data.train_inputs[chosen], self.targets[chosen])
        except (FloatingPointError, np.linalg.LinAlgError) as fault:
            self.save()
            kept = f"; {self.checkpoint} holds the last good state" if self.checkpoint else ""
            raise BadInput(
                f"training diverged in epoch {self.epoch + 1} ({fault}): use a smaller lr than "
                f"{self.trainer.config.lr:g}{kept}"
            ) from None
        except AnalogPcError:  # a simulator that fails, say: what was learned is kept
            self.save()
            raise
        if np.isfinite(energy):
            self.energy, self.rested = self.energy + energy * chosen.size, self.rested + chosen.size
        self.position += chosen.size

    def _finish(self) -> None:
        costs = self.trainer.costs
        self.history.append(
            {
                "epoch": self.epoch + 1,
                "energy": self.energy / max(self.rested, 1),
                "accuracy": self.accuracy,
                "epoch_costs": costs.since(self.begun).as_json(),
                "total_costs": costs.as_json(),
            }
        )
        self.order = np.empty(0, dtype=np.int64)

    def _progress(self) -> Progress:
        batch = self.trainer.config.batch
        per_epoch = -(-len(self.targets) // batch)
        inside = -(-self.position // batch) if self.order.size else 0
        energy = self.energy / max(self.rested, 1) if self.order.size else self.history[-1]["energy"]
        return Progress(
            self.epoch * per_epoch + inside,
            self.trainer.config.epochs * per_epoch,
            min(self.epoch + 1, self.trainer.config.epochs),
            float(energy),
            self.trainer.costs.joules,
        )

    def _interrupted(self) -> None:
        self.save()
        where = f"interrupted in epoch {self.epoch + 1} after {self.position} of {self.order.size} samples"
        saved = f"saved in {self.checkpoint}" if self.checkpoint else "nothing was saved"
        raise KeyboardInterrupt(f"{where}: {saved}")

    @cached_property
    def description(self) -> dict[str, Any]:
        """What makes this run what it is."""
        return description(self.trainer, self.data)

    def save(self) -> None:
        """Write the checkpoint, where there is one."""
        if self.checkpoint is not None:
            save(self.checkpoint, self.description, self.state())
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
        self.restore(load(self.checkpoint, self.description))

    def state(self) -> dict[str, Any]:
        """All that changes, as arrays."""
        own = {
            "order": self.order, "position": np.array(self.position), "rested": np.array(self.rested),
            "energy": np.array(self.energy), "generator": generator_state(self.rng),
            "history": json.dumps(self.history), "begun": json.dumps(asdict(self.begun)),
        }  # fmt: skip
        return own | prefixed("trainer", self.trainer.state())

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`, bit for bit."""
        self.order = np.array(state["order"], dtype=np.int64)
        self.position, self.rested = int(state["position"]), int(state["rested"])
        self.energy = float(state["energy"])
        self.rng = restored_generator(state["generator"])
        self.history = json.loads(str(state["history"]))
        self.begun = Costs(**json.loads(str(state["begun"])))
        self.trainer.restore(part(state, "trainer"))
