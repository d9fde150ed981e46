"""`analog-pc import`."""

from __future__ import annotations

from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analog_pc.importers import Imported, import_network
from analog_pc.importers.assemble import OUTPUTS
from analog_pc.importers.layout import LAYOUTS
from analog_pc.pcn.activations import ACTIVATIONS


@click.command("import")
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL")
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="PATTERN",
    help="Names of the weights: 'fc{i}.weight', {i} any numbers in rising order; repeatable, in order.",
)
@click.option(
    "--bias-map",
    "bias_maps",
    multiple=True,
    metavar="PATTERN",
    help="Names of the biases, or none.  [default: as the weights, with weight -> bias and the like]",
)
@click.option("--activation", help=f"Of the hidden layers: {', '.join(ACTIVATIONS)}.")
@click.option(
    "--output-activation", help=f"Of the output in the model: {', '.join(OUTPUTS)}.  [default: identity]"
)
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    help="Stored as [post, pre] (PyTorch) or [pre, post] (Keras).  [default: as the shapes chain]",
)
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="NET.npz.")
def import_command(
    model: Path,
    maps: tuple[str, ...],
    bias_maps: tuple[str, ...],
    activation: str | None,
    output_activation: str | None,
    layout: str | None,
    out: Path,
) -> None:
    """Import a trained network: .safetensors, .npz (scikit-learn's coefs_, own names) or .onnx.

    \b
    analog-pc import model.safetensors --map 'fc{i}.weight' --activation tanh --out net.npz
    analog-pc import mlp.npz --activation relu --out net.npz          coefs_0, intercepts_0, coefs_1, ...
    analog-pc import model.onnx --out net.npz                         pip install 'analog-pc[onnx]'

    Dense layers with one hidden activation and a linear output map exactly; what cannot be mapped is refused
    by name. A softmax at the output is left out, which changes no prediction of a class. Pickles (.pt, .pkl)
    are never loaded.

    \b
    largest     magnitude of the largest weight, which gets the whole range of a device
    99.9 %      of the weights are at most this large
    range used  the one divided by the other
    outliers    weights beyond 6 root mean squares of their layer
    """
    found = import_network(model, maps, bias_maps, activation, output_activation, layout)
    found.save(out)
    _print(found, model, out)


def _print(found: Imported, model: Path, out: Path) -> None:
    sizes = "-".join(map(str, found.network.sizes))
    console = Console(highlight=False, markup=False)
    console.print(f"{out}: {sizes} {found.network.activation}, from {model}", soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("weights", overflow="fold")
    for name in ("post x pre", "type", "biases"):
        table.add_column(name, no_wrap=True)
    for name in ("largest", "99.9 %", "range used", "outliers"):
        table.add_column(name, justify="right", no_wrap=True)
    for layer in found.layers:
        table.add_row(
            layer.name,
            "{} x {}".format(*layer.shape),
            layer.dtype,
            "yes" if layer.has_bias else "no",
            f"{layer.largest:.4g}",
            f"{layer.quantile:.4g}",
            f"{100.0 * layer.range_used:.0f} %",
            str(layer.outliers),
        )
    console.print(table)
    for remark in found.remarks:
        console.print(Text(f"remark: {remark}"), soft_wrap=True)
