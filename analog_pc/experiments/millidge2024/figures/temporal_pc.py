"""Error against the spring of the prediction, error against time a sample, and one state followed."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import COLUMNS, Result
from analog_pc.experiments.song2024.figures.columns import LOOKS, WIDTH, letter
from analog_pc.reporting.style import COLOURS, DASHES, GREY, INK, styled

SHOWN = slice(20, 60)  # samples of the track
STATE = 0  # position: the one that is furthest off at p = 1
READ = 0.5  # of a period: when the clocked circuit's estimate is read
CIRCUIT = {"native": {"marker": "x", "color": COLOURS[1]}, "ngspice": LOOKS["ngspice"]}


@styled
def draw(result: Result) -> Figure:
    clocked = result.columns(quantity("clocked times"))
    rows: list[Any] = [["springs", "time"], ["track", "track"], *([["clock", "clock"]] if clocked else [])]
    figure = Figure(figsize=(WIDTH, (46.0 * len(rows)) / 25.4), layout="constrained")
    axes = figure.subplot_mosaic(rows)
    _springs(axes["springs"], result)
    _time(axes["time"], result)
    _track(axes["track"], result)
    if clocked:
        _clocked(axes["clock"], result, next(iter(clocked)))
    for name, text in zip(axes, "abcd", strict=False):
        letter(axes[name], text)
    return figure


def _springs(axes: Axes, result: Result) -> None:
    """Expected error of system 0 over that of the Kalman filter, against p."""
    for column, precisions in result.columns(quantity("precisions")).items():
        if column == "ideal":
            curve = result.data[column][quantity("expected curve")]
            axes.loglog(precisions, curve, color=COLOURS[0], label="exact")
        else:
            measured = result.data[column][quantity("curve")]
            axes.plot(precisions[::10], measured, **{**CIRCUIT[column], "ls": "none", "label": column})
    axes.axhline(1.0, color=INK, lw=0.7, ls=(0, (4, 2)))
    axes.annotate("Kalman filter", (0.02, 1.01), xycoords=("axes fraction", "data"), va="bottom", fontsize=6)
    axes.plot([1.0], [_at_one(result)], marker="s", ls="none", color=GREY, label="p = 1, published")
    axes.set_xlabel("p, ratio of the springs")
    axes.set_ylabel("error / Kalman's")
    axes.set_yticks([1.0, 1.5, 2.0], ["1", "1.5", "2"])
    axes.set_yticks([], minor=True)
    axes.legend(loc="upper center", fontsize=5.5, handlelength=1.4)


def _at_one(result: Result) -> float:
    """The curve at p = 1."""
    ideal = next(iter(result.columns(quantity("precisions")).values()))
    curve = next(iter(result.columns(quantity("expected curve")).values()))
    return float(np.interp(0.0, np.log(ideal), curve))


def _time(axes: Axes, result: Result) -> None:
    """Error after a finite time a sample, over that at rest; a point for each system."""
    times = [float(q["tau"]) for q in (row.quantity for row in result.rows) if "tau" in q]
    for k, (column, ratios) in enumerate(result.columns(quantity("late ratios")).items()):
        shift = 1.0 + 0.08 * (k - 1)
        for tau, each in zip(times, ratios.T, strict=True):
            label = column if tau == times[0] else None
            style: dict[str, Any] = {"color": COLOURS[COLUMNS.index(column)], "marker": "os^"[k], "ms": 2.6}
            axes.plot(np.full(len(each), tau * shift), each, ls="none", mfc="none", label=label, **style)
    axes.set_xscale("log")
    axes.set_xticks(times, [f"{tau:g}" for tau in times])
    axes.set_xticks([], minor=True)
    axes.set(xlabel="time a sample / (C / g_s)", ylabel="error / at rest, p = 1")
    axes.axhline(1.0, color=INK, lw=0.7, ls=(0, (4, 2)))
    axes.legend(loc="upper right", fontsize=5.5)


def _track(axes: Axes, result: Result) -> None:
    """A state of system 0 and what the filters make of it."""
    column = next(iter(result.columns(quantity("states"))))
    data = result.data[column]
    k = np.arange(len(data[quantity("states")]))[SHOWN]
    axes.plot(k, data[quantity("states")][SHOWN, STATE], color=INK, lw=0.8, label="true")
    looks = (("p=1", GREY, DASHES[1]), ("best", COLOURS[1], DASHES[2]), ("matrix", COLOURS[0], DASHES[0]))
    names = {"p=1": "p = 1", "best": "tuned p", "matrix": "matrix (Kalman)"}
    for choice, colour, dashes in looks:
        path = data[quantity("estimates", precision=choice)][SHOWN, STATE]
        axes.plot(k, path, color=colour, ls=dashes, label=names[choice])
    axes.set(xlabel="sample", ylabel="position")
    axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.3), fontsize=6)


def _clocked(axes: Axes, result: Result, column: str) -> None:
    """The state's nodes in the clocked circuit, and the Kalman filter's estimates where they are read."""
    data = result.data[column]
    times = data[quantity("clocked times")]
    states = data[quantity("clocked states")]
    kalman = data[quantity("kalman")][: int(times[-1])]
    names = ("position", "velocity", "acceleration")
    for k, (state, name) in enumerate(zip(states.T, names, strict=True)):
        axes.plot(times, state, color=COLOURS[k], ls=DASHES[k], lw=1.0, label=name)
        axes.plot(np.arange(len(kalman)) + READ, kalman[:, k], ls="none", **_MARK)
    axes.plot([], [], ls="none", label="Kalman filter", **_MARK)
    axes.set(xlabel=f"time / period of the clock ({column})", ylabel="state nodes")
    axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.3), fontsize=6, columnspacing=1.0)


_MARK: dict[str, Any] = {"marker": "o", "color": INK, "mfc": "white", "ms": 3.0, "mew": 0.7}
