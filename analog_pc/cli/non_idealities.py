"""`analog-pc verify` where the technology has non-idealities."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from analog_pc.arrays import Floats, Ints
from analog_pc.cli.interrupt import plain_interrupts
from analog_pc.cli.non_ideality_lines import banners, step_lines, table_of
from analog_pc.cli.progress import StepDisplay
from analog_pc.cli.verify_task import Task
from analog_pc.compiler import compile_network
from analog_pc.nonideality import AnalysisOptions, NonIdealityAnalysis, analyse_non_idealities
from analog_pc.nonideality.analysis import Now
from analog_pc.nonideality.page import write_analysis
from analog_pc.nonideality.results import FAIL, NOT_CHECKED, PASS, State, StepRecord
from analog_pc.simulators import Native
from analog_pc.verification.netlists import write_sample_netlist

EXIT_CODES = {PASS: 0, FAIL: 1, NOT_CHECKED: 3}


def analyse_and_write(task: Task) -> int:
    """Analyse, print every step as it ends, write report and netlists; the exit code.

    0: native agrees with SPICE; 1: it does not; 3: not checked, since no cross-check was asked for, it found
    no time, or SPICE gave no answer.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, once a partial report is written.
    """
    options = AnalysisOptions(
        phases=task.phases,
        steps=task.steps,
        cross_check=task.options.cross_check,
        seeds=task.options.seeds,
        seed=task.options.seed,
        time_limit=task.options.time_limit,
        labels=_labels(task.targets),
        title=task.title,
        facts=task.facts,
    )
    out = task.options.out
    with StepDisplay() as display:
        so_far = _SoFar(out, display)
        try:
            with plain_interrupts():
                found = analyse_non_idealities(
                    task.network,
                    task.options.technology,
                    task.inputs,
                    task.targets,
                    task.simulator,
                    options=options,
                    listener=so_far.add,
                    progress=so_far.show,
                )
            for phase in task.phases:
                _netlist(task, phase)
        except KeyboardInterrupt as stop:
            raise so_far.interrupted(stop) from None
        write_analysis(found, out)
    for line in banners(found):
        _say(line)
    _say(f"report: {out / 'report.html'}")
    return EXIT_CODES[found.verdict]


@dataclass(eq=False)
class _SoFar:
    """The results so far: printed as they come, and kept for a report that is interrupted."""

    out: Path
    display: StepDisplay
    found: NonIdealityAnalysis | None = field(default=None)

    def show(self, now: Now) -> None:
        """Tell what is being done."""
        if now.number != self.display.number:
            name = f"{now.step}, {now.phase}"
            self.display.begin(now.number, now.total, name, seconds_left=now.left)
        else:
            self.display.note(now.doing)

    def add(self, found: NonIdealityAnalysis, record: StepRecord) -> None:
        """Print a step; once all tables are there, write them too."""
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
            write_analysis(found, self.out)

    def interrupted(self, stop: KeyboardInterrupt) -> KeyboardInterrupt:
        """Write the results so far; the interrupt to raise names the report."""
        if self.found is None:
            return stop
        write_analysis(self.found, self.out)
        return type(stop)(f"interrupted; a partial report is in {self.out / 'report.html'}")


def _waiting(found: NonIdealityAnalysis, step: str) -> bool:
    return any(r.step == step and r.state is State.NOT_REACHED for r in found.steps)


def _labels(targets: Floats | None) -> Ints | None:
    """The true class of every sample where the targets are one-hot; None where they say more, or nothing."""
    if targets is None:
        return None
    one_hot = ((targets == 0.0) | (targets == 1.0)).all() and (targets.sum(axis=1) == 1.0).all()
    return targets.argmax(axis=1) if one_hot else None


def _netlist(task: Task, phase: str) -> None:
    """The first sample, started from where the native simulator finds that the circuit settles."""
    targets = task.targets if phase == "learn" else None
    options = task.options
    compiled = compile_network(task.network, options.technology, task.inputs, targets, seed=options.seed)
    write_sample_netlist(options.out / "netlists" / phase, compiled, Native(), options.network)


def _say(text: str) -> None:
    """A line of standard output, at once."""
    print(text, flush=True)
