"""Mean test error against the number of layers, with the spread over seeds."""

from __future__ import annotations

from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import data_name, new_figure, spread_over_seeds
from analog_pc.reporting.style import styled

DEPTHS = quantity("depths")
MEAN = quantity("mean")  # of so many layers: errors [seeds], mean over epochs


@styled
def draw(result: Result) -> Figure:
    figure, axes = new_figure(58.0)
    for column, depths in result.columns(DEPTHS).items():
        each = [result.data[column][MEAN.at(layers=depth)] for depth in depths.tolist()]
        spread_over_seeds(axes, column, depths, each)
    axes.set(xlabel="matrices of weights", ylabel="mean test error, best rate", title=data_name(result))
    axes.legend()
    return figure
