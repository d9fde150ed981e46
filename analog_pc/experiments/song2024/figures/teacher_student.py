"""Loss of every student, at the learning rate at which the mean loss at the end is least."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import column_style, new_figure
from analog_pc.reporting.style import styled


@styled
def draw(result: Result) -> Figure:
    figure, axes = new_figure(55.0)
    for column in ("ideal", "backprop"):
        runs: dict[str, list[np.ndarray]] = {}
        for key in [k for k in result.data if k.startswith(f"{column}/lr")]:
            runs.setdefault(key.split("/")[1].split(",")[0], []).append(result.data[key])
        if not runs:
            continue
        rate = min(runs, key=lambda name: float(np.mean([loss[-1] for loss in runs[name]])))
        style = column_style(column)
        style |= {"lw": 0.8, "label": f"{style['label']}, {rate}"}
        for loss in runs[rate]:
            axes.plot(loss, **style)
            style["label"] = "_"
    axes.set(xlabel="epoch", ylabel="loss per point")
    axes.set_ylim(bottom=0.0)
    axes.legend()
    return figure
