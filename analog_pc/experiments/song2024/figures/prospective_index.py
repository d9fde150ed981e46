"""The index of every hidden layer after one update: a line for each network."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import numbers, quantity
from analog_pc.experiments.framework.result import COLUMNS, Result
from analog_pc.experiments.song2024.figures.columns import column_style, new_figure
from analog_pc.reporting.style import styled

ONCE = quantity("once")  # of so many networks, or of one: index after one update [networks, hidden layers]


@styled
def draw(result: Result) -> Figure:
    figure, axes = new_figure(55.0)
    for column in COLUMNS:
        arrays = result.data.get(column, {})
        for networks in numbers(arrays, ONCE.name, "networks"):
            style = {"marker": "."} | column_style(column)
            for index in arrays[ONCE.at(networks=networks)]:
                axes.plot(np.arange(1, len(index) + 1), index, **style)
                style["label"] = "_"
    axes.set(xlabel="hidden layer", ylabel="prospective index", xticks=range(1, len(index) + 1))
    axes.legend(loc="lower left")
    return figure
