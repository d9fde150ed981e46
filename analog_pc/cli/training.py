"""What `analog-pc train` does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from analog_pc.cli.in_situ import InSituOptions, costs_line
from analog_pc.cli.options import refuse_overwriting
from analog_pc.cli.output_folder import claimed_files
from analog_pc.cli.progress import progress_bar
from analog_pc.files import write_text
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.pcn.learning import PositiveEquilibriumPropagation, learning_rule
from analog_pc.pcn.network_file import save_network
from analog_pc.si import si
from analog_pc.training import (
    Dataset,
    Progress,
    Trainer,
    TrainingConfig,
    TrainingRun,
    load_dataset,
    mathematics_backend,
)
from analog_pc.training.divergence import Rise, read_out_rate

# Sigmoid networks bear the larger step; the others diverge with it.
LEARNING_RATES = {"sigmoid": 0.1, "hard_sigmoid": 0.1}
# Devices are trained without momentum, which is worth a factor; ipc writes several times a batch.
WITHOUT_MOMENTUM = {"sigmoid": 0.3, "hard_sigmoid": 0.3}
HIDDEN = 32


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """The options of `train` that do not concern devices."""

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


def train_and_save(options: TrainOptions, in_situ: InSituOptions) -> None:
    """Train a network, write it and print its test accuracy."""
    written = {"--out": options.out, "--checkpoint": in_situ.checkpoint, "--history": in_situ.history}
    refuse_overwriting(written, [options.data, in_situ.device])
    in_situ.refuse_checkpoint()
    with claimed_files(written):
        _train_and_save(options, in_situ, written)


def _train_and_save(
    options: TrainOptions, in_situ: InSituOptions, written: Mapping[str, Path | None]
) -> None:
    dataset = load_dataset(options.data, options.seed)
    refuse_overwriting(written, [])  # of labels that were found beside their images
    sizes = options.layers or (dataset.train_inputs.shape[1], HIDDEN, dataset.classes)
    network = random_network(sizes, options.activation, seed=options.seed, precision=options.precision)
    kind = learning_rule(options.rule).name
    on_devices = in_situ.any_set or kind == "ipc"
    lr = options.lr
    if lr is None and on_devices and kind != "ipc":
        lr = _rate_on_devices(network, dataset)
    config = TrainingConfig(
        rule=options.rule,
        epochs=options.epochs,
        batch=options.batch,
        lr=LEARNING_RATES.get(options.activation, 0.03) if lr is None else lr,
        seed=options.seed,
    )
    if on_devices:
        run = in_situ.run(dataset, network, config)
    else:
        run = TrainingRun(Trainer(mathematics_backend(network, config.learning_rule), config), dataset)
    show_run(run)
    if in_situ.history is not None:
        write_text(in_situ.history, json.dumps(run.history, indent=1) + "\n")
    if on_devices:
        click.echo(costs_line(run.trainer.costs))
    if run.trainer.costs.unsettled and (not on_devices or _is_nudged(run)):
        click.echo(_unsettled_line(run))
    save_network(options.out, run.trainer.network)
    count = len(dataset.test_labels)
    click.echo(
        f"{options.out}: test accuracy {100.0 * run.accuracy:.2f} % on {count} samples of {dataset.name}"
    )
    found = run.rise
    if found is not None:
        click.echo(_rise_line(run, found), err=True)


def _rate_on_devices(network: PredictiveCodingNetwork, dataset: Dataset) -> float:
    """The default rate; without hidden layer at most what the inputs bear, which is told."""
    rate = WITHOUT_MOMENTUM.get(network.activation, 0.1)
    borne = read_out_rate(network, dataset.train_inputs)
    if borne is None or borne >= rate:
        return rate
    click.echo(
        f"remark: no hidden layer: learning rate {borne:.3g}, half of the largest stable one of these "
        "inputs; --lr sets another",
        err=True,
    )
    return borne


def _rise_line(run: TrainingRun, found: Rise) -> str:
    """What rose, and what to do about it."""
    lr = run.trainer.config.lr
    borne = read_out_rate(run.trainer.network, run.data.train_inputs)
    other = borne if borne is not None and borne < 0.5 * lr else 0.1 * lr
    return (
        f"remark: training raised the energy per sample from {found.before:.3g} {found.since} to "
        f"{found.after:.3g} in epoch {run.epoch}, weights of 0 have {found.zero:.3g}: use a smaller "
        f"learning rate than {lr:.3g}, try --lr {other:.1g}"
    )


def _unsettled_line(run: TrainingRun) -> str:
    """How many samples taught nothing, and what to do about it."""
    costs = run.trainer.costs
    advice = ": use a smaller beta" if _is_nudged(run) else ""
    return f"{costs.unsettled} of {costs.samples} samples had no equilibrium and taught nothing{advice}"


def _is_nudged(run: TrainingRun) -> bool:
    """Whether the rule is equilibrium propagation; the other two kinds derive from the positive one."""
    return isinstance(run.trainer.rule, PositiveEquilibriumPropagation)


def show_run(run: TrainingRun) -> None:
    """Train to the end with a progress bar."""
    epochs = run.trainer.config.epochs
    with progress_bar() as bar:

        def show(now: Progress) -> None:
            text = f"training {run.data.name}: epoch {now.epoch}/{epochs}, energy {now.energy:.4f}"
            if now.joules is not None:
                text += f", {si(now.joules, 'J')} written"
            bar(text, now.update, now.updates)

        try:
            run.go(show)
        except KeyboardInterrupt as stopped:
            onwards = ", --resume goes on from there" if run.checkpoint else ""
            raise KeyboardInterrupt(f"{stopped}{onwards}") from None


def train_network(
    dataset: Dataset, network: PredictiveCodingNetwork, config: TrainingConfig
) -> PredictiveCodingNetwork:
    """Training on numbers, with its progress bar.

    Parameters
    ----------
    dataset, network, config
        As for `analog_pc.train`.
    """
    run = TrainingRun(Trainer(mathematics_backend(network, config.learning_rule), config), dataset)
    show_run(run)
    return run.trainer.network
