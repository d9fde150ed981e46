"""What `analog-pc import` prints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from analog_pc.cli.console import PlainConsole
from analog_pc.importers import Imported
from analog_pc.importers.layers import count_kept_outliers
from analog_pc.mapping import clip_network
from analog_pc.reporting.text import counted


def clipped_import(found: Imported, quantile: float) -> Imported:
    """The network clipped, and a remark for each layer; the table still shows the model's weights."""
    network, layers = clip_network(found.network, quantile)
    remarks = tuple(
        f"{layer.name}: {counted(one.count, 'weight')} limited to {one.limit:.4g}, which moves "
        f"{100.0 * one.lost:.3g} % of the layer's norm"
        for layer, one in zip(found.layers, layers, strict=True)
        if one.count
    )
    stay = tuple(
        f"{layer.name}: {counted(kept, 'outlier')} of {w.size} weights {'stays' if kept == 1 else 'stay'}: "
        f"no more than {100.0 * (1.0 - quantile):.3g} % of them are limited, use a smaller quantile"
        for layer, w, limited in zip(found.layers, found.network.W, network.W, strict=True)
        if (kept := count_kept_outliers(w, limited))
    )
    table = ("the table is of the weights before they were limited",)
    return replace(found, network=network, remarks=(*found.remarks, *remarks, *stay, *table))


def print_report(found: Imported, model: Path, out: Path) -> None:
    """Sizes first, then the weights of each layer, then remarks."""
    sizes = "-".join(map(str, found.network.sizes))
    console = PlainConsole()
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
