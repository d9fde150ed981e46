"""The picture of a trial: waveforms through its phases, conductances while they are written, parity."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.arrays import Floats
from analog_pc.reporting.style import COLOURS, FULL_WIDTH, GREY, INK, styled
from analog_pc.si import engineering
from analog_pc.testbench.behavioural_model import ModelResult
from analog_pc.testbench.compare import Agreement, RuleDeviation
from analog_pc.testbench.run import LearningWaveforms
from analog_pc.testbench.testbench import LearningTestbench

SHADES = ("#eef4fa", "#fdf3e7")  # of phases, in turn
MOST_OUTPUTS = 5
MOST_HIDDEN = 4
MOST_DEVICES = 6


@styled
def draw_testbench(
    bench: LearningTestbench,
    result: LearningWaveforms,
    model: ModelResult,
    agreement: Agreement,
    deviation: RuleDeviation,
) -> Figure:
    """Above: activities, every part of the trial on an axis of its own.  Below: devices, parity, output.

    Parameters
    ----------
    bench
        The testbench that was simulated.
    result
        Waveforms of the circuit.
    model
        What the behavioural model gives.
    agreement, deviation
        What `compare_with_model` and `compare_with_rule` found.
    """
    figure = Figure(figsize=(FULL_WIDTH, 4.4), layout="constrained")
    above, below = np.asarray(figure.subfigures(2, 1))
    spans = _spans(bench)
    panels = above.subplots(1, len(spans), sharey=True, width_ratios=(1.0, 0.8, 1.2, 1.0))
    for axes, (name, start, end) in zip(panels, spans, strict=True):
        _waves(axes, bench, result, model, name, start, end)
    panels[0].set_ylabel("activity")
    panels[-1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5), handlelength=1.6)
    encoding, parity, output = below.subplots(1, 3, width_ratios=(1.25, 1.0, 1.0))
    _devices(encoding, bench, result)
    _parity(parity, agreement)
    _output(output, bench, deviation, model)
    return figure


def _spans(bench: LearningTestbench) -> tuple[tuple[str, float, float], ...]:
    s = bench.schedule
    return (
        ("predict", 0.0, s.predict),
        ("learn", s.predict, s.held),
        ("write", s.held, s.released),
        ("predict again", s.released, s.duration),
    )


def _waves(
    axes: Axes,
    bench: LearningTestbench,
    result: LearningWaveforms,
    model: ModelResult,
    name: str,
    start: float,
    end: float,
) -> None:
    """Outputs that move most and some hidden activities in one phase; dots: the behavioural model's ends."""
    inside = _within(result.times, start, end)
    factor, prefix = engineering(end - start)
    time = (result.times[inside] - start) * factor
    equilibrium = {"predict": model.predicted, "learn": model.learned, "predict again": model.again}.get(name)
    for layer, shown in _shown(bench, result):
        for k, unit in enumerate(shown):
            hidden = layer < bench.network.depth
            tint = GREY if hidden else COLOURS[k % len(COLOURS)]
            label = f"output {unit}" if not hidden else "hidden" if k == 0 else None
            axes.plot(time, result.activities[layer][inside, unit], color=tint, label=label, lw=1.0)
            if equilibrium is not None:
                axes.plot(
                    [(end - start) * factor], [equilibrium.activities[layer][0, unit]], "o", color=tint,
                    mfc="white", mew=0.8, clip_on=False, zorder=5,
                )  # fmt: skip
    if name == "write":
        _shade(axes, bench, start, factor)
    elif name == "learn":
        axes.set_facecolor(SHADES[1])
    axes.set(title=name, xlabel=f"time ({prefix}s)", xlim=(0.0, (end - start) * factor))


def _shown(bench: LearningTestbench, result: LearningWaveforms) -> list[tuple[int, list[int]]]:
    """Layers and units: the first hidden ones, and the outputs whose prediction changes most."""
    depth = bench.network.depth
    output = result.activities[depth]
    change = np.abs(output[-1] - result.at(bench.schedule.predict, result.activities)[depth])
    most = np.sort(np.argsort(-change)[:MOST_OUTPUTS]).tolist()
    hidden = [(1, list(range(min(MOST_HIDDEN, bench.network.sizes[1]))))] if depth > 1 else []
    return [*hidden, (depth, most)]


def _within(times: Floats, start: float, end: float) -> slice:
    """Points of a part, and one to either side of it, so that lines reach its ends."""
    first, last = np.searchsorted(times, [start, end])
    return slice(max(int(first) - 1, 0), int(last) + 2)


def _shade(axes: Axes, bench: LearningTestbench, start: float, factor: float) -> None:
    """Phases of writing."""
    for k, (_, begin, end) in enumerate(bench.schedule.spans[2:-1]):
        axes.axvspan((begin - start) * factor, (end - start) * factor, color=SHADES[k % 2], lw=0.0, zorder=0)


def _name_phases(axes: Axes, bench: LearningTestbench, start: float, factor: float) -> None:
    for name, begin, end in bench.schedule.spans[2:-1]:
        axes.text(
            (0.5 * (begin + end) - start) * factor, 0.98, name, transform=axes.get_xaxis_transform(),
            ha="center", va="top", fontsize=6, color=INK,
        )  # fmt: skip


def _devices(axes: Axes, bench: LearningTestbench, result: LearningWaveforms) -> None:
    """The devices that move most."""
    start = bench.schedule.held
    end = bench.schedule.released
    inside = _within(result.times, start, end)
    factor, prefix = engineering(end - start)
    states = np.concatenate([w.reshape(len(result.times), -1) for w in result.forward], axis=1)
    order = np.argsort(-np.abs(states[-1] - states[0]))[:MOST_DEVICES]
    siemens = 1e6 * bench.device.conductance(states[inside][:, order] - states[0, order])
    for k in range(len(order)):
        axes.plot((result.times[inside] - start) * factor, siemens[:, k], color=COLOURS[k % len(COLOURS)])
    _shade(axes, bench, start, factor)
    _name_phases(axes, bench, start, factor)
    axes.set(
        xlabel=f"time ({prefix}s)", ylabel="change of conductance (µS)", title="devices that move most",
        xlim=(0.0, (end - start) * factor),
    )  # fmt: skip
    axes.margins(y=0.18)


def _parity(axes: Axes, agreement: Agreement) -> None:
    """Every device: the change in the circuit against the change in the behavioural model."""
    model = 1e6 * agreement.model
    circuit = 1e6 * agreement.circuit
    ends = [min(model.min(), circuit.min()), max(model.max(), circuit.max())]
    axes.plot(ends, ends, color=INK, lw=0.6, zorder=1)
    axes.plot(model, circuit, "o", ms=2.0, color=COLOURS[0], mew=0.0, alpha=0.6)
    axes.set(xlabel="behavioural model (µS)", ylabel="ngspice (µS)", title=f"{len(model)} devices: change")
    axes.text(
        0.04, 0.96, f"apart by {100.0 * agreement.of_change:.2g} %\nof the largest change",
        transform=axes.transAxes, ha="left", va="top", fontsize=6,
    )  # fmt: skip


def _output(axes: Axes, bench: LearningTestbench, deviation: RuleDeviation, model: ModelResult) -> None:
    """What was predicted, before and after, unit by unit."""
    unit = np.arange(len(bench.target))
    rows: list[tuple[Floats, str, str, str]] = [
        (bench.target, "_", INK, "target"),
        (deviation.before, "o", GREY, "before"),
        (deviation.again, "o", COLOURS[1], "after"),
        (model.again.output[0], "x", COLOURS[0], "behavioural model"),
        (deviation.ideal, "+", COLOURS[2], "ideal rule"),
    ]
    for values, marker, colour, label in rows:
        size, edge = (9.0, 1.2) if marker == "_" else (4.0, 0.9)
        axes.plot(unit, values, marker, color=colour, label=label, mfc="none", ls="", ms=size, mew=edge)
    axes.set(xlabel="output unit", title="prediction", xticks=unit)
    axes.legend(loc="best", handlelength=1.0)
