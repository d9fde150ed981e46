"""The check of a netlist as test cases: one for each layer and quantity."""

from __future__ import annotations

from analog_pc.verification.junit import Case
from analog_pc.verification.netlist_check.check import NetlistCheck, NodeVerdict, Verdict
from analog_pc.verification.netlist_check.report import group_verdict, groups, source_line, volts_text


def netlist_cases(check: NetlistCheck) -> list[Case]:
    """A case for each layer and quantity; all share the time of one simulation."""
    grouped = list(groups(check))
    return [_case(check, nodes, check.seconds / len(grouped)) for nodes in grouped]


def _case(check: NetlistCheck, nodes: list[NodeVerdict], seconds: float) -> Case:
    probe = nodes[0].probe
    return Case(
        group=f"{check.netlist.stem}.layer{probe.layer}",
        name=probe.quantity,
        verdict=group_verdict(nodes).value,
        message=_message(check, nodes),
        seconds=seconds,
    )


def _message(check: NetlistCheck, nodes: list[NodeVerdict]) -> str:
    failed = [node for node in nodes if node.verdict is Verdict.FAIL]
    unchecked = [node for node in nodes if node.verdict is Verdict.NOT_CHECKED]
    if failed:
        worst = max(failed, key=lambda node: abs(node.deviation or 0.0))
        message = (
            f"{len(failed)} of {len(nodes)} nodes off; largest: {worst.probe.node} "
            f"{volts_text(worst.measured)}, expected {volts_text(worst.expected)}, "
            f"tolerance {volts_text(worst.tolerance)}"
        )
        return f"{message}; source: {source_line(check.sources[0])}" if check.sources else message
    if unchecked:
        return f"{len(unchecked)} of {len(nodes)} nodes not checked: {unchecked[0].message}"
    return ""
