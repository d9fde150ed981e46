"""The figures of a report; each function takes results and returns a `matplotlib.figure.Figure`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analog_pc.arrays import Floats
from analog_pc.reporting.style import (
    COLOURS,
    FILLED,
    FULL_WIDTH,
    GREY,
    HATCHED,
    INK,
    MARKERS,
    ONE_COLUMN,
    decades,
    log_ticks,
    styled,
    tolerance_line,
)
from analog_pc.si import engineering
from analog_pc.verification.report.waveforms import energy, settling
from analog_pc.verification.results import Comparison, PhaseResult, Verification, full_scale

MOST_POINTS = 400
SYMBOLS = {"x": "x", "mu": r"\mu", "eps": r"\varepsilon"}
NAMES = {"x": "activity", "mu": "prediction", "eps": "prediction error"}
Cloud = tuple[int, Floats, Floats]  # layer, ideal, circuit


@styled
def parity(phase: PhaseResult) -> Figure:
    """Circuit against ideal for x, mu and eps (node volts), and below it |circuit - ideal| / full scale.

    At most `MOST_POINTS` points per layer and panel, the worst always among them.
    """
    figure = Figure(figsize=(FULL_WIDTH, 4.1), layout="constrained")
    grid = figure.subplots(2, 3, sharex="col", height_ratios=(1.0, 0.75))
    by_name = {c.quantity: c for c in phase.comparisons}
    shown: set[int] = set()
    for column, quantity in enumerate(SYMBOLS):
        clouds = list(_clouds(phase, quantity))
        shown |= {layer for layer, *_ in clouds}
        panels = (grid[0, column], grid[1, column])
        _parity_panels(panels, quantity, clouds, by_name.get(quantity), phase.compiled.scales.activity)
    figure.legend(handles=_layer_keys(sorted(shown)), loc="outside lower center", ncols=8)
    return figure


def _clouds(phase: PhaseResult, quantity: str) -> Iterator[Cloud]:
    """Layer, ideal and circuit values; clamped activities are left out."""
    field = {"x": "activities", "mu": "predictions", "eps": "eps"}[quantity]
    pairs = zip(getattr(phase.ideal, field), getattr(phase.circuit, field), strict=True)
    for layer, (ideal, circuit) in enumerate(pairs):
        shown = phase.compiled.clamps.free[layer] if quantity == "x" else slice(None)
        wanted = np.ravel(ideal[:, shown])
        got = np.ravel(circuit[:, shown])
        good = np.isfinite(wanted) & np.isfinite(got)
        if good.any():
            yield (layer, *_thinned(wanted[good], got[good]))


def _thinned(ideal: Floats, circuit: Floats) -> tuple[Floats, Floats]:
    if len(ideal) <= MOST_POINTS:
        return ideal, circuit
    even = np.linspace(0, len(ideal) - 1, MOST_POINTS).astype(int)
    keep = np.union1d(even, np.argsort(np.abs(circuit - ideal))[-20:])
    return ideal[keep], circuit[keep]


def _parity_panels(
    panels: tuple[Axes, Axes],
    quantity: str,
    clouds: list[Cloud],
    comparison: Comparison | None,
    volts: Sequence[float],
) -> None:
    top, bottom = panels
    scale = full_scale(comparison)
    symbol = SYMBOLS[quantity]
    residuals = [np.abs(circuit - ideal) / scale for _, ideal, circuit in clouds]
    clouds = [(layer, volts[layer] * ideal, volts[layer] * circuit) for layer, ideal, circuit in clouds]
    low, high = _span(clouds, scale * max(volts))
    unit, prefix = engineering(max(abs(low), abs(high)))
    top.plot([low * unit, high * unit], [low * unit, high * unit], color=GREY, lw=0.7, zorder=1)
    tolerance = comparison.tolerance if comparison else math.nan
    floor, ceiling = decades(np.concatenate([*residuals, np.empty(0)]), tolerance)
    for (layer, ideal, circuit), residual in zip(clouds, residuals, strict=True):
        marks = _marks(layer)
        top.plot(ideal * unit, circuit * unit, ls="", **marks)
        above = circuit >= ideal
        height = np.maximum(residual, floor * 1.2)
        bottom.plot(ideal[above] * unit, height[above], ls="", **marks)
        bottom.plot(ideal[~above] * unit, height[~above], ls="", **{**marks, "markerfacecolor": "white"})
    limits = (low * unit, high * unit)
    top.set(title=f"{NAMES[quantity]} ${symbol}$", ylabel=f"circuit ({prefix}V)", ylim=limits)
    top.set_box_aspect(1)
    bottom.set(xlim=limits, yscale="log", ylim=(floor, ceiling), xlabel=f"ideal ({prefix}V)")
    bottom.set_ylabel(f"$|\\Delta {symbol}|$ / full scale")
    bottom.set_box_aspect(0.75)
    top.locator_params(nbins=5)
    log_ticks(bottom)
    tolerance_line(bottom, tolerance)


def _span(clouds: list[Cloud], scale: float) -> tuple[float, float]:
    """Common limits of both axes; the full scale when all values are nearly zero."""
    ideal = np.concatenate([i for _, i, _ in clouds] + [np.zeros(0)])
    if not len(ideal) or np.ptp(ideal) < 1e-3 * scale:
        centre = float(np.median(ideal)) if len(ideal) else 0.0
        return centre - scale, centre + scale
    margin = 0.06 * float(np.ptp(ideal))
    return float(ideal.min()) - margin, float(ideal.max()) + margin


def _marks(layer: int) -> dict[str, Any]:
    colour = COLOURS[layer % len(COLOURS)]
    marker = MARKERS[layer % len(MARKERS)]
    return {"marker": marker, "color": colour, "markersize": 2.8, "markeredgewidth": 0.6}


def _layer_keys(layers: list[int]) -> list[Line2D]:
    keys = [Line2D([], [], ls="", label=f"layer {layer}", **_marks(layer)) for layer in layers]
    plain: dict[str, Any] = {"ls": "", "marker": "o", "color": INK, "markersize": 2.8, "markeredgewidth": 0.6}
    keys.append(Line2D([], [], label="circuit above ideal", **plain))
    keys.append(Line2D([], [], label="below", markerfacecolor="white", **plain))
    return keys


@styled
def margins(verification: Verification) -> Figure:
    """Residual over tolerance of every comparison, as bars on a logarithmic axis: 1 is the limit."""
    rows = [
        (f"{phase.phase}: {c.quantity}", c) for phase in verification.phases for c in phase.all_comparisons
    ]
    ratios = np.array([c.residual / c.tolerance if c.tolerance > 0.0 else math.nan for _, c in rows])
    floor, ceiling = decades(ratios, 1.0)
    figure = Figure(figsize=(ONE_COLUMN, 0.75 + 0.17 * max(len(rows), 1)), layout="constrained")
    axes = figure.subplots()
    for place, ((_, comparison), ratio) in enumerate(zip(rows, ratios, strict=True)):
        _bar(axes, place, comparison, float(ratio), floor, ceiling)
    axes.axvline(1.0, color=INK, lw=0.9, ls=(0, (4, 2)))
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.tick_params(axis="y", length=0)
    axes.set(xscale="log", xlim=(floor, ceiling), ylim=(len(rows) - 0.4, -0.6), xlabel="residual / tolerance")
    return figure


def _bar(axes: Axes, place: int, comparison: Comparison, ratio: float, floor: float, ceiling: float) -> None:
    if not math.isfinite(ratio):
        axes.text(floor * 1.3, place, "not a number: fails", va="center", fontsize=6, color=INK)
        return
    if ratio <= floor:
        axes.text(floor * 1.3, place, "0" if ratio == 0.0 else f"below: {ratio:.0e}", va="center", fontsize=6)
        return
    axes.barh(place, min(ratio, ceiling), height=0.62, **(FILLED if comparison.passed else HATCHED))
    if not comparison.passed:
        axes.annotate("fails", (1.0, place), (-3, 0), textcoords="offset points", ha="right", va="center",
                      fontsize=6, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip


__all__ = ["energy", "margins", "parity", "settling"]
