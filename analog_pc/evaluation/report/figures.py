"""Figures of an evaluation; each function takes results and returns a `matplotlib.figure.Figure`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.cost import Baseline, BreakEvenRow, Cost
from analog_pc.evaluation.limits import Limit
from analog_pc.evaluation.non_idealities import NonIdeality
from analog_pc.evaluation.results import Evaluation
from analog_pc.nonideality.accuracy import BUDGET, Accuracy
from analog_pc.reporting.style import (
    COLOURS,
    DASHES,
    FILLED,
    FULL_WIDTH,
    GREY,
    HATCHED,
    HOLLOW,
    INK,
    MARKERS,
    ONE_COLUMN,
    legend_below,
    styled,
)

SMALLEST_PART = 1e-4  # of the energy of a phase: what is below is in the table alone
SHOWN = 6  # curves in one figure, as many as there are markers


@styled
def accuracy(found: Evaluation) -> Figure:
    """Every chip as a point, the mean with both intervals, ideal and guessing as lines."""
    chips = found.chips
    assert chips is not None
    figure = Figure(figsize=(ONE_COLUMN, 2.1), layout="constrained")
    axes = figure.subplots()
    axes.axvline(100.0 * found.bench.ideal_accuracy, color=INK, lw=0.9, label="ideal")
    axes.axvline(100.0 * found.bench.guess, color=GREY, lw=0.9, ls=(0, (4, 2)), label="guessing")
    _bars(axes, chips, 1.0)
    heights = np.linspace(0.3, -0.3, len(chips.chips)) if len(chips.chips) > 1 else np.zeros(1)
    for chip, height in zip(chips.chips, heights.tolist(), strict=True):
        if chip.unconverged:
            ends = [100.0 * chip.low, 100.0 * chip.high]
            axes.plot(ends, [height, height], color=COLOURS[1], lw=1.6, label="chip with unconverged samples")
        else:
            axes.plot(100.0 * chip.low, height, ls="", marker="o", color=COLOURS[0], label="chip", **HOLLOW)
    axes.set(xlim=(0.0, 102.0), ylim=(-0.6, 2.6), xlabel="accuracy (%)")
    axes.set_yticks([0.0, 1.0, 2.0], ["chips", "mean, over chips", "mean, over samples"])
    axes.tick_params(axis="y", length=0)
    legend_below(figure, [axes], 2)
    return figure


def _bars(axes: Axes, chips: Accuracy, place: float) -> None:
    """The mean with its t interval at `place` and with its Wilson interval one above."""
    middle = 50.0 * (chips.lowest + chips.highest)
    for at, interval in ((place, chips.interval), (place + 1.0, chips.sample_interval)):
        if interval is None:
            axes.text(middle, at, "one chip: unknown", va="center", ha="center", fontsize=6)
            continue
        low, high = (100.0 * end for end in interval)
        axes.errorbar(
            middle, at, xerr=[[max(middle - low, 0.0)], [max(high - middle, 0.0)]],
            color=COLOURS[0], lw=1.1, capsize=2.5, marker="D", ms=3.0,
        )  # fmt: skip


@styled
def non_idealities(rows: list[NonIdeality]) -> Figure:
    """Points of accuracy that each non-ideality costs alone, the costliest first; marks are chips."""
    figure = Figure(figsize=(FULL_WIDTH, 0.75 + 0.19 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(rows):
        lost = 100.0 * row.lost
        axes.barh(place, lost, height=0.6, **(HATCHED if row.accuracy.unconverged else FILLED))
        each = [100.0 * (row.ideal - chip.low) for chip in row.accuracy.chips]
        axes.plot(each, [place] * len(each), ls="", marker="o", color=INK, label="chip", **HOLLOW)
        if not row.acts:
            axes.annotate("moves no operating point", (0.0, place), xytext=(6, 0), textcoords="offset points",
                          va="center", fontsize=6, color=INK)  # fmt: skip
    axes.axvline(0.0, color=INK, lw=0.6)
    axes.axvline(100.0 * BUDGET, color=INK, lw=0.7, ls=(0, (4, 2)), label=f"{100.0 * BUDGET:g} points")
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(len(rows) - 0.4, -0.6), xlabel="accuracy lost (points)")
    axes.grid(axis="x", color=GREY, lw=0.3, alpha=0.5)
    axes.set_axisbelow(True)
    legend_below(figure, [axes], 2)
    return figure


@styled
def limits(found: list[Limit]) -> Figure:
    """Accuracy lost against the size of a non-ideality alone, over its present size."""
    figure = Figure(figsize=(FULL_WIDTH, 2.5), layout="constrained")
    axes = figure.subplots()
    for number, limit in enumerate(found[:SHOWN]):
        factors = [trial.factor for trial in limit.trials]
        lost = [100.0 * trial.lost for trial in limit.trials]
        axes.plot(
            factors, lost, color=COLOURS[number % len(COLOURS)], ls=DASHES[number % len(DASHES)],
            marker=MARKERS[number % len(MARKERS)], label=limit.name,
        )  # fmt: skip
    axes.axhline(100.0 * BUDGET, color=INK, lw=0.7, ls=(0, (4, 2)))
    axes.axvline(1.0, color=GREY, lw=0.7)
    axes.set(xscale="log", xlabel="size / present size", ylabel="accuracy lost (points)")
    axes.grid(axis="y", color=GREY, lw=0.3, alpha=0.5)
    axes.set_axisbelow(True)
    figure.legend(loc="outside right center")
    return figure


@styled
def energy(cost: Cost, baselines: Sequence[Baseline]) -> Figure:
    """Energy per stimulus: the chip by part, digital machines beside it, a panel for each phase."""
    phases = [name for name in ("predict", "learn") if name in cost.phases]
    rows = [_energy_rows(cost, baselines, name) for name in phases]
    height = 0.8 + 0.17 * max(len(found) for found in rows)
    figure = Figure(figsize=(FULL_WIDTH, height), layout="constrained")
    panels = figure.subplots(1, len(phases), squeeze=False)[0]
    values = [value for found in rows for _, value, _ in found]
    floor = 10.0 ** np.floor(np.log10(min(values) / 2.0))  # so that the smallest bar has a length
    for axes, name, found in zip(panels, phases, rows, strict=True):
        for place, (_, value, is_part) in enumerate(found):
            axes.barh(place, value, height=0.6, **(FILLED if is_part else HATCHED))
        axes.set_yticks(range(len(found)), [label for label, _, _ in found])
        axes.tick_params(axis="y", length=0)
        axes.set(xscale="log", xlim=(floor, 3.0 * max(values)), ylim=(len(found) - 0.4, -0.6))
        axes.set(title=name, xlabel="energy (J)")
        axes.grid(axis="x", color=GREY, lw=0.3, alpha=0.5)
        axes.set_axisbelow(True)
    return figure


def _energy_rows(cost: Cost, baselines: Sequence[Baseline], phase: str) -> list[tuple[str, float, bool]]:
    """Label, J, and whether it is of the chip: total, parts and machines, each the largest first."""
    found = cost.phases[phase]
    least = SMALLEST_PART * found.energy
    parts = [(part.part, part.energy, True) for part in found.parts if part.energy > least]
    others = [(one.name, one.energy, False) for one in baselines if one.phase == phase and one.energy > 0.0]
    total = [("chip, all parts", found.energy, True)]
    gated = [("chip, gated", found.gated_energy, True)] if found.gated_energy > 0.0 else []
    return [
        *total,
        *gated,
        *sorted(parts, key=lambda row: -row[1]),
        *sorted(others, key=lambda row: -row[1]),
    ]


@styled
def break_even(rows: Sequence[BreakEvenRow]) -> Figure:
    """Energy ratio of the chip and each digital machine, against width; above 1 the chip loses."""
    phases = list(dict.fromkeys(row.phase for row in rows))
    figure = Figure(figsize=(FULL_WIDTH, 2.5), layout="constrained")
    panels = figure.subplots(1, len(phases), sharey=True, squeeze=False)[0]
    names = list(dict.fromkeys(row.baseline for row in rows))
    for axes, phase in zip(panels, phases, strict=True):
        for number, name in enumerate(names):
            chosen = [row for row in rows if row.phase == phase and row.baseline == name]
            if not chosen:
                continue
            axes.plot(
                [row.width for row in chosen], [row.ratio for row in chosen], label=name,
                color=COLOURS[number % len(COLOURS)], ls=DASHES[number % len(DASHES)],
                marker=MARKERS[number % len(MARKERS)],
            )  # fmt: skip
        axes.axhline(1.0, color=INK, lw=0.7, ls=(0, (4, 2)))
        axes.set(xscale="log", yscale="log", title=phase, xlabel="width")
        widths = sorted({row.width for row in rows})
        axes.set_xticks(widths, [str(width) for width in widths], minor=False)
        axes.set_xticks([], minor=True)
    panels[0].set_ylabel("energy of the chip / digital")
    legend_below(figure, panels, 3)
    return figure
