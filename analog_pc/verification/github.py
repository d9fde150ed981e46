"""GitHub Actions: workflow commands that mark a file or a run, and a summary in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from analog_pc.verification.junit import Case

MOST = 10  # GitHub shows ten errors and ten warnings of a step


def command(level: str, title: str, message: str, file: str = "") -> str:
    """A line ``::error file=...,title=...::message``; its grammar escapes line ends, and two characters more
    in front of the message."""
    where = f"file={_attribute(file)}," if file else ""
    return f"::{level} {where}title={_attribute(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _attribute(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def plain(text: str) -> str:
    """Text with the characters of Markdown escaped."""
    return "".join(f"\\{c}" if c in "|`*_<>[]\\" else c for c in text)


def case_commands(cases: Sequence[Case]) -> list[str]:
    """A line for each case that failed (errors) or was not checked (warnings)."""
    lines = []
    for verdict, level in (("fail", "error"), ("not checked", "warning")):
        found = [case for case in cases if case.verdict == verdict]
        lines += [
            command(level, f"{case.group} {case.name}: {verdict}", case.message) for case in found[:MOST]
        ]
    return lines


def case_summary(title: str, cases: Sequence[Case]) -> str:
    """A table of all cases."""
    rows = [f"| {plain(c.group)} | {plain(c.name)} | {c.verdict} | {plain(c.message)} |" for c in cases]
    return "\n".join(
        [f"### {plain(title)}", "", "| | test | verdict | |", "|---|---|---|---|", *rows, "", ""]
    )
