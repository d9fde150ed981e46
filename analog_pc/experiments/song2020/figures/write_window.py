"""One axis of time: how deep the smell dips against the delay of the write, and what the springs hold then.

Below: the same delays on a random network, as the angle to backpropagation.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array, Result
from analog_pc.experiments.song2024.bear import HEAR, SMELL
from analog_pc.experiments.song2024.figures.columns import WIDTH, letter
from analog_pc.experiments.song2024.figures.machine import offline
from analog_pc.reporting.style import COLOURS, DASHES, GREY, INK, MARKERS, STYLE, styled

AT_REST = quantity("expectations, written at rest")
DELAYS = quantity("delays")
DIPS = quantity("dips")
EPS_TIMES = quantity("times of the prediction errors")
EPS = quantity("prediction errors of the bear")
WINDOWS = quantity("delays of the pulses")
HELD = quantity("held prediction errors")
FILM_DELAYS = quantity("delays of the film")
FILM = quantity("expectations of the film")
COSINES = quantity("cosines with backpropagation")

TIME = r"time after the target's arrival ($\tau = C / g_s$)"
SPAN = (0.005, 14.0)
SHADE = "#fdf0df"
ERRORS = ("hidden", "hear", "smell")
BACKPROP_COLOUR = GREY
PROSPECTIVE_COLOUR = COLOURS[2]
INTERVAL = 120  # ms between two frames
FILM_DPI = 80


def worst_dip(expectations: Floats) -> float:
    """The first smell, 1 on ideal parts, less the lowest one."""
    return float(expectations[0, SMELL] - expectations[:, SMELL].min())


@styled
def draw(result: Result) -> Figure:
    """Three panels over one axis of time."""
    figure = Figure(figsize=(WIDTH, 132.0 / 25.4), layout="constrained")
    dips, errors, angles = figure.subplots(3, 1, sharex=True, height_ratios=(1.25, 1.0, 0.8))
    draw_dips(dips, result)
    dips.legend(loc="center left", bbox_to_anchor=(0.0, 0.6), handlelength=1.6)
    draw_errors(errors, result, shaded=True)
    _angles(angles, result)
    for axes, name in ((dips, "a"), (errors, "b"), (angles, "c")):
        axes.set(xscale="log", xlim=SPAN)
        letter(axes, name)
    angles.set_xticks([0.01, 0.1, 1.0, 10.0], ["0.01", "0.1", "1", "10"])
    angles.set_xlabel(f"write delay: {TIME}")
    return figure


def _array(result: Result, of: Quantity, columns: Sequence[str]) -> Array | None:
    """The array of the first of these columns that has it."""
    return next((result.data[c][of] for c in columns if of in result.data.get(c, {})), None)


def draw_dips(axes: Axes, result: Result) -> None:
    """Worst dips of the smell between the two limits."""
    bp = worst_dip(result.data["backprop"][AT_REST])
    pc = worst_dip(result.data["ideal"][AT_REST])
    axes.axhline(bp, color=BACKPROP_COLOUR, ls=DASHES[1], lw=1.0)
    axes.axhline(pc, color=PROSPECTIVE_COLOUR, ls=DASHES[1], lw=1.0)
    axes.text(SPAN[0] * 1.1, bp + 0.004, "backpropagation", color=BACKPROP_COLOUR, va="bottom", fontsize=6.5)
    axes.text(
        SPAN[0] * 1.1, pc + 0.004, "prospective configuration", color=PROSPECTIVE_COLOUR, va="bottom",
        fontsize=6.5,
    )  # fmt: skip
    film = result.data["ideal"].get(FILM)
    if film is not None:
        curve = [worst_dip(each) for each in film]
        axes.plot(result.data["ideal"][FILM_DELAYS], curve, color=COLOURS[0], lw=1.3, label="ideal equation")
    marks = {
        "native": {"marker": MARKERS[1], "color": COLOURS[1], "ms": 5.4},
        "ngspice": {"marker": MARKERS[0], "color": INK, "ms": 2.6},
    }
    for column, style in marks.items():
        table = result.data.get(column, {}).get(DIPS)
        if table is not None:
            delays = result.data[column][DELAYS]
            shape: dict[str, Any] = {"ls": "none", "mfc": "white", "mew": 0.9, **style}
            axes.plot(delays, table[:, 0], **shape, label=f"circuit, {column}")
    ideal = _array(result, DIPS, ("ideal",))
    if ideal is not None:
        delays = result.data["ideal"][DELAYS]
        axes.plot(
            delays, ideal[:, 1], color=COLOURS[4], lw=0.8, ls=DASHES[2], label="one rate for both layers"
        )
    axes.set(ylabel="worst dip of the smell", ylim=(-0.008, 0.27))


def draw_errors(axes: Axes, result: Result, *, shaded: bool) -> None:
    """Currents in the springs of the first trial; what the learning testbench held is marked."""
    source = next(c for c in ("native", "ngspice", "ideal") if EPS in result.data.get(c, {}))
    times = result.data[source][EPS_TIMES]
    eps = result.data[source][EPS]
    colours = (COLOURS[3], GREY, COLOURS[0])
    for k, (name, colour) in enumerate(zip(ERRORS, colours, strict=True)):
        axes.plot(times, eps[:, k], color=colour, lw=1.3)
        axes.text(SPAN[0] * 1.1, eps[0, k] + LABELS[name], name, color=colour, va="center", fontsize=6.5)
    axes.axhline(0.0, color=GREY, lw=0.4, zorder=0)
    windows = _array(result, WINDOWS, ("ngspice", "ideal")) if shaded else None
    if windows is not None:
        held = _array(result, HELD, ("ngspice", "ideal"))
        assert held is not None
        for delay, name in zip(windows, ("early", "between", "late"), strict=False):
            axes.axvspan(delay / 1.18, delay * 1.18, color=SHADE, lw=0.0, zorder=0)
            axes.text(delay, 0.62, f"{name}\n{delay:g}", ha="center", va="center", fontsize=6.0, color=INK)
        for k, colour in enumerate(colours):
            axes.plot(windows, held[:, k], "o", color=colour, mfc="white", mew=0.9, ms=3.4)
        axes.text(
            0.985, 0.03, "o  held and written by the learning testbench", transform=axes.transAxes,
            ha="right", va="bottom", fontsize=5.8, color=INK,
        )  # fmt: skip
    axes.set(ylabel=r"prediction error $\epsilon$", ylim=(-1.22, 0.78))


LABELS = {"hidden": -0.09, "hear": 0.09, "smell": 0.09}


def _angles(axes: Axes, result: Result) -> None:
    """Cosines of 5-7-6-4 on every column."""
    for column in ("ideal", "native", "ngspice"):
        table = result.data.get(column, {}).get(COSINES)
        if table is None:
            continue
        delays = result.data[column][DELAYS]
        for k in range(table.shape[1]):
            style: dict[str, Any] = {"color": COLOURS[k], "lw": 1.2}
            if column != "ideal":
                style = {"color": COLOURS[k], "ls": "none", "mfc": "white", "mew": 0.8}
                style |= {"marker": "s", "ms": 4.6} if column == "native" else {"marker": "o", "ms": 2.2}
            axes.plot(delays, table[:-1, k], **style)
            if column == "ideal":
                axes.text(11.0, table[-2, k], rf"$W_{k + 1}$", color=COLOURS[k], va="center", fontsize=6.5)
    axes.text(0.02, 0.06, "5-7-6-4, tanh", transform=axes.transAxes, fontsize=6.5, color=INK)
    axes.set(ylabel="cosine with\nbackpropagation", ylim=(0.3, 1.04))


@functools.lru_cache(maxsize=1)
def player(result: Result) -> str:
    """HTML that turns the delay of the write from early to late; "" where the result has no film."""
    if FILM not in result.data.get("ideal", {}):
        return ""
    with matplotlib.rc_context({**STYLE, "savefig.dpi": FILM_DPI}):
        return offline(animate(result).to_jshtml(default_mode="reflect"))


def animate(result: Result) -> FuncAnimation:
    """A frame for each delay: springs and write pulse, what is learned, and how deep the smell dips."""
    figure = Figure(figsize=(6.4, 4.3), dpi=FILM_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2)
    errors = figure.add_subplot(grid[0, 0])
    learning = figure.add_subplot(grid[:, 1])
    dips = figure.add_subplot(grid[1, 0])
    delays = result.data["ideal"][FILM_DELAYS]
    frames = result.data["ideal"][FILM]

    def show(frame: int) -> Sequence[Any]:
        delay = float(delays[frame])
        for axes in (errors, learning, dips):
            axes.clear()
        draw_errors(errors, result, shaded=False)
        draw_dips(dips, result)
        dips.plot(delay, worst_dip(frames[frame]), "o", color=COLOURS[1], ms=7, zorder=9)
        errors.axvspan(delay / 1.12, delay * 1.12, color=COLOURS[5], alpha=0.55, lw=0.0)
        errors.text(delay, 0.66, "write", ha="center", va="center", fontsize=7)
        for axes in (errors, dips):
            axes.set(xscale="log", xlim=SPAN)
        dips.set_xlabel("write delay ($\\tau$)")
        _learning(learning, result, frames[frame])
        figure.suptitle(f"written {delay:.2g} $\\tau$ after the target's arrival", fontsize=9)
        return []

    return FuncAnimation(figure, show, frames=len(delays), interval=INTERVAL, init_func=list)


def _learning(axes: Axes, result: Result, expected: Array) -> None:
    """Expectations update by update, between those of the two limits."""
    updates = np.arange(len(expected))
    limits = (("backprop", BACKPROP_COLOUR, "backpropagation"), ("ideal", PROSPECTIVE_COLOUR, "at rest"))
    for column, colour, name in limits:
        at_rest = result.data[column][AT_REST]
        for unit in (SMELL, HEAR):
            label = name if unit == SMELL else None
            axes.plot(updates, at_rest[:, unit], color=colour, ls=DASHES[1], lw=1.0, label=label)
    axes.plot(updates, expected[:, SMELL], color=COLOURS[0], lw=1.8)
    axes.plot(updates, expected[:, HEAR], color=COLOURS[0], lw=1.8)
    axes.text(updates[-1], 0.9, "smell the fish", ha="right", va="top")
    axes.text(updates[-1], 0.13, "hear the water", ha="right", va="bottom")
    axes.set(xlabel="update", ylabel="expected", ylim=(-0.04, 1.04), xlim=(0, updates[-1]))
    axes.legend(loc="center right")
