"""The files of an evaluation, all rendered before the first is written; `report.json` comes last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from analog_pc.evaluation.report import figures
from analog_pc.evaluation.report.json_report import evaluation_dict
from analog_pc.evaluation.report.page import render_page
from analog_pc.evaluation.report.tables import cost_csv, non_idealities_csv
from analog_pc.evaluation.results import Evaluation
from analog_pc.files import withdraw
from analog_pc.reporting.figures import KINDS, figure_contents
from analog_pc.reporting.json_report import HTML, JSON, write_report
from analog_pc.technology.toml_file import technology_text

FIGURES = "figures"
PROPOSAL = "proposal.toml"
# Every name that an evaluation may write; what is not of this run must not lie beside it.
DRAWN = ("accuracy", "non_idealities", "energy", "limits", "break_even")
FILES = (
    *(f"{FIGURES}/{name}.{kind}" for name in DRAWN for kind in KINDS),
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
        contents |= figure_contents(figure, f"{FIGURES}/{name}")
    if found.non_idealities:
        contents["non_idealities.csv"] = non_idealities_csv(found).encode()
    if found.cost is not None:
        contents["cost.csv"] = cost_csv(found.cost).encode()
    if found.proposal is not None:
        contents[PROPOSAL] = technology_text(found.proposal.technology).encode()
    html = render_page(found, report, drawn)
    withdraw(folder, FILES)
    write_report(folder, html, report, contents)


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
