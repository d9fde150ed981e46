"""`analog-pc verify` where the technology has imperfections: what do real parts do?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from analog_pc.arrays import Floats
from analog_pc.circuit import Outcome
from analog_pc.cli.options import progress_bar
from analog_pc.compiler import compile_network
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.simulators import Native, Simulator
from analog_pc.technology import Technology
from analog_pc.verify.netlists import write_sample_netlist
from analog_pc.verify.real import RealVerification, verify_real
from analog_pc.verify.real.page import write_real_report
from analog_pc.verify.real.results import FAIL, PASS, Judgement, RealPhase, Row
from analog_pc.verify.report.style import si

CONVERGED = Outcome.CONVERGED.value


def verify_real_parts(
    network: PredictiveCodingNetwork,
    technology: Technology,
    inputs: Floats,
    targets: Floats | None,
    simulator: Simulator,
    phases: tuple[str, ...],
    judged: int,
    seeds: int,
    seed: int,
    title: str,
    facts: dict[str, str],
    out: Path,
) -> int:
    """Verify, write report and netlists, print; the exit code.

    0: native agrees with the judge, or no judge was asked for (`judged` 0); 1: it does not, or the judge gave
    no answer.
    """
    with progress_bar() as (bar, task):
        found = verify_real(
            network,
            technology,
            inputs,
            targets,
            simulator,
            phases=phases,
            judged=judged,
            seeds=seeds,
            seed=seed,
            title=title,
            facts=facts,
            progress=lambda text: bar.update(task, description=text),  # type: ignore[arg-type]
        )
        bar.update(task, description="netlists and report")  # type: ignore[arg-type]
        for phase in phases:
            answers = targets if phase == "learn" else None
            _netlist(out / "netlists" / phase, network, technology, inputs, answers, seed)
        write_real_report(found, out)
    _print(found, out)
    return 0 if found.verdict == PASS or (judged == 0 and found.verdict != FAIL) else 1


def _netlist(
    folder: Path,
    network: PredictiveCodingNetwork,
    technology: Technology,
    inputs: Floats,
    targets: Floats | None,
    seed: int,
) -> None:
    """The first sample, started from where the native simulator says that the circuit comes to rest."""
    compiled = compile_network(network, technology, inputs, targets, seed=seed)
    write_sample_netlist(folder, compiled, Native())


def _print(found: RealVerification, out: Path) -> None:
    console = Console(width=max(80, min(110, Console().width)))
    console.print(f"{found.title}, real against ideal parts", markup=False, highlight=False)
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("on", no_wrap=True)
    for phase in found.phases:
        table.add_column(f"{phase.phase}: rms", justify="right", no_wrap=True)
        second = "same class" if phase.phase == "predict" else "cosine dW"
        table.add_column(second, justify="right", no_wrap=True)
    for lines in zip(*(phase.rows for phase in found.phases), strict=True):
        table.add_row(lines[0].name, *(cell for row in lines for cell in _cells(row)))
    console.print(table)
    for phase in found.phases:
        for line in _lines(phase):
            console.print(f"{phase.phase}: {line}", markup=False, highlight=False)
    console.print(f"{found.verdict.upper()} (native against SPICE)", markup=False, highlight=False)
    console.print(f"report: {out / 'report.html'}", markup=False, highlight=False)


def _cells(row: Row) -> tuple[str, str]:
    """rms deviation, and what the phase is about: same class or cosine."""
    rms, spread = row.mean("rms"), row.spread("rms")
    second = row.mean("cosine" if row.phase == "learn" else "same_class")
    first = f"{rms:.1e}" + (f" ± {spread:.0e}" if spread else "")
    return first if np.isfinite(rms) else "-", f"{second:.4f}" if np.isfinite(second) else "-"


def _lines(phase: RealPhase) -> list[str]:
    """Judgements, settling, stability, noise and power, a line each."""
    said = [_judged(j) for j in phase.judgements] or ["SPICE was not asked (--judge 0)"]
    said += [f"{row.name}: {row.status}" for row in phase.rows if row.status != CONVERGED]
    settled = [f"{w.name} {_seconds(w.measured)}" for w in phase.settlings]
    said.append(f"settling to 1 %: {', '.join(settled)}")
    said += [f"{w.name}: {w.words}" for w in phase.settlings if w.words]
    s, noise, power = phase.stability, phase.noise, phase.power
    margin = f", slowest mode {s.margin_units:.3g} g_s / C, damping {s.damping:.2g}"
    said.append(f"{s.words}, {s.samples} samples looked at{margin if np.isfinite(s.margin) else ''}")
    rms = np.concatenate(noise.rms)
    if rms.size:
        worst = float(rms.max())
        unit = max(float(r.max()) / v for r, v in zip(noise.rms, noise.volts, strict=True) if r.size)
        said.append(
            f"noise up to {si(worst, 'V')} rms, {worst / noise.thermal:.3g} sqrt(kT/C), "
            f"up to {unit:.2g} of an activity of 1"
        )
    elif noise.words:
        said.append(f"noise: {noise.words}")
    if power.parts:
        joule = f", {si(power.energy, 'J')} a relaxation" if np.isfinite(power.energy) else ""
        said.append(f"power {si(power.total, 'W')}{joule}")
    return [*said, *([power.words] if power.words else [])]


def _judged(j: Judgement) -> str:
    if not np.isfinite(j.deviation):
        return f"sample {j.sample} {j.verdict}: {j.words}"
    return f"sample {j.sample}, native against SPICE: {j.deviation:.1e} of full scale, {j.verdict}"


def _seconds(value: float) -> str:
    return si(value, "s") if np.isfinite(value) else "unknown"
