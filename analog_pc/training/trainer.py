"""One step of training: factors of a batch by the learning rule, applied by the backend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from analog_pc.arrays import Floats, is_whole
from analog_pc.devices.pulsed.state import part, prefixed
from analog_pc.errors import BadInput
from analog_pc.numeric import finite_number
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.pcn.learning import LearningRule, learning_rule
from analog_pc.training.backend import Backend
from analog_pc.training.costs import Costs


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a network is trained, whatever its weights are.

    Parameters
    ----------
    rule
        A learning rule, or its name: pc, bp, ``ipc:steps=16,gamma=0.1``, ``pc-fa:seed=1``.
    epochs, batch
        Passes over the training samples, and samples per update.
    lr
        Of the mean over a batch of the summed energy: a sample adds lr / batch post pre^T.
    seed
        Of the order of the samples.

    Raises
    ------
    BadInput
        For an unknown rule, or a number out of its range.
    """

    rule: LearningRule | str = "pc"
    epochs: int = 50
    batch: int = 32
    lr: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.rule, str):
            learning_rule(self.rule)
        elif not isinstance(self.rule, LearningRule):
            raise BadInput(f"rule = {self.rule!r}, must be a learning rule or its name, such as 'pc'")
        set_ = object.__setattr__  # numbers of NumPy become those of Python: float16 would round what follows
        for name in ("epochs", "batch"):
            value = getattr(self, name)
            if not is_whole(value) or value < 1:
                raise BadInput(f"{name} = {value!r}, must be a whole number, at least 1")
            set_(self, name, int(value))
        set_(self, "lr", finite_number("lr", self.lr))
        if not is_whole(self.seed) or not 0 <= self.seed < 2**32:
            raise BadInput(f"seed = {self.seed!r}, must be a whole number from 0 to {2**32 - 1}")
        set_(self, "seed", int(self.seed))

    @property
    def learning_rule(self) -> LearningRule:
        """The rule itself."""
        return learning_rule(self.rule) if isinstance(self.rule, str) else self.rule


class Trainer:
    """Weights that learn by a rule; `step` takes one batch.

    Parameters
    ----------
    backend
        Where the weights are: a `MathematicsBackend`, or a `DeviceBackend`.
    config
        Rule and learning rate.

    Raises
    ------
    BadInput
        For a rule that the backend refuses.
    """

    def __init__(self, backend: Backend, config: TrainingConfig) -> None:
        self.backend = backend
        self.config = config
        self.rule = config.learning_rule
        backend.check(self.rule)
        self.samples = 0
        self.unsettled = 0

    @property
    def network(self) -> PredictiveCodingNetwork:
        """The network with the present weights."""
        return self.backend.network

    def step(self, inputs: Floats, targets: Floats) -> float:
        """Take one batch; inputs [samples, n_0], targets [samples, n_L].

        Returns
        -------
        float
            Energy per sample before the last update of the batch (the loss, for backpropagation); NaN where
            no sample has an equilibrium.

        Raises
        ------
        FloatingPointError
            When energy or weights are not finite any more; the weights then are what they were.
        """
        energy = math.nan
        for factors in self.rule.updates(self.backend, inputs, targets):
            energy = factors.energy
            if not math.isfinite(energy) and factors.unsettled < len(inputs):
                raise FloatingPointError("the energy is not finite any more")
            self.backend.apply(factors, self.config.lr / len(inputs))
            self.unsettled += factors.unsettled
        self.backend.elapse(1.0)
        self.samples += len(inputs)
        return energy

    @property
    def costs(self) -> Costs:
        """Costs of writing since the beginning."""
        return self.backend.costs(self.samples, self.unsettled)

    def state(self) -> dict[str, Any]:
        """All that changes, as arrays."""
        counts = np.array([self.samples, self.unsettled], dtype=np.int64)
        return {"counts": counts} | prefixed("backend", self.backend.state())

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`, bit for bit."""
        self.samples, self.unsettled = (int(n) for n in state["counts"])
        self.backend.restore(part(state, "backend"))
