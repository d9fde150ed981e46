"""Waveforms in figures: one run as lines, another one as hollow marks at a few instants."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analog_pc.arrays import Floats, Ints
from analog_pc.reporting.style import COLOURS, DASHES, HOLLOW, INK, MARKERS


def largest_changes(change: Floats, most: int) -> Ints:
    """Indices of the `most` largest values of `change` [n], in rising order."""
    return np.sort(np.argsort(-change, kind="stable")[:most])


def nearest_instants(times: Floats, wanted: Floats) -> Ints:
    """Indices of the first instants at or after `wanted`, each once."""
    return np.unique(np.clip(np.searchsorted(times, wanted), 0, len(times) - 1))


def draw_line(axes: Axes, times: Floats, values: Floats, rank: int) -> None:
    """A waveform as a line in the colour and dash of its rank."""
    axes.plot(times, values, color=COLOURS[rank], ls=DASHES[rank])


def draw_marks(axes: Axes, times: Floats, values: Floats, rank: int) -> None:
    """A waveform as hollow marks in the colour and shape of its rank."""
    axes.plot(times, values, color=COLOURS[rank], marker=MARKERS[rank], ls="", **HOLLOW)


def key(rank: int, label: str) -> Line2D:
    """The legend entry of a rank: its line with its mark."""
    return Line2D([], [], color=COLOURS[rank], marker=MARKERS[rank], ls=DASHES[rank], label=label, **HOLLOW)


def legend_above(axes: Axes, keys: list[Line2D], columns: int) -> None:
    """The legend of one panel, between its frame and its title."""
    place: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 0.985)}
    axes.legend(handles=keys, ncols=columns, handlelength=2.4, **place)


def line_and_mark(line: str, mark: str, colour: str = INK) -> list[Line2D]:
    """Legend entries of the run that is drawn as lines and of the run that is drawn as marks."""
    return [
        Line2D([], [], color=colour, label=line),
        Line2D([], [], ls="", marker="o", color=INK, label=mark, **HOLLOW),
    ]
