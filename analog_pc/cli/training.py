"""What `analog-pc train` does."""

from __future__ import annotations

from pathlib import Path

import click

from analog_pc.cli.in_situ import InSituOptions, train_in_situ
from analog_pc.cli.options import progress_bar
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.pcn.network_file import save_network
from analog_pc.training import Dataset, TrainingConfig, accuracy, load_dataset
from analog_pc.training import train as run_training
from analog_pc.training.in_situ import HEADROOM, InSituConfig, Transposed, named

# Sigmoid networks bear the larger step; the others diverge with it.
LEARNING_RATES = {"sigmoid": 0.1, "hard_sigmoid": 0.1}
# Devices are trained without momentum, which is worth a factor; ipc writes several times a batch.
WITHOUT_MOMENTUM = {"sigmoid": 0.3, "hard_sigmoid": 0.3}
HIDDEN = 32


def train_and_save(
    data: str,
    layers: tuple[int, ...] | None,
    activation: str,
    precision: tuple[float, ...] | None,
    rule: str,
    epochs: int,
    batch: int,
    lr: float | None,
    seed: int,
    out: Path,
    options: InSituOptions,
) -> None:
    """Train a network, write it and print its test accuracy."""
    dataset = load_dataset(data, seed)
    sizes = layers or (dataset.train_inputs.shape[1], HIDDEN, dataset.classes)
    network = random_network(sizes, activation, seed=seed, precision=precision)
    rate = LEARNING_RATES.get(activation, 0.03)
    kind = named.rule(rule).name
    if options.given or kind == "ipc":
        if kind != "ipc":
            rate = WITHOUT_MOMENTUM.get(activation, 0.1)
        config = InSituConfig(
            epochs, batch, rate if lr is None else lr, seed,
            HEADROOM if options.headroom is None else options.headroom,
            Transposed(options.transposed or Transposed.SHARED),
        )  # fmt: skip
        run = options.run(dataset, network, config, rule)
        network = train_in_situ(run, options.history)
        right = run.accuracy
    else:
        config_of = TrainingConfig(kind, epochs, batch, rate if lr is None else lr, seed=seed)
        network = train_network(dataset, network, config_of)
        right = accuracy(network, dataset.test_inputs, dataset.test_labels)
    save_network(out, network)
    click.echo(
        f"{out}: test accuracy {100.0 * right:.2f} % on {len(dataset.test_labels)} samples of {dataset.name}"
    )


def train_network(
    dataset: Dataset, network: PredictiveCodingNetwork, config: TrainingConfig
) -> PredictiveCodingNetwork:
    """Training with its progress bar."""
    with progress_bar(config.epochs) as (bar, task):

        def show(epoch: int, energy: float) -> None:
            text = f"training {dataset.name}: epoch {epoch}/{config.epochs}, energy {energy:.4f}"
            bar.update(task, completed=epoch, description=text)  # type: ignore[arg-type]

        return run_training(network, dataset, config, show)
