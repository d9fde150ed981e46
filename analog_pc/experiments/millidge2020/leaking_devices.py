"""Feedback weights that devices learn: the same pulses on both arrays, and the devices' own decay.

Kolen and Pollack's rule needs equal products and equal decay.  An outer product of pulse trains on lines that
drive both arrays is the one; devices that leak are the other.  The preset has no decay: its lifetime is set
here.  Its steps depend on the weight, up and down differently, so that pulses of both signs pull each device
to a symmetry point of its own, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.devices.pulsed import PRESETS
from analog_pc.experiments.framework.alignment import Case, image_network, train_backend
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.pcn.learning import Factors
from analog_pc.relaxers import EffectiveRelaxer, Relaxer
from analog_pc.training import TrainingConfig
from analog_pc.training.datasets import Dataset
from analog_pc.training.in_situ import DeviceBackend, Trains, Transposed, WeightDevice

PRESET = "ecram"
RATE = 0.3
BATCH = 8
FOREVER = np.inf


@dataclass(frozen=True)
class Devices:
    """Relative spread of the steps, and lifetime in batches."""

    spread: float
    lifetime: float

    @property
    def name(self) -> str:
        """For identifiers and the names of parts."""
        decay = "" if self.lifetime == FOREVER else f",lifetime={self.lifetime:g}"
        return f"devices={PRESET},spread={self.spread:g}{decay}"


KINDS = (Devices(0.1, FOREVER), Devices(0.3, FOREVER), Devices(0.3, 4000.0), Devices(0.3, 1000.0))


class _Counting(DeviceBackend):
    """Tells the mean number of pulses on a device of the layer that feeds back, update by update."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.pulses = [0.0]

    def apply(self, factors: Factors, rate: float) -> None:
        super().apply(factors, rate)
        arrays = [array for one in self.layers[1].synapses for array in one.arrays]
        self.pulses.append(float(np.mean([array.wear.mean() for array in arrays])))


def train_on_devices(
    kind: Devices, images: Dataset, relaxer: Relaxer | None, seed: int, epochs: int
) -> Mapping[str, Array]:
    """One hidden layer on devices, its feedback weights at random to start with.

    Parameters
    ----------
    kind
        The devices.
    images
        What is learned.
    relaxer
        Relaxes between input and target (rule "pc"); None: predictions stay fixed (rule "bp").
    seed
        Of weights, devices, trains and order.
    epochs
        How long.

    Returns
    -------
    dict
        As `train_backend`, and "pulses" [epochs + 1], mean on a device of the layer that feeds back.
    """
    spec = replace(PRESETS[PRESET], step_d2d=kind.spread, lifetime=kind.lifetime)
    network = image_network(images, Case("pc"), seed)
    backend = _Counting(
        network,
        WeightDevice(PRESET, spec),
        Trains(),
        seed=seed,
        transposed=Transposed.LEARNT,
        relaxer=relaxer,
    )
    rule = "bp" if relaxer is None else "pc"
    config = TrainingConfig(rule=rule, epochs=epochs, lr=RATE, batch=BATCH, seed=seed)
    found = train_backend(backend, config, images)
    each = -(-len(images.train_labels) // BATCH)
    told = np.minimum(each * np.arange(epochs + 1), len(backend.pulses) - 1)
    return {**found, "pulses": np.array(backend.pulses)[told]}


def closed_form(relaxer: Relaxer) -> EffectiveRelaxer:
    """Circuits of the relaxer's technology in closed form, for training."""
    technology = relaxer.technology
    assert technology is not None
    return EffectiveRelaxer(technology, relaxer.seed, volts_per_unit=technology.volts_per_unit)


def device_quantity(what: str, kind: Devices, **conditions: int) -> Quantity:
    """A quantity of a training on devices."""
    decay = "none" if kind.lifetime == FOREVER else f"{kind.lifetime:g}"
    return quantity(what, devices=PRESET, spread=kind.spread, lifetime=decay, **conditions)
