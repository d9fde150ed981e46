"""What `analog-pc train` does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from analog_pc.cli.in_situ import InSituOptions, train_in_situ
from analog_pc.cli.progress import progress_bar
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.pcn.network_file import save_network
from analog_pc.training import Dataset, TrainingConfig, accuracy, load_dataset
from analog_pc.training import train as run_training
from analog_pc.training.in_situ import HEADROOM, InSituConfig, InSituRun, Transposed, named

# Sigmoid networks bear the larger step; the others diverge with it.
LEARNING_RATES = {"sigmoid": 0.1, "hard_sigmoid": 0.1}
# Devices are trained without momentum, which is worth a factor; ipc writes several times a batch.
WITHOUT_MOMENTUM = {"sigmoid": 0.3, "hard_sigmoid": 0.3}
HIDDEN = 32


@dataclass(frozen=True, kw_only=True)
class TrainRequest:
    """The options of `analog-pc train`, by their names there; `in_situ` are those that concern devices."""

    data: str
    layers: tuple[int, ...] | None
    activation: str
    precision: tuple[float, ...] | None
    rule: str
    epochs: int
    batch: int
    lr: float | None
    seed: int
    out: Path
    in_situ: InSituOptions

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> TrainRequest:
        """From the options of the command, together."""
        own = {name: value for name, value in asked.items() if name in cls.__dataclass_fields__}
        devices = {name: value for name, value in asked.items() if name not in own}
        return cls(**own, in_situ=InSituOptions(**devices))


def train_and_save(request: TrainRequest) -> None:
    """Train a network, write it and print its test accuracy."""
    dataset = load_dataset(request.data, request.seed)
    sizes = request.layers or (dataset.train_inputs.shape[1], HIDDEN, dataset.classes)
    network = random_network(sizes, request.activation, seed=request.seed, precision=request.precision)
    kind = named.rule(request.rule).name
    if request.in_situ.any_set or kind == "ipc":
        run = _in_situ_run(request, dataset, network, kind)
        network = train_in_situ(run, request.in_situ.history)
        right = run.accuracy
    else:
        rate = LEARNING_RATES.get(request.activation, 0.03) if request.lr is None else request.lr
        config = TrainingConfig(kind, request.epochs, request.batch, rate, seed=request.seed)
        network = train_network(dataset, network, config)
        right = accuracy(network, dataset.test_inputs, dataset.test_labels)
    save_network(request.out, network)
    samples = len(dataset.test_labels)
    click.echo(f"{request.out}: test accuracy {100.0 * right:.2f} % on {samples} samples of {dataset.name}")


def _in_situ_run(
    request: TrainRequest, dataset: Dataset, network: PredictiveCodingNetwork, kind: str
) -> InSituRun:
    rates = LEARNING_RATES if kind == "ipc" else WITHOUT_MOMENTUM
    rate = rates.get(request.activation, 0.03 if kind == "ipc" else 0.1)
    headroom = request.in_situ.headroom
    config = InSituConfig(
        request.epochs,
        request.batch,
        rate if request.lr is None else request.lr,
        request.seed,
        HEADROOM if headroom is None else headroom,
        Transposed(request.in_situ.transposed or Transposed.SHARED),
    )
    return request.in_situ.run(dataset, network, config, request.rule)


def train_network(
    dataset: Dataset, network: PredictiveCodingNetwork, config: TrainingConfig
) -> PredictiveCodingNetwork:
    """Training with its progress bar."""
    with progress_bar(config.epochs) as bar:

        def show(epoch: int, energy: float) -> None:
            bar(f"training {dataset.name}: epoch {epoch}/{config.epochs}, energy {energy:.4f}", epoch)

        return run_training(network, dataset, config, show)
