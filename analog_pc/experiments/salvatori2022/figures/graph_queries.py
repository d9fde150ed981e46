"""What the graph draws, completes and classifies, beside what simple methods do."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import Array, Result
from analog_pc.experiments.song2024.figures.columns import WIDTH, column_style, letter
from analog_pc.reporting.style import GREY, INK, styled

SIDE = 8
SOURCES = ("native", "ideal")  # whose images are shown: the first that there is


@styled
def draw(result: Result) -> Figure:
    figure = Figure(figsize=(WIDTH, 98.0 / 25.4), layout="constrained")
    images, errors = np.asarray(figure.subfigures(2, 1, height_ratios=(1.0, 0.85)))
    _images(images, result)
    _errors(errors.subplots(1, 1), result)
    return figure


def _images(figure: SubFigure, result: Result) -> None:
    """Rows of digits: what the graph draws for each label, and halves that it completes."""
    column = next(c for c in SOURCES if c in result.data)
    data = result.data[column]
    true, found = data[quantity("completed")]
    axes = figure.subplots(2, 1, height_ratios=(1.0, 2.1))
    _strip(axes[0], data[quantity("drawn images")][None])
    axes[0].set_title(f"a  image? labels 0 ... 9 clamped ({column})", loc="left", fontsize=6.5)
    _strip(axes[1], np.stack([true, found]))
    axes[1].set_title(
        "b  lower half? upper half clamped: test image above, answer below", loc="left", fontsize=6.5
    )


def _strip(axes: Axes, rows: Array) -> None:
    """Images [rows, images, 64] beside and below each other, white pixels as 0 is, black as 1."""
    gap = 1
    cells = [np.pad(_square(row), ((0, 0), (gap, gap), (gap, gap)), constant_values=np.nan) for row in rows]
    canvas = np.concatenate([np.concatenate(list(row), axis=1) for row in cells], axis=0)
    axes.imshow(canvas, cmap="gray_r", vmin=0.0, vmax=1.0, interpolation="nearest")
    axes.axis("off")


def _square(images: Floats) -> Floats:
    return np.asarray(images.reshape(-1, SIDE, SIDE))


def _errors(axes: Axes, result: Result) -> None:
    """Test error against the number of updates of the local rule, and that of ridge regression."""
    learned = result.columns(quantity("test error over learning"))
    for column, errors in learned.items():
        updates = result.data[column][quantity("updates")]
        axes.semilogx(updates, 100.0 * errors.mean(axis=0), marker="o", **_line(column))
        if len(errors) > 1:
            axes.fill_between(
                updates, 100.0 * errors.min(axis=0), 100.0 * errors.max(axis=0), color=GREY, alpha=0.3, lw=0
            )
    for row in result.rows:
        if row.id == "ridge-error" and row.ideal is not None:
            axes.axhline(100.0 * row.ideal, color=INK, lw=0.7, ls=(0, (4, 2)))
            axes.annotate("ridge regression", (0.98, 100.0 * row.ideal), xycoords=("axes fraction", "data"),
                          xytext=(0, 1.5), textcoords="offset points", ha="right", fontsize=6)  # fmt: skip
    axes.set(xlabel="updates of the local rule", ylabel="label asked for: test error / %")
    axes.set_ylim(bottom=0.0)
    letter(axes, "c")


def _line(column: str) -> dict[str, object]:
    return {k: v for k, v in column_style(column).items() if k != "marker"}
