"""A non-ideality analysis as lines of text, none of a table longer than 80 characters."""

from __future__ import annotations

import re
import textwrap

import numpy as np

from analog_pc.circuit import Outcome
from analog_pc.nonideality import NonIdealityAnalysis
from analog_pc.nonideality.accuracy import WORKS
from analog_pc.nonideality.results import CrossCheck, PhaseAnalysis, State, StepRecord, TableRow
from analog_pc.reporting.text import counted
from analog_pc.si import si

WIDTH = 80
_WITH_UNIT = re.compile(r"([0-9]) (?=[%fpnµmkMG]?[A-Za-z%]?(?: |,|\.|$|\)))")
CONVERGED = Outcome.CONVERGED.value
SECOND = {"predict": ("same class", "same_class"), "learn": ("cosine dW", "cosine")}


def table_of(phase: PhaseAnalysis) -> str:
    """Deviation of the activities from ideal parts, over full scale, with each row's non-ideality on."""
    title, second = SECOND[phase.phase]
    first = f"{phase.phase}: on"
    lines = [
        "",
        f" {first:<24}{'rms / full scale':>20}{'largest':>12}{title:>13}{'chips':>8}",
        " " + "-" * (WIDTH - 2),
    ]
    for row in phase.rows:
        cells = (
            f"{_rms(row):>20}{_number(row.mean('largest'), '.1e'):>12}{_number(row.mean(second), '.4f'):>13}"
        )
        lines.append(f" {row.name:<24}{cells}{len(row.chips):>8}")
    return "\n".join((*lines, ""))


def step_lines(phase: PhaseAnalysis, record: StepRecord) -> list[str]:
    """The results of a step, beside the table."""
    said = _LINES[record.step](phase)
    if record.state is not State.DONE:
        said.append(f"{record.step} {record.state.value}" + (f": {record.message}" if record.message else ""))
    return [_wrapped(line, len(record.phase) + 2) for line in said]


def banners(found: NonIdealityAnalysis) -> list[str]:
    """Both verdicts: native against SPICE, and accuracy."""
    numbers = [c.deviation for c in found.cross_checks if np.isfinite(c.deviation)]
    how = (
        f", {max(numbers):.1e} of full scale in {counted(len(numbers), 'operating point')}" if numbers else ""
    )
    accuracy = found.accuracy
    works = "YES" if accuracy.verdict == WORKS else accuracy.verdict.upper()
    lines = [
        "",
        f"SPICE agrees with native: {found.verdict.upper()}{how}",
        _wrapped(f"The network still works: {works}, {accuracy.message}", 4),
    ]
    if found.partial:
        lines.insert(1, "PARTIAL REPORT: not every step was reached or ended in time")
    return lines


def _rms(row: TableRow) -> str:
    spread = row.spread("rms")
    return _number(row.mean("rms"), ".1e") + (f" ± {spread:.0e}" if spread else "")


def _number(value: float, form: str) -> str:
    return format(value, form) if np.isfinite(value) else "-"


def _table(phase: PhaseAnalysis) -> list[str]:
    return [f"{row.name}: {row.status}" for row in phase.rows if row.status != CONVERGED]


def _cross_check(phase: PhaseAnalysis) -> list[str]:
    return [_checked(check) for check in phase.cross_checks]


def _checked(check: CrossCheck) -> str:
    if not np.isfinite(check.deviation):
        return f"sample {check.sample} {check.verdict}: {check.message}"
    deviation = f"{check.deviation:.1e} of full scale"
    return f"sample {check.sample}, native against SPICE: {deviation}, {check.verdict}"


def _wires(phase: PhaseAnalysis) -> list[str]:
    if not phase.ir_drops:
        return []
    worst = max(phase.ir_drops, key=lambda found: float(np.abs(found.loss).max(initial=0.0)))
    loss = 100.0 * float(np.abs(worst.loss).max(initial=0.0))
    return [f"IR drop up to {loss:.3g} % of the largest voltage ({worst.array})"]


def _power(phase: PhaseAnalysis) -> list[str]:
    power = phase.power
    if power is None:
        return []
    said = [f"power {si(power.total, 'W')}"] if power.parts else []
    return [*said, *([power.message] if power.message else [])]


def _modes(phase: PhaseAnalysis) -> list[str]:
    s = phase.stability
    if s is None:
        return []
    margin = f", slowest mode {s.margin_units:.3g} g_s / C, damping {s.damping:.2g}"
    checked = f"{counted(s.samples, 'sample')} checked"
    return [f"{s.message}, {checked}{margin if np.isfinite(s.margin) else ''}"]


def _noise(phase: PhaseAnalysis) -> list[str]:
    noise = phase.noise
    if noise is None:
        return []
    rms = np.concatenate(noise.rms)
    if not rms.size:
        return [f"noise: {noise.message}"] if noise.message else []
    worst = float(rms.max())
    activity = max(float(r.max()) / unit for r, unit in zip(noise.rms, noise.volts, strict=True) if r.size)
    return [
        f"noise up to {si(worst, 'V')} rms, {worst / noise.thermal:.3g} sqrt(kT/C), "
        f"up to {activity:.2g} of an activity of 1"
    ]


def _transients(phase: PhaseAnalysis) -> list[str]:
    if not phase.settlings:
        return []
    settled = [f"{w.name} {_seconds(w.measured)}" for w in phase.settlings]
    said = [f"settling to 1 %: {', '.join(settled)}"]
    said += [f"{w.name}: {w.message}" for w in phase.settlings if w.message]
    if np.isfinite(phase.energy):
        said.append(f"energy {si(phase.energy, 'J')} a relaxation")
    return said


_LINES = {
    "table": _table,
    "cross-check": _cross_check,
    "wires": _wires,
    "power": _power,
    "modes": _modes,
    "noise": _noise,
    "transients": _transients,
}


def _seconds(value: float) -> str:
    return si(value, "s") if np.isfinite(value) else "unknown"


def _wrapped(line: str, taken: int) -> str:
    """At most `WIDTH` characters a line, the first one `taken` less."""
    held = _WITH_UNIT.sub("\\1\u00a0", line)  # a number stays with its unit
    parts = textwrap.wrap(held, WIDTH, initial_indent=" " * taken, subsequent_indent="    ")
    return "\n".join(parts).lstrip().replace("\u00a0", " ") if parts else ""
