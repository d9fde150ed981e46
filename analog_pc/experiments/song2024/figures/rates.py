"""Figures that show errors against the learning rate too: their panels, rates and best one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.result import COLUMNS, Result
from analog_pc.experiments.song2024.figures.columns import WIDTH, new_figure, spread_over_seeds


def panels(height: float, wide: bool) -> tuple[Figure, list[Axes]]:
    """Two panels side by side, and a third as wide as both below them where it is wanted."""
    if not wide:
        figure, both = new_figure(height, 1, 2)
        return figure, list(both)
    figure = Figure(figsize=(WIDTH, 1.75 * height / 25.4), layout="constrained")
    return figure, list(figure.subplot_mosaic("AB;CC", height_ratios=(1.0, 0.9)).values())


def rates_tried(result: Result, before: str) -> list[float]:
    """The learning rates of arrays called "`before`0.01", in any column, the smallest first."""
    found = (name.split("/", 1)[1] for name in result.data)
    return sorted({float(name.removeprefix(before)) for name in found if name.startswith(before)})


def best_rate(result: Result, before: str) -> float:
    """The learning rate of the smallest mean, in the first column that has it: predictive coding's."""
    means = {lr: next(iter(result.columns(f"{before}{lr:g}").values())) for lr in rates_tried(result, before)}
    return min(means, key=lambda lr: float(means[lr].mean()))


def against_rates(axes: Axes, result: Result, before: str, rates: Sequence[float]) -> None:
    """Every column's arrays [seeds] against the learning rate that they are of."""
    for column in COLUMNS:
        each = {lr: result.data[k] for lr in rates if (k := f"{column}/{before}{lr:g}") in result.data}
        if each:
            spread_over_seeds(axes, column, np.array(list(each)), list(each.values()))
