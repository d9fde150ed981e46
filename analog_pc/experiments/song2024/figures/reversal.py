"""Weights under punishment, and what a punished trial does to the value of the next choice."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import column_style, letter, new_figure
from analog_pc.reporting.style import INK, styled

TRIALS = ("punished", "next", "stays")


@styled
def draw(result: Result) -> Figure:
    figure, (belief, value, task) = new_figure(55.0, 1, 3)
    for column, weights in result.columns(quantity("weights")).items():
        every = 6 if column == "ngspice" else 1
        steps = np.arange(len(weights))[::every]
        belief.plot(steps, weights[::every, 0], **column_style(column))
        value.plot(steps, result.data[column][quantity("values")][::every, 1], **column_style(column))
    _task(task, result)
    for axes, name, panel in ((belief, "weight of the belief", "a"), (value, "value of the other arm", "b")):
        axes.axhline(0.0, color=INK, lw=0.5)
        axes.set(xlabel="punishments", ylabel=name)
        letter(axes, panel)
    letter(task, "c")
    figure.legend(*belief.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _task(axes: Axes, result: Result) -> None:
    """Mean change and standard error over trials, of the columns that have many runs."""
    for k, column in enumerate(("ideal", "backprop")):
        if column not in result.data:
            continue
        punished, following, stays = (result.data[column][quantity(name)] for name in TRIALS)
        step = following - punished
        found = [step[stays], step[~stays]]
        sem = [f.std() / np.sqrt(max(1, len(f))) for f in found]
        bars = axes.bar(np.arange(2) + 0.36 * (k - 0.5), [f.mean() for f in found], 0.34, yerr=sem)
        for bar in bars:
            bar.set(color=column_style(column)["color"], lw=0.0, hatch="////" if k else "", edgecolor="white")
    axes.axhline(0.0, color=INK, lw=0.5)
    axes.set_xticks([0, 1], ["stay", "switch"])
    axes.set_ylabel("change of value")
