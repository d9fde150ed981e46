"""The page of an experiment: verdict, figure, animation and table in one self-contained HTML file."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup
from matplotlib.figure import Figure

from analog_pc.experiments.framework.result import AGREES, COLUMNS, DERIVED, DIFFERS, NOT_SHOWN, Result
from analog_pc.files import write_text
from analog_pc.reporting.json_report import HTML
from analog_pc.reporting.page import panel, template

CLASSES = {AGREES: "pass", DIFFERS: "fail", NOT_SHOWN: "soft"}


def write_page(result: Result, figure: Figure, player: str, folder: Path) -> Path:
    """Write `report.html`, which needs no other file and no network, into `folder`.

    Parameters
    ----------
    figure
        The experiment's.
    player
        HTML of its animation, trusted as it is; "" where nothing moves.
    """
    path = folder / HTML
    write_text(path, render(result, figure, player))
    return path


def render(result: Result, figure: Figure, player: str = "") -> str:
    """The HTML of a result."""
    columns = [c for c in (DERIVED, *COLUMNS) if any(getattr(row, c) is not None for row in result.rows)]
    return template("analog_pc.experiments.framework.report", number=_number).render(
        result=result,
        verdict=verdict(result),
        summary=summary(result),
        columns=columns,
        classes=CLASSES,
        figure=panel(figure, "figure", result.title, _size(result)),
        player=Markup(player),
    )


def verdict(result: Result) -> str:
    """The verdict in a word or two."""
    if not result.passed:
        return "DIFFERS"
    return "AGREES" if any(row.verdict == AGREES for row in result.rows) else "NOT CHECKED"


def summary(result: Result) -> str:
    """Number of quantities checked, and the result, in a sentence or two."""
    checked = [row for row in result.rows if row.verdict != NOT_SHOWN]
    differing = [row.label for row in checked if row.verdict == DIFFERS]
    if not checked:
        return "Nothing here is claimed: the numbers are measured, not checked."
    if differing:
        return f"{len(differing)} of {len(checked)} checked quantities differ: {'; '.join(differing)}."
    return f"Every checked quantity ({len(checked)}) is within its tolerance."


def _size(result: Result) -> str:
    size = "A reduced run" if result.reduced else "The size that was published"
    return f"{size}; {result.seeds} seeds." if result.seeds > 1 else f"{size}."


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"
