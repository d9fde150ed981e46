"""`analog-pc train`."""

from __future__ import annotations

from pathlib import Path

import click

from analog_pc.cli.options import Numbers, progress_bar
from analog_pc.pcn import LEARNING_RULES, PredictiveCodingNetwork, random_network
from analog_pc.pcn.activations import ACTIVATIONS
from analog_pc.pcn.network_file import save_network
from analog_pc.training import Dataset, TrainingConfig, accuracy, load_dataset
from analog_pc.training import train as run_training

# Sigmoid networks bear the larger step; the others diverge with it.
LEARNING_RATES = {"sigmoid": 0.1, "hard_sigmoid": 0.1}
HIDDEN = 32


@click.command()
@click.option(
    "--data",
    default="digits",
    show_default=True,
    help="digits, iris, wine, breast_cancer, or an npz or IDX file.",
)
@click.option(
    "--layers", type=Numbers(int), help="Layer sizes from input to output.  [default: inputs,32,classes]"
)
@click.option("--activation", default="sigmoid", show_default=True, help=f"One of {', '.join(ACTIVATIONS)}.")
@click.option("--precision", type=Numbers(float), help="1/Sigma of layers 1, 2, ...  [default: all 1]")
@click.option(
    "--rule",
    type=click.Choice(list(LEARNING_RULES)),
    default="pc",
    show_default=True,
    help="Predictive coding or backpropagation.",
)
@click.option("--epochs", default=50, show_default=True, help="Passes over the training part.")
@click.option("--batch", default=32, show_default=True, help="Samples per update.")
@click.option("--lr", type=float, help="Learning rate.  [default: 0.1 for sigmoids, 0.03 otherwise]")
@click.option("--seed", default=0, show_default=True, help="Of the split, the weights and the order.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The network, NET.npz."
)
def train(
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
) -> None:
    """Train an ideal network and print its test accuracy.

    80 % of the data train, 20 % test. NET.npz holds W1, b1, W2, ... ([post, pre]), precision, activation.
    """
    dataset = load_dataset(data, seed)
    sizes = layers or (dataset.train_inputs.shape[1], HIDDEN, dataset.classes)
    config = TrainingConfig(
        rule, epochs, batch, LEARNING_RATES.get(activation, 0.03) if lr is None else lr, seed=seed
    )
    network = train_network(
        dataset, random_network(sizes, activation, seed=seed, precision=precision), config
    )
    save_network(out, network)
    right = accuracy(network, dataset.test_inputs, dataset.test_labels)
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
