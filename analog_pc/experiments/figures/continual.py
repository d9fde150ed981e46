"""Errors of the two tasks along learning in turns."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments.figures.look import letter, look, new_figure
from analog_pc.experiments.result import Result
from analog_pc.verify.report.style import styled


@styled
def draw(result: Result) -> Figure:
    figure, (current, other) = new_figure(55.0, 1, 2, sharey=True)
    rates = sorted(
        {key.split("/", 2)[2] for key in result.data if "native/curve/" in key or "/curve/" in key}
    )
    shown = next((r for r in rates if f"native/curve/{r}" in result.data), rates[0])
    for column, curve in result.columns(f"curve/{shown}").items():
        for axes, k in ((current, 0), (other, 1)):
            axes.plot(np.arange(1, len(curve) + 1), curve[:, k], **look(column))
    current.set(xlabel="epoch", ylabel="test error", title=f"task in turn, {shown}")
    other.set(xlabel="epoch", title="task at rest")
    letter(current, "a")
    letter(other, "b")
    figure.legend(*current.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
