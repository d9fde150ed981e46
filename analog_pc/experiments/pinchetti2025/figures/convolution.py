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
LABELS = ("kernel,\nmultiplexed", "unrolled", "perceptron", "unrolled,\ndense")


@styled
def draw(result: Result) -> Figure:
    figure, (errors, devices) = new_figure(62.0, 1, 2, width_ratios=(1.2, 1.0))
    for k, column in enumerate(result.columns(quantity(ERROR, network=NETWORKS[0]))):
        each = [result.data[column][quantity(ERROR, network=n)] for n in NETWORKS]
        at = np.arange(len(NETWORKS)) + 0.22 * (k - 1)
        look = {key: LOOKS[column][key] for key in ("color",)}
        means = [e.mean() for e in each]
        errors.bar(at, means, width=0.2, alpha=0.35, **look, label=NAMES[column])
        for x, e in zip(at, each, strict=True):
            errors.plot(np.full(len(e), x), e, ".", ms=3, **look)
    errors.set_xticks(range(len(NETWORKS)), ["convolution", "copies", "percep-\ntron"])
    errors.set(ylabel="test error (%)")
    counts = [float(result.data["ideal"][quantity(DEVICES, array=a)][0]) for a in ARRAYS]
    bars = devices.bar(range(len(counts)), counts, color=COLOURS[0], alpha=0.6)
    devices.bar_label(bars, [f"{int(n)}" for n in counts], fontsize=6)
    devices.set_yscale("log")
    devices.set_xticks(range(len(counts)), LABELS, fontsize=5.5)
    devices.set(ylabel="devices of the first layer", ylim=(50.0, 60000.0))
    for panel, text in zip((errors, devices), "ab", strict=True):
        letter(panel, text)
    figure.legend(*errors.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
