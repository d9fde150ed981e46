"""Figures of a study; each function takes results and returns a `matplotlib.figure.Figure`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from analog_pc.arrays import Floats
from analog_pc.reporting.style import (
    COLOURS,
    FILLED,
    FULL_WIDTH,
    GREY,
    HOLLOW,
    INK,
    ONE_COLUMN,
    legend_below,
    styled,
)
from analog_pc.study.axes import Axis
from analog_pc.study.limits import SHARES
from analog_pc.study.pareto import pareto
from analog_pc.study.report.sentences import value_text
from analog_pc.study.results import Combination, Results
from analog_pc.study.search import objective_front, objective_values
from analog_pc.study.yields import Yield

BINS = 4  # equal parts of a drawn axis, whose means are compared
LABELS = 12  # of a category axis
SPREAD = 0.6  # of the distance between values: combinations that share one stand side by side


def label(axis: Axis) -> str:
    """The name of an axis with its unit."""
    return f"{axis.name} ({axis.unit})" if axis.unit else axis.name


def _is_number(axis: Axis) -> bool:
    return not axis.values or all(isinstance(value, int | float) for value in axis.values)


def _is_log(axis: Axis) -> bool:
    if not axis.values:
        return axis.scale == "log"
    return _is_number(axis) and min(axis.values) > 0 and max(axis.values) >= 20 * min(axis.values)


def _places(axis: Axis, combinations: Sequence[Combination]) -> Floats:
    """Where combinations stand on an axis: their values, or the number of each."""
    if _is_number(axis):
        return np.array([float(one.values[axis.name]) for one in combinations])
    return np.array([float(axis.values.index(one.values[axis.name])) for one in combinations])


def _dress(axes: Axes, axis: Axis) -> None:
    axes.set_xlabel(label(axis))
    if _is_log(axis):
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    if not _is_number(axis):
        names = [value_text(axis.name, value) for value in axis.values[:LABELS]]
        axes.set_xticks(range(len(names)), names, rotation=30, ha="right")


@styled
def accuracy(results: Results) -> Figure:
    """Accuracy over each axis: chips as marks, and with a single axis their mean with its interval."""
    axes_of = results.study.axes
    known = [one for one in results.combinations if one.accuracy is not None]
    single = len(axes_of) == 1 and not results.study.drawn
    columns = min(len(axes_of), 3)
    rows = -(-len(axes_of) // columns)
    width = ONE_COLUMN if len(axes_of) == 1 else FULL_WIDTH
    figure = Figure(figsize=(width, 0.6 + 1.9 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for axes, axis in zip(panels, axes_of, strict=False):
        x = _places(axis, known)
        _chips(axes, x if single else _side_by_side(axis, axes_of, x, known), known)
        if single:
            _means(axes, x, known)
        ideal = known[0].chips[0].row.measured["ideal_accuracy"]
        axes.axhline(100.0 * float(ideal or 0.0), color=INK, lw=0.8, ls=(0, (4, 2)), label="ideal")
        _dress(axes, axis)
    for axes in panels[len(axes_of) :]:
        axes.set_visible(False)
    panels[0].set_ylabel("accuracy (%)")
    legend_below(figure, panels[:1], 3)
    return figure


def _side_by_side(axis: Axis, axes_of: Sequence[Axis], x: Floats, known: Sequence[Combination]) -> Floats:
    """Places on an axis of few values, shifted by the rank of the other axes' values.

    Combinations that share a value would lie on top of each other.  They take `SPREAD` of the distance to the
    nearest other value, on the scale that is drawn.
    """
    scaled = np.log(x) if _is_log(axis) else x
    values = np.unique(scaled)
    if len(values) in (1, len(x)):  # nothing beside it to measure by, or nothing shared
        return x
    others = [
        tuple(float(_places(other, [one])[0]) for other in axes_of if other is not axis) for one in known
    ]
    ranks = {key: rank for rank, key in enumerate(sorted(set(others)))}
    most = max(len(ranks) - 1, 1)
    shift = np.array([ranks[key] / most - 0.5 for key in others])
    moved = scaled + SPREAD * float(np.diff(values).min()) * shift
    return np.exp(moved) if _is_log(axis) else moved


def _chips(axes: Axes, x: Floats, known: Sequence[Combination]) -> None:
    for place, one in zip(x.tolist(), known, strict=True):
        found = one.accuracy
        assert found is not None
        values = [100.0 * chip.low for chip in found.chips]
        axes.plot(
            [place] * len(values), values, ls="", marker="o", ms=2.2, color=GREY, label="chip", **HOLLOW
        )


def _means(axes: Axes, x: Floats, known: Sequence[Combination]) -> None:
    order = np.argsort(x, kind="stable")
    found = [known[k].accuracy for k in order]
    means = [100.0 * one.lowest for one in found if one is not None]
    axes.plot(x[order], means, color=COLOURS[0], marker="D", label="mean, 95 % interval")
    intervals = [(x[k], one.interval) for k, one in zip(order, found, strict=True) if one is not None]
    known_intervals = [(place, interval) for place, interval in intervals if interval is not None]
    if known_intervals:
        places = [place for place, _ in known_intervals]
        low = [100.0 * interval[0] for _, interval in known_intervals]
        high = [100.0 * interval[1] for _, interval in known_intervals]
        axes.vlines(places, low, high, color=COLOURS[0], lw=1.2)


@styled
def map_of(results: Results) -> Figure:
    """Mean accuracy over the two axes of a grid."""
    first, second = results.study.axes
    shape = (len(first.grid), len(second.grid))
    values = np.full(shape, np.nan)
    for one in results.combinations:
        place = (first.grid.index(one.values[first.name]), second.grid.index(one.values[second.name]))
        values[place] = np.nan if one.accuracy is None else 100.0 * one.accuracy.lowest
    figure = Figure(figsize=(FULL_WIDTH, 3.0), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(values, aspect="auto", origin="lower", cmap="viridis")
    for ticks, axis in ((axes.set_yticks, first), (axes.set_xticks, second)):
        step = -(-len(axis.grid) // LABELS)
        places = list(range(0, len(axis.grid), step))
        more: dict[str, Any] = {"rotation": 30, "ha": "right"} if axis is second else {}
        ticks(places, [value_text(axis.name, axis.grid[k]) for k in places], **more)
    axes.set(xlabel=second.name, ylabel=first.name)
    figure.colorbar(image, ax=axes, label="accuracy, mean over chips (%)")
    return figure


@styled
def yield_bars(found: Sequence[Yield]) -> Figure:
    """Yield of every combination with Clopper and Pearson's interval."""
    figure = Figure(figsize=(ONE_COLUMN, 0.8 + 0.19 * len(found)), layout="constrained")
    axes = figure.subplots()
    for place, one in enumerate(found):
        share = 100.0 * one.share
        axes.barh(place, share, height=0.6, **FILLED)
        bars = [[share - 100.0 * one.low], [100.0 * one.high - share]]
        axes.errorbar(share, place, xerr=bars, color=INK, lw=0.9, capsize=2.0)
    names = [", ".join(value_text(name, v) for name, v in one.values.items()) or "all" for one in found]
    axes.set_yticks(range(len(found)), names)
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(0.0, 100.0), ylim=(len(found) - 0.4, -0.6), xlabel="yield (%), 95 % interval")
    if found[0].values:
        axes.set_ylabel(", ".join(found[0].values))
    return figure


@styled
def front(results: Results, costs: Floats, name: str) -> Figure:
    """Accuracy against a cost: every combination, and the front of those that nothing beats in both."""
    lost = np.array([np.nan if c.accuracy is None else 1.0 - c.accuracy.lowest for c in results.combinations])
    on_front = pareto(np.stack([costs, lost], axis=1))
    figure = Figure(figsize=(ONE_COLUMN, 2.4), layout="constrained")
    axes = figure.subplots()
    right = 100.0 * (1.0 - lost)
    axes.plot(costs, right, ls="", marker="o", color=GREY, label="combination", **HOLLOW)
    order = np.argsort(costs[on_front])
    axes.step(
        costs[on_front][order], right[on_front][order], where="post", color=COLOURS[0], marker="o",
        label="Pareto front",
    )  # fmt: skip
    axes.set(xscale="log", xlabel=f"{name} ({results.study.columns[name]})", ylabel="accuracy (%)")
    legend_below(figure, [axes], 2)
    return figure


@styled
def search_front(results: Results) -> Figure:
    """The first two objectives of every candidate of a search, and the front of all objectives.

    With two objectives the front is a line; with more its candidates are marks.
    """
    names = list(results.study.objectives)
    values = objective_values(results)
    on_front = objective_front(results)
    figure = Figure(figsize=(ONE_COLUMN, 2.6), layout="constrained")
    axes = figure.subplots()
    order = np.linspace(0.0, 1.0, len(values))
    marks = axes.scatter(values[:, 0], values[:, 1], c=order, cmap="Greys", vmin=-0.3, s=9, lw=0.4,
                         edgecolors=GREY, label="candidate, late ones dark")  # fmt: skip
    marks.set_zorder(2)
    front = values[on_front]
    front = front[np.argsort(front[:, 0])]
    line: dict[str, Any] = {"ls": "-", "lw": 0.9} if len(names) == 2 else {"ls": ""}
    axes.plot(front[:, 0], front[:, 1], marker="D", color=COLOURS[0], label="Pareto front", **line)
    for name, column, scale in zip(names, values.T, (axes.set_xscale, axes.set_yscale), strict=False):
        known = column[np.isfinite(column)]
        if name not in SHARES and len(known) and known.min() > 0.0 and known.max() > 5.0 * known.min():
            scale("log")
    axes.set(xlabel=_objective(results, names[0]), ylabel=_objective(results, names[1]))
    legend_below(figure, [axes], 2)
    return figure


def _objective(results: Results, name: str) -> str:
    unit = results.study.columns[name]
    direction = results.study.objectives[name]
    return f"{name}{f' ({unit})' if unit else ''}, {direction} is best"


@dataclass(frozen=True)
class Swing:
    """An axis and the least and the largest mean accuracy along it, with the values where they are."""

    axis: Axis
    low: float
    high: float
    low_at: str
    high_at: str


def swings(results: Results) -> list[Swing]:
    """How far the mean accuracy moves along each axis, all others averaged over; the largest first.

    Of a list or a grid the means at its values, of a drawn axis those of `BINS` equal parts of its points.
    """
    known = [one for one in results.combinations if one.accuracy is not None]
    right = np.array([one.accuracy.lowest for one in known if one.accuracy is not None])
    found = []
    for axis in results.study.axes:
        x = _places(axis, known)
        parts = _parts(axis, x, results.study.drawn and not axis.values)
        means = [(float(right[part].mean()), _named(axis, x[part])) for part in parts if part.any()]
        low = min(means)
        high = max(means)
        found.append(Swing(axis, low[0], high[0], low[1], high[1]))
    return sorted(found, key=lambda one: one.low - one.high)


def _parts(axis: Axis, x: Floats, drawn: bool) -> list[Any]:
    if not drawn:
        return [x == value for value in np.unique(x)]
    edges = np.quantile(x, np.linspace(0.0, 1.0, BINS + 1))
    numbers = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, BINS - 1)
    return [numbers == k for k in range(BINS)]


def _named(axis: Axis, values: Floats) -> str:
    """The value that a part stands for: its only one, or its median."""
    if not _is_number(axis):
        return value_text(axis.name, axis.values[int(values[0])])
    return value_text(axis.name, float(np.median(values)))


@styled
def tornado(found: Sequence[Swing]) -> Figure:
    """Mean accuracy from the worst to the best value of each axis."""
    figure = Figure(figsize=(FULL_WIDTH, 0.7 + 0.26 * len(found)), layout="constrained")
    axes = figure.subplots()
    for place, one in enumerate(found):
        axes.barh(place, 100.0 * (one.high - one.low), left=100.0 * one.low, height=0.6, **FILLED)
        for value, text, side, shift in (
            (one.low, one.low_at, "right", -3),
            (one.high, one.high_at, "left", 3),
        ):
            axes.annotate(text, (100.0 * value, place), (shift, 0), textcoords="offset points", ha=side,
                          va="center", fontsize=6)  # fmt: skip
    axes.set_yticks(range(len(found)), [one.axis.name for one in found])
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(len(found) - 0.4, -0.6), xlabel="accuracy (%), mean over everything else")
    low = 100.0 * min(one.low for one in found)
    high = 100.0 * max(one.high for one in found)
    room = 0.2 * (high - low) or 1.0  # for the values at the ends
    axes.set_xlim(low - room, high + room)
    return figure
