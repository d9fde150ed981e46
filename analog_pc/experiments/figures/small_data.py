"""Least test error against the number of images a class, and the way to it with the most images."""

from __future__ import annotations

from matplotlib.figure import Figure

from analog_pc.experiments.figures.look import letter, look, new_figure, spread_over_seeds
from analog_pc.experiments.result import Result
from analog_pc.verify.report.style import styled


@styled
def draw(result: Result) -> Figure:
    figure, (few, along) = new_figure(58.0, columns=2, sharey=True)
    for column, counts in result.columns("counts").items():
        each = [result.data[f"{column}/least/{count}"] for count in counts.tolist()]
        spread_over_seeds(few, column, counts, each)
        most = int(counts.max())
        errors = result.data[f"{column}/curve/{most}"]
        along.plot(result.data[f"{column}/epochs"], errors, **look(column))
        along.set_xlabel(f"passes, {most} a class")
    few.set(xscale="log", yscale="log", xlabel="training images a class", ylabel="least test error")
    along.set(xscale="log", ylabel="test error")
    letter(few, "a")
    letter(along, "b")
    figure.legend(*few.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
