"""The report of a verification: one page for people, one file for programs."""

from __future__ import annotations

from pathlib import Path

from analog_pc.files import withdraw
from analog_pc.reporting import json_report as files
from analog_pc.verification.report.json_report import report_dict
from analog_pc.verification.report.page import render_page
from analog_pc.verification.results import Verification


def write_report(verification: Verification, folder: Path) -> None:
    """Write `report.html` and then `report.json` into `folder`, which is made if it is missing.

    An older report is removed first, so that after a failure the folder holds no verdict of another run.

    Raises
    ------
    BadInput, OSError
        When the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    withdraw(folder, (files.HTML, files.JSON))
    report = report_dict(verification)
    files.write_report(folder, render_page(verification, report), report)


__all__ = ["write_report"]
