"""Figures as files: text that an editor can edit."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from analog_pc.reporting.figures import save_figure, svg
from analog_pc.reporting.style import styled


@styled
def drawn() -> Figure:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1.0, 2.0])
    axes.set_title("settling")
    return figure


def test_text_stays_text_in_files(tmp_path: Path) -> None:
    vector, document = save_figure(drawn(), tmp_path / "figure")
    text = vector.read_text()
    assert ">settling</text>" in text
    assert "sans-serif" in text  # where a reader has not our font
    raw = document.read_bytes()
    assert b"/FontFile2" in raw  # TrueType, type 42
    assert b"/Type3" not in raw


def test_on_a_page_it_is_drawn_and_needs_no_font() -> None:
    assert "<text" not in svg(drawn(), "a")
