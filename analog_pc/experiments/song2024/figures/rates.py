"""Figures that show errors against the learning rate too: their panels, rates and best one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import Quantity, numbers
from analog_pc.experiments.framework.result import COLUMNS, Result
from analog_pc.experiments.song2024.figures.columns import WIDTH, new_figure, spread_over_seeds


def panels(height: float, wide: bool) -> tuple[Figure, list[Axes]]:
    """Two panels side by side, and a third as wide as both below them where it is wanted."""
    if not wide:
        figure, both = new_figure(height, 1, 2)
        return figure, list(both)
    figure = Figure(figsize=(WIDTH, 1.75 * height / 25.4), layout="constrained")
    return figure, list(figure.subplot_mosaic("AB;CC", height_ratios=(1.0, 0.9)).values())


def rates_tried(result: Result, of: Quantity) -> list[float]:
    """The learning rates at which any column has this, the smallest first."""
    return numbers(result.quantities, of.name, "lr", **dict(of.conditions))


def best_rate(result: Result, of: Quantity) -> float:
    """The learning rate of the smallest mean, in the first column that has it: predictive coding's."""
    means = {lr: next(iter(result.columns(of.at(lr=lr)).values())) for lr in rates_tried(result, of)}
    return min(means, key=lambda lr: float(means[lr].mean()))


def against_rates(axes: Axes, result: Result, of: Quantity, rates: Sequence[float]) -> None:
    """Every column's arrays [seeds] against the learning rate that they are of."""
    for column in COLUMNS:
        arrays = result.data.get(column, {})
        each = {lr: arrays[of.at(lr=lr)] for lr in rates if of.at(lr=lr) in arrays}
        if each:
            spread_over_seeds(axes, column, np.array(list(each)), list(each.values()))
