"""The report of a verification: one page for people, one file for programs.

Everything is rendered before the first byte is written, and `report.json` appears last: a folder that
holds it holds a whole report.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analog_pc.files import withdraw, write_together
from analog_pc.verification.report.json_report import report_dict
from analog_pc.verification.report.page import render_page
from analog_pc.verification.results import Verification

HTML, JSON = "report.html", "report.json"


def write_report(verification: Verification, folder: Path) -> None:
    """Write `report.html` and then `report.json` into `folder`, which is made if it is missing.

    An older report in the folder is withdrawn first, so that after a failure no verdict stands there
    that could be taken for this one.

    Raises
    ------
    BadInput, OSError
        When the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    withdraw(folder, (HTML, JSON))
    report = report_dict(verification)
    write_files(folder, render_page(verification, report), report)


def write_files(folder: Path, html: str, report: dict[str, Any]) -> None:
    """The page, and then the numbers; neither stands there if one cannot be written."""
    text = json.dumps(report, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    write_together(folder, {HTML: html.encode(), JSON: text.encode()})


__all__ = ["HTML", "JSON", "write_files", "write_report"]
