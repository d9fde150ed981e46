"""Length of the way against displacement, a line for each network, at the largest learning rate."""

from __future__ import annotations

from matplotlib.figure import Figure

from analog_pc.experiments.framework.result import COLUMNS, Result
from analog_pc.experiments.song2024.figures.columns import column_style, data_name, new_figure
from analog_pc.reporting.style import styled


@styled
def draw(result: Result) -> Figure:
    figure, axes = new_figure(55.0)
    rates = sorted({key.split("/")[1].split(",")[0] for key in result.data}, key=lambda name: float(name[3:]))
    for column in COLUMNS:
        style = {**column_style(column), "lw": 0.9}
        for key in [k for k in result.data if k.startswith(f"{column}/{rates[-1]},")]:
            axes.plot(*result.data[key].T, **style)
            style["label"] = "_"
    axes.set(xlabel="distance of the weights from their start", ylabel=f"length of their way ({rates[-1]})")
    axes.set_title(data_name(result))
    axes.legend(loc="upper left")
    return figure
