"""Figures on real parts; each function takes results and returns a `matplotlib.figure.Figure`."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.nonideality.results import EVERYTHING, NOTHING, DropMap, RealPhase, Row
from analog_pc.reporting.style import (
    COLOURS,
    FULL_WIDTH,
    GREY,
    INK,
    decades,
    legend_below,
    styled,
)
from analog_pc.si import si

DEEPEST = 1e-7  # of the largest deviation: what the axis shows
LABELS = ("rms", "largest", "spread over seeds")
PANELS = 3  # maps beside each other


@styled
def non_idealities(phases: tuple[RealPhase, ...]) -> Figure:
    """Deviation of activities with every non-ideality alone, a panel for each phase, worst rows first."""
    names = _ordered(phases)
    height = 0.85 + 0.19 * len(names)
    figure = Figure(figsize=(FULL_WIDTH, height), layout="constrained")
    panels = figure.subplots(1, len(phases), sharey=True, sharex=True, squeeze=False)[0]
    values = [[r.mean("rms"), r.mean("largest")] for phase in phases for r in phase.rows]
    floor, ceiling = decades(np.ravel(values), 0.0, deepest=DEEPEST)
    for axes, phase in zip(panels, phases, strict=True):
        rows = {row.name: row for row in phase.rows}
        for place, name in enumerate(names):
            if name in rows:  # a row that there was no time for is empty
                _row(axes, place, rows[name], floor)
        axes.set(xscale="log", xlim=(floor, ceiling), title=phase.phase, xlabel="deviation / full scale")
        axes.grid(axis="x", color=GREY, lw=0.3, alpha=0.5)
        axes.set_axisbelow(True)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    legend_below(figure, panels, 3, order=LABELS)
    return figure


def _ordered(phases: tuple[RealPhase, ...]) -> list[str]:
    """Everything first, nothing last; between them by falling rms in the first phase that has the row."""
    by_name = {row.name: row for phase in reversed(phases) for row in phase.rows}
    first = by_name.pop(EVERYTHING)
    last = by_name.pop(NOTHING)
    between = sorted(by_name.values(), key=lambda row: -np.nan_to_num(row.mean("rms"), nan=np.inf))
    return [row.name for row in (first, *between, last)]


def _row(axes: Axes, place: int, row: Row, floor: float) -> None:
    rms, largest, spread = row.mean("rms"), row.mean("largest"), row.spread("rms")
    if not math.isfinite(rms):
        axes.text(floor * 2.0, place, "no operating point", va="center", fontsize=6, color=INK)
        return
    if rms <= floor:
        words = "none" if rms == 0.0 else f"below: {rms:.0e}"
        axes.text(floor * 2.0, place, words, va="center", fontsize=6, color=INK)
        return
    axes.barh(place, rms, height=0.6, color=COLOURS[0], label="rms", left=0.0)
    if spread > 0.0:
        axes.errorbar(
            rms, place, xerr=[[min(spread, 0.9 * rms)], [spread]], color=INK, lw=0.8, capsize=1.5,
            label="spread over seeds",
        )  # fmt: skip
    axes.plot(largest, place, ls="", marker="D", color=INK, mfc="white", mew=0.7, label="largest")


@styled
def drops(maps: tuple[DropMap, ...]) -> Figure:
    """What the wires take off every device, one map for each array, in grey: the darker, the more."""
    lines = math.ceil(len(maps) / PANELS)
    across = min(PANELS, len(maps))
    figure = Figure(figsize=(FULL_WIDTH, 2.3 * lines + 0.25), layout="constrained")
    grid = figure.subplots(lines, across, squeeze=False)
    top = 100.0 * max(float(m.loss.max(initial=0.0)) for m in maps) or 1.0
    low = 100.0 * min(float(m.loss.min(initial=0.0)) for m in maps)
    for axes in grid.flat[len(maps) :]:
        axes.set_visible(False)
    for axes, drop in zip(grid.flat, maps, strict=False):
        axes.set_facecolor("white")
        for spine in axes.spines.values():
            spine.set_visible(True)
        image = axes.imshow(
            100.0 * drop.loss, cmap="Greys", vmin=low, vmax=top, aspect="auto", interpolation="nearest"
        )
        axes.set_title(f"{drop.array}\nto {si(drop.volts, 'V')}")
        axes.set(xlabel="bit line", ylabel="word line")
    figure.colorbar(image, ax=grid, label="loss (% of the largest voltage)", fraction=0.03, aspect=30)
    return figure


__all__ = ["drops", "non_idealities"]
