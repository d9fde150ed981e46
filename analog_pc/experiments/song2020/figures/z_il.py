"""The error moves one layer a period; and how much of backpropagation a layer then writes."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import WIDTH, letter
from analog_pc.reporting.style import COLOURS, INK, MARKERS, styled

PERIODS = quantity("periods")
RATIOS = quantity("updates / backpropagation")
WAVE_TIMES = quantity("times since the target's arrival")
READS = quantity("times of the reads")
WAVE_ERRORS = quantity("norms of the prediction errors")

MARKS = {"native": (MARKERS[1], 5.4), "ngspice": (MARKERS[0], 2.6)}


@styled
def draw(result: Result) -> Figure:
    """Waveforms of the clocked trial above, ratios below."""
    figure = Figure(figsize=(WIDTH, 96.0 / 25.4), layout="constrained")
    waves, ratios = figure.subplots(2, 1, height_ratios=(1.1, 1.0))
    _waves(waves, result)
    _ratios(ratios, result)
    letter(waves, "a")
    letter(ratios, "b")
    return figure


def _waves(axes: Axes, result: Result) -> None:
    """|eps| of every layer over time, in the longest period."""
    columns = [c for c in ("ngspice", "native") if WAVE_TIMES in result.data.get(c, {})]
    period = float(np.max(result.data["ideal"][PERIODS]))
    if columns:
        times = result.data[columns[0]][WAVE_TIMES]
        errors = result.data[columns[0]][WAVE_ERRORS]
        depth = errors.shape[1]
        for k in range(depth):
            colour = COLOURS[depth - 1 - k]
            axes.plot(times, errors[:, k], color=colour)
            read = result.data[columns[0]][READS][depth - 1 - k]
            at = errors[int(np.searchsorted(times, read)) - 1, k]
            axes.plot(read, at, "o", color=colour, mfc="white", mew=1.0, ms=4.0, zorder=5)
            axes.text(times[-1], errors[-1, k], f" layer {k + 1}", color=colour, va="center", fontsize=6.5)
        axes.margins(x=0.0)
        axes.set_xlim(times[0], times[-1] * 1.16)
        axes.text(
            0.03,
            0.5,
            f"one transient on {columns[0]}; o: read and written",
            transform=axes.transAxes,
            va="top",
            color=INK,
            fontsize=6,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )
    else:
        axes.text(
            0.5, 0.5, "no circuit was run", transform=axes.transAxes, ha="center", color=INK, fontsize=6
        )
        axes.set(xticks=[], yticks=[])
    axes.set(
        xlabel=rf"time after the target's arrival ($\tau$), periods of {period:g} $\tau$",
        ylabel=r"prediction error $|\epsilon_l|$",
    )


def _ratios(axes: Axes, result: Result) -> None:
    """1 - ratio on a logarithmic axis: straight lines of slope -1."""
    ideal = result.data["ideal"]
    depth = ideal[RATIOS].shape[1]
    n = np.linspace(float(ideal[PERIODS].min()) - 1.0, float(ideal[PERIODS].max()) + 1.0, 60)
    for k in range(1, depth):
        colour = COLOURS[k]
        axes.plot(n, 1.0 - (1.0 - np.exp(-n)) ** k, color=colour)
        axes.text(
            n[-1], 1.0 - (1.0 - np.exp(-n[-1])) ** k, f" $k = {k}$", color=colour, va="center", fontsize=6.5
        )  # fmt: skip
        for column, (marker, size) in MARKS.items():
            found = result.data.get(column, {})
            if RATIOS in found:
                axes.plot(
                    found[PERIODS], 1.0 - found[RATIOS][:, depth - 1 - k], ls="none", marker=marker, ms=size,
                    color=colour, mfc="white", mew=0.9, label=f"circuit, {column}" if k == 1 else None,
                )  # fmt: skip
    axes.plot([], [], color=INK, label=r"$1 - (1 - e^{-n})^k$")
    axes.set(
        xlabel=r"period $n$ (time constants)", ylabel="missing part of the\nupdate of backpropagation",
        yscale="log",
    )  # fmt: skip
    axes.legend(loc="lower left", title=r"layer $L - k$", title_fontsize=6.5)
