"""The picture of a trial: waveforms through its phases, conductances while they are written, parity."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.arrays import Floats
from analog_pc.reporting.style import COLOURS, FULL_WIDTH, GREY, INK, engineering, styled
from analog_pc.testbench.compare import Agreement, Departure
from analog_pc.testbench.run import TrialResult
from analog_pc.testbench.trial import Trial
from analog_pc.testbench.twin import TwinResult

SHADES = ("#eef4fa", "#fdf3e7")  # of phases, in turn
MOST_OUTPUTS, MOST_HIDDEN, MOST_DEVICES = 5, 4, 6


@styled
def draw_trial(
    trial: Trial, result: TrialResult, twin: TwinResult, agreement: Agreement, departure: Departure
) -> Figure:
    """Above: activities, every part of the trial on an axis of its own.  Below: devices, parity, output."""
    figure = Figure(figsize=(FULL_WIDTH, 4.4), layout="constrained")
    above, below = np.asarray(figure.subfigures(2, 1))
    spans = _spans(trial)
    panels = above.subplots(1, len(spans), sharey=True, width_ratios=(1.0, 0.8, 1.2, 1.0))
    for axes, (name, start, end) in zip(panels, spans, strict=True):
        _waves(axes, trial, result, twin, name, start, end)
    panels[0].set_ylabel("activity")
    panels[-1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5), handlelength=1.6)
    writing, parity, output = below.subplots(1, 3, width_ratios=(1.25, 1.0, 1.0))
    _devices(writing, trial, result)
    _parity(parity, agreement)
    _output(output, trial, departure, twin)
    return figure


def _spans(trial: Trial) -> tuple[tuple[str, float, float], ...]:
    s = trial.schedule
    return (
        ("predict", 0.0, s.predict),
        ("learn", s.predict, s.held),
        ("write", s.held, s.released),
        ("predict again", s.released, s.duration),
    )


def _waves(
    axes: Axes, trial: Trial, result: TrialResult, twin: TwinResult, name: str, start: float, end: float
) -> None:
    """Outputs that move most, some hidden activities, within one part; dots: their ends in the twin."""
    inside = _within(result.times, start, end)
    factor, prefix = engineering(end - start)
    time = (result.times[inside] - start) * factor
    rest = {"predict": twin.predicted, "learn": twin.learned, "predict again": twin.again}.get(name)
    for layer, units in _shown(trial, result):
        for k, unit in enumerate(units):
            hidden = layer < trial.network.depth
            tint = GREY if hidden else COLOURS[k % len(COLOURS)]
            label = f"output {unit}" if not hidden else "hidden" if k == 0 else None
            axes.plot(time, result.activities[layer][inside, unit], color=tint, label=label, lw=1.0)
            if rest is not None:
                axes.plot(
                    [(end - start) * factor], [rest.activities[layer][0, unit]], "o", color=tint,
                    mfc="white", mew=0.8, clip_on=False, zorder=5,
                )  # fmt: skip
    if name == "write":
        _shade(axes, trial, start, factor)
    elif name == "learn":
        axes.set_facecolor(SHADES[1])
    axes.set(title=name, xlabel=f"time ({prefix}s)", xlim=(0.0, (end - start) * factor))


def _shown(trial: Trial, result: TrialResult) -> list[tuple[int, list[int]]]:
    """Layers and units: the first hidden ones, and the outputs whose prediction changes most."""
    depth = trial.network.depth
    output = result.activities[depth]
    change = np.abs(output[-1] - result.at(trial.schedule.predict, result.activities)[depth])
    most = np.sort(np.argsort(-change)[:MOST_OUTPUTS]).tolist()
    hidden = [(1, list(range(min(MOST_HIDDEN, trial.network.sizes[1]))))] if depth > 1 else []
    return [*hidden, (depth, most)]


def _within(times: Floats, start: float, end: float) -> slice:
    """Points of a part, and one to either side of it, so that lines reach its ends."""
    first, last = np.searchsorted(times, [start, end])
    return slice(max(int(first) - 1, 0), int(last) + 2)


def _shade(axes: Axes, trial: Trial, start: float, factor: float) -> None:
    """Phases of writing."""
    for k, (_, begin, end) in enumerate(trial.schedule.spans[2:-1]):
        axes.axvspan((begin - start) * factor, (end - start) * factor, color=SHADES[k % 2], lw=0.0, zorder=0)


def _name_phases(axes: Axes, trial: Trial, start: float, factor: float) -> None:
    for name, begin, end in trial.schedule.spans[2:-1]:
        axes.text(
            (0.5 * (begin + end) - start) * factor, 0.98, name, transform=axes.get_xaxis_transform(),
            ha="center", va="top", fontsize=6, color=INK,
        )  # fmt: skip


def _devices(axes: Axes, trial: Trial, result: TrialResult) -> None:
    """The devices that move most."""
    start, end = trial.schedule.held, trial.schedule.released
    inside = _within(result.times, start, end)
    factor, prefix = engineering(end - start)
    states = np.concatenate([w.reshape(len(result.times), -1) for w in result.forward], axis=1)
    order = np.argsort(-np.abs(states[-1] - states[0]))[:MOST_DEVICES]
    siemens = 1e6 * trial.device.conductance(states[inside][:, order] - states[0, order])
    for k in range(len(order)):
        axes.plot((result.times[inside] - start) * factor, siemens[:, k], color=COLOURS[k % len(COLOURS)])
    _shade(axes, trial, start, factor)
    _name_phases(axes, trial, start, factor)
    axes.set(
        xlabel=f"time ({prefix}s)", ylabel="change of conductance (µS)", title="devices that move most",
        xlim=(0.0, (end - start) * factor),
    )  # fmt: skip
    axes.margins(y=0.18)


def _parity(axes: Axes, agreement: Agreement) -> None:
    """Every device: the change in the circuit against that of the twin."""
    twin, circuit = 1e6 * agreement.twin, 1e6 * agreement.circuit
    ends = [min(twin.min(), circuit.min()), max(twin.max(), circuit.max())]
    axes.plot(ends, ends, color=INK, lw=0.6, zorder=1)
    axes.plot(twin, circuit, "o", ms=2.0, color=COLOURS[0], mew=0.0, alpha=0.6)
    axes.set(xlabel="twin (µS)", ylabel="ngspice (µS)", title=f"{len(twin)} devices: change")
    axes.text(
        0.04, 0.96, f"apart by {100.0 * agreement.of_change:.2g} %\nof the largest change",
        transform=axes.transAxes, ha="left", va="top", fontsize=6,
    )  # fmt: skip


def _output(axes: Axes, trial: Trial, departure: Departure, twin: TwinResult) -> None:
    """What was predicted, before and after, unit by unit."""
    unit = np.arange(len(trial.target))
    rows: list[tuple[Floats, str, str, str]] = [
        (trial.target, "_", INK, "target"),
        (departure.before, "o", GREY, "before"),
        (departure.again, "o", COLOURS[1], "after"),
        (twin.again.output[0], "x", COLOURS[0], "twin"),
        (departure.ideal, "+", COLOURS[2], "ideal rule"),
    ]
    for values, marker, colour, label in rows:
        size, edge = (9.0, 1.2) if marker == "_" else (4.0, 0.9)
        axes.plot(unit, values, marker, color=colour, label=label, mfc="none", ls="", ms=size, mew=edge)
    axes.set(xlabel="output unit", title="prediction", xticks=unit)
    axes.legend(loc="best", handlelength=1.0)
