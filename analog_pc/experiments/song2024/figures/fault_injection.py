"""Smell and hearing of bears whose hardware broke while they learned: a panel for each fault."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import NAMES, letter, new_figure
from analog_pc.reporting.style import COLOURS, GREY, INK, styled

CIRCUITS = ("ngspice", "native")  # the first that there is
NONE = "no damage"


def path_of(fault: str, strike: int) -> Quantity:
    """Predictions [updates + 1, 2] of a bear whose hardware breaks after so many updates."""
    return quantity("predictions", fault=fault, strike=strike)


@styled
def draw(result: Result) -> Figure:
    cases = [q for q in result.data.get("backprop", {}) if q["fault"] == NONE or q["strike"]]
    rows = -(-len(cases) // 2)
    figure, panels = new_figure(30.0 * rows + 14.0, rows, 2, sharex=True, sharey=True)
    circuit = next((c for c in CIRCUITS if c in result.columns(cases[0])), "ideal")
    for axes, case, panel in zip(np.ravel(panels), cases, "abcdefghij", strict=False):
        paths = result.columns(case)
        for column, colour in (("backprop", GREY), (circuit, COLOURS[0])):
            if column in paths:
                _lines(axes, paths[column], NAMES[column], colour)
        if case["strike"]:
            axes.axvline(float(case["strike"]), color=INK, lw=0.5, ls=(0, (1, 1)))
        axes.set_ylim(-0.25, 2.4)
        axes.set_title(str(case["fault"]))
        letter(axes, panel)
    for axes in np.ravel(panels)[len(cases) :]:
        axes.set_axis_off()
    for axes in panels[-1]:
        axes.set_xlabel("update")
    figure.legend(*np.ravel(panels)[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _lines(axes: Axes, path: np.ndarray, name: str, colour: str) -> None:
    axes.plot(path[:, 1], color=colour, ls="-", label=f"smell, {name}")
    axes.plot(path[:, 0], color=colour, ls=(0, (2, 1)), lw=0.9, label=f"hear, {name}")
