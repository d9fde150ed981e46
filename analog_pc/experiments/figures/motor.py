"""Adaptation by each probe: people, and the fits of both rules."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments.figures.look import look, new_figure
from analog_pc.experiments.result import COLUMNS, Result
from analog_pc.verify.report.style import GREY, INK, styled

PROBES = ("1+", "2+", "1-", "2-")
PEOPLE = (0.226, 0.18, 0.10, 0.056)


@styled
def draw(result: Result) -> Figure:
    figure, axes = new_figure(55.0)
    at = np.arange(4.0)
    axes.bar(at, PEOPLE, 0.8, color="#e6e6e6", edgecolor=GREY, lw=0.6, label="people")
    fits = {c: result.data[k] for c in COLUMNS for k in result.data if k.startswith(f"{c}/fitted of")}
    for k, (column, fitted) in enumerate(fits.items()):
        style = look(column)
        mark = {"ideal": "o", "native": "s", "ngspice": "^", "backprop": "x"}[column]
        axes.plot(at + 0.14 * (k - (len(fits) - 1) / 2), fitted, ls="none", marker=mark, ms=4,
                  color=style["color"], mfc="none", label=style["label"])  # fmt: skip
    axes.axhline(0.0, color=INK, lw=0.5)
    axes.set_xticks(at, PROBES)
    axes.set(xlabel="probe: cue and force", ylabel="adaptation of the response to cue 1")
    axes.legend(loc="upper right")
    return figure
