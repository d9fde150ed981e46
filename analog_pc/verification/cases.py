"""The report of a verification as test cases: quantities of a phase, or samples of a cross-check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analog_pc.verification.junit import Case


def report_cases(report: Mapping[str, Any]) -> list[Case]:
    """Test cases of a ``report.json``, on ideal or on real parts.

    On ideal parts a case is a quantity of a phase against its tolerance, and whether the phase converged; on
    real parts it is a sample that SPICE and the native simulator both solved.
    """
    found: list[Case] = []
    for name, phase in report.get("phases", {}).items():
        if "cross_checks" in phase:
            found += _real_cases(name, phase)
        else:
            found += _ideal_cases(name, phase)
    return found or [Case(group="verify", name="phases", verdict="not checked", message="no phase was run")]


def _ideal_cases(name: str, phase: Mapping[str, Any]) -> Iterator[Case]:
    yield Case(
        group=name,
        name="converged",
        verdict="pass" if phase["converged"] else "fail",
        message="" if phase["converged"] else phase["message"],
        seconds=phase["seconds"] or 0.0,
    )
    yield from _compared(name, phase)
    if phase["transient"] is not None:
        yield from _compared(f"{name}.transient", phase["transient"])


def _compared(group: str, found: Mapping[str, Any]) -> Iterator[Case]:
    for quantity, residual in found["residuals"].items():
        tolerance = found["tolerances"][quantity]
        sound = residual is not None and tolerance is not None  # None: not finite
        passed = sound and residual <= tolerance
        message = "" if passed else f"residual {residual} of full scale, tolerance {tolerance}"
        yield Case(group=group, name=quantity, verdict="pass" if passed else "fail", message=message)


def _real_cases(name: str, phase: Mapping[str, Any]) -> Iterator[Case]:
    if not phase["cross_checks"]:
        yield Case(group=name, name="cross-check", verdict="not checked", message="SPICE was not asked")
    for row in phase["cross_checks"]:
        yield Case(
            group=name,
            name=f"sample {row['sample']}: native against SPICE",
            verdict=row["verdict"],
            message="" if row["verdict"] == "pass" else _deviation(row),
            seconds=row["seconds"] or 0.0,
        )


def _deviation(row: Mapping[str, Any]) -> str:
    numbers = f"deviation {row['deviation']} of the largest voltage, tolerance {row['tolerance']}"
    return f"{numbers}; {row['message']}"
