"""The picture of a continuous trial: activities and weights over time, circuit and equation."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.arrays import Floats
from analog_pc.reporting.style import COLOURS, FULL_WIDTH, INK, styled
from analog_pc.testbench.continuous.run import Waveforms
from analog_pc.testbench.continuous.testbench import ContinuousTestbench

SHADE = "#fdf3e7"
MOST = 6
DOTS = 18


@styled
def draw_continuous(bench: ContinuousTestbench, circuit: Waveforms, ode: Waveforms) -> Figure:
    """Output, and the weights that change most; lines: circuit, dots: equation.

    Parameters
    ----------
    bench
        The testbench that was simulated.
    circuit, ode
        Waveforms of the circuit, and of the differential equation at the same times.
    """
    figure = Figure(figsize=(FULL_WIDTH, 2.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    points = len(circuit.times)
    weights = [np.concatenate([w.reshape(points, -1) for w in one.weights], axis=1) for one in (circuit, ode)]
    change = weights[1][-1] - weights[1][0]
    most = np.argsort(-np.abs(change))[:MOST]
    _waves(left, circuit.times, circuit.activities[-1][:, :MOST], ode.activities[-1][:, :MOST])
    _waves(right, circuit.times, weights[0][:, most], weights[1][:, most])
    for axes, label in ((left, "output"), (right, "weights that change most")):
        axes.axvspan(bench.predict, bench.predict + bench.learn, color=SHADE, lw=0.0, zorder=0)
        axes.set(xlabel=r"time ($\tau$)", ylabel=label, xlim=(0.0, circuit.times[-1]))
    left.text(
        bench.predict + 0.5 * bench.learn, 0.99, "target shown", transform=left.get_xaxis_transform(),
        ha="center", va="top", fontsize=6, color=INK,
    )  # fmt: skip
    left.margins(y=0.12)
    return figure


def _waves(axes: Axes, times: Floats, circuit: Floats, ode: Floats) -> None:
    dots = np.unique(np.searchsorted(times, np.linspace(0.0, times[-1], DOTS)[1:-1]))
    for k, (line, points) in enumerate(zip(circuit.T, ode.T, strict=True)):
        colour = COLOURS[k % len(COLOURS)]
        axes.plot(times, line, color=colour)
        axes.plot(times[dots], points[dots], "o", color=colour, mfc="white", mew=0.7, ms=2.6)
