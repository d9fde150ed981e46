"""Freezing of the three groups, animals and fits; and the fear of the noise, trial by trial, of one rat."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import column_style, letter, new_figure
from analog_pc.reporting.style import GREY, INK, styled

GROUPS = ("N+", "LN+", "LN+,L-")
ANIMALS = (44.36, 25.85, 43.14)
FITTED = quantity("fitted")


def first_rat(group: str) -> Quantity:
    """Its fear of the noise [1 + trials]."""
    return quantity("rat 0, {group}", group=group)


@styled
def draw(result: Result) -> Figure:
    figure, (bars, trials) = new_figure(58.0, 1, 2)
    at = np.arange(3.0)
    bars.bar(at, ANIMALS, 0.8, color="#e6e6e6", edgecolor=GREY, lw=0.6, label="animals")
    fits = result.columns(FITTED)
    for k, (column, fitted) in enumerate(fits.items()):
        style = column_style(column)
        mark = {"ideal": "o", "native": "s", "ngspice": "^", "backprop": "x"}[column]
        bars.plot(at + 0.16 * (k - (len(fits) - 1) / 2), fitted, ls="none", marker=mark, ms=4,
                  color=style["color"], mfc="none", label=style["label"])  # fmt: skip
    bars.set_xticks(at, GROUPS)
    bars.set(ylabel="freezing (%)", ylim=(0.0, 55.0))
    for column, fear in result.columns(first_rat(GROUPS[2])).items():
        every = 4 if column == "ngspice" else 1
        trials.plot(np.arange(len(fear))[::every], fear[::every], **column_style(column))
    trials.axvline((len(fear) - 1) / 2, color=INK, lw=0.5)
    trials.set(xlabel="trial (LN+, then L-)", ylabel="fear of the noise")
    letter(bars, "a")
    letter(trials, "b")
    figure.legend(*bars.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
