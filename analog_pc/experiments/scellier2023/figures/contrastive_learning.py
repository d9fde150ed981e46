"""Test error along training for each rule, and the last errors of every seed."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.quantity import named, quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import letter
from analog_pc.reporting.style import styled

CURVE = quantity("curve")  # of a rule: errors [seeds, epochs]
EXACT = "exact"
COLORS = {"cl": "C7", "ep": "C0", "cpl": "C1", EXACT: "k"}
TICKS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100)  # %
LINES = {"p": ":", "n": "--", "c": "-"}


@styled
def draw(result: Result) -> Figure:
    curves = _curves(result)
    figure = Figure(figsize=(170.0 / 25.4, 72.0 / 25.4), layout="constrained")
    along, last = figure.subplots(1, 2)
    for rule, errors in curves.items():
        sign, _, family = rule.rpartition("-")
        style = LINES.get(sign, "-")
        epochs = np.arange(1, errors.shape[1] + 1)
        along.plot(epochs, 100.0 * errors.mean(axis=0), style, color=COLORS[family], label=_label(rule))
    along.set(xlabel="epoch", ylabel="test error, %")
    _percent_scale(along)
    _seeds(last, curves)
    figure.legend(*along.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    letter(along, "a")
    letter(last, "b")
    return figure


def _curves(result: Result) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    for column in ("ideal", "backprop"):
        arrays = result.data.get(column, {})
        found |= {str(q["rule"]): np.asarray(arrays[q]) for q in named(arrays, CURVE.name)}
    return found


def _seeds(axes: Axes, curves: dict[str, Floats]) -> None:
    for place, (rule, errors) in enumerate(curves.items()):
        last = 100.0 * errors[:, -1]
        color = COLORS[rule.rpartition("-")[2]]
        axes.plot(np.full(len(last), place), last, ".", color=color)
        axes.plot([place - 0.3, place + 0.3], [last.mean()] * 2, color=color)
    axes.set_xticks(range(len(curves)), [_label(rule) for rule in curves], rotation=45, ha="right")
    axes.set(ylabel="test error after training, %")
    _percent_scale(axes)


def _percent_scale(axes: Axes) -> None:
    """Logarithmic, with plain numbers."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    ticks = [tick for tick in TICKS if low <= tick <= high]
    axes.set_yticks(ticks, [f"{tick}" for tick in ticks])
    axes.yaxis.set_minor_locator(NullLocator())


def _label(rule: str) -> str:
    return "exact gradient" if rule == EXACT else rule.upper().replace("CPL", "CpL")
