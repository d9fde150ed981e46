"""Figures of a transient: activities and energy over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.reporting.style import (
    COLOURS,
    FULL_WIDTH,
    HOLLOW,
    INK,
    ONE_COLUMN,
    decades,
    finite_positive,
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
from analog_pc.si import engineering
from analog_pc.verification.results import PhaseResult, TransientResult, full_scale

MOST_LAYERS = 3
MOST_ACTIVITIES = 4
DOTS = 22


@styled
def settling(phase: PhaseResult) -> Figure:
    """Some activities of each hidden layer as node volts over time, and the largest deviation per layer."""
    transient = _transient(phase)
    layers = _shown_layers(phase)
    figure = Figure(figsize=(FULL_WIDTH if len(layers) > 1 else ONE_COLUMN, 3.3), layout="constrained")
    grid = figure.subplots(2, len(layers), sharex=True, squeeze=False, height_ratios=(1.0, 0.55))
    seconds, unit, log = _time(phase)
    for column, layer in enumerate(layers):
        _waves(grid[0, column], phase, layer, seconds, log)
        _deviation(grid[1, column], phase, layer, seconds, log)
        grid[1, column].set_xlabel(f"time ({unit})")
        figure.align_ylabels(grid[:, column])
    if log:
        grid[1, 0].set_xscale("log")
    factor = float(seconds[-1] / (transient.waveform.times[-1] * phase.compiled.scales.seconds))
    figure.legend(
        handles=line_and_mark("circuit", "ideal"), loc="outside lower center", ncols=2, handlelength=2.2
    )
    if not at_rest(transient):
        _mark_settling(list(grid.flat), transient.settling_measured * factor)
    return figure


@styled
def energy(phase: PhaseResult) -> Figure:
    """E(t) of circuit and ideal with the power in the springs, and below it their difference over E."""
    transient = _transient(phase)
    seconds, unit, log = _time(phase)
    keep = _shown(seconds, log)
    figure = Figure(figsize=(ONE_COLUMN, 3.3), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(1.0, 0.5))
    circuit = transient.waveform.energy
    ideal = transient.reference_energy
    dots = _dots(seconds, log)
    top.plot(seconds[keep], circuit[keep], color=COLOURS[0])
    top.plot(seconds[dots], ideal[dots], ls="", marker="o", color=INK, **HOLLOW)
    top.set_ylabel("energy $E$ (dimensionless)")
    if float(circuit.min()) < 0.3 * float(circuit.max()):
        top.set_ylim(bottom=0.0)
    _power_axis(top, phase, _largest(circuit))
    top.legend(handles=line_and_mark("circuit", "ideal", COLOURS[0]), loc="best", handlelength=2.2)
    apart = np.abs(circuit - ideal)[keep] / (max(_largest(ideal), _largest(circuit)) or 1.0)
    floor, ceiling = decades(apart, 0.0)
    bottom.plot(seconds[keep], np.maximum(apart, floor), color=INK, lw=0.8)
    bottom.set(yscale="log", ylim=(floor, ceiling), xlabel=f"time ({unit})")
    bottom.set_ylabel(r"$|\Delta E|$ / largest $E$")
    log_ticks(bottom)
    if log:
        bottom.set_xscale("log")
    figure.align_ylabels([top, bottom])
    return figure


def _largest(values: Floats) -> float:
    """The largest finite magnitude, 0 if there is none."""
    return float(finite_positive(np.abs(values)).max(initial=0.0))


def at_rest(transient: TransientResult) -> bool:
    """Whether the transient starts at its equilibrium, so that nothing settles."""
    return all(float(np.ptp(layer, axis=0).max(initial=0.0)) < 1e-9 for layer in transient.reference)


def _transient(phase: PhaseResult) -> TransientResult:
    if phase.transient is None:
        raise ValueError(f"phase {phase.phase!r} has no transient to draw")
    return phase.transient


def _shown_layers(phase: PhaseResult) -> list[int]:
    """Hidden layers with free nodes (else any such layer, else the output): first, last, some between."""
    free = [layer for layer, mask in enumerate(phase.compiled.clamps.free) if mask.any()]
    hidden = [layer for layer in free if 0 < layer < phase.compiled.network.depth]
    hidden = hidden or free or [phase.compiled.network.depth]
    picks = np.unique(np.linspace(0, len(hidden) - 1, min(MOST_LAYERS, len(hidden))).astype(int))
    return [hidden[int(k)] for k in picks]


def _time(phase: PhaseResult) -> tuple[Floats, str, bool]:
    """Times in a readable unit, its name, and whether a logarithmic axis shows them better."""
    transient = _transient(phase)
    seconds = transient.waveform.times * phase.compiled.scales.seconds
    last = float(seconds[-1])
    factor, prefix = engineering(last)
    settled = transient.settling_measured
    early = not at_rest(transient) and math.isfinite(settled) and 0.0 < settled < 0.12 * last
    return seconds * factor, f"{prefix}s", early


def _shown(times: Floats, log: bool) -> Bools:
    """Which instants are drawn: on a logarithmic axis its last four decades."""
    return np.asarray(times >= (1e-4 * times[-1] if log else times[0]))


def _dots(times: Floats, log: bool) -> Ints:
    """Indices of about `DOTS` instants spread evenly over the axis."""
    first = float(times[_shown(times, log)][0])
    last = float(times[-1])
    wanted = np.geomspace(first, last, DOTS) if log else np.linspace(first, last, DOTS)
    return nearest_instants(times, wanted)


def _waves(axes: Axes, phase: PhaseResult, layer: int, times: Floats, log: bool) -> None:
    transient = _transient(phase)
    circuit = transient.waveform.activities[layer]
    ideal = transient.reference[layer]
    volts = phase.compiled.scales.activity[layer]
    movers = largest_changes(np.ptp(ideal, axis=0), MOST_ACTIVITIES)
    factor, prefix = engineering(volts * _largest(ideal[:, movers]))
    dots = _dots(times, log)
    keep = _shown(times, log)
    keys = []
    for rank, i in enumerate(movers.tolist()):
        draw_line(axes, times[keep], volts * factor * circuit[keep, i], rank)
        draw_marks(axes, times[dots], volts * factor * ideal[dots, i], rank)
        keys.append(key(rank, f"$x_{{{i}}}$"))
    legend_above(axes, keys, MOST_ACTIVITIES)
    axes.set_title(f"layer {layer}", pad=17)
    axes.set_ylabel(f"V($x$) ({prefix}V)")


def _deviation(axes: Axes, phase: PhaseResult, layer: int, times: Floats, log: bool) -> None:
    transient = _transient(phase)
    waveform = next((c for c in transient.comparisons if c.quantity == "waveform"), None)
    apart = np.abs(transient.waveform.activities[layer] - transient.reference[layer]).max(axis=1)
    apart = apart / full_scale(waveform)
    tolerance = waveform.tolerance if waveform else math.nan
    floor, ceiling = decades(apart, tolerance, deepest=1e-5)
    keep = _shown(times, log) & (times > 0.0)
    axes.plot(times[keep], np.maximum(apart[keep], floor), color=INK, lw=0.8)
    axes.set(yscale="log", ylim=(floor, ceiling), ylabel="largest $|\\Delta x|$\n/ full scale")
    log_ticks(axes)
    tolerance_line(axes, tolerance)


def _mark_settling(panels: Sequence[Axes], settled: float) -> None:
    """A thin vertical line where the circuit has settled, with its name at the foot of the last panel."""
    if not math.isfinite(settled) or not 0.0 < settled < panels[0].get_xlim()[1]:
        return
    for axes in panels:
        axes.axvline(settled, color=INK, lw=0.6, ls=(0, (1, 2)), zorder=0)
    where: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
    panels[-1].annotate("settled", (settled, 0.0), (2, 2), va="bottom", fontsize=6, **where)


def _power_axis(axes: Axes, phase: PhaseResult, largest: float) -> None:
    """Watts in the springs on the right: sum of g V(eps)^2 = 2 E g_s (volts per unit)^2.

    Left out where layers have unlike volts per unit: the power is then no multiple of the energy.
    """
    volts = set(phase.compiled.scales.activity[1:])
    if len(volts) > 1:
        return
    watts = 2.0 * phase.compiled.design.technology.spring_conductance * volts.pop() ** 2
    factor, prefix = engineering(largest * watts)
    slope = watts * factor

    def times(e: Any) -> Any:
        return np.asarray(e) * slope

    def over(p: Any) -> Any:
        return np.asarray(p) / slope

    right = axes.secondary_yaxis("right", functions=(times, over))
    right.set_ylabel(f"power in the springs ({prefix}W)")
