"""Errors of updates by graph, early writes with and without levels, and what identity skips cost."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import WIDTH, letter
from analog_pc.reporting.style import COLOURS, DASHES, GREY, INK, MARKERS, log_ticks, styled

LEVELLED = ("levelled", "as drawn")
DELAYS = quantity("delays of the write")
ALIGNED = quantity("smallest cosine of an early write with the gradient")
SETTLING = quantity("slowest mode, g_s / C")
GRAPHS = ("chain", "skip", "diamond", "rnn")
ERRORS = (  # id of the row, column, name, look
    ("fixed-prediction-error@graph={graph}", "backprop", "fixed prediction", (MARKERS[3], GREY)),
    ("z-il-error@graph={graph},levelled", "ideal", "Z-IL, levelled", (MARKERS[0], COLOURS[0])),
    ("z-il-error@graph={graph}", "ideal", "Z-IL, as drawn", (MARKERS[1], COLOURS[1])),
)
CHAINS = {"plain": "plain", "half": "plain, W/2", "residual": "residual", "mupc": r"residual, W/$\sqrt{L}$"}
FLOOR = 1e-17  # an error of exactly 0 stands here


@styled
def draw(result: Result) -> Figure:
    figure = Figure(figsize=(2.0 * WIDTH, 62.0 / 25.4), layout="constrained")
    errors, angles, settling = figure.subplots(1, 3)
    _errors(errors, result)
    _angles(angles, result)
    _settling(settling, result)
    for axes, panel in ((errors, "a"), (angles, "b"), (settling, "c")):
        letter(axes, panel)
    return figure


def _errors(axes: Axes, result: Result) -> None:
    """Relative error of the worst matrix, by graph."""
    rows = {row.id: row for row in result.rows}
    for k, (name, column, label, (marker, colour)) in enumerate(ERRORS):
        points = []
        for at, graph in enumerate(GRAPHS):
            row = rows.get(name.format(graph=graph))
            value = None if row is None else getattr(row, column)
            if value is not None:
                points.append((at + 0.2 * (k - 1), max(value, FLOOR)))
        if points:
            axes.semilogy(
                *zip(*points, strict=True), ls="none", marker=marker, color=colour, ms=4.5, label=label
            )
    axes.axhline(1e-12, color=INK, lw=0.7, ls=DASHES[1])
    axes.annotate("claimed: $10^{-12}$", (-0.4, 1e-12), xytext=(0, 2), textcoords="offset points", fontsize=6)
    axes.set_xticks(range(len(GRAPHS)), GRAPHS)
    axes.set(xlim=(-0.5, len(GRAPHS) - 0.5), ylim=(1e-17, 1e8), ylabel="error of the worst update, relative")
    log_ticks(axes)
    axes.legend(loc="upper left")


def _angles(axes: Axes, result: Result) -> None:
    """Angle between an early write and the gradient, of the graph with a skip."""
    looks: dict[str, dict[str, Any]] = {"ideal": {"ls": DASHES[0]}, "native": {"ls": DASHES[2], "lw": 2.0}}
    points: dict[str, Any] = {"ls": "none", "marker": MARKERS[0], "mfc": "white"}
    for levels, colour in zip(LEVELLED, COLOURS, strict=False):
        for column, cosines in result.columns(ALIGNED.at(levels=levels)).items():
            angle = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
            delays = result.data[column][DELAYS]
            axes.semilogx(delays, angle, color=colour, **looks.get(column, points))
            if column == "ideal":
                axes.annotate(levels, (delays[0], angle[0]), xytext=(2, 9), textcoords="offset points",
                              color=colour)  # fmt: skip
    for column in result.columns(ALIGNED.at(levels=LEVELLED[0])):
        axes.plot([], [], color=INK, label=column, **looks.get(column, points))
    axes.set(xlabel=r"delay of the write / $\tau$", ylabel="worst angle to the gradient / degrees")
    axes.set_ylim(0.0, 95.0)
    axes.legend(loc="upper left")


def _settling(axes: Axes, result: Result) -> None:
    """1 / lambda_min against the number of hidden populations; free outputs dotted."""
    depths = result.data.get("ideal", {}).get(quantity("depths"))
    if depths is None:
        return
    for (kind, name), colour, marker in zip(CHAINS.items(), COLOURS, MARKERS, strict=False):
        for output, dashes in (("clamped", DASHES[0]), ("free", DASHES[2])):
            rates = result.data["ideal"][SETTLING.at(chain=kind, output=output)]
            label = name if output == "clamped" else None
            axes.loglog(depths, 1.0 / rates, color=colour, marker=marker, ls=dashes, label=label)
    axes.set_xticks(depths, [str(n) for n in depths.tolist()])
    axes.minorticks_off()
    axes.set(xlabel="hidden populations", ylabel=r"slowest time constant / $\tau$")
    axes.legend(loc="upper left", title="output clamped; free: dotted", title_fontsize=6)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high**1.45)
