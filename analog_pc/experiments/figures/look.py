"""What the figures share: width, and the look of each column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.result import COLUMNS, Array, Result
from analog_pc.verify.report.style import COLOURS, DASHES, GREY, MARKERS

WIDTH = 85.0 / 25.4  # inches: one column

LOOKS: dict[str, dict[str, Any]] = {
    "ideal": {"color": COLOURS[0], "ls": DASHES[0], "lw": 1.3},
    "native": {"color": COLOURS[1], "ls": DASHES[2], "lw": 1.6},
    "ngspice": {
        "color": COLOURS[2],
        "ls": "none",
        "marker": MARKERS[0],
        "mfc": "white",
        "ms": 3.4,
        "mew": 0.8,
    },
    "backprop": {"color": GREY, "ls": DASHES[1], "lw": 1.2},
}
NAMES = {
    "ideal": "PC, ideal",
    "native": "PC, native",
    "ngspice": "PC, ngspice",
    "backprop": "backpropagation",
}


def look(column: str) -> dict[str, Any]:
    """Colour, dash or marker, and name of a column: dashes and shapes tell them apart in grey."""
    return {**LOOKS[column], "label": NAMES[column]}


def new_figure(height: float, rows: int = 1, columns: int = 1, **options: Any) -> tuple[Figure, Any]:
    """A figure of one column and `height` millimetres; axes as `Figure.subplots` gives them."""
    figure = Figure(figsize=(WIDTH, height / 25.4), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def spread_over_seeds(axes: Axes, column: str, x: Array, each: Sequence[Array]) -> None:
    """A column's means of `each` at `x`, with the standard deviation over seeds."""
    means = [float(e.mean()) for e in each]
    spreads = [float(e.std(ddof=1)) if len(e) > 1 else 0.0 for e in each]
    axes.errorbar(x, means, spreads, **({"marker": "."} | look(column)), capsize=1.5, elinewidth=0.6)


def panels(height: float, wide: bool) -> tuple[Figure, list[Axes]]:
    """Two panels side by side, and a third as wide as both below them where it is wanted."""
    if not wide:
        figure, both = new_figure(height, 1, 2)
        return figure, list(both)
    figure = Figure(figsize=(WIDTH, 1.75 * height / 25.4), layout="constrained")
    return figure, list(figure.subplot_mosaic("AB;CC", height_ratios=(1.0, 0.9)).values())


def rates_tried(result: Result, before: str) -> list[float]:
    """The learning rates of arrays called "`before`0.01", in any column, the smallest first."""
    found = (name.split("/", 1)[1] for name in result.data)
    return sorted({float(name.removeprefix(before)) for name in found if name.startswith(before)})


def best_rate(result: Result, before: str) -> float:
    """The learning rate of the smallest mean, in the first column that has it: predictive coding's."""
    means = {lr: next(iter(result.columns(f"{before}{lr:g}").values())) for lr in rates_tried(result, before)}
    return min(means, key=lambda lr: float(means[lr].mean()))


def against_rates(axes: Axes, result: Result, before: str, rates: Sequence[float]) -> None:
    """Every column's arrays [seeds] against the learning rate that they are of."""
    for column in COLUMNS:
        each = {lr: result.data[k] for lr in rates if (k := f"{column}/{before}{lr:g}") in result.data}
        if each:
            spread_over_seeds(axes, column, np.array(list(each)), list(each.values()))


def letter(axes: Axes, text: str) -> None:
    """The letter of a panel."""
    axes.set_title(text, loc="left", fontweight="bold")


def data_name(result: Result) -> str:
    """The data set that a note of the result names ("data: NAME, ..."); empty without one."""
    named = [note.removeprefix("data: ").split(",")[0] for note in result.notes if note.startswith("data: ")]
    return named[0] if named else ""
