"""Length of the way against displacement, a line for each network, at the largest learning rate."""

from __future__ import annotations

from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import named, numbers
from analog_pc.experiments.framework.result import COLUMNS, Result
from analog_pc.experiments.song2024.figures.columns import column_style, data_name, new_figure
from analog_pc.reporting.style import styled

PATH = "path"  # at a learning rate, of a network: displacement and length [updates + 1, 2]


@styled
def draw(result: Result) -> Figure:
    figure, axes = new_figure(55.0)
    lr = numbers(result.quantities, PATH, "lr")[-1]
    for column in COLUMNS:
        style = {**column_style(column), "lw": 0.9}
        arrays = result.data.get(column, {})
        for path in named(arrays, PATH, lr=lr):
            axes.plot(*arrays[path].T, **style)
            style["label"] = "_"
    axes.set(xlabel="distance of the weights from their start", ylabel=f"length of their way (lr {lr:g})")
    axes.set_title(data_name(result))
    axes.legend(loc="upper left")
    return figure
