"""Figures on pages and as files."""

from __future__ import annotations

import re
from io import BytesIO, StringIO
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from analog_pc.files import write_bytes
from analog_pc.reporting.style import FILE_STYLE, STYLE

_DATES = {"svg": "Date", "pdf": "CreationDate"}
KINDS = tuple(_DATES)


def svg(figure: Figure, prefix: str) -> str:
    """The figure as an ``<svg>`` element; all its ids start with `prefix`, so that a page can hold many."""
    out = StringIO()
    with matplotlib.rc_context(STYLE):
        no_metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(out, format="svg", metadata=no_metadata)
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = text.replace('href="#', f'href="#{prefix}-').replace("url(#", f"url(#{prefix}-")
    return text.strip()


def figure_content(figure: Figure, kind: str) -> bytes:
    """The content of a figure file without a date, `kind` "svg" or "pdf"; text in it stays text."""
    out = BytesIO()
    with matplotlib.rc_context(FILE_STYLE):
        figure.savefig(out, format=kind, metadata={_DATES[kind]: None})
    return out.getvalue()


def figure_contents(figure: Figure, stem: str) -> dict[str, bytes]:
    """File name -> content of the figure as ``stem.svg`` and ``stem.pdf``."""
    return {f"{stem}.{kind}": figure_content(figure, kind) for kind in KINDS}


def save_figure(figure: Figure, stem: Path) -> tuple[Path, ...]:
    """Write the figure as SVG and PDF beside each other; `stem` has no suffix."""
    contents = figure_contents(figure, stem.name)
    for name, content in contents.items():
        write_bytes(stem.parent / name, content)
    return tuple(stem.parent / name for name in contents)
