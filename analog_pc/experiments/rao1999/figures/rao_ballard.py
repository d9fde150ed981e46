"""Responses to bars of growing length, with feedback and without; sizes of level 2; a response over time."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from analog_pc.experiments.framework.quantity import named, quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.rao1999.quantities import (
    CHOSEN,
    CURVE,
    EXPLAINED2,
    LEFT,
    LENGTHS,
    RESPONSE,
    TIMES,
    UNITS,
)
from analog_pc.experiments.song2024.figures.columns import NAMES, column_style, letter, new_figure
from analog_pc.reporting.style import COLOURS, GREY, INK, styled

PATCH = 16.0  # pixels that a module of level 1 sees
SHADES = {"on": COLOURS[0], "cut": COLOURS[1]}
LABELS = {"on": "with feedback", "cut": "feedback cut"}


@styled
def draw(result: Result) -> Figure:
    figure, axes = new_figure(116.0, 2, 2)
    ((bars, failed), (sizes, time)) = axes
    chosen = int(_first(result, CHOSEN)[0])
    largest = int(_first(result, UNITS)[-1])
    for panel, units in ((bars, chosen), (failed, largest)):
        _curves(panel, result, units)
        panel.set(title=f"{units} units above", xlabel="bar length (pixels)", xlim=(1.0, 27.0))
        panel.set(xticks=[2, 8, 16, 26], ylim=(0.0, 1.12), yticks=[0.0, 0.5, 1.0])
        panel.axvspan(1.0, PATCH, color=GREY, alpha=0.12, lw=0, zorder=0)
    bars.set_ylabel("mean |eps| / its peak")
    bars.text(1.4, 0.03, "patch", fontsize=6, color=INK)
    bars.text(26.6, 0.03, "thin: other seeds", fontsize=6, color=INK, ha="right")
    _sizes(sizes, result)
    _over_time(time, result)
    for panel, text in zip(axes.flat, "abcd", strict=True):
        letter(panel, text)
    columns = [c for c in NAMES if c in result.columns(LENGTHS)]
    keys = [Line2D([], [], color=SHADES[k], lw=2.0, label=LABELS[k]) for k in SHADES]
    keys += [Line2D([], [], **{**column_style(c), "color": INK}) for c in columns]
    figure.legend(handles=keys, loc="outside lower center", ncols=3)
    return figure


def _first(result: Result, of: Any) -> Any:
    """The array in the first column that has it."""
    return next(iter(result.columns(of).values()))


def _curves(axes: Axes, result: Result, units: int) -> None:
    """Each curve over its own peak: the one with the feedback cut is several times higher."""
    lengths = _first(result, LENGTHS)
    for k, colour in SHADES.items():
        for column, curve in result.columns(quantity(CURVE, feedback=k, seed=0, units=units)).items():
            axes.plot(lengths, curve / curve.max(), **{**column_style(column), "color": colour})
        others = [q for q in named(result.quantities, CURVE, feedback=k, units=units) if q["seed"] != 0]
        for other in [q for q in others if "chip" not in q]:
            curve = _first(result, other)
            axes.plot(lengths, curve / curve.max(), color=colour, lw=0.5, alpha=0.6)


def _sizes(axes: Axes, result: Result) -> None:
    """What is left of a long bar's response, and how much level 2 explains, by its size."""
    units = _first(result, UNITS)
    axes.semilogx(units, _first(result, LEFT), color=COLOURS[0], marker=".", label="long bar / peak")
    axes.semilogx(units, _first(result, EXPLAINED2), color=COLOURS[2], marker="s", ls="--", ms=2.5)
    axes.text(8.0, 0.84, "long bar\n/ peak", color=COLOURS[0], fontsize=6)
    axes.text(24.0, 0.36, "explained\nby level 2", color=COLOURS[2], fontsize=6)
    axes.xaxis.set_minor_locator(NullLocator())
    labelled = [int(n) for n in units if int(n).bit_count() == 1]
    axes.set_xticks(labelled, [str(n) for n in labelled])
    axes.set(xlabel="units of level 2", ylabel="share", ylim=(0.0, 1.05), title="bottleneck")


def _over_time(axes: Axes, result: Result) -> None:
    """The response to the longest bar, on a logarithmic axis of time."""
    times = _first(result, TIMES)
    later = times > 0.0
    for column, values in result.columns(RESPONSE).items():
        axes.semilogx(times[later], values[later], **{**column_style(column), "color": SHADES["on"]})
    peak = float(np.max(_first(result, RESPONSE)))
    axes.set(
        xlabel=r"time after the bar ($C/g_s$)", ylabel="mean |eps|", title="response", ylim=(0.0, 1.15 * peak)
    )
