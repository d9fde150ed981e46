"""Least test error against the number of images a class, with the spread over seeds."""

from __future__ import annotations

from matplotlib.figure import Figure

from analog_pc.experiments.figures.look import new_figure, spread_over_seeds
from analog_pc.experiments.result import Result
from analog_pc.verify.report.style import styled


@styled
def draw(result: Result) -> Figure:
    figure, axes = new_figure(58.0)
    for column, counts in result.columns("counts").items():
        each = [result.data[f"{column}/least/{count}"] for count in counts.tolist()]
        spread_over_seeds(axes, column, counts, each)
    axes.set(xscale="log", xlabel="training images a class", ylabel="least test error")
    axes.legend()
    return figure
