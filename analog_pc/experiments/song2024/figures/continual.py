"""Errors of two tasks along learning in turns, at the best learning rate; their mean against the rates."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import column_style, data_name, letter
from analog_pc.experiments.song2024.figures.rates import against_rates, best_rate, panels, rates_tried
from analog_pc.reporting.style import styled

CURVE = quantity("curve")  # at a learning rate: errors [epochs, task in turn and at rest], mean over seeds
MEAN = quantity("mean")  # at a learning rate: errors [seeds], mean over epochs and tasks


@styled
def draw(result: Result) -> Figure:
    rates = rates_tried(result, MEAN)
    figure, axes = panels(55.0, len(rates) > 1)
    current, other = axes[:2]
    other.sharey(current)
    other.tick_params(labelleft=False)
    best = best_rate(result, MEAN)
    shown = f"lr {best:g}"
    for column, curve in result.columns(CURVE.at(lr=best)).items():
        for panel, k in ((current, 0), (other, 1)):
            panel.plot(np.arange(1, len(curve) + 1), curve[:, k], **column_style(column))
    current.set(xlabel=f"epoch, {shown}", ylabel=f"test error, {data_name(result)}", title="task in turn")
    other.set(xlabel=f"epoch, {shown}", title="task at rest")
    for panel in axes[2:]:
        against_rates(panel, result, MEAN, rates)
        panel.set(xlabel="learning rate", ylabel="mean test error")
    for name, panel in zip("abc", axes, strict=False):
        letter(panel, name)
    figure.legend(*current.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
