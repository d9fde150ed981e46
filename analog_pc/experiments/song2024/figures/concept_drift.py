"""Test error along the drifts at one learning rate, and its mean against the learning rate."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import (
    column_style,
    data_name,
    letter,
    new_figure,
    spread_over_seeds,
)
from analog_pc.reporting.style import GREY, styled

RATES = quantity("rates")
DRIFTS = quantity("drifts")
CURVE = quantity("curve")  # at a learning rate: test errors [epochs], mean over seeds
MEAN = quantity("mean")  # at a learning rate: test errors [seeds], mean over epochs


@styled
def draw(result: Result) -> Figure:
    figure, (along, mean) = new_figure(55.0, 1, 2)
    _along(along, result)
    for column, rates in result.columns(RATES).items():
        order = np.sort(rates)
        each = [result.data[column][MEAN.at(lr=lr)] for lr in order.tolist()]
        spread_over_seeds(mean, column, order, each)
    mean.set(xscale="log", xlabel="learning rate", ylabel="mean test error")
    letter(along, "a")
    letter(mean, "b")
    figure.legend(*along.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _along(axes: Axes, result: Result) -> None:
    """Errors at the best rate of the first column; a thin line is a drift."""
    column, rates = next(iter(result.columns(RATES).items()))
    best = min(rates.tolist(), key=lambda lr: float(result.data[column][MEAN.at(lr=lr)].mean()))
    for drift in result.data[column][DRIFTS]:
        axes.axvline(drift + 0.5, color=GREY, lw=0.3)
    for name, curve in result.columns(CURVE.at(lr=best)).items():
        axes.plot(np.arange(1, len(curve) + 1), curve, **column_style(name))
    axes.set(xlabel="epoch", ylabel="test error", title=f"{data_name(result)}, lr {best:g}")
