"""`analog-pc verify` where the technology has non-idealities: what do real parts do?"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from analog_pc.arrays import Floats, Ints
from analog_pc.cli.interrupt import plain_interrupts
from analog_pc.cli.real_lines import banners, step_lines, table_of
from analog_pc.cli.steps import StepDisplay
from analog_pc.compiler import compile_network
from analog_pc.nonideality import RealVerification, verify_real
from analog_pc.nonideality.page import write_real_report
from analog_pc.nonideality.results import FAIL, PASS, State, StepRecord
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.simulators import Native, Simulator
from analog_pc.technology import Technology
from analog_pc.verification.netlists import write_sample_netlist

AGREES, DIFFERS, NOT_JUDGED = 0, 1, 3  # exit codes


@dataclass(frozen=True, eq=False, kw_only=True)
class RealTask:
    """What `analog-pc verify` was asked for, with real parts; see `verify_real`."""

    network: PredictiveCodingNetwork
    technology: Technology
    inputs: Floats
    targets: Floats | None
    labels: Ints | None
    simulator: Simulator
    phases: tuple[str, ...]
    steps: tuple[str, ...]
    judged: int
    seeds: int
    seed: int
    time_limit: float
    title: str
    facts: dict[str, str]
    network_file: Path | None
    out: Path


def verify_real_parts(task: RealTask) -> int:
    """Verify, print every step as it ends, write report and netlists; the exit code.

    0: native agrees with SPICE; 1: it does not; 3: not judged, since no cross-check was asked for, it found
    no time, or SPICE gave no answer.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, once a partial report is written.
    """
    with StepDisplay() as display:
        so_far = _SoFar(task, display)
        try:
            with plain_interrupts():
                found = verify_real(
                    task.network,
                    task.technology,
                    task.inputs,
                    task.targets,
                    task.simulator,
                    labels=task.labels,
                    phases=task.phases,
                    steps=task.steps,
                    judged=task.judged,
                    seeds=task.seeds,
                    seed=task.seed,
                    time_limit=task.time_limit,
                    title=task.title,
                    facts=task.facts,
                    progress=display.show,
                    listener=so_far.add,
                )
            for phase in task.phases:
                _netlist(task, phase)
        except KeyboardInterrupt as stop:
            raise so_far.interrupted(stop) from None
        write_real_report(found, task.out)
    for line in banners(found):
        _say(line)
    _say(f"report: {task.out / 'report.html'}")
    return {PASS: AGREES, FAIL: DIFFERS}.get(found.verdict, NOT_JUDGED)


@dataclass(eq=False)
class _SoFar:
    """What is known so far: printed as it comes, and kept for a report that is interrupted."""

    task: RealTask
    display: StepDisplay
    found: RealVerification | None = field(default=None)

    def add(self, found: RealVerification, record: StepRecord) -> None:
        """Print a step; once all tables are there, they are on the disk too."""
        if self.found is None:
            _say(f"{found.title}, real against ideal parts")
        self.found = found
        phase = next(phase for phase in found.phases if phase.phase == record.phase)
        with self.display.paused():
            if record.step == "table":
                _say(table_of(phase))
            for line in step_lines(phase, record):
                _say(f"{record.phase}: {line}")
        if record.step == "table" and not _waiting(found, "table"):
            write_real_report(found, self.task.out)

    def interrupted(self, stop: KeyboardInterrupt) -> KeyboardInterrupt:
        """Write what is known, and say so where the program ends."""
        if self.found is None:
            return stop
        write_real_report(self.found, self.task.out)
        words = f"interrupted; a partial report is in {self.task.out / 'report.html'}"
        return type(stop)(words)


def _waiting(found: RealVerification, step: str) -> bool:
    return any(r.step == step and r.state is State.NOT_REACHED for r in found.steps)


def _netlist(task: RealTask, phase: str) -> None:
    """The first sample, started from where the native simulator says that the circuit comes to rest."""
    targets = task.targets if phase == "learn" else None
    compiled = compile_network(task.network, task.technology, task.inputs, targets, seed=task.seed)
    write_sample_netlist(task.out / "netlists" / phase, compiled, Native(), task.network_file)


def _say(text: str) -> None:
    """A line of standard output, at once."""
    print(text, flush=True)
