"""Figures of a transient: activities on their way to rest, and the energy that falls."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analog_pc.arrays import Floats, Ints
from analog_pc.verify.report.style import (
    COLOURS,
    DASHES,
    FULL_WIDTH,
    INK,
    MARKERS,
    ONE_COLUMN,
    decades,
    engineering,
    styled,
    tolerance_line,
)
from analog_pc.verify.results import PhaseResult, TransientResult

MOST_LAYERS, MOST_ACTIVITIES, DOTS = 3, 4, 22


@styled
def settling(phase: PhaseResult) -> Figure:
    """Some activities of each hidden layer as node volts over time, and the largest deviation per layer."""
    transient = _transient(phase)
    layers = _shown_layers(phase)
    figure = Figure(figsize=(FULL_WIDTH if len(layers) > 1 else ONE_COLUMN, 3.3), layout="constrained")
    grid = figure.subplots(2, len(layers), sharex=True, squeeze=False, height_ratios=(1.0, 0.5))
    seconds, unit, log = _time(phase)
    for column, layer in enumerate(layers):
        _waves(grid[0, column], phase, layer, seconds, log)
        _deviation(grid[1, column], phase, layer, seconds)
        grid[1, column].set_xlabel(f"time ({unit})")
    if log:
        grid[1, 0].set_xscale("log")
    grid[0, 0].legend(handles=_keys(), loc="best", handlelength=2.2)
    _mark_settling(grid[0, -1], transient, seconds, phase.compiled.scales.seconds)
    return figure


@styled
def energy(phase: PhaseResult) -> Figure:
    """E(t) of circuit and ideal with the power in the springs, and below it their difference over E(0)."""
    transient = _transient(phase)
    seconds, unit, log = _time(phase)
    keep = seconds > 0.0 if log else np.ones(len(seconds), dtype=bool)
    figure = Figure(figsize=(ONE_COLUMN, 3.3), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(1.0, 0.5))
    circuit, ideal = transient.waveform.energy, transient.reference_energy
    dots = _dots(seconds, log)
    top.plot(seconds[keep], circuit[keep], color=COLOURS[0])
    top.plot(seconds[dots], ideal[dots], ls="", marker="o", color=INK, markerfacecolor="white", markeredgewidth=0.7)
    top.set_ylabel("energy $E$ (dimensionless)")
    top.set_ylim(bottom=min(0.0, float(np.nanmin(circuit, initial=0.0))))
    _power_axis(top, phase, float(np.nanmax(np.abs(circuit), initial=0.0)))
    top.legend(handles=_keys(COLOURS[0]), loc="best", handlelength=2.2)
    start = float(np.nanmax(np.abs(ideal), initial=0.0)) or 1.0
    apart = np.abs(circuit - ideal) / start
    floor, ceiling = decades(apart[keep], 0.0)
    bottom.plot(seconds[keep], np.maximum(apart[keep], floor), color=INK, lw=0.8)
    bottom.set(yscale="log", ylim=(floor, ceiling), xlabel=f"time ({unit})", ylabel=r"$|\Delta E|$ / largest $E$")
    if log:
        bottom.set_xscale("log")
    figure.align_ylabels([top, bottom])
    return figure


def _transient(phase: PhaseResult) -> TransientResult:
    if phase.transient is None:
        raise ValueError(f"phase {phase.phase!r} has no transient to draw")
    return phase.transient


def _shown_layers(phase: PhaseResult) -> list[int]:
    """Hidden layers with free nodes (else any such layer): the first, the last and some between."""
    free = [layer for layer, mask in enumerate(phase.compiled.clamps.free) if mask.any()]
    hidden = [layer for layer in free if 0 < layer < phase.compiled.network.depth] or free
    picks = np.unique(np.linspace(0, len(hidden) - 1, min(MOST_LAYERS, len(hidden))).astype(int))
    return [hidden[int(k)] for k in picks]


def _time(phase: PhaseResult) -> tuple[Floats, str, bool]:
    """Times in a readable unit, its name, and whether a logarithmic axis shows them better."""
    transient = _transient(phase)
    seconds = transient.waveform.times * phase.compiled.scales.seconds
    last = float(seconds[-1])
    factor, prefix = engineering(last)
    settled = transient.settling_measured
    early = math.isfinite(settled) and 0.0 < settled < 0.04 * last
    return seconds * factor, f"{prefix}s", early


def _dots(times: Floats, log: bool) -> Ints:
    """Indices of about `DOTS` instants spread evenly over the axis."""
    start = times[times > 0.0][:1] if log else times[:1]
    first, last = float(start[0]), float(times[-1])
    wanted = np.geomspace(first, last, DOTS) if log else np.linspace(first, last, DOTS)
    return np.unique(np.clip(np.searchsorted(times, wanted), 0, len(times) - 1))


def _waves(axes: Axes, phase: PhaseResult, layer: int, times: Floats, log: bool) -> None:
    transient = _transient(phase)
    circuit, ideal = transient.waveform.activities[layer], transient.reference[layer]
    volts = phase.compiled.scales.volts
    movers = np.sort(np.argsort(-np.ptp(ideal, axis=0), kind="stable")[:MOST_ACTIVITIES])
    factor, prefix = engineering(volts * float(np.nanmax(np.abs(ideal[:, movers]), initial=0.0)))
    dots, keep = _dots(times, log), times > 0.0 if log else np.ones(len(times), dtype=bool)
    for rank, i in enumerate(movers):
        colour = COLOURS[rank]
        axes.plot(times[keep], volts * factor * circuit[keep, i], color=colour, ls=DASHES[rank])
        axes.plot(times[dots], volts * factor * ideal[dots, i], ls="", marker=MARKERS[rank], color=colour,
                  markerfacecolor="white", markeredgewidth=0.7)  # fmt: skip
    members = ", ".join(str(i) for i in movers)
    axes.set(title=f"layer {layer}: activities {members}", ylabel=f"V($x$) ({prefix}V)")


def _deviation(axes: Axes, phase: PhaseResult, layer: int, times: Floats) -> None:
    transient = _transient(phase)
    waveform = next((c for c in transient.comparisons if c.quantity == "waveform"), None)
    scale = waveform.scale if waveform and waveform.scale > 0.0 and math.isfinite(waveform.scale) else 1.0
    apart = np.abs(transient.waveform.activities[layer] - transient.reference[layer]).max(axis=1) / scale
    tolerance = waveform.tolerance if waveform else math.nan
    floor, ceiling = decades(apart, tolerance)
    keep = times > 0.0
    axes.plot(times[keep], np.maximum(apart[keep], floor), color=INK, lw=0.8)
    axes.set(yscale="log", ylim=(floor, ceiling), ylabel=r"max $|\Delta x|$ / full scale")
    tolerance_line(axes, tolerance)


def _mark_settling(axes: Axes, transient: TransientResult, times: Floats, tau: float) -> None:
    """A thin vertical line where the circuit has settled."""
    settled = transient.settling_measured
    factor = float(times[-1]) / (float(transient.waveform.times[-1]) * tau)
    if math.isfinite(settled) and 0.0 < settled * factor < times[-1]:
        axes.axvline(settled * factor, color=INK, lw=0.6, ls=(0, (1, 2)), zorder=0)
        axes.annotate("settled", (settled * factor, 1.0), (2, -2), xycoords=("data", "axes fraction"),
                      textcoords="offset points", rotation=90, va="top", fontsize=6)  # fmt: skip


def _power_axis(axes: Axes, phase: PhaseResult, largest: float) -> None:
    """Watts in the springs on the right: sum of g V(eps)^2 = 2 E g_s (volts per unit)^2."""
    watts = 2.0 * phase.compiled.design.technology.spring_conductance * phase.compiled.scales.volts**2
    factor, prefix = engineering(largest * watts)
    slope = watts * factor
    right = axes.secondary_yaxis("right", functions=(lambda e: e * slope, lambda p: p / slope))
    right.set_ylabel(f"power in the springs ({prefix}W)")


def _keys(colour: str = INK) -> list[Line2D]:
    line = Line2D([], [], color=colour, label="circuit")
    dot = Line2D([], [], ls="", marker="o", color=INK, markerfacecolor="white", markeredgewidth=0.7, label="ideal")
    return [line, dot]
