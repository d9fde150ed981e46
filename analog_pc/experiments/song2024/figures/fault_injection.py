"""Smell and hearing of bears whose hardware broke while they learned: a panel for each fault."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import NAMES, letter, new_figure
from analog_pc.reporting.style import COLOURS, GREY, INK, styled

CIRCUITS = ("ngspice", "native")  # the first that there is


@styled
def draw(result: Result) -> Figure:
    keys = [key.split("/", 1)[1] for key in result.data if key.startswith("backprop/")]
    cases = [key for key in keys if key.endswith("updates")]
    shown = [key for key in keys if key == "no damage"] + cases
    rows = -(-len(shown) // 2)
    figure, panels = new_figure(30.0 * rows + 14.0, rows, 2, sharex=True, sharey=True)
    circuit = next((c for c in CIRCUITS if f"{c}/{shown[0]}" in result.data), "ideal")
    for axes, name, panel in zip(np.ravel(panels), shown, "abcdefghij", strict=False):
        for column, colour in (("backprop", GREY), (circuit, COLOURS[0])):
            if f"{column}/{name}" in result.data:
                _lines(axes, result.data[f"{column}/{name}"], NAMES[column], colour)
        if name in cases:
            axes.axvline(int(name.split()[-2]), color=INK, lw=0.5, ls=(0, (1, 1)))
        axes.set_ylim(-0.25, 2.4)
        axes.set_title(name.split(" after")[0])
        letter(axes, panel)
    for axes in np.ravel(panels)[len(shown) :]:
        axes.set_axis_off()
    for axes in panels[-1]:
        axes.set_xlabel("update")
    figure.legend(*np.ravel(panels)[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _lines(axes: Axes, path: np.ndarray, name: str, colour: str) -> None:
    axes.plot(path[:, 1], color=colour, ls="-", label=f"smell, {name}")
    axes.plot(path[:, 0], color=colour, ls=(0, (2, 1)), lw=0.9, label=f"hear, {name}")
