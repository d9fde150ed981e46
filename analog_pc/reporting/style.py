"""The style of every figure: sizes, fonts, colours, axes and legends."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from analog_pc.arrays import ArrayLike, Floats

ONE_COLUMN = 3.4  # inches
FULL_WIDTH = 7.0

# Okabe and Ito, Color Universal Design (2008): safe for the colour-blind; shapes and dashes serve grey
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1.2, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P")
INK = "#222222"
GREY = "#8a8a8a"
HOLLOW: dict[str, Any] = {"markerfacecolor": "white", "markeredgewidth": 0.7}  # marks
FILLED: dict[str, Any] = {"color": COLOURS[0]}  # bars
HATCHED: dict[str, Any] = {"facecolor": "white", "edgecolor": COLOURS[1], "hatch": "/////"}

STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans", "sans-serif"],  # the second where a reader has not the first
    "mathtext.fontset": "dejavusans",
    "font.size": 7.0,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.0,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.formatter.useoffset": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.2,
    "hatch.linewidth": 0.5,
    "svg.fonttype": "path",  # within a page: the same everywhere, whatever fonts a reader has
    "pdf.fonttype": 42,  # whole fonts, which a vector editor can edit and journals ask for
    "svg.hashsalt": "analog_pc",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}
# Figures as files: text stays text, to be edited.
FILE_STYLE: dict[Any, Any] = {**STYLE, "svg.fonttype": "none"}

P = ParamSpec("P")


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in the style of the reports; the settings of the caller stay unchanged."""

    @functools.wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return inside


def decades(values: ArrayLike, ceiling: float, deepest: float = 1e-6) -> tuple[float, float]:
    """Limits of a logarithmic axis that shows `values` up to `ceiling`, at most `deepest` below it."""
    found = finite_positive(values)
    top = (
        max(float(found.max(initial=0.0)), ceiling if math.isfinite(ceiling) and ceiling > 0.0 else 0.0)
        or 1.0
    )
    low = max(float(found.min(initial=top)), deepest * top)
    return 10.0 ** math.floor(math.log10(low) - 0.2), 10.0 ** math.ceil(math.log10(top) + 0.3)


def log_ticks(axes: Axes) -> None:
    """A few labelled decades on the logarithmic y axis, evenly spaced."""
    axes.yaxis.set_major_locator(LogLocator(numticks=5))
    axes.yaxis.set_minor_locator(NullLocator())


def finite_positive(values: ArrayLike) -> Floats:
    """The finite values above zero, flat."""
    array = np.ravel(np.asarray(values, dtype=np.float64))
    return np.asarray(array[np.isfinite(array) & (array > 0.0)])


def tolerance_line(axes: Axes, tolerance: float, text: str = "tolerance") -> None:
    """A dashed horizontal line with its name on it."""
    if math.isfinite(tolerance) and tolerance > 0.0:
        axes.axhline(tolerance, color=INK, lw=0.7, ls=(0, (4, 2)), zorder=1)
        axes.annotate(
            text, (1.0, tolerance), xycoords=("axes fraction", "data"), xytext=(-1, 1.5),
            textcoords="offset points", ha="right", va="bottom", fontsize=6,
        )  # fmt: skip


def legend_below(figure: Figure, panels: Iterable[Axes], columns: int, order: Sequence[str] = ()) -> None:
    """One legend for several panels below the figure, each label once; `order` names the labels in order."""
    keys: dict[str, Any] = {}
    for axes in panels:
        for key, label in zip(*axes.get_legend_handles_labels(), strict=True):
            keys.setdefault(label, key)
    labels = [label for label in order if label in keys] or list(keys)
    if labels:
        figure.legend([keys[label] for label in labels], labels, loc="outside lower center", ncols=columns)
