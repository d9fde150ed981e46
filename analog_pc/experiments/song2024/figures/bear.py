"""What the bear expects to hear and smell, update by update; and how deep the smell dips."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import numbers, quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import column_style, letter, new_figure
from analog_pc.reporting.style import styled

UPDATES = 24


@styled
def draw(result: Result) -> Figure:
    rates = numbers(result.quantities, "predictions", "lr")
    shown = 0.2 if 0.2 in rates else rates[-1]
    figure, (hear, smell, dip) = new_figure(50.0, 1, 3)
    for column, predictions in result.columns(quantity("predictions", lr=shown)).items():
        steps = np.arange(min(len(predictions), UPDATES + 1))
        hear.plot(steps, predictions[steps, 0], **column_style(column))
        smell.plot(steps, predictions[steps, 1], **column_style(column))
    for axes, name, panel in ((hear, "hear the water", "a"), (smell, "smell the fish", "b")):
        axes.set(xlabel=f"update (lr {shown:g})", ylabel=name, ylim=(-0.05, 1.05), xlim=(-1, UPDATES))
        letter(axes, panel)
    _dips(dip, result, rates)
    letter(dip, "c")
    figure.legend(*hear.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _dips(axes: Axes, result: Result, rates: list[float]) -> None:
    """1 - lowest smell against the learning rate."""
    found: dict[str, list[tuple[float, float]]] = {}
    for lr in rates:
        for column, predictions in result.columns(quantity("predictions", lr=lr)).items():
            found.setdefault(column, []).append((lr, 1.0 - float(predictions[:, 1].min())))
    for column, points in found.items():
        axes.semilogx(*zip(*points, strict=True), **({"marker": "."} | column_style(column)))
    ends = [rates[0], rates[-1]]
    axes.set_xticks(ends, [f"{lr:g}" for lr in ends])
    axes.set_xticks(rates[1:-1], [], minor=True)
    axes.set(xlabel="learning rate", ylabel="dip of the smell")
    axes.set_ylim(bottom=0.0)
