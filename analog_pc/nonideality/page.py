"""The page on real parts: verdict, tables and figures in one self-contained HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analog_pc.nonideality import figures
from analog_pc.nonideality.json_report import real_dict
from analog_pc.nonideality.results import FAIL, PASS, RealPhase, RealVerification
from analog_pc.nonideality.waveforms import settling
from analog_pc.reporting.json_report import write_report
from analog_pc.reporting.page import Panel, panel, template
from analog_pc.reporting.text import counted


def write_real_report(found: RealVerification, folder: Path) -> None:
    """Write `report.html` and then `report.json` into `folder`, in place of an earlier, partial report.

    Raises
    ------
    BadInput, OSError
        When the folder cannot be written.
    """
    report = real_dict(found)
    write_report(folder, render_real_page(found, report), report)


def render_real_page(found: RealVerification, report: dict[str, Any]) -> str:
    """The HTML; `report` is the dictionary of `real_dict`."""
    return template("analog_pc.nonideality", over=_over).render(
        report=report,
        headline=headline(report),
        summary=summary(report),
        table=_table(found.phases),
        phases=[_phase(phase, report["phases"][phase.phase]) for phase in found.phases],
    )


def headline(report: dict[str, Any]) -> str:
    """Both verdicts, as the name of the page: is the simulator right, and does the network still work?"""
    spice = {PASS: "SPICE agrees", FAIL: "SPICE differs"}.get(report["verdict"], "not judged by SPICE")
    accuracy = report["accuracy"]
    chip = accuracy["chip"]
    if chip["low"] is None:
        return f"{spice}; accuracy {accuracy['verdict']}"
    low = f"{100.0 * chip['low']:.1f}"
    high = f"{100.0 * chip['high']:.1f}"
    reached = low if low == high else f"{low} to {high}"
    return f"{spice}; {accuracy['verdict']}, accuracy {reached} % of {100.0 * accuracy['ideal']:.1f} %"


def summary(report: dict[str, Any]) -> str:
    """The verdict, and what real parts do, in a few sentences."""
    judged = [j for part in report["phases"].values() for j in part["judgements"]]
    said = [_verdict(report["verdict"], judged)]
    for name, part in report["phases"].items():
        if not part["rows"]:
            continue
        row, share = part["rows"][0], part["rows"][0]["mean"]
        if share["rms"] is None:
            said.append(f"Phase {name}, real parts: {row['status']}.")
            continue
        percent = 100.0 * share["rms"]
        words = f"Phase {name}, real parts: activities are off by {percent:.2g} % of full scale (rms)"
        if share["same_class"] is not None:
            words += f", {100.0 * share['same_class']:.1f} % of the predictions are the same"
        if share["cosine"] is not None:
            words += f", the weight update has a cosine of {share['cosine']:.3f} with the ideal one"
        said.append(f"{words}; {row['status']}.")
    return " ".join(said)


def _verdict(verdict: str, judged: list[dict[str, Any]]) -> str:
    numbers = [j["deviation"] for j in judged if j["deviation"] is not None]
    if verdict == PASS:
        how = f"{max(numbers):.1e} of full scale in {counted(len(judged), 'operating point')}"
        return f"The native simulator, which all numbers here come from, agrees with SPICE to {how}."
    if verdict == FAIL:
        how = f"{max(numbers):.1e} of full scale"
        return f"The native simulator differs from SPICE by {how}: do not believe the rest."
    if not judged:
        return "The native simulator was not cross-checked by SPICE."
    missing = f"{sum(j['deviation'] is None for j in judged)} of {counted(len(judged), 'operating point')}"
    if numbers and len(numbers) == len(judged):
        return f"SPICE was asked in one phase alone; there it differs by {max(numbers):.1e} of full scale."
    return f"SPICE gave no answer in {missing}: the native simulator is not cross-checked there."


def _phase(phase: RealPhase, part: dict[str, Any]) -> dict[str, Any]:
    panels = []
    if any(len(wave.times) for wave in phase.settlings):
        panels.append(panel(settling(phase.settlings), f"settling-{phase.phase}", *SETTLING))
    maps = None
    if phase.drops:
        maps = panel(figures.drops(phase.drops), f"drops-{phase.phase}", *DROPS)
    return {"name": phase.phase, "part": part, "waves": panels, "maps": maps}


def _table(phases: tuple[RealPhase, ...]) -> Panel | None:
    done = tuple(phase for phase in phases if phase.rows)
    return panel(figures.non_idealities(done), "non_idealities", *TABLE) if done else None


def _over(value: float | None, spread: float | None = None, form: str = ".2e") -> str:
    """Mean and spread over the seeds."""
    if value is None:
        return "-"
    text = format(value, form)
    return f"{text} ± {format(spread, form)}" if spread else text


TABLE = (
    "What every non-ideality does alone",
    "Bars: rms deviation of the free activities from the circuit of ideal parts, as a fraction of full "
    "scale; hollow marks: the largest deviation; thin bars: spread over the seeds of random parts. The last "
    "row is the circuit of ideal parts against the equations: what lies below it is less than ideal parts "
    "leave themselves. Bandwidth, slew rate, capacitances and noise move no operating point; they show "
    "under settling, stability and noise.",
)
SETTLING = (
    "Relaxation with real and with ideal parts",
    "Top: the activities that move most, lines with real parts, hollow marks with ideal ones. Bottom: the "
    "largest distance from the own end as a fraction of the way, on a logarithmic axis; the settling time is "
    "where it stays below the dashed line. A prediction starts from zero, learning from the forward state.",
)
DROPS = (
    "What the wires take",
    "The voltage that every device lacks because of the resistance of its wires, at one sample, as a "
    "fraction of the largest voltage in its array, which stands above each map. Word lines are driven from "
    "the left, bit lines end at the bottom: cells far from both ends lack most. The darker, the more; "
    "negative where a device gets more than with ideal wires.",
)
