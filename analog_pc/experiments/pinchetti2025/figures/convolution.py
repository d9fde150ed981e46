"""Test errors of the three networks by rule, and how many devices each needs."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.pinchetti2025.quantities import DEVICES, ERROR
from analog_pc.experiments.song2024.figures.columns import LOOKS, NAMES, letter, new_figure
from analog_pc.reporting.style import COLOURS, styled

NETWORKS = ("convolution", "copies", "perceptron")
ARRAYS = ("kernel alone", "convolution", "perceptron", "dense array")
LABELS = ("kernel,\nmultiplexed", "unrolled", "percep-\ntron", "unrolled,\ndense")


@styled
def draw(result: Result) -> Figure:
    figure, (errors, devices) = new_figure(62.0, 1, 2, width_ratios=(1.2, 1.0))
    for k, column in enumerate(result.columns(quantity(ERROR, network=NETWORKS[0]))):
        each = [result.data[column][quantity(ERROR, network=n)] for n in NETWORKS]
        at = np.arange(len(NETWORKS)) + 0.22 * (k - 1)
        colour = LOOKS[column]["color"]
        means = [e.mean() for e in each]
        errors.bar(at, means, width=0.2, alpha=0.35, color=colour, label=NAMES[column])
        for x, e in zip(at, each, strict=True):
            errors.plot(np.full(len(e), x), e, ".", ms=3, color=colour)
    errors.set_xticks(range(len(NETWORKS)), ["convo-\nlution", "copies", "percep-\ntron"])
    errors.set(ylabel="test error (%)")
    counts = [float(result.data["ideal"][quantity(DEVICES, array=a)][0]) for a in ARRAYS]
    bars = devices.barh(range(len(counts)), counts, color=COLOURS[0], alpha=0.6)
    devices.bar_label(bars, [f"{int(n)}" for n in counts], fontsize=6, padding=1)
    devices.set_xscale("log")
    devices.set_yticks(range(len(counts)), LABELS)
    devices.set(xlabel="devices", xlim=(50.0, 4e5))
    for panel, text in zip((errors, devices), "ab", strict=True):
        letter(panel, text)
    figure.legend(*errors.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
