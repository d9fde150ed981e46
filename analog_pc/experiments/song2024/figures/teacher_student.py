"""Loss of every student, at the learning rate at which the mean loss at the end is least."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import named, numbers
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import column_style, new_figure
from analog_pc.reporting.style import styled

LOSS = "loss"  # at a learning rate, of a student: [epochs + 1]


@styled
def draw(result: Result) -> Figure:
    figure, axes = new_figure(55.0)
    for column in ("ideal", "backprop"):
        arrays = result.data.get(column, {})
        rates = numbers(arrays, LOSS, "lr")
        if not rates:
            continue
        losses = {lr: [arrays[loss] for loss in named(arrays, LOSS, lr=lr)] for lr in rates}
        means = {lr: float(np.mean([loss[-1] for loss in each])) for lr, each in losses.items()}
        best = min(means, key=means.__getitem__)
        style = column_style(column)
        style |= {"lw": 0.8, "label": f"{style['label']}, lr {best:g}"}
        for loss in losses[best]:
            axes.plot(loss, **style)
            style["label"] = "_"
    axes.set(xlabel="epoch", ylabel="loss per point")
    axes.set_ylim(bottom=0.0)
    axes.legend()
    return figure
