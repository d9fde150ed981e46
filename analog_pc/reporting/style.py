"""How every figure looks: sizes, fonts, colours, units, and the way to inline SVG."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.files import write_bytes
from analog_pc.si import engineering as engineering
from analog_pc.si import si as si

ONE_COLUMN, FULL_WIDTH = 3.4, 7.0  # inches

# Okabe and Ito, Color Universal Design (2008): safe for the colour-blind; shapes and dashes serve grey
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1.2, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P")
INK, GREY = "#222222", "#8a8a8a"

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
    """Draw in the house style, and leave the settings of the caller alone."""

    @functools.wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return inside


def svg(figure: Figure, prefix: str) -> str:
    """The figure as an ``<svg>`` element whose ids all start with `prefix`, so that many fit on one page."""
    out = StringIO()
    with matplotlib.rc_context(STYLE):
        bare = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(out, format="svg", metadata=bare)
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = text.replace('href="#', f'href="#{prefix}-').replace("url(#", f"url(#{prefix}-")
    return text.strip()


def save_figure(figure: Figure, stem: Path) -> tuple[Path, Path]:
    """The figure as SVG and PDF beside each other, without dates; `stem` has no suffix."""
    saved = stem.with_suffix(".svg"), stem.with_suffix(".pdf")
    for path, date in zip(saved, ("Date", "CreationDate"), strict=True):
        drawn = BytesIO()
        with matplotlib.rc_context(FILE_STYLE):
            figure.savefig(drawn, format=path.suffix[1:], metadata={date: None})
        write_bytes(path, drawn.getvalue())
    return saved


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
