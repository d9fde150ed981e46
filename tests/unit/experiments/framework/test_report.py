"""The page of an experiment says what its result says, and needs nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from matplotlib.figure import Figure

from analog_pc.experiments import Result, Row, quantity
from analog_pc.experiments.framework.report import write_page
from analog_pc.experiments.framework.report.page import summary, verdict
from analog_pc.experiments.framework.result import AGREES, COLUMNS, DIFFERS, NOT_SHOWN

GOOD = Row(quantity("way < distance"), 1.0, 1.25, None, None, 2.0, 0.5, AGREES)
BAD = Row(quantity("dip"), 3.0, 1.0, None, None, None, 0.5, DIFFERS)
OPEN = Row(quantity("least error"), None, 0.25, None, None, None, None, NOT_SHOWN)
RESULT = Result(
    "bear", "The bear & the river", "A & B (2024)", (GOOD, OPEN), {}, ("n < 3",), True, 3, {"made": "<x>"}
)


def test_verdicts_in_words() -> None:
    assert summary(RESULT) == "Every checked quantity (1) is within its tolerance."
    assert summary(replace(RESULT, rows=(GOOD, BAD))) == "1 of 2 checked quantities differ: dip."
    assert summary(replace(RESULT, rows=(OPEN,))).startswith("Nothing here is claimed")
    assert verdict(replace(RESULT, rows=(OPEN,))) == "NOT CHECKED"


def test_page_holds_table_notes_and_facts(tmp_path: Path) -> None:
    page = write_page(RESULT, Figure(), "", tmp_path).read_text(encoding="utf-8")
    assert "<strong>AGREES</strong>" in page
    for text in (
        "The bear &amp; the river",
        "way &lt; distance",
        "n &lt; 3",
        "&lt;x&gt;",
        ">1.25<",
        "A reduced run; 3 seeds.",
    ):
        assert text in page
    assert '<th class="n">native</th>' not in page  # nothing was measured on it
    assert "In motion" not in page


def test_rows_without_a_number_are_counted_not_shown(tmp_path: Path) -> None:
    """Of a run on few simulators; a result without such rows says nothing of them."""
    empty = replace(OPEN, **dict.fromkeys(COLUMNS))
    result = replace(RESULT, rows=(GOOD, empty))
    page = write_page(result, Figure(), "", tmp_path).read_text(encoding="utf-8")
    assert "least error" not in page
    assert result.left_out.startswith("1 quantity was not measured")
    assert result.left_out in page
    assert RESULT.left_out == ""


def test_page_needs_nothing_else(tmp_path: Path) -> None:
    page = write_page(RESULT, Figure(), "<script>play()</script>", tmp_path).read_text(encoding="utf-8")
    assert "<script>play()</script>" in page
    assert not re.findall(r'\b(?:src|href)\s*=\s*"(?!#)', page)
    assert list(tmp_path.iterdir()) == [tmp_path / "report.html"]


def test_what_differs_is_said_in_red(tmp_path: Path) -> None:
    page = write_page(replace(RESULT, rows=(BAD,)), Figure(), "", tmp_path).read_text(encoding="utf-8")
    assert "<strong>DIFFERS</strong>" in page
    assert 'class="v fail">differs<' in page
