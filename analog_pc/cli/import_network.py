"""`analog-pc import`."""

from __future__ import annotations

from pathlib import Path

import click

from analog_pc.cli.choices import ACTIVATIONS, LAYOUTS, OUTPUT_ACTIVATIONS
from analog_pc.cli.command import Command, Number, PathOption
from analog_pc.cli.options import refuse_overwriting


@click.command("import", cls=Command)
@click.argument("model", type=PathOption(), metavar="MODEL")
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
    "--output-activation",
    help=f"Of the output in the model: {', '.join(OUTPUT_ACTIVATIONS)}.  [default: identity]",
)
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    help="Stored as [post, pre] (PyTorch) or [pre, post] (Keras).  [default: as the shapes chain]",
)
@click.option(
    "--clip",
    type=Number(0.0, 1.0, min_open=True),
    metavar="QUANTILE",
    help="Limit the weights of each layer to this quantile of their magnitudes, 0.999 say.",
)
@click.option("--out", required=True, type=PathOption(dir_okay=False), help="NET.npz.")
def import_command(
    model: Path,
    maps: tuple[str, ...],
    bias_maps: tuple[str, ...],
    activation: str | None,
    output_activation: str | None,
    layout: str | None,
    clip: float | None,
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

    A few large weights leave little of a column's range to the others: 'evaluate' measures what --clip gives.
    """
    from analog_pc.cli.import_report import clipped_import, print_report
    from analog_pc.cli.output_folder import claimed_files
    from analog_pc.importers import import_network

    refuse_overwriting({"--out": out}, [model])
    with claimed_files({"--out": out}):
        found = import_network(model, maps, bias_maps, activation, output_activation, layout)
        if clip is not None:
            found = clipped_import(found, clip)
        found.save(out)
    print_report(found, model, out)
