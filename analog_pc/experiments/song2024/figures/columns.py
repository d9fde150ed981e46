"""What the figures share: width, and the look of each column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.result import Array, Result
from analog_pc.reporting.style import COLOURS, DASHES, GREY, MARKERS

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


def column_style(column: str) -> dict[str, Any]:
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
    axes.errorbar(x, means, spreads, **({"marker": "."} | column_style(column)), capsize=1.5, elinewidth=0.6)


def letter(axes: Axes, text: str) -> None:
    """The letter of a panel."""
    axes.set_title(text, loc="left", fontweight="bold")


DATA = "data"  # the fact that names the images of a result


def data_name(result: Result) -> str:
    """The data set of the result; empty without one."""
    return result.facts.get(DATA, "")
