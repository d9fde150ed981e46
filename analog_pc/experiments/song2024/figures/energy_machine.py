"""Outputs of the two chains on their way to the target, and in the plane of both."""

from __future__ import annotations

from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import column_style, letter, new_figure
from analog_pc.reporting.style import INK, styled

SHOWN = 9
OUTPUTS = quantity("outputs")


@styled
def draw(result: Result) -> Figure:
    figure, (plane, time) = new_figure(58.0, 1, 2)
    for column, outputs in result.columns(OUTPUTS).items():
        shown = outputs[:SHOWN]
        plane.plot(shown[:, 0], shown[:, 1], **({"marker": "."} | column_style(column)))
        time.plot(shown[:, 1], **({"marker": "."} | column_style(column)))
    plane.plot(1.0, 1.0, "*", color=INK, ms=7, zorder=0, label="target")
    plane.set(xlabel="output 1 (gain 1)", ylabel="output 2 (gain 2)")
    time.axhline(1.0, color=INK, lw=0.5)
    time.set(xlabel="update", ylabel="output 2 (gain 2)")
    letter(plane, "a")
    letter(time, "b")
    figure.legend(*plane.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
