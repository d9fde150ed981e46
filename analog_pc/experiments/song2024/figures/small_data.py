"""Least test error against the number of images a class, and the way to it with the most images."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import (
    column_style,
    data_name,
    letter,
    new_figure,
    spread_over_seeds,
)
from analog_pc.reporting.style import styled

COUNTS = quantity("counts")
EPOCHS = quantity("epochs")  # of the tests
LEAST = quantity("least")  # of so many images a class, at the best rate: errors [seeds]
CURVE = quantity("curve")  # of so many images a class, at the best rate: errors [tests]


@styled
def draw(result: Result) -> Figure:
    """Both panels; the way alone where there is only one number of images."""
    several = any(len(counts) > 1 for counts in result.columns(COUNTS).values())
    figure, panels = new_figure(58.0, columns=1 + several, sharey=True, squeeze=False)
    along = panels[0, -1]
    if several:
        few = panels[0, 0]
        _against_count(few, result)
        letter(few, "a")
        letter(along, "b")
    _along(along, result)
    panels[0, 0].set_title(data_name(result))
    along.set_yscale("log")
    along.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 3.0, 5.0, 7.0)))
    along.yaxis.set_major_formatter("{x:g}")
    along.yaxis.set_minor_locator(NullLocator())
    figure.legend(*along.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _against_count(axes: Axes, result: Result) -> None:
    axes.set_xscale("log")
    for column, counts in result.columns(COUNTS).items():
        each = [result.data[column][LEAST.at(per_class=count)] for count in counts.tolist()]
        spread_over_seeds(axes, column, counts, each)
        axes.set_xticks(counts, [str(count) for count in counts])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel="training images a class", ylabel="least test error")


def _along(axes: Axes, result: Result) -> None:
    """The mean course with the most images."""
    for column, counts in result.columns(COUNTS).items():
        most = int(counts.max())
        arrays = result.data[column]
        axes.plot(arrays[EPOCHS], arrays[CURVE.at(per_class=most)], **column_style(column))
        axes.set(xlabel=f"passes, {most} images a class", ylabel="test error")
