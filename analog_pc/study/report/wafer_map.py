"""The yield over the places of a wafer."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from analog_pc.arrays import Floats
from analog_pc.reporting.style import FULL_WIDTH, INK, styled
from analog_pc.study.report.sentences import values_text
from analog_pc.study.results import Combination, Results

PANELS = 6  # combinations that are drawn
ACROSS = 3  # panels beside each other


def good_at(results: Results, combination: Combination) -> Floats:
    """Share of the lots whose chip at each place keeps all limits, [dies]; NaN where there is no chip."""
    study = results.study
    assert study.wafer is not None
    dies = study.wafer.dies
    good = np.zeros(dies)
    chips = np.zeros(dies)
    for chip in combination.chips:
        place = (chip.point.chip - study.seed) % dies
        chips[place] += 1.0
        good[place] += not study.limits.broken(chip.row.measured)
    share: Floats = np.full(dies, np.nan)
    np.divide(good, chips, out=share, where=chips > 0.0)
    return share


@styled
def wafer_map(results: Results) -> Figure:
    """Yield at every place of the wafer, a panel for each of the first combinations."""
    wafer = results.study.wafer
    assert wafer is not None
    shown = results.combinations[:PANELS]
    columns = min(len(shown), ACROSS)
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(FULL_WIDTH, 0.5 + 2.2 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    pitch = wafer.pitch
    for axes, one in zip(panels, shown, strict=False):
        squares = [Rectangle((x - 0.5 * pitch, y - 0.5 * pitch), pitch, pitch) for x, y in wafer.places]
        dies = PatchCollection(squares, cmap="viridis", edgecolor="white", linewidth=0.5)
        dies.set_array(np.ma.masked_invalid(100.0 * good_at(results, one)))
        dies.set_clim(0.0, 100.0)
        axes.add_collection(dies)
        axes.add_patch(Circle((0.0, 0.0), 1.0, fill=False, color=INK, lw=0.8))
        axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), aspect="equal")
        axes.set_title(values_text(one.values), fontsize=7)
        axes.set_axis_off()
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    lots = -(-results.study.chips_each // wafer.dies)
    text = f"yield over {lots} lots (%)" if lots > 1 else "yield of one lot (%)"
    figure.colorbar(dies, ax=list(panels), label=text, shrink=0.8)
    return figure
