"""The figure of relaxations: real against ideal parts."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analog_pc.arrays import Floats, Ints
from analog_pc.nonideality.results import Settling
from analog_pc.nonideality.settling import left_of
from analog_pc.reporting.style import FULL_WIDTH, HOLLOW, INK, log_ticks, styled, tolerance_line
from analog_pc.reporting.waveforms import (
    draw_line,
    draw_marks,
    key,
    largest_changes,
    legend_above,
    line_and_mark,
    nearest_instants,
)
from analog_pc.si import engineering

MOST_ACTIVITIES = 3
DOTS = 16
FLOOR = 1e-5  # of the way, the lowest that is drawn
LONG = 4.0  # settling times that are shown
ONE_PAIR = 4.2  # inches


@styled
def settling(waves: tuple[Settling, ...]) -> Figure:
    """A column for each pair of real and ideal parts: activities that move most, and what is left of the way.

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
        _left(bottom, ideal, real, factor)
        gate = "" if ideal.phase != "predict" else ", feedback off" if ideal.gated else ", feedback on"
        top.set_title(f"{ideal.phase}{gate}", pad=18)
        bottom.set_xlabel(f"time ({prefix}s)")
        bottom.set_xlim(0.0, _end(ideal, real) * factor)
        if np.isfinite(real.measured):
            for axes in (top, bottom):
                axes.axvline(real.measured * factor, color=INK, lw=0.7, ls=(0, (1, 2)), zorder=0)
    grid[0, 0].set_ylabel("activity $x$")
    grid[1, 0].set_ylabel("left of the way")
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
    """The layer whose activities move most, the first hidden one where several do."""
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


def _left(axes: Axes, ideal: Settling, real: Settling, factor: float) -> None:
    """Largest distance from the own end over the way of each run."""
    for wave in (ideal, real):
        if not len(wave.times):
            axes.text(0.5, 0.5, "no waveform", transform=axes.transAxes, ha="center", fontsize=6)
            continue
        drawn = np.maximum(left_of(wave.activities), FLOOR)
        if wave is real:
            axes.plot(wave.times * factor, drawn, color=INK, lw=1.0)
        else:
            dots = _dots(wave.times, _end(ideal, real))
            axes.plot(wave.times[dots] * factor, drawn[dots], ls="", marker="o", color=INK, **HOLLOW)
    tolerance_line(axes, real.level, f"{100.0 * real.level:g} %")
