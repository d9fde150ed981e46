"""Adaptation by each probe: people and the fits of both rules; and one simulated person on every column."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import numbers, quantity
from analog_pc.experiments.framework.result import COLUMNS, Array, Result
from analog_pc.experiments.song2024.figures.columns import column_style, letter, new_figure
from analog_pc.reporting.style import GREY, INK, styled

PROBES = ("1+", "2+", "1-", "2-")
PEOPLE = (0.226, 0.18, 0.10, 0.056)  # adaptation by each probe, read off the published plot
ADAPTATION = quantity("adaptation")  # of so many people: [people, probes]
FITTED = quantity("fitted")  # of so many people: their mean, in units of `PEOPLE`
FIRST = quantity("person 0")  # adaptation over the largest, by each probe
MARKS = {"ideal": "o", "native": "s", "ngspice": "^", "backprop": "x"}


@styled
def draw(result: Result) -> Figure:
    figure, (many, one) = new_figure(60.0, columns=2)
    people = numbers(result.quantities, ADAPTATION.name, "people")[-1]
    many.bar(range(4), PEOPLE, 0.8, color="#e6e6e6", edgecolor=GREY, lw=0.6, label="people")
    _marks(many, result.columns(FITTED.at(people=people)))
    many.set_ylabel("adaptation of the response to cue 1")
    _marks(one, result.columns(FIRST))
    one.set_ylabel("person 0, of the largest")
    letter(many, "a")
    letter(one, "b")
    found = [axes.get_legend_handles_labels() for axes in (many, one)]
    named = {
        label: handle for handles, labels in found for handle, label in zip(handles, labels, strict=True)
    }
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=3)
    return figure


def _marks(axes: Axes, columns: Mapping[str, Array]) -> None:
    """The columns side by side at each probe."""
    shown = [c for c in COLUMNS if c in columns]
    for k, column in enumerate(shown):
        place = np.arange(4.0) + 0.17 * (k - (len(shown) - 1) / 2)
        style = {**column_style(column), "ls": "none", "marker": MARKS[column], "ms": 3.6, "mfc": "none"}
        axes.plot(place, columns[column], clip_on=False, **style)
    axes.axhline(0.0, color=INK, lw=0.5)
    axes.set_xticks(range(4), PROBES)
    axes.set_xlabel("probe: cue and force")
