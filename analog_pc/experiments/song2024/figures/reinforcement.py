"""Return along learning in each environment: mean over seeds of the running mean over episodes."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import named, quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import column_style, letter, new_figure
from analog_pc.reporting.style import styled

CURVE = quantity("curve")  # of an environment: running mean of the return [seeds, episodes]


@styled
def draw(result: Result) -> Figure:
    cases = sorted(named(result.quantities, CURVE.name), key=str)
    figure, panels = new_figure(52.0, 1, len(cases), squeeze=False)
    for axes, case, panel in zip(panels[0], cases, "abc", strict=False):
        for column, curves in result.columns(case).items():
            axes.plot(np.arange(1, curves.shape[1] + 1), curves.mean(axis=0), **column_style(column))
        axes.set_xlabel(f"episode of\n{case['environment']}")  # above, the longest name would meet the letter
        letter(axes, panel)
    panels[0, 0].set_ylabel("return, running mean")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
