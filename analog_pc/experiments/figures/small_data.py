"""Least test error against the number of images a class, with the spread over seeds."""

from __future__ import annotations

from matplotlib.figure import Figure

from analog_pc.experiments.figures.page import look, new_figure
from analog_pc.experiments.result import Result
from analog_pc.verify.report.style import styled


@styled
def draw(result: Result) -> Figure:
    figure, axes = new_figure(58.0)
    for column, counts in result.columns("counts").items():
        each = [result.data[f"{column}/least/{count}"] for count in counts.tolist()]
        means = [float(e.mean()) for e in each]
        spreads = [float(e.std(ddof=1)) if len(e) > 1 else 0.0 for e in each]
        axes.errorbar(counts, means, spreads, **({"marker": "."} | look(column)), capsize=1.5, elinewidth=0.6)
    axes.set(xscale="log", xlabel="training images a class", ylabel="least test error")
    axes.legend()
    return figure
