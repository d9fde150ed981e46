"""The page of a non-ideality analysis: verdict, tables and figures in one self-contained HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analog_pc.nonideality import figures
from analog_pc.nonideality.json_report import report_dict
from analog_pc.nonideality.results import FAIL, PASS, NonIdealityAnalysis, PhaseAnalysis
from analog_pc.reporting.json_report import write_report
from analog_pc.reporting.page import Panel, panel, template
from analog_pc.reporting.text import counted


def write_analysis(found: NonIdealityAnalysis, folder: Path) -> None:
    """Write `report.html` and then `report.json` into `folder`, in place of an earlier, partial report.

    Raises
    ------
    BadInput, OSError
        When the folder cannot be written.
    """
    report = report_dict(found)
    write_report(folder, render_page(found, report), report)


def render_page(found: NonIdealityAnalysis, report: dict[str, Any]) -> str:
    """The HTML; `report` is the dictionary of `report_dict`."""
    return template("analog_pc.nonideality", mean_and_spread=_mean_and_spread).render(
        report=report,
        headline=headline(report),
        summary=summary(report),
        table=_table(found.phases),
        phases=[_phase(phase, report["phases"][phase.phase]) for phase in found.phases],
    )


def headline(report: dict[str, Any]) -> str:
    """Both verdicts, as the name of the page: is the simulator right, and does the network still work?"""
    spice = {PASS: "SPICE agrees", FAIL: "SPICE differs"}.get(report["verdict"], "not checked by SPICE")
    accuracy = report["accuracy"]
    chip = accuracy["chip"]
    if chip["low"] is None:
        return f"{spice}; accuracy {accuracy['verdict']}"
    low = f"{100.0 * chip['low']:.1f}"
    high = f"{100.0 * chip['high']:.1f}"
    reached = low if low == high else f"{low} to {high}"
    return f"{spice}; {accuracy['verdict']}, accuracy {reached} % of {100.0 * accuracy['ideal']:.1f} %"


def summary(report: dict[str, Any]) -> str:
    """The verdict, and the deviations with everything on, in a few sentences."""
    checks = [check for part in report["phases"].values() for check in part["cross_checks"]]
    said = [_verdict(report["verdict"], checks)]
    for name, part in report["phases"].items():
        if not part["rows"]:
            continue
        everything = part["rows"][0]
        mean = everything["mean"]
        if mean["rms"] is None:
            said.append(f"Phase {name}, real parts: {everything['status']}.")
            continue
        percent = 100.0 * mean["rms"]
        sentence = f"Phase {name}, real parts: activities deviate by {percent:.2g} % of full scale (rms)"
        if mean["same_class"] is not None:
            sentence += f", {100.0 * mean['same_class']:.1f} % of the predictions are the same"
        if mean["cosine"] is not None:
            sentence += f", the weight update has a cosine of {mean['cosine']:.3f} with the ideal one"
        said.append(f"{sentence}; {everything['status']}.")
    return " ".join(said)


def _verdict(verdict: str, checks: list[dict[str, Any]]) -> str:
    numbers = [check["deviation"] for check in checks if check["deviation"] is not None]
    points = counted(len(checks), "operating point")
    if verdict == PASS:
        how = f"{max(numbers):.1e} of full scale in {points}"
        return f"The native simulator, which all numbers here come from, agrees with SPICE to {how}."
    if verdict == FAIL:
        how = f"{max(numbers):.1e} of full scale"
        return f"The native simulator differs from SPICE by {how}: do not believe the rest."
    if not checks:
        return "The native simulator was not cross-checked by SPICE."
    if len(numbers) == len(checks):
        how = f"{max(numbers):.1e} of full scale"
        return f"SPICE simulated samples of one phase alone; there it differs by {how}."
    missing = f"{len(checks) - len(numbers)} of {points}"
    return f"SPICE gave no answer in {missing}: the native simulator is not cross-checked there."


def _phase(phase: PhaseAnalysis, part: dict[str, Any]) -> dict[str, Any]:
    waves = None
    if any(len(wave.times) for wave in phase.settlings):
        waves = panel(figures.settling(phase.settlings), f"settling-{phase.phase}", *SETTLING)
    maps = None
    if phase.ir_drops:
        maps = panel(figures.ir_drops(phase.ir_drops), f"ir-drop-{phase.phase}", *IR_DROP)
    return {"name": phase.phase, "part": part, "waves": waves, "maps": maps}


def _table(phases: tuple[PhaseAnalysis, ...]) -> Panel | None:
    done = tuple(phase for phase in phases if phase.rows)
    return panel(figures.non_idealities(done), "non_idealities", *TABLE) if done else None


def _mean_and_spread(mean: float | None, spread: float | None = None, form: str = ".2e") -> str:
    """A mean over chips and its spread; "-" where there is none."""
    if mean is None:
        return "-"
    text = format(mean, form)
    return f"{text} ± {format(spread, form)}" if spread else text


TABLE = (
    "The effect of every non-ideality alone",
    "Bars: rms deviation of the free activities from the circuit of ideal parts, as a fraction of full "
    "scale; hollow marks: the largest deviation; thin bars: spread over the seeds of random parts. The last "
    "row compares the circuit of ideal parts with the equations: a smaller deviation says nothing. "
    "Bandwidth, slew rate, capacitances and noise do not change operating points; see settling, stability "
    "and noise.",
)
SETTLING = (
    "Relaxation with real and with ideal parts",
    "Top: the activities that change most, lines with real parts, hollow marks with ideal ones. Bottom: the "
    "largest distance of each run to its own end, over the distance at the start, on a logarithmic axis; the "
    "settling time is where it falls below the dashed line for good. A prediction starts from zero, learning "
    "from the forward state.",
)
IR_DROP = (
    "IR drop in the wires",
    "The voltage that every device lacks because of the resistance of its wires, at one sample, as a "
    "fraction of the largest voltage in its array, which stands above each map. Word lines are driven from "
    "the left, bit lines end at the bottom: cells far from both ends lack most. The darker, the more; "
    "negative where a device has a larger voltage than with ideal wires.",
)
