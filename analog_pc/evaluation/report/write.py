"""The files of an evaluation, all rendered before the first is written; `report.json` comes last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from analog_pc.evaluation.report import figures
from analog_pc.evaluation.report.json_report import evaluation_dict
from analog_pc.evaluation.report.page import render_page
from analog_pc.evaluation.report.tables import cost_csv, non_idealities_csv
from analog_pc.evaluation.results import Evaluation
from analog_pc.files import withdraw, write_together
from analog_pc.reporting.style import STYLE
from analog_pc.technology.writing import technology_text
from analog_pc.verification.report import HTML, JSON

FIGURES = "figures"
PROPOSAL = "proposal.toml"
# Every name that an evaluation may write; what is not of this run must not lie beside it.
DRAWN = ("accuracy", "non_idealities", "energy", "limits", "break_even")
FILES = (
    *(f"{FIGURES}/{name}.{kind}" for name in DRAWN for kind in ("svg", "pdf")),
    "cost.csv",
    "non_idealities.csv",
    PROPOSAL,
    HTML,
    JSON,
)


def write_evaluation(found: Evaluation, folder: Path) -> None:
    """Page, numbers, tables and figures into a folder, which is made if it is missing.

    Files of an earlier evaluation go first, so that none is taken for one of this.

    Raises
    ------
    BadInput, OSError
        When the folder cannot be written; then none of the files is left.
    """
    drawn = draw(found)
    report = evaluation_dict(found)
    contents: dict[str, bytes | memoryview] = {}
    for name, figure in drawn.items():
        for kind in ("svg", "pdf"):
            contents[f"{FIGURES}/{name}.{kind}"] = figure_file(figure, kind)
    if found.non_idealities:
        contents["non_idealities.csv"] = non_idealities_csv(found).encode()
    if found.cost is not None:
        contents["cost.csv"] = cost_csv(found.cost).encode()
    if found.proposal is not None:
        contents[PROPOSAL] = technology_text(found.proposal.technology).encode()
    contents[HTML] = render_page(found, report, drawn).encode()
    text = json.dumps(report, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    contents[JSON] = text.encode()
    (folder / FIGURES).mkdir(parents=True, exist_ok=True)
    withdraw(folder, FILES)
    write_together(folder, contents)


def draw(found: Evaluation) -> Mapping[str, Figure]:
    """The figures of what is there, by name."""
    drawn: dict[str, Figure] = {}
    if found.chips is not None:
        drawn["accuracy"] = figures.accuracy(found)
    if found.non_idealities:
        drawn["non_idealities"] = figures.non_idealities(found.sorted_non_idealities)
    if found.cost is not None:
        drawn["energy"] = figures.energy(found.cost, found.baselines)
    if found.limits:
        drawn["limits"] = figures.limits(found.limits)
    if found.break_even:
        drawn["break_even"] = figures.break_even(found.break_even)
    return drawn


def figure_file(figure: Figure, kind: str) -> bytes:
    """A figure as SVG, whose text stays text that can be edited, or as PDF; without dates."""
    out = BytesIO()
    date = {"svg": "Date", "pdf": "CreationDate"}[kind]
    with matplotlib.rc_context({**STYLE, "svg.fonttype": "none", "pdf.fonttype": 42}):
        figure.savefig(out, format=kind, metadata={date: None})
    return out.getvalue()
