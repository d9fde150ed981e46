"""How the pictures of trials are saved."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from analog_pc.files import replacing
from analog_pc.verify.report.style import STYLE


def save_figure(figure: Figure, stem: Path) -> list[Path]:
    """A figure as SVG and PDF beside each other, without dates."""
    found = []
    for kind, dates in (("svg", {"Date": None}), ("pdf", {"CreationDate": None})):
        path = stem.with_suffix(f".{kind}")
        with replacing(path) as temporary, matplotlib.rc_context({**STYLE, "pdf.fonttype": 42}):
            figure.savefig(temporary, format=kind, metadata=dates)
        found.append(path)
    return found
