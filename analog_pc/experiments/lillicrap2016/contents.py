"""What a transposed array may hold: a copy of the weights, a copy with errors, or random numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.alignment import BATCH, LR, MOMENTUM, Case, image_network, train_backend
from analog_pc.experiments.framework.result import Array
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.pcn.feedback import ErrorPath
from analog_pc.pcn.learning import RelaxedPredictiveCoding
from analog_pc.training import ErrorPathBackend, TrainingConfig
from analog_pc.training.datasets import Dataset


class InexactCopy(ErrorPathBackend):
    """The transposed array follows the weights, every device of it off by its own constant factor.

    Parameters
    ----------
    network
        What training starts from.
    rule
        Predictive coding.
    spread
        Relative standard deviation of the factors.
    seed
        Of the factors.
    """

    def __init__(
        self, network: PredictiveCodingNetwork, rule: RelaxedPredictiveCoding, spread: float, seed: int
    ) -> None:
        super().__init__(network, rule, MOMENTUM)
        rng = np.random.default_rng([seed, 3])
        self.factors = [1.0 + spread * rng.normal(size=w.shape) for w in network.W]
        self.renew_path()

    @property
    def feedback(self) -> tuple[Floats, ...]:
        """The weights, each times its factor."""
        return tuple(w * factor for w, factor in zip(self.network.W, self.factors, strict=True))

    def renew_path(self) -> None:
        """Copy the weights once more."""
        self.path = ErrorPath(feedback=self.feedback)


def train_on_copy(images: Dataset, spread: float, seed: int, epochs: int) -> Mapping[str, Array]:
    """One hidden layer of predictive coding on an inexact copy; see `train_backend`."""
    case = Case("pc")
    rule = RelaxedPredictiveCoding()
    backend = InexactCopy(image_network(images, case, seed), rule, spread, seed)
    config = TrainingConfig(rule=rule, epochs=epochs, lr=LR[case.activation], batch=BATCH, seed=seed)
    return train_backend(backend, config, images)
