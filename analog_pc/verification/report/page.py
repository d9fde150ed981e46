"""The page of a report: verdict, tables and figures in one self-contained HTML file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from analog_pc.reporting.page import Panel, panel, template
from analog_pc.verification.report import figures
from analog_pc.verification.report.schematic import schematic
from analog_pc.verification.report.waveforms import at_rest
from analog_pc.verification.results import PhaseResult, Verification

MEANINGS = {
    "x": "activities",
    "mu": "predictions",
    "eps": "prediction errors",
    "energy": "energy",
    "dW": "weight update",
    "waveform": "activities at every time",
    "end": "activities at the last time",
    "energy_rise": "largest rise of E(t) above E(0)",
}


def render_page(verification: Verification, report: dict[str, Any]) -> str:
    """The HTML of a report; `report` is the dictionary of `report_dict` and rules over the verdicts."""
    return template("analog_pc.verification.report").render(
        report=report,
        summary=summary(report),
        phases=[_phase(phase, report["phases"][phase.phase]) for phase in verification.phases],
        margins=_margins(verification),
        schematic=_schematic(verification),
        technologies=_technologies(verification),
    )


def summary(report: dict[str, Any]) -> str:
    """The verdict in a sentence or two."""
    rows = [(name, row) for name, part in report["phases"].items() for row in _all_rows(part)]
    failed = [f"{row['quantity']} ({name})" for name, row in rows if not row["passed"]]
    astray = [name for name, part in report["phases"].items() if not part["converged"]]
    if not rows:
        return "Nothing was compared, so nothing is verified."
    said = []
    if failed:
        said.append(f"{len(failed)} of {len(rows)} comparisons miss their tolerance: {', '.join(failed)}.")
    else:
        said.append(
            f"The circuit agrees with the ideal network in all {len(rows)} comparisons. {_closest(rows)}"
        )
    if astray:
        said.append(f"Not every sample found its operating point in: {', '.join(astray)}.")
    return " ".join(said)


def _closest(rows: list[tuple[str, dict[str, Any]]]) -> str:
    name, row = min(rows, key=lambda item: item[1]["margin"])
    if math.isinf(row["margin"]):
        return "Every residual is zero."
    where = f"{row['quantity']} in phase {name}"
    return f"The closest to its tolerance is {where}, a factor {row['margin']:.3g} below it."


def rows_of(part: dict[str, Any]) -> list[dict[str, Any]]:
    """Table rows of a phase or a transient: quantity, residual, tolerance, margin, verdict."""
    rows = []
    for quantity, residual in part["residuals"].items():
        tolerance = part["tolerances"][quantity]
        scale = part["scales"][quantity]
        sound = None not in (residual, tolerance, scale)
        margin = (tolerance / residual if residual else math.inf) if sound else math.nan
        rows.append(
            {
                "quantity": quantity,
                "meaning": MEANINGS.get(quantity, ""),
                "residual": residual,
                "scale": scale,
                "tolerance": tolerance,
                "margin": margin,
                "passed": sound and residual <= tolerance,
            }
        )
    return rows


def _all_rows(part: dict[str, Any]) -> list[dict[str, Any]]:
    return rows_of(part) + (rows_of(part["transient"]) if part["transient"] else [])


def _phase(phase: PhaseResult, part: dict[str, Any]) -> dict[str, Any]:
    transient = part["transient"]
    still = phase.transient is not None and at_rest(phase.transient)
    return {
        "name": phase.phase,
        "part": part,
        "rows": rows_of(part),
        "transient_rows": rows_of(transient) if transient else [],
        "panels": list(_panels(phase, still)),
        "still": still,
    }


def _panels(phase: PhaseResult, still: bool) -> Iterator[Panel]:
    name = "".join(c for c in phase.phase if c.isalnum())
    title = f"Circuit against ideal, phase {phase.phase}"
    yield panel(figures.parity(phase), f"parity-{name}", title, PARITY)
    if phase.transient is None:
        return
    title = f"Relaxation of the hidden layers, phase {phase.phase}"
    caption = f"{STILL} {SETTLING}" if still else SETTLING
    yield panel(figures.settling(phase), f"settling-{name}", title, caption)
    if not still:
        title = f"Energy during relaxation, phase {phase.phase}"
        yield panel(figures.energy(phase), f"energy-{name}", title, ENERGY)


def _margins(verification: Verification) -> Panel | None:
    if not verification.phases:
        return None
    return panel(figures.margins(verification), "margins", "All comparisons at a glance", MARGINS)


def _schematic(verification: Verification) -> Panel | None:
    if not verification.phases:
        return None
    technology = verification.phases[0].compiled.design.technology
    return panel(schematic(technology), "schematic", "One synapse and its value node", SCHEMATIC)


def _technologies(verification: Verification) -> list[tuple[str, str]]:
    """Names and sources of the technologies, unless the facts name them already."""
    if "technology" in verification.facts:
        return []
    found = {
        p.compiled.design.technology.name: p.compiled.design.technology.source for p in verification.phases
    }
    return list(found.items())


PARITY = (
    "Top: every free node voltage of the circuit against the ideal value; the grey line is perfect "
    "agreement. At this accuracy all points lie on it, so read the bottom: the distance from the ideal "
    "value as a fraction of full scale, on a logarithmic axis. Points below the dashed line are within "
    "tolerance; filled marks lie above the ideal value, hollow ones below it. A V that is filled on one "
    "side of zero and hollow on the other is a gain slightly off, such as that of finite amplifiers; a "
    "level cloud is rounding and the simulator's stopping rule. Distances too small for the axis sit at "
    "its lower edge; of large batches a part is drawn, always with the worst points."
)
STILL = "This sample starts at its equilibrium, so nothing should move."
SETTLING = (
    "Top: the activities that move most, as voltages on their value nodes; lines are the circuit, "
    "hollow marks the ideal relaxation at the same instants, matched by colour and shape. The dotted "
    "vertical line marks the measured settling time. Bottom: the largest distance from the ideal in the "
    "layer as a fraction of full scale; it should stay below the dashed line at all times, not only at "
    "rest."
)
ENERGY = (
    "Top: the energy E(t), which relaxation can only lower: any rise would be a fault. The right axis "
    "gives the same quantity as the power that the springs dissipate, twice E times the spring "
    "conductance times the squared volts per unit. Bottom: the distance between circuit and ideal as a "
    "fraction of the largest E."
)
MARGINS = (
    "Each bar is a residual divided by its tolerance, on a logarithmic axis. Bars that end left of the "
    "dashed line pass, and the gap is the margin; a hatched bar that crosses it fails."
)
SCHEMATIC = (
    "Two conductances on complementary word lines form one weight; the amplifier holds their bit line "
    "at virtual ground and turns its current into the prediction. The spring resistor pulls the value "
    "node, a capacitor, towards the prediction; the current in it is the prediction error, sensed below "
    "for the previous layer. The prediction errors of the next layer return through the transposed "
    "crossbar and, gated by the slope of the activation, as a current. A closed switch clamps the node. "
    "A precision other than 1 multiplies the spring conductance of its layer."
)
