"""Test error along online learning at the best learning rate, the least one against batch size and rates."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.result import COLUMNS, Result
from analog_pc.experiments.song2024.figures.columns import column_style, data_name, letter
from analog_pc.experiments.song2024.figures.rates import against_rates, best_rate, panels, rates_tried
from analog_pc.reporting.style import styled


@styled
def draw(result: Result) -> Figure:
    batches = sorted({int(key.split("/batch ")[1].split(",")[0]) for key in result.data if "least/" in key})
    before = f"batch {batches[0]}, lr "
    rates = rates_tried(result, f"least/{before}")
    figure, axes = panels(52.0, len(rates) > 2)
    along, least = axes[:2]
    shown = f"{before}{best_rate(result, f'least/{before}'):g}"
    for column, curve in result.columns(f"curve/{shown}").items():
        along.plot(np.arange(1, len(curve) + 1), curve, **column_style(column))
    along.set(xlabel="epoch", ylabel="test error", title=shown)
    _against_batches(least, result, batches)
    least.set_title(data_name(result))
    for panel in axes[2:]:
        against_rates(panel, result, f"least/{before}", rates)
        panel.set(xlabel=f"learning rate, batch {batches[0]}", ylabel="least test error")
    for name, panel in zip("abc", axes, strict=False):
        letter(panel, name)
    figure.legend(*along.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _against_batches(axes: Axes, result: Result, batches: list[int]) -> None:
    """The least error of every column at its best learning rate."""
    for column in COLUMNS:
        points = {}
        for batch in batches:
            case = f"{column}/least/batch {batch}, lr "
            means = [float(each.mean()) for key, each in result.data.items() if key.startswith(case)]
            if means:
                points[batch] = min(means)
        if points:
            axes.semilogx(*zip(*points.items(), strict=True), **({"marker": "."} | column_style(column)))
    axes.set(xlabel="batch size", ylabel="least error, best rate")
