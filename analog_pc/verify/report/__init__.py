"""The report of a verification: one page for people, one file for programs.

Everything is rendered before the first byte is written, and `report.json` appears last: a folder that
holds it holds a whole report.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from analog_pc.verify.report.json_report import report_dict
from analog_pc.verify.report.page import render_page
from analog_pc.verify.results import Verification

HTML, JSON = "report.html", "report.json"


def write_report(verification: Verification, folder: Path) -> None:
    """Write `report.html` and then `report.json` into `folder`, which is made if it is missing.

    An older report in the folder is withdrawn first, so that after a failure no verdict stands there
    that could be taken for this one.

    Raises
    ------
    OSError
        When the folder cannot be written.
    """
    withdraw(folder)
    report = report_dict(verification)
    write_files(folder, render_page(verification, report), report)


def write_files(folder: Path, html: str, report: dict[str, Any]) -> None:
    """The page, and then the numbers; neither stands there if one cannot be written."""
    text = json.dumps(report, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    try:
        _write_whole(folder / HTML, html)
        _write_whole(folder / JSON, text)
    except BaseException:
        withdraw(folder)
        raise


def withdraw(folder: Path) -> None:
    """Remove an older report; the folder is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (JSON, HTML):
        (folder / name).unlink(missing_ok=True)


def _write_whole(path: Path, text: str) -> None:
    """All of `text` under that name, or nothing: written beside it, then renamed."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


__all__ = ["withdraw", "write_files", "write_report"]
