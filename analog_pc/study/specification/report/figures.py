"""Figures of a specification."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.markers import CARETUPBASE
from matplotlib.ticker import NullFormatter

from analog_pc.reporting.style import (
    COLOURS,
    FULL_WIDTH,
    GREY,
    HOLLOW,
    INK,
    ONE_COLUMN,
    legend_below,
    styled,
)
from analog_pc.si import engineering
from analog_pc.study.specification.bounds import MIN
from analog_pc.study.specification.budget import Budget, Candidate
from analog_pc.study.specification.run import FieldLimit, Specification
from analog_pc.study.specification.trial import Trial, Verdict

COLUMNS = 4
HIGHEST = 6.0  # budgets: what is beyond is far beyond
ROOM = 1.05  # below the lowest interval
MARKS = {
    Verdict.KEPT: ("o", COLOURS[0], "kept"),
    Verdict.UNDECIDED: ("s", GREY, "undecided"),
    Verdict.EXCEEDED: ("^", COLOURS[1], "exceeded"),
}


@styled
def losses(found: Specification) -> Figure:
    """Accuracy lost over every field that was tried by accuracy; bars are the intervals of the verdicts."""
    shown = [one for one in found.ordered if one.searched is not None and not one.bound.by_modes]
    rows = -(-len(shown) // COLUMNS)
    figure = Figure(figsize=(FULL_WIDTH, 0.5 + 1.35 * rows), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, sharey=True, squeeze=False).ravel()
    budget = 100.0 * found.target.budget
    top = HIGHEST * budget
    for axes, one in zip(panels, shown, strict=False):
        _panel(axes, one, budget, top)
    panels[0].set_ylim(lowest_shown(shown, budget), top)
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    for axes in panels[::COLUMNS]:
        axes.set_ylabel("lost (points)")
    legend_below(figure, panels[: len(shown)], 4)
    return figure


def lowest_shown(shown: Sequence[FieldLimit], budget: float) -> float:
    """Lower end of the axis in points: no interval of a trial whose mark is shown is cut, nor 0."""
    trials = [trial for one in shown if one.searched is not None for trial in one.searched.trials]
    seen = [100.0 * trial.low for trial in trials if 100.0 * trial.loss <= HIGHEST * budget]
    return min([-budget, *(ROOM * low for low in seen)])


def _panel(axes: Axes, one: FieldLimit, budget: float, top: float) -> None:
    assert one.searched is not None
    for trial in one.searched.trials:
        if math.isnan(trial.loss):
            continue
        marker, colour, label = MARKS[trial.verdict]
        lost = 100.0 * trial.loss
        if lost > top:
            _arrow(axes, trial, trial.value, top)
            continue
        axes.vlines(trial.value, 100.0 * trial.low, 100.0 * trial.high, color=colour, lw=0.8)
        axes.plot(trial.value, lost, ls="", marker=marker, color=colour, label=label, **HOLLOW)
    axes.axhline(budget, color=INK, lw=0.7, ls=(0, (4, 2)), label="budget")
    unit = f" ({one.bound.field.unit})" if one.bound.field.unit else ""
    axes.set(xscale="log")
    axes.set_title(f"{one.bound.field.name}{unit}", fontsize=6.5)
    axes.xaxis.set_minor_formatter(NullFormatter())
    if one.bound.direction == MIN:
        axes.invert_xaxis()


@styled
def margins(found: Sequence[FieldLimit], shares: dict[str, float]) -> Figure:
    """How far the technology is from each limit, alone and together: above 1 it is not good enough."""
    shown = [one for one in found if one.bounded and _severity(one, one.limit) is not None]
    figure = Figure(figsize=(FULL_WIDTH, 0.7 + 0.22 * len(shown)), layout="constrained")
    axes = figure.subplots()
    for place, one in enumerate(shown):
        alone = _severity(one, one.limit)
        together = _severity(one, shares.get(one.bound.field.name))
        if alone is not None:
            axes.plot([1.0, alone], [place, place], color=COLOURS[0], lw=3.0, solid_capstyle="butt")
            axes.plot(alone, place, ls="", marker="o", color=COLOURS[0], label="limit alone")
        if together is not None:
            axes.plot(
                together, place, ls="", marker="D", color=COLOURS[1], label="limit of all together", **HOLLOW
            )
    axes.axvline(1.0, color=INK, lw=0.8)
    axes.set_yticks(range(len(shown)), [one.bound.field.name for one in shown])
    axes.tick_params(axis="y", length=0)
    axes.set(
        xscale="log",
        ylim=(len(shown) - 0.4, -0.6),
        xlabel="value of the technology, times as bad as its limit",
    )
    axes.grid(axis="x", color=GREY, lw=0.3, alpha=0.5)
    legend_below(figure, [axes], 2)
    return figure


def _severity(one: FieldLimit, limit: float | None) -> float | None:
    """The technology's value over the limit, above 1 where it is worse; None where the field is off."""
    typical = one.typical
    if limit is None or not typical or math.isinf(typical):
        return None
    return limit / typical if one.bound.direction == MIN else typical / limit


@styled
def front(costs: Budget, budget: float) -> Figure:
    """Accuracy lost against the energy of a prediction, at shares of all limits."""
    figure = Figure(figsize=(ONE_COLUMN, 2.6), layout="constrained")
    axes = figure.subplots()
    known = [one for one in costs.candidates if one.price.energy is not None and one.trial.chips]
    energies = np.array([one.price.energy for one in known], dtype=np.float64)
    factor, prefix = engineering(float(energies.max()))
    best = np.array([one.on_front for one in known])
    lost = 100.0 * np.array([one.trial.loss for one in known])
    order = np.argsort(energies[best])
    axes.step(
        factor * energies[best][order], lost[best][order], where="post", color=GREY, lw=0.8,
        label="Pareto front",
    )  # fmt: skip
    top = HIGHEST * 100.0 * budget
    for number, (one, energy) in enumerate(zip(known, energies.tolist(), strict=True)):
        if 100.0 * one.trial.loss > top:
            _beyond(axes, one, factor * energy, top)
        else:
            _mark(axes, one, factor * energy, one is costs.joint)
            place = (4, 2 if number % 2 else -8)  # neighbours may be close: above and below in turn
            axes.annotate(
                f"{100.0 * one.share:.0f} %", (factor * energy, 100.0 * one.trial.loss), place,
                textcoords="offset points", fontsize=6,
            )  # fmt: skip
    axes.axhline(100.0 * budget, color=INK, lw=0.7, ls=(0, (4, 2)), label="budget")
    lowest = min(0.0, *(100.0 * one.trial.low for one in known))
    axes.set(
        ylim=(ROOM * lowest, top),
        xlabel=f"energy of a prediction ({prefix}J)",
        ylabel="lost (points)",
    )
    legend_below(figure, [axes], 3)
    return figure


def _beyond(axes: Axes, one: Candidate, energy: float, top: float) -> None:
    """An arrow at the upper edge for a chip that loses more than the axis shows, with what it loses."""
    _arrow(axes, one.trial, energy, top)
    axes.annotate(
        f"{100.0 * one.share:.0f} %, {100.0 * one.trial.loss:.0f} lost", (energy, top), (0, -5),
        textcoords="offset points", fontsize=6, ha="center", va="top", rotation=90,
    )  # fmt: skip


def _arrow(axes: Axes, trial: Trial, place: float, top: float) -> None:
    """At the upper edge, which its mark touches."""
    axes.plot(
        place, top, ls="", marker=CARETUPBASE, color=MARKS[trial.verdict][1], clip_on=False,
        label="beyond the axis",
    )  # fmt: skip


def _mark(axes: Axes, one: Candidate, energy: float, chosen: bool) -> None:
    marker, colour, label = MARKS[one.trial.verdict]
    lost = 100.0 * one.trial.loss
    face: dict[str, Any] = {} if chosen else HOLLOW
    axes.vlines(energy, 100.0 * one.trial.low, 100.0 * one.trial.high, color=colour, lw=0.8)
    axes.plot(
        energy,
        lost,
        ls="",
        marker=marker,
        color=colour,
        label=f"{label}, handed on" if chosen else label,
        **face,
    )
