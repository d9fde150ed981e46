"""`analog-pc verify --netlist`: a netlist that a person has edited; and `--junit` of every `verify`.

A netlist is checked here; of anything else that `verify` does, ``report.json`` is read for CI.
"""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from pathlib import Path

import click
from rich.box import SIMPLE
from rich.table import Table

from analog_pc.cli.console import table_console
from analog_pc.cli.output_folder import Claim, claimed, claimed_files
from analog_pc.errors import BadInput
from analog_pc.files import withdraw, write_text, write_together
from analog_pc.verification.cases import report_cases
from analog_pc.verification.github import case_commands, case_summary
from analog_pc.verification.junit import junit_xml
from analog_pc.verification.netlist_check.cases import netlist_cases
from analog_pc.verification.netlist_check.check import NetlistCheck, Verdict, check_netlist
from analog_pc.verification.netlist_check.probes_file import read_probes
from analog_pc.verification.netlist_check.report import (
    MOST_ROWS,
    MOST_SOURCES,
    followers_lines,
    github_lines,
    headline,
    markdown,
    report_json,
    source_line,
    tolerance_text,
    volts_text,
)
from analog_pc.verification.netlist_check.simulation import read_netlist

STALE = ("report.html", "summary.md", "report.json")  # report.html is of another run

EXIT_CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.NOT_CHECKED: 3}


def verify_netlist(
    netlist: Path,
    probes: Path | None,
    tolerance: float | None,
    timeout: float,
    ngbehavior: str | None,
    junit: Path | None,
    folder: Path | None,
) -> int:
    """Check, report and print; the exit code: 0 pass, 1 fail, 3 not checked."""
    if not timeout > 0.0:
        raise BadInput(f"--timeout {timeout!r} s, must be > 0")
    inputs = (netlist, probes or netlist.with_name("probes.json"))
    with (
        nullcontext(Claim()) if folder is None else claimed(folder, STALE, inputs) as reports,
        claimed_files({"--junit": junit}, withdrawn=True) as file,
    ):
        read_netlist(inputs[0])
        read_probes(inputs[1])
        reports.begin()
        file.begin()
        check = check_netlist(netlist, probes, tolerance=tolerance, timeout=timeout, ngbehavior=ngbehavior)
        _report(check, junit, folder)
    return EXIT_CODES[check.verdict]


def _report(check: NetlistCheck, junit: Path | None, folder: Path | None) -> None:
    """Files, all or none, and what is printed."""
    xml = junit_xml(f"{check.netlist}", netlist_cases(check))
    summary = markdown(check)
    if folder is not None:
        write_together(folder, {"summary.md": summary.encode(), "report.json": report_json(check).encode()})
    try:
        _write_for_ci(junit, xml, summary)
    except BadInput:
        if folder is not None:
            withdraw(folder, STALE)
        raise
    _print(check)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        _say(github_lines(check, _in_repository(check.netlist)))


def report_to_ci(out: Path, junit: Path | None) -> None:
    """Report the result of `verify` to CI, from its ``report.json``; nothing if it wrote none."""
    report = out / "report.json"
    in_actions = os.environ.get("GITHUB_ACTIONS") == "true"
    if not report.is_file() or not (junit is not None or in_actions or "GITHUB_STEP_SUMMARY" in os.environ):
        return
    found = json.loads(report.read_text(encoding="utf-8"))
    cases = report_cases(found)
    title = f"{found['title']}: {found.get('verdict', 'pass' if found['passed'] else 'fail')}"
    _write_for_ci(junit, junit_xml(found["title"], cases), case_summary(title, cases))
    if in_actions:
        _say(case_commands(cases))


def _write_for_ci(junit: Path | None, xml: str, summary: str) -> None:
    """The JUnit file, and the page of the step where GitHub names a file for it."""
    if junit is not None:
        write_text(junit, xml)
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if page:
        try:
            with Path(page).open("a", encoding="utf-8") as stream:  # other steps write to it too
                stream.write(summary)
        except OSError as fault:
            if junit is not None:
                withdraw(junit.parent, (junit.name,))
            raise BadInput(f"{page}: cannot be written: {fault.strerror or fault}") from None


def _in_repository(path: Path) -> str:
    """The path as GitHub knows it, from the root of the repository."""
    root = os.environ.get("GITHUB_WORKSPACE")
    if root and path.absolute().is_relative_to(root):
        return path.absolute().relative_to(root).as_posix()
    return path.as_posix()


def _say(lines: list[str]) -> None:
    for line in lines:
        click.echo(line)


def _print(check: NetlistCheck) -> None:
    click.echo(f"{check.netlist}: {headline(check)}")
    if not check.edited:
        click.echo("the netlist is as it was written, not edited")
    if check.foreign:
        click.echo(check.foreign)
    for number, source in enumerate(check.sources[:MOST_SOURCES]):
        click.echo(f"{'source' if number == 0 else 'then'}: {source_line(source)}")
    for line in followers_lines(check):
        click.echo(line)
    rows = check.largest_first
    if rows and not check.message:
        table_console(100).print(_table(check))
        if len(rows) > MOST_ROWS:
            click.echo(f"and {len(rows) - MOST_ROWS} more (--out DIR writes all of them to report.json)")
    click.echo(f"tolerance: {tolerance_text(check)}")


def _table(check: NetlistCheck) -> Table:
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("layer", justify="right", no_wrap=True)
    table.add_column("node", no_wrap=True)
    for heading in ("measured", "expected", "deviation", "tolerance"):
        table.add_column(heading, justify="right", no_wrap=True)
    for node in check.largest_first[:MOST_ROWS]:
        values = (node.measured, node.expected, node.deviation, node.tolerance)
        table.add_row(str(node.probe.layer), node.probe.node, *map(volts_text, values))
    return table
