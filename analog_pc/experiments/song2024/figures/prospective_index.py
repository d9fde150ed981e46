"""The index of every hidden layer after one update: a line for each network."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments.framework.result import COLUMNS, Result
from analog_pc.experiments.song2024.figures.columns import column_style, new_figure
from analog_pc.reporting.style import styled


@styled
def draw(result: Result) -> Figure:
    figure, axes = new_figure(55.0)
    for column in COLUMNS:
        for key in [k for k in result.data if k.startswith(f"{column}/once, ") and k.endswith("networks")]:
            style = {"marker": "."} | column_style(column)
            for index in result.data[key]:
                axes.plot(np.arange(1, len(index) + 1), index, **style)
                style["label"] = "_"
    axes.set(xlabel="hidden layer", ylabel="prospective index", xticks=range(1, len(index) + 1))
    axes.legend(loc="lower left")
    return figure
