"""JUnit XML and GitHub's commands hold whatever a message brings."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from analog_pc.verification.cases import report_cases
from analog_pc.verification.github import case_commands, case_summary, command, plain
from analog_pc.verification.junit import Case, junit_xml

WILD = 'a <b> & "c" \x00 \x1b[31m ]]> \ud800 é\nnext | `x` ' + "z" * 5000


def test_counts_and_kinds() -> None:
    cases = [
        Case(group="g", name="one", verdict="pass", seconds=0.25),
        Case(group="g", name="two", verdict="fail", message="off", seconds=1.0),
        Case(group="g", name="three", verdict="not checked", message="gone"),
    ]
    root = ElementTree.fromstring(junit_xml("suite", cases))
    (suite,) = root
    counts = {"tests": "3", "failures": "1", "errors": "0", "skipped": "1", "time": "1.250"}
    for element in (root, suite):
        assert {key: element.attrib[key] for key in counts} == counts
    assert [case.attrib for case in suite] == [
        {"classname": "g", "name": "one", "time": "0.250"},
        {"classname": "g", "name": "two", "time": "1.000"},
        {"classname": "g", "name": "three", "time": "0.000"},
    ]
    (failure,) = suite[1]
    assert (failure.tag, failure.attrib["message"], failure.text) == ("failure", "off", "off")
    (skipped,) = suite[2]
    assert (skipped.tag, skipped.attrib["message"]) == ("skipped", "gone")


def test_any_message_is_valid_xml() -> None:
    text = junit_xml(WILD, [Case(group=WILD, name=WILD, verdict="fail", message=WILD)])
    root = ElementTree.fromstring(text.encode())
    message = root[0][0][0].attrib["message"]
    assert message.startswith('a <b> & "c" ? ?[31m ]]> ? é next')
    assert len(message) <= 2000


def test_any_message_is_one_command() -> None:
    line = command("error", "a: b, c", "50 % off\nnext: line", "dir/x,y:z.cir")
    assert line == "::error file=dir/x%2Cy%3Az.cir,title=a%3A b%2C c::50 %25 off%0Anext: line"
    assert command("warning", "t", "m") == "::warning title=t::m"


def test_no_more_commands_than_github_shows() -> None:
    cases = [Case(group="g", name=str(k), verdict="fail", message="m") for k in range(30)]
    cases.append(Case(group="g", name="n", verdict="not checked", message="m"))
    lines = case_commands(cases)
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"]


def test_the_table_has_a_row_for_each_case() -> None:
    case = Case(group="g", name="mu1_0 | x", verdict="fail", message="<b>")
    assert case_summary("title", [case]).splitlines() == [
        "### title",
        "",
        "| | test | verdict | |",
        "|---|---|---|---|",
        "| g | mu1\\_0 \\| x | fail | \\<b\\> |",
        "",
    ]
    assert plain("*a*") == "\\*a\\*"


def compared(residual: float | None, tolerance: float | None) -> dict[str, object]:
    return {
        "converged": True, "message": "", "seconds": 1.0, "transient": None,
        "residuals": {"x": residual}, "tolerances": {"x": tolerance},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("residual", "tolerance", "verdict"),
    [(1e-9, 1e-6, "pass"), (1e-5, 1e-6, "fail"), (None, 1e-6, "fail"), (0.0, None, "fail")],
)
def test_a_quantity_passes_on_finite_numbers_alone(
    residual: float | None, tolerance: float | None, verdict: str
) -> None:
    _, case = report_cases({"phases": {"learn": compared(residual, tolerance)}})
    assert (case.group, case.name, case.verdict) == ("learn", "x", verdict)


def test_cross_checks_of_real_parts() -> None:
    rows = [
        {"sample": k, "deviation": d, "tolerance": 1e-6, "verdict": v, "message": "w", "seconds": 1.0}
        for k, (d, v) in enumerate([(1e-9, "pass"), (1e-3, "fail"), (None, "not checked")])
    ]
    found = report_cases({"phases": {"learn": {"cross_checks": rows}, "predict": {"cross_checks": []}}})
    assert [case.verdict for case in found] == ["pass", "fail", "not checked", "not checked"]
    assert "0.001" in found[1].message


def test_no_phase_is_no_pass() -> None:
    assert [case.verdict for case in report_cases({"phases": {}})] == ["not checked"]
    assert not math.isnan(report_cases({})[0].seconds)
