"""Test error along online learning at the best learning rate, the least one against batch size and rates."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import named, numbers, quantity
from analog_pc.experiments.framework.result import COLUMNS, Result
from analog_pc.experiments.song2024.figures.columns import column_style, data_name, letter
from analog_pc.experiments.song2024.figures.rates import against_rates, best_rate, panels, rates_tried
from analog_pc.reporting.style import styled

CURVE = quantity("curve")  # at a batch size and learning rate: errors [epochs], mean over seeds
LEAST = quantity("least")  # at a batch size and learning rate: errors [seeds], the least along learning


@styled
def draw(result: Result) -> Figure:
    batches = numbers(result.quantities, LEAST.name, "batch")
    smallest = LEAST.at(batch=batches[0])
    rates = rates_tried(result, smallest)
    figure, axes = panels(52.0, len(rates) > 2)
    along, least = axes[:2]
    best = best_rate(result, smallest)
    for column, curve in result.columns(CURVE.at(batch=batches[0], lr=best)).items():
        along.plot(np.arange(1, len(curve) + 1), curve, **column_style(column))
    along.set(xlabel="epoch", ylabel="test error", title=f"batch {batches[0]:g}, lr {best:g}")
    _against_batches(least, result, batches)
    least.set_title(data_name(result))
    for panel in axes[2:]:
        against_rates(panel, result, smallest, rates)
        panel.set(xlabel=f"learning rate, batch {batches[0]:g}", ylabel="least test error")
    for name, panel in zip("abc", axes, strict=False):
        letter(panel, name)
    figure.legend(*along.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _against_batches(axes: Axes, result: Result, batches: list[float]) -> None:
    """The least error of every column at its best learning rate."""
    for column in COLUMNS:
        arrays = result.data.get(column, {})
        points = {}
        for batch in batches:
            means = [float(arrays[least].mean()) for least in named(arrays, LEAST.name, batch=batch)]
            if means:
                points[batch] = min(means)
        if points:
            axes.semilogx(*zip(*points.items(), strict=True), **({"marker": "."} | column_style(column)))
    axes.set(xlabel="batch size", ylabel="least error, best rate")
