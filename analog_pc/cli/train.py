"""`analog-pc train`."""

from __future__ import annotations

from typing import Any

import click

from analog_pc.cli.choices import ACTIVATIONS, HEADROOM, SCHEMES, TRANSPOSED
from analog_pc.cli.command import PathOption
from analog_pc.cli.compiling import CompiledCommand
from analog_pc.cli.options import Numbers, Quantities, TechnologyOf

FILE = PathOption(dir_okay=False)


@click.command(cls=CompiledCommand)
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
    default="pc",
    show_default=True,
    metavar="pc|ipc|bp|fa|kp|pc-fa|pc-kp|c-ep|...",
    help="Predictive coding, incremental (ipc:steps=16,gamma=0.1), backpropagation; random (fa) or "
    "learnt (kp) feedback; equilibrium propagation (p-ep, n-ep, c-ep:beta=0.1).",
)
@click.option("--epochs", default=50, show_default=True, help="Passes over the training part.")
@click.option("--batch", default=32, show_default=True, help="Samples per update.")
@click.option(
    "--lr",
    type=float,
    help="Learning rate.  [default: 0.1 for sigmoids, else 0.03; on devices 3 times that, but with ipc; "
    "there without hidden layer at most half of what is stable]",
)
@click.option("--seed", default=0, show_default=True, help="Of the split, the weights and the order.")
@click.option(
    "--device",
    metavar="PRESET|CURVE.csv",
    help="What weights are made of: see 'analog-pc devices', or ideal.",
)
@click.option("--scheme", metavar="NAME[:KEY=VALUE,...]", help=f"How they are written: {', '.join(SCHEMES)}.")
@click.option("--transposed", type=click.Choice(TRANSPOSED), help="What errors travel back through.")
@click.option(
    "--headroom", type=float, help=f"Weights may grow to that many times W_0.  [default: {HEADROOM:g}]"
)
@click.option("--pulse", type=Quantities("V", "s"), metavar="V,S", help="Write pulse: 3V,100ns, or 3,1e-7.")
@click.option(
    "--technology",
    type=TechnologyOf(),
    metavar=TechnologyOf.name,
    help="Relax on a circuit of these parts.  [default: ideal mathematics]",
)
@click.option("--checkpoint", type=FILE, help="Saved after each epoch, every 30 s and on Ctrl-C.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint, bit for bit.")
@click.option("--history", type=FILE, help="Energy, accuracy and costs of every epoch, as JSON.")
@click.option("--out", required=True, type=FILE, help="The network, NET.npz.")
def train(**options: Any) -> None:
    """Train a network and print its test accuracy.

    Weights are numbers, trained with momentum; or, with one of the options from --device on or the rule ipc,
    conductances of devices that pulses move. 80 % of the data train, 20 % test. NET.npz holds W1, b1, W2, ...
    ([post, pre]), precision, activation.
    """
    from analog_pc.cli.in_situ import InSituOptions
    from analog_pc.cli.training import TrainOptions, train_and_save

    in_situ = InSituOptions(**{name: options.pop(name) for name in InSituOptions.__dataclass_fields__})
    train_and_save(TrainOptions(**options), in_situ)
