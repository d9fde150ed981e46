"""Verdicts as JUnit XML, the format in which CI systems read the results of tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from analog_pc.errors import one_line


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test: `group` is what reports list it under; `message` says why it failed or was not checked."""

    group: str
    name: str
    verdict: Literal["pass", "fail", "not checked"]
    message: str = ""
    seconds: float = 0.0


def junit_xml(suite: str, cases: Sequence[Case]) -> str:
    """One test suite; a case that was not checked is skipped.

    A consumer that counts skipped tests as passed still has the exit code, which is 3 then.
    """
    failures = sum(case.verdict == "fail" for case in cases)
    skipped = sum(case.verdict == "not checked" for case in cases)
    seconds = sum(case.seconds for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}
    root = ElementTree.Element("testsuites", {"name": "analog-pc", **counts, "time": f"{seconds:.3f}"})
    attributes = {"name": _text(suite), **counts, "time": f"{seconds:.3f}"}
    element = ElementTree.SubElement(root, "testsuite", attributes)
    for case in cases:
        _add(element, case)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add(suite: ElementTree.Element, case: Case) -> None:
    attributes = {
        "classname": _text(case.group),
        "name": _text(case.name),
        "time": f"{case.seconds:.3f}",
    }
    element = ElementTree.SubElement(suite, "testcase", attributes)
    if case.verdict == "fail":
        failure = {"message": _text(case.message), "type": "deviation"}
        ElementTree.SubElement(element, "failure", failure).text = _text(case.message)
    elif case.verdict == "not checked":
        ElementTree.SubElement(element, "skipped", {"message": _text(case.message)})


def _text(text: str) -> str:
    """Printable text on one line: XML has no place for control characters."""
    return one_line(text, 2000)
