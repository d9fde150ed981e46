"""Runs `analog-pc study`: rows, then the report."""

from __future__ import annotations

import os
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import click

from analog_pc.cli.interrupt import plain_interrupts
from analog_pc.cli.options import refuse_overwriting
from analog_pc.cli.progress import StepDisplay
from analog_pc.errors import BadInput
from analog_pc.reporting.text import counted
from analog_pc.study import Progress, Results, Study, read_study, run_study
from analog_pc.study.dask_engine import dask_executor
from analog_pc.study.report.sentences import combination_lines, opening
from analog_pc.study.report.write import RESULTS, write_study
from analog_pc.study.yields import Yield, yields


@dataclass(frozen=True, kw_only=True)
class StudyRequest:
    """The options of `analog-pc study`, by their names there."""

    file: Path
    out: Path | None
    workers: int | None
    engine: str
    scheduler: str | None


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def study_all(request: StudyRequest) -> None:
    """Evaluate what has no row yet, and write the report of all of it.

    Raises
    ------
    BadInput
        As `read_study` and `run_study`.
    KeyboardInterrupt
        After Ctrl-C; rows that are done are kept.
    """
    study = read_study(request.file)
    folder = Path(request.file.stem) if request.out is None else request.out
    refuse_overwriting({"--out": folder / RESULTS}, [request.file])
    for line in opening(study):
        click.echo(line)
    if request.engine == "pool" and request.scheduler is not None:
        raise BadInput("--scheduler: is of --engine dask")
    results = _on_engine(study, folder, request)
    found = _yields(results) if study.limits.each else ()
    for line in combination_lines(results, found):
        click.echo(line)
    write_study(results, found, folder)
    click.echo(f"report: {folder / 'study.html'}")


def _on_engine(study: Study, folder: Path, request: StudyRequest) -> Results:
    """The rows, from workers of this machine or of a cluster."""
    if request.engine == "pool":
        return _run(study, folder, request.workers or cores(), None)
    if request.scheduler is None:
        raise BadInput("--engine dask: give --scheduler ADDRESS, such as tcp://127.0.0.1:8786")
    with dask_executor(request.scheduler) as (executor, workers):
        return _run(study, folder, workers, executor)


def _run(study: Study, folder: Path, workers: int, executor: Executor | None) -> Results:
    """The rows, with progress on standard error."""
    done = 0
    try:
        with plain_interrupts(), StepDisplay() as display:
            display.begin(1, 1, study.name, len(study))

            def tell(progress: Progress) -> None:
                nonlocal done
                done = progress.done
                text = f"{counted(progress.failed, 'failure')}" if progress.failed else ""
                display.reached(progress.done, progress.stored, text)

            return run_study(study, folder, workers=workers, executor=executor, tell=tell)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"interrupted: {done} of {len(study)} points are kept in {folder}, the same command goes on"
        ) from None


def _yields(results: Results) -> tuple[Yield, ...]:
    with plain_interrupts(), StepDisplay() as display:
        display.begin(1, 1, "what each failing chip fails by")
        return yields(results, display.next)
