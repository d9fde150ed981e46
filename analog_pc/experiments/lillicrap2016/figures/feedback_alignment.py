"""Test error and angle between feedback weights and weights over training, by content of the array."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array, Result
from analog_pc.reporting.style import COLOURS, DASHES, FULL_WIDTH, styled

CONTENTS = {"copied": "copied", "inexact": "copied, 20 % error", "random": "random, never written"}
LOOKS: dict[str, dict[str, Any]] = {
    content: {"color": COLOURS[k], "ls": DASHES[k], "label": content}
    for k, content in enumerate(CONTENTS.values())
}


def content_of(what: str, content: str) -> Quantity:
    """Arrays "errors" [seeds, epochs] and "angles" [seeds, epochs + 1] of a content."""
    return quantity(f"{what} with the transposed array {{content}}", content=content)


@styled
def draw(result: Result) -> Figure:
    """Both panels, mean and range over seeds."""
    figure = Figure(figsize=(0.72 * FULL_WIDTH, 58.0 / 25.4), layout="constrained")
    errors, angles = figure.subplots(1, 2)
    data = result.data.get("ideal", {})
    for content in CONTENTS.values():
        if content_of("errors", content) not in data:
            continue
        wrong = 100.0 * data[content_of("errors", content)]
        _mean_and_range(errors, np.arange(1, wrong.shape[1] + 1), wrong, content)
        turned = data[content_of("angles", content)]
        _mean_and_range(angles, np.arange(turned.shape[1]), turned, content)
    errors.set(xlabel="epoch", ylabel="test error / %", yscale="log")
    errors.set_yticks([3, 5, 10, 20, 50, 90], labels=["3", "5", "10", "20", "50", "90"])
    errors.yaxis.set_minor_formatter(NullFormatter())
    angles.set(xlabel="epoch", ylabel="angle between $B$ and $W^T$ / °", ylim=(-3.0, 100.0))
    angles.set_yticks([0, 30, 60, 90])
    figure.legend(*errors.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _mean_and_range(axes: Axes, x: Array, each: Array, content: str) -> None:
    axes.plot(x, each.mean(axis=0), **LOOKS[content])
    axes.fill_between(x, each.min(axis=0), each.max(axis=0), color=LOOKS[content]["color"], alpha=0.15, lw=0)
