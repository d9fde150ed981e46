"""The page of a report: verdict, tables and figures in one self-contained HTML file."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jinja2
from markupsafe import Markup
from matplotlib.figure import Figure

from analog_pc.reporting.style import si, svg
from analog_pc.verification.report import figures, schematic
from analog_pc.verification.report.waveforms import at_rest
from analog_pc.verification.results import PhaseResult, Verification
from analog_pc.verification.wording import counted

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


@dataclass(frozen=True)
class Panel:
    """A figure on the page: inline SVG, what it is called, what one sees and how to read it."""

    svg: Markup
    title: str
    caption: str
    narrow: bool = False


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
        tolerance, scale = part["tolerances"][quantity], part["scales"][quantity]
        known = None not in (residual, tolerance, scale)
        margin = (tolerance / residual if residual else math.inf) if known else math.nan
        passed = known and residual <= tolerance
        row = {
            "quantity": quantity,
            "meaning": MEANINGS.get(quantity, ""),
            "residual": residual,
            "scale": scale,
        }
        rows.append({**row, "tolerance": tolerance, "margin": margin, "passed": passed})
    return rows


def _all_rows(part: dict[str, Any]) -> list[dict[str, Any]]:
    return rows_of(part) + (rows_of(part["transient"]) if part["transient"] else [])


def _phase(phase: PhaseResult, part: dict[str, Any]) -> dict[str, Any]:
    panels = [_panel(figures.parity, phase, "parity", PARITY_TITLE, PARITY)]
    still = phase.transient is not None and at_rest(phase.transient)
    if phase.transient is not None:
        caption = SETTLING if not still else f"{STILL} {SETTLING}"
        panels.append(_panel(figures.settling, phase, "settling", SETTLING_TITLE, caption))
    if phase.transient is not None and not still:
        panels.append(_panel(figures.energy, phase, "energy", ENERGY_TITLE, ENERGY, narrow=True))
    transient = part["transient"]
    rows, more = rows_of(part), rows_of(transient) if transient else []
    shown = {"rows": rows, "transient_rows": more, "panels": panels, "still": still}
    return {"name": phase.phase, "part": part, **shown}


def _panel(
    draw: Callable[[PhaseResult], Figure],
    phase: PhaseResult,
    kind: str,
    title: str,
    caption: str,
    narrow: bool = False,
) -> Panel:
    picture = draw(phase)
    narrow = narrow or picture.get_figwidth() < 5.0
    prefix = f"{kind}-{''.join(c for c in phase.phase if c.isalnum())}"
    return Panel(Markup(svg(picture, prefix)), title.format(phase=phase.phase), caption, narrow)


def _margins(verification: Verification) -> Panel | None:
    if not verification.phases:
        return None
    picture = Markup(svg(figures.margins(verification), "margins"))
    return Panel(picture, "All comparisons at a glance", MARGINS, narrow=True)


def _schematic(verification: Verification) -> Panel | None:
    if not verification.phases:
        return None
    technology = verification.phases[0].compiled.design.technology
    return Panel(Markup(schematic.schematic_svg(technology)), "One synapse and its value node", SCHEMATIC)


def _technologies(verification: Verification) -> list[tuple[str, str]]:
    """Names and sources of the technologies, unless the facts name them already."""
    if "technology" in verification.facts:
        return []
    found = {
        p.compiled.design.technology.name: p.compiled.design.technology.source for p in verification.phases
    }
    return list(found.items())


def science(value: float | None) -> str:
    """``science(1.2e-9)`` is 1.2 times 10⁻⁹ as a person writes it; None and NaN are "not a number"."""
    if value is None or math.isnan(value):
        return "not a number"
    if value == 0.0 or math.isinf(value):
        return "0" if value == 0.0 else "∞"
    if 1e-2 <= abs(value) < 1e4:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} \u00d7 10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def seconds(value: float | None) -> str:
    """A time with its SI prefix."""
    return "unknown" if value is None else si(value, "s")


def template(package: str, **filters: Callable[..., Any]) -> jinja2.Template:
    """`template.html` of a package, which extends `base.html` and may use `macros.html` of this one."""
    loader = jinja2.ChoiceLoader(
        [jinja2.PackageLoader(p, "") for p in (package, "analog_pc.verification.report")]
    )
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters.update(science=science, seconds=seconds, counted=counted, **filters)
    return environment.get_template("template.html")


PARITY_TITLE = "Circuit against ideal, phase {phase}"
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
SETTLING_TITLE = "Relaxation of the hidden layers, phase {phase}"
SETTLING = (
    "Top: the activities that move most, as voltages on their value nodes; lines are the circuit, "
    "hollow marks the ideal relaxation at the same instants, matched by colour and shape. The dotted "
    "vertical line marks the measured settling time. Bottom: the largest distance from the ideal in the "
    "layer as a fraction of full scale; it should stay below the dashed line at all times, not only at "
    "rest."
)
ENERGY_TITLE = "Energy during relaxation, phase {phase}"
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
