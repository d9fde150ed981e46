"""The verdict on a netlist as ``report.json``, as Markdown, and as lines that GitHub shows beside a file.

`report.schema.json` beside this module is the JSON Schema of the first, made from the classes below.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Literal

import msgspec

from analog_pc.reporting.text import counted
from analog_pc.si import si
from analog_pc.verification.github import MOST, command, plain
from analog_pc.verification.netlist_check.check import NetlistCheck, NodeVerdict, Source, Verdict
from analog_pc.verification.netlist_check.probes_file import CHECKED

SCHEMA: Literal["analog-pc netlist report"] = "analog-pc netlist report"
VERSION: Literal[2] = 2

MOST_SOURCES = 5
MOST_ROWS = 20  # of a table for a person; report.json has all
_RULE = "|---|---|---|---|---|---|"


class NodeReport(msgspec.Struct, frozen=True, kw_only=True):
    """A checked node, in its worst sample.  V; None where there is no value."""

    node: str
    quantity: str
    layer: int
    index: int
    sample: int
    measured: float | None
    expected: float | None
    deviation: float | None
    tolerance: float | None
    verdict: Literal["pass", "fail", "not checked"]
    message: str


class SourceReport(msgspec.Struct, frozen=True, kw_only=True):
    """A signal with a local deviation, `deviation` in V, `relative` over the full scale."""

    node: str
    quantity: str
    layer: int
    index: int
    sample: int
    deviation: float
    relative: float
    parts: str


class NetlistReport(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file; `verdict` is ``pass``, ``fail`` or ``not checked``."""

    schema: Literal["analog-pc netlist report"]
    schema_version: Literal[2]
    verdict: Literal["pass", "fail", "not checked"]
    passed: bool
    message: str
    netlist: str
    netlist_sha256: str
    edited: bool
    ngbehavior: str | None
    network_sha256: str
    technology: str
    reference: str | None
    tolerance: str
    nodes: tuple[NodeReport, ...]
    sources: tuple[SourceReport, ...]
    followers: tuple[SourceReport, ...]
    untested_lines: int
    versions: dict[str, str]
    seconds: float


def netlist_report(check: NetlistCheck) -> NetlistReport:
    """The report of a check."""
    reference = check.probes.reference
    return NetlistReport(
        schema=SCHEMA,
        schema_version=VERSION,
        verdict=check.verdict.value,
        passed=check.verdict is Verdict.PASS,
        message=check.message,
        netlist=check.netlist.name,
        netlist_sha256=check.netlist_sha256,
        edited=check.edited,
        ngbehavior=check.ngbehavior,
        network_sha256=check.probes.network.sha256,
        technology=check.probes.technology,
        reference=reference.source if reference else None,
        tolerance=tolerance_text(check),
        nodes=tuple(_node(node) for node in check.nodes),
        sources=tuple(_source(source) for source in check.sources),
        followers=tuple(_source(source) for source in check.followers),
        untested_lines=untested_lines(check)[0],
        versions={
            "analog-pc": version("analog-pc"),
            "probes": check.probes.package,
            "ngspice": check.simulator,
        },
        seconds=check.seconds,
    )


def tolerance_text(check: NetlistCheck) -> str:
    """Where the tolerances come from, for a person."""
    if check.tolerance is not None:
        return f"{100.0 * check.tolerance:g} % of full scale, as asked for"
    reference = check.probes.reference
    return reference.tolerance if reference else "none"


def report_json(check: NetlistCheck) -> str:
    """The text of ``report.json``."""
    return msgspec.json.format(msgspec.json.encode(netlist_report(check)), indent=1).decode() + "\n"


def _node(node: NodeVerdict) -> NodeReport:
    return NodeReport(
        node=node.probe.node,
        quantity=node.probe.quantity,
        layer=node.probe.layer,
        index=node.probe.index,
        sample=node.sample,
        measured=node.measured,
        expected=node.expected,
        deviation=node.deviation,
        tolerance=node.tolerance,
        verdict=node.verdict.value,
        message=node.message,
    )


def _source(source: Source) -> SourceReport:
    return SourceReport(
        node=source.probe.node,
        quantity=source.probe.quantity,
        layer=source.probe.layer,
        index=source.probe.index,
        sample=source.sample,
        deviation=source.deviation,
        relative=source.relative,
        parts=source.parts,
    )


# --- text


def headline(check: NetlistCheck) -> str:
    """The verdict in one line."""
    count = {verdict: sum(node.verdict is verdict for node in check.nodes) for verdict in Verdict}
    total = len(check.nodes)
    match check.verdict:
        case Verdict.PASS:
            said = f"PASS: {total} of {total} nodes agree with the {_reference(check)}"
            return f"{said}{_untested_text(check)}"
        case Verdict.FAIL:
            failed = f"FAIL: {count[Verdict.FAIL]} of {total} nodes differ from the {_reference(check)}"
            missing = count[Verdict.NOT_CHECKED]
            return f"{failed}; {missing} not checked" if missing else failed
        case _:
            if check.message:
                return f"NOT CHECKED: {check.message}"
            first = next(node for node in check.nodes if node.verdict is Verdict.NOT_CHECKED)
            return f"NOT CHECKED: {count[Verdict.NOT_CHECKED]} of {total} nodes: {first.message}"


def untested_lines(check: NetlistCheck) -> tuple[int, int]:
    """Word lines whose signal is within the tolerance of 0 V in every sample, and all word lines.

    No current flows in the devices of such a line: a wrong one among them changes no voltage.
    """
    probes = check.probes
    least = max((probe.tolerance or 0.0 for probe in probes.nodes), default=0.0)
    signals = [probe.volts for probe in probes.nodes if probe.quantity in ("anti", "anti_eps")]
    return sum(all(abs(volts) <= least for volts in signal) for signal in signals), len(signals)


def _untested_text(check: NetlistCheck) -> str:
    still, lines = untested_lines(check)
    return f"; {still} of {counted(lines, 'word line')} at 0 V, their devices not tested" if still else ""


def _reference(check: NetlistCheck) -> str:
    return check.probes.reference.source if check.probes.reference else "reference"


def source_line(source: Source) -> str:
    """Layer, node, size and part in one line."""
    return (
        f"layer {source.probe.layer}, {source.probe.node}: local deviation {volts_text(source.deviation)} "
        f"({100.0 * source.relative:.2g} % of full scale): {source.parts}"
    )


def followers_lines(check: NetlistCheck) -> list[str]:
    """Signals that may follow from other deviations on real parts, in one line; none if there are none."""
    if not check.followers:
        return []
    largest = check.followers[0]
    where = f"layer {largest.probe.layer}, {largest.probe.node}"
    others = counted(len(check.followers), "signal")
    if check.sources:
        return [f"{others} more may follow from it, by what real parts leave; largest: {where}"]
    return [f"no part stands out: {others} may follow from each other on real parts; largest: {where}"]


def summary(check: NetlistCheck) -> str:
    """Verdict, sources and the largest deviations, a line each."""
    lines = [f"{check.netlist}: {headline(check)}"]
    lines += [check.foreign] if check.foreign else []
    lines += [source_line(source) for source in check.sources[:MOST_SOURCES]]
    lines += followers_lines(check)
    if not check.message:
        lines += [_deviation_line(node) for node in check.largest_first[:MOST_ROWS]]
    return "\n".join([*lines, f"tolerance: {tolerance_text(check)}"])


def volts_text(volts: float | None) -> str:
    """Volts with an SI prefix; ``-`` for None."""
    return "-" if volts is None else si(volts, "V")


def markdown(check: NetlistCheck) -> str:
    """A summary for a page of a CI run."""
    lines = [f"### {check.netlist.name}: {headline(check)}", ""]
    lines += [plain(check.foreign), ""] if check.foreign else []
    if check.sources:
        lines += ["Where it comes from, the largest first:", ""]
        lines += [f"1. {plain(source_line(source))}" for source in check.sources[:MOST_SOURCES]]
        lines.append("")
    lines += [line for said in followers_lines(check) for line in (plain(said), "")]
    lines += ["| layer | quantity | nodes | verdict | largest deviation | tolerance |", _RULE]
    lines += [_group_row(nodes) for nodes in groups(check)]
    rows = check.largest_first
    if rows:
        lines += ["", "| layer | node | measured | expected | deviation | tolerance |", _RULE]
        lines += [_node_row(node) for node in rows[:MOST_ROWS]]
        if len(rows) > MOST_ROWS:
            lines += ["", f"and {len(rows) - MOST_ROWS} more in report.json"]
    lines += ["", f"Tolerance: {tolerance_text(check)}. {check.simulator}, {check.probes.package}.", ""]
    return "\n".join(lines)


def groups(check: NetlistCheck) -> Iterator[list[NodeVerdict]]:
    """The checked nodes of each layer and quantity."""
    for layer in range(len(check.probes.layers)):
        for quantity in CHECKED:
            nodes = [n for n in check.nodes if n.probe.layer == layer and n.probe.quantity == quantity]
            if nodes:
                yield nodes


def group_verdict(nodes: list[NodeVerdict]) -> Verdict:
    """A group fails if a node fails, and passes only if all pass."""
    found = {node.verdict for node in nodes}
    if Verdict.FAIL in found:
        return Verdict.FAIL
    return Verdict.PASS if found == {Verdict.PASS} else Verdict.NOT_CHECKED


def _group_row(nodes: list[NodeVerdict]) -> str:
    first = nodes[0]
    worst = max((n.deviation for n in nodes if n.deviation is not None), key=abs, default=None)
    return (
        f"| {first.probe.layer} | {first.probe.quantity} | {len(nodes)} | {group_verdict(nodes).value} "
        f"| {volts_text(worst)} | {volts_text(first.tolerance)} |"
    )


def _node_row(node: NodeVerdict) -> str:
    values = (node.measured, node.expected, node.deviation, node.tolerance)
    cells = " | ".join(volts_text(value) for value in values)
    return f"| {node.probe.layer} | {plain(node.probe.node)} | {cells} |"


def github_lines(check: NetlistCheck, file: str) -> list[str]:
    """Lines by which GitHub Actions marks the netlist `file`; none for a pass."""
    head = headline(check)
    if check.verdict is Verdict.PASS:
        return []
    if check.verdict is Verdict.NOT_CHECKED:
        return [command("warning", "not checked", head, file)]
    found = [("probes of another netlist", check.foreign)] if check.foreign else []
    found += [("source of a deviation", source_line(source)) for source in check.sources]
    found = found or [("deviation", _deviation_line(node)) for node in check.largest_first]
    lines = [command("error", title, text, file) for title, text in found[: MOST - 1]]
    return [command("error", "verify", head, file), *lines]


def _deviation_line(node: NodeVerdict) -> str:
    if node.verdict is Verdict.NOT_CHECKED:
        return f"layer {node.probe.layer}, {node.probe.node}: not checked: {node.message}"
    return (
        f"layer {node.probe.layer}, {node.probe.node}: {volts_text(node.measured)}, expected "
        f"{volts_text(node.expected)}, tolerance {volts_text(node.tolerance)}"
    )
