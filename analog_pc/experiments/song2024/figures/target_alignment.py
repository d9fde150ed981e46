"""Alignment against depth: mean and standard deviation over networks, and circuits as single networks."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import column_style, new_figure
from analog_pc.reporting.style import styled

DEPTHS = quantity("depths")
NETWORKS = quantity("of networks")  # of a depth: alignment [networks]


@styled
def draw(result: Result) -> Figure:
    figure, axes = new_figure(60.0)
    for column, depths in result.columns(DEPTHS).items():
        found = [result.data[column][NETWORKS.at(depth=d)] for d in depths.tolist()]
        mean = np.array([f.mean() for f in found])
        spread = np.array([f.std() for f in found])
        axes.plot(depths, mean, **({"marker": "."} | column_style(column)))
        if max(len(f) for f in found) > 1:
            colour = column_style(column)["color"]
            axes.fill_between(depths, mean - spread, mean + spread, color=colour, alpha=0.18, lw=0.0)
    axes.set(xlabel="matrices of weights", ylabel="target alignment", ylim=(-0.15, 1.05))
    axes.legend(loc="lower left", title="mean ± standard deviation over networks", title_fontsize=6.5)
    return figure
