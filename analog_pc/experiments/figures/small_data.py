"""Least test error against the number of images a class, and the way to it with the most images."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

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
        few.set_xscale("log")
        few.set_xticks(counts, [str(count) for count in counts])
    few.set(yscale="log", xlabel="training images a class", ylabel="least test error")
    along.set_ylabel("test error")
    few.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    few.yaxis.set_major_formatter("{x:g}")
    for axis in (few.xaxis, few.yaxis):
        axis.set_minor_locator(NullLocator())
    letter(few, "a")
    letter(along, "b")
    figure.legend(*few.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
