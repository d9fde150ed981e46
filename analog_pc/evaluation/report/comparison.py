"""The files of a comparison: a table, the same as JSON, and a figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from analog_pc.evaluation.comparison import Compared
from analog_pc.files import write_together
from analog_pc.reporting.figures import KINDS, figure_contents
from analog_pc.reporting.json_report import json_text, plain
from analog_pc.reporting.style import COLOURS, FULL_WIDTH, GREY, INK, legend_below, styled
from analog_pc.reporting.tables import csv_text

SCHEMA = "analog-pc evaluate comparison"
VERSION = 2
COLUMNS = {
    "technology": "technology",
    "ideal": "ideal accuracy",
    "mean": "accuracy",
    "low": "accuracy, 95 % low",
    "high": "accuracy, 95 % high",
    "chips": "chips",
    "unconverged": "unconverged",
    "predict_energy": "predict energy (J)",
    "predict_latency": "predict latency (s)",
    "predict_bound": "predict is an upper bound",
    "learn_energy": "learn energy (J)",
    "learn_latency": "learn latency (s)",
    "learn_bound": "learn is an upper bound",
    "write_energy": "write energy (J)",
    "area": "area (m^2)",
    "partial": "partial",
}

FILES = (*(f"comparison.{kind}" for kind in KINDS), "comparison.csv", "comparison.json")


def write_comparison(rows: Sequence[Compared], folder: Path) -> None:
    """comparison.svg, .pdf, .csv and .json; files of an earlier comparison go first.

    Raises
    ------
    BadInput
        When the folder cannot be written; then none of the files is left.
    """
    figure = comparison_figure(rows)
    table = csv_text(list(COLUMNS.values()), ([getattr(row, name) for name in COLUMNS] for row in rows))
    report = {"schema": SCHEMA, "version": VERSION, "rows": plain(rows)}
    contents: dict[str, bytes | memoryview] = {**figure_contents(figure, "comparison")}
    contents["comparison.csv"] = table.encode()
    contents["comparison.json"] = json_text(report).encode()
    write_together(folder, contents)


@styled
def comparison_figure(rows: Sequence[Compared]) -> Figure:
    """A line for each technology; panels for accuracy, energy, latency and area."""
    names = [row.technology for row in rows]
    figure = Figure(figsize=(FULL_WIDTH, 0.9 + 0.25 * len(rows)), layout="constrained")
    first, *others = figure.subplots(1, 4, sharey=True)
    _accuracies(first, rows)
    for axes, what, unit in zip(others, ("energy", "latency", "area"), ("J", "s", "mm$^2$"), strict=True):
        _costs(axes, rows, what, unit)
    first.set_yticks(range(len(names)), names)
    first.set_ylim(len(names) - 0.5, -0.5)
    legend_below(figure, others[:1], 2)
    return figure


def _accuracies(axes: Axes, rows: Sequence[Compared]) -> None:
    for place, row in enumerate(rows):
        axes.plot(100.0 * row.ideal, place, ls="", marker="|", ms=9, mew=1.0, color=INK)
        if row.mean is None:
            axes.annotate("not known", (100.0 * row.ideal, place), (-4, 0), textcoords="offset points",
                          ha="right", va="center", fontsize=6)  # fmt: skip
            continue
        mean = 100.0 * row.mean
        low = mean if row.low is None else 100.0 * row.low
        high = mean if row.high is None else 100.0 * row.high
        axes.errorbar(mean, place, xerr=[[mean - low], [high - mean]], marker="o", capsize=2.0,
                      color=COLOURS[0], lw=1.0)  # fmt: skip
    axes.set(xlabel="accuracy (%), ideal |", xlim=(None, 100.5))
    axes.grid(axis="x", color=GREY, lw=0.3, alpha=0.5)


def _costs(axes: Axes, rows: Sequence[Compared], what: str, unit: str) -> None:
    axes.set(xscale="log", xlabel=f"{what} ({unit})")
    axes.grid(axis="x", color=GREY, lw=0.3, alpha=0.5)
    shown = [1e6 * row.area for row in rows if row.area] if what == "area" else _values(rows, what)
    if shown:
        low = math.floor(math.log10(min(shown)))
        high = max(math.ceil(math.log10(max(shown))), low + 1)
        axes.set_xlim(10.0**low, 10.0**high)
    axes.xaxis.set_minor_formatter(NullFormatter())
    for place, row in enumerate(rows):
        if what == "area":
            if row.area is not None:
                axes.plot(1e6 * row.area, place, ls="", marker="D", color=INK)
            continue
        for phase, marker, colour in (("predict", "o", COLOURS[0]), ("learn", "s", COLOURS[1])):
            value = getattr(row, f"{phase}_{what}")
            if value is not None:
                axes.plot(value, place, ls="", marker=marker, color=colour, mfc="white", mew=0.9,
                          label=phase)  # fmt: skip


def _values(rows: Sequence[Compared], what: str) -> list[float]:
    """All energies or latencies that are known and above zero."""
    found = [getattr(row, f"{phase}_{what}") for row in rows for phase in ("predict", "learn")]
    return [value for value in found if value]
