"""Figures of a non-ideality analysis; each function takes results and returns a matplotlib figure."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analog_pc.arrays import Floats, Ints
from analog_pc.nonideality.results import EVERYTHING, NOTHING, IrDropMap, PhaseAnalysis, Settling, TableRow
from analog_pc.reporting.style import (
    COLOURS,
    FULL_WIDTH,
    GREY,
    HOLLOW,
    INK,
    decades,
    legend_below,
    log_ticks,
    styled,
    tolerance_line,
)
from analog_pc.reporting.waveforms import (
    draw_line,
    draw_marks,
    key,
    largest_changes,
    legend_above,
    line_and_mark,
    nearest_instants,
)
from analog_pc.si import engineering, si
from analog_pc.verification.transient import remaining

DEEPEST = 1e-7  # of the largest deviation: what the axis shows
LABELS = ("rms", "largest", "spread over seeds")
PANELS = 3  # maps beside each other
MOST_ACTIVITIES = 3
DOTS = 16
FLOOR = 1e-5  # of the first distance, the lowest that is drawn
LONG = 4.0  # settling times that are shown
ONE_PAIR = 4.2  # inches


@styled
def non_idealities(phases: tuple[PhaseAnalysis, ...]) -> Figure:
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


def _ordered(phases: tuple[PhaseAnalysis, ...]) -> list[str]:
    """Everything first, nothing last; between them by falling rms in the first phase that has the row."""
    by_name = {row.name: row for phase in reversed(phases) for row in phase.rows}
    first = by_name.pop(EVERYTHING)
    last = by_name.pop(NOTHING)
    between = sorted(by_name.values(), key=lambda row: -np.nan_to_num(row.mean("rms"), nan=np.inf))
    return [row.name for row in (first, *between, last)]


def _row(axes: Axes, place: int, row: TableRow, floor: float) -> None:
    rms = row.mean("rms")
    spread = row.spread("rms")
    if not math.isfinite(rms):
        axes.text(floor * 2.0, place, "no operating point", va="center", fontsize=6, color=INK)
        return
    if rms <= floor:
        text = "none" if rms == 0.0 else f"below: {rms:.0e}"
        axes.text(floor * 2.0, place, text, va="center", fontsize=6, color=INK)
        return
    axes.barh(place, rms, height=0.6, color=COLOURS[0], label="rms", left=0.0)
    if spread > 0.0:
        axes.errorbar(
            rms, place, xerr=[[min(spread, 0.9 * rms)], [spread]], color=INK, lw=0.8, capsize=1.5,
            label="spread over seeds",
        )  # fmt: skip
    axes.plot(row.mean("largest"), place, ls="", marker="D", color=INK, label="largest", **HOLLOW)


@styled
def ir_drops(maps: tuple[IrDropMap, ...]) -> Figure:
    """IR drop of every device, one map for each array, in grey: the darker, the more."""
    lines = math.ceil(len(maps) / PANELS)
    across = min(PANELS, len(maps))
    figure = Figure(figsize=(FULL_WIDTH, 2.3 * lines + 0.25), layout="constrained")
    grid = figure.subplots(lines, across, squeeze=False)
    top = 100.0 * max(float(m.loss.max(initial=0.0)) for m in maps) or 1.0
    low = 100.0 * min(float(m.loss.min(initial=0.0)) for m in maps)
    for axes in grid.flat[len(maps) :]:
        axes.set_visible(False)
    for axes, found in zip(grid.flat, maps, strict=False):
        axes.set_facecolor("white")
        for spine in axes.spines.values():
            spine.set_visible(True)
        image = axes.imshow(
            100.0 * found.loss, cmap="Greys", vmin=low, vmax=top, aspect="auto", interpolation="nearest"
        )
        axes.set_title(f"{found.array}\nto {si(found.volts, 'V')}")
        axes.set(xlabel="bit line", ylabel="word line")
    figure.colorbar(image, ax=grid, label="IR drop (% of the largest voltage)", fraction=0.03, aspect=30)
    return figure


@styled
def settling(waves: tuple[Settling, ...]) -> Figure:
    """A column for each pair of real and ideal parts: activities that change most, and distance to the end.

    Lines are real parts, hollow marks ideal ones; dotted lines mark the settling time of real parts.
    """
    pairs = _pairs(waves)
    width = FULL_WIDTH if len(pairs) > 1 else ONE_PAIR
    figure = Figure(figsize=(width, 3.6), layout="constrained")
    grid = figure.subplots(2, len(pairs), sharex="col", sharey="row", squeeze=False, height_ratios=(1.0, 0.7))
    for column, (ideal, real) in enumerate(pairs):
        top = grid[0, column]
        bottom = grid[1, column]
        factor, prefix = engineering(_end(ideal, real))
        _activities(top, ideal, real, factor)
        _distances(bottom, ideal, real, factor)
        gate = "" if ideal.phase != "predict" else ", feedback off" if ideal.gated else ", feedback on"
        top.set_title(f"{ideal.phase}{gate}", pad=18)
        bottom.set_xlabel(f"time ({prefix}s)")
        bottom.set_xlim(0.0, _end(ideal, real) * factor)
        if np.isfinite(real.measured):
            for axes in (top, bottom):
                axes.axvline(real.measured * factor, color=INK, lw=0.7, ls=(0, (1, 2)), zorder=0)
    grid[0, 0].set_ylabel("activity $x$")
    grid[1, 0].set_ylabel("distance to the end")
    grid[1, 0].set(yscale="log", ylim=(FLOOR, 2.0))
    log_ticks(grid[1, 0])
    figure.align_ylabels(grid[:, 0])
    settled = Line2D([], [], color=INK, lw=0.7, ls=(0, (1, 2)), label="settling time of real parts")
    keys = [*line_and_mark("real parts", "ideal parts"), settled]
    figure.legend(handles=keys, loc="outside lower center", ncols=3, handlelength=2.2)
    return figure


def _pairs(waves: tuple[Settling, ...]) -> list[tuple[Settling, Settling]]:
    """Ideal and real run of the same phase and gating."""
    ideal = {(w.phase, w.gated): w for w in waves if w.parts == "ideal"}
    return [(ideal[w.phase, w.gated], w) for w in waves if w.parts == "real" and (w.phase, w.gated) in ideal]


def _end(ideal: Settling, real: Settling) -> float:
    """The last instant that is shown, in s."""
    settled = [w.measured for w in (ideal, real) if np.isfinite(w.measured) and w.measured > 0.0]
    last = max((float(w.times[-1]) for w in (ideal, real) if len(w.times)), default=1.0)
    return min(last, LONG * max(settled)) if settled else last


def _layer(wave: Settling) -> int:
    """The layer whose activities change most, the first hidden one where several do."""
    change = [float(np.abs(a[0] - a[-1]).max()) if len(a) else 0.0 for a in wave.activities]
    return int(np.argmax(np.asarray(change) > 0.2 * max(change))) if max(change) else 1


def _activities(axes: Axes, ideal: Settling, real: Settling, factor: float) -> None:
    run = ideal if len(ideal.times) else real
    if not len(run.times):
        return
    layer = _layer(run)
    change = np.abs(run.activities[layer][0] - run.activities[layer][-1])
    keys = []
    for rank, i in enumerate(largest_changes(change, MOST_ACTIVITIES).tolist()):
        if len(real.times):
            draw_line(axes, real.times * factor, real.activities[layer][:, i], rank)
        if len(ideal.times):
            dots = _dots(ideal.times, _end(ideal, real))
            draw_marks(axes, ideal.times[dots] * factor, ideal.activities[layer][dots, i], rank)
        keys.append(key(rank, f"$x^{{({layer})}}_{{{i}}}$"))
    legend_above(axes, keys, MOST_ACTIVITIES)


def _dots(times: Floats, end: float) -> Ints:
    return nearest_instants(times, np.linspace(0.0, end, DOTS))


def _distances(axes: Axes, ideal: Settling, real: Settling, factor: float) -> None:
    """Largest distance to its own end over the distance at the start, for each run."""
    for wave in (ideal, real):
        if not len(wave.times):
            axes.text(0.5, 0.5, "no waveform", transform=axes.transAxes, ha="center", fontsize=6)
            continue
        drawn = np.maximum(remaining(wave.activities), FLOOR)
        if wave is real:
            axes.plot(wave.times * factor, drawn, color=INK, lw=1.0)
        else:
            dots = _dots(wave.times, _end(ideal, real))
            axes.plot(wave.times[dots] * factor, drawn[dots], ls="", marker="o", color=INK, **HOLLOW)
    tolerance_line(axes, real.level, f"{100.0 * real.level:g} %")
