"""Training on one chip, relaxed by its circuit in closed form, with two contents of the transposed array.

Weights are conductances that every write reaches, without momentum, in small batches.  The same training with
numbers is the ideal column.
"""

from __future__ import annotations

from collections.abc import Mapping

from analog_pc.experiments.framework.alignment import Case, image_network, seeded, train_backend
from analog_pc.experiments.framework.circuits import in_closed_form
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.technology import Technology
from analog_pc.training import TrainingConfig, mathematics_backend
from analog_pc.training.backend import Backend
from analog_pc.training.datasets import Dataset
from analog_pc.training.in_situ import DeviceBackend, Exact, Transposed, WeightDevice

RATE = 0.1  # with three times that, random feedback diverges: errors grow before B and W^T have aligned
BATCH = 8
ON_ARRAYS = {"copied": Transposed.SHARED, "random": Transposed.RANDOM}
IN_NUMBERS = {"copied": "pc", "random": "pc-fa"}


def train_on_chip(
    content: str, images: Dataset, technology: Technology | None, seed: int, epochs: int
) -> Mapping[str, Array]:
    """One hidden layer of predictive coding; see `train_backend`.

    Parameters
    ----------
    content
        "copied" or "random".
    images
        What is learned.
    technology
        Of the chip; None: numbers.
    seed
        Of weights, feedback weights, chip and order.
    epochs
        How long.
    """
    network = image_network(images, Case("pc"), seed)
    rule = "pc" if technology else seeded(IN_NUMBERS[content], seed)
    config = TrainingConfig(rule=rule, epochs=epochs, lr=RATE, batch=BATCH, seed=seed)
    backend: Backend
    if technology is None:
        backend = mathematics_backend(network, config.learning_rule, 0.0)
    else:
        backend = DeviceBackend(
            network,
            WeightDevice("ideal"),
            Exact(),
            seed=seed,
            transposed=ON_ARRAYS[content],
            relaxer=in_closed_form(technology, ("native",))["native"],
        )
    return train_backend(backend, config, images)


def chip_error(content: str) -> Quantity:
    return quantity("trained on a chip, transposed array {content}: test error", content=content)


def chip_cosine(content: str) -> Quantity:
    return quantity("trained on a chip, transposed array {content}: cos(B, W^T)", content=content)
