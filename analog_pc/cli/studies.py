"""Runs `analog-pc study`: rows, then the report."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from analog_pc.cli.interrupt import plain_interrupts
from analog_pc.cli.output_folder import Claim, claimed
from analog_pc.cli.progress import StepDisplay
from analog_pc.errors import BadInput
from analog_pc.files import write_text
from analog_pc.reporting.text import counted
from analog_pc.simulators import Ngspice, Simulator
from analog_pc.study import Progress, Results, Study, read_study, run_study
from analog_pc.study.analyses import Analyses
from analog_pc.study.confirm import Confirmation, Verdict, confirm
from analog_pc.study.dask_engine import dask_executor
from analog_pc.study.datasets import check_netcdf
from analog_pc.study.engine import Tell
from analog_pc.study.part import WHOLE, Part, part, sbatch_script
from analog_pc.study.report.sentences import (
    combination_lines,
    confirmation_lines,
    culprit_lines,
    front_lines,
    index_lines,
    opening,
)
from analog_pc.study.report.write import NAMES, PAGE, write_study
from analog_pc.study.samplers import NSGA2
from analog_pc.study.search import Evaluate, check_search, search_study
from analog_pc.study.sensitivity import check_sensitivity, indices_of
from analog_pc.study.slurm_engine import JOBS, MINUTES, Array, check_slurm, run_on_slurm
from analog_pc.study.store import Store
from analog_pc.study.yields import Yield, chips_without, yields

SCRIPT = "study.sbatch"
EXIT_CODES = {Verdict.CONFIRMED: 0, Verdict.DIFFERS: 1, Verdict.NOT_CHECKED: 3}
NOTHING_MEASURED = 3  # every point failed
SEVERITY = (0, 3, 1)  # of exit codes: the last one of several is told


@dataclass(frozen=True, kw_only=True)
class StudyRequest:
    """The options of `analog-pc study`, by their names there."""

    file: Path
    out: Path | None
    workers: int | None
    engine: str
    scheduler: str | None
    confirm: int
    netcdf: bool
    part: str | None
    sbatch: int | None
    jobs: int | None
    partition: str | None
    minutes: int | None


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def study_all(request: StudyRequest) -> int:
    """Evaluate what has no row yet, and write the report of all of it; the exit code.

    1: a point that is to be confirmed differs; 3: one could not be checked, or every point failed.

    Raises
    ------
    BadInput
        As `read_study` and `run_study`.
    KeyboardInterrupt
        After Ctrl-C; rows that are done are kept.
    """
    _check_options(request)
    folder = _folder(request)
    if request.sbatch is not None:
        _check_parts(read_study(request.file))  # a file with a fault is told now, not by every job
        return _write_script(folder, request.file, request.sbatch)
    if request.part is not None:
        study = read_study(request.file)
        _check_parts(study)
        return _evaluate_part(study, part(request.part), folder, request)
    with claimed(folder, NAMES, (request.file,)) as claim:
        return _study(request, folder, claim)


def _check_options(request: StudyRequest) -> None:
    if request.engine != "dask" and request.scheduler is not None:
        raise BadInput("--scheduler: is of --engine dask")
    if request.engine == "dask" and request.scheduler is None:
        raise BadInput("--engine dask: give --scheduler ADDRESS, such as tcp://127.0.0.1:8786")
    for name in ("jobs", "partition", "minutes"):
        if request.engine != "slurm" and getattr(request, name) is not None:
            raise BadInput(f"--{name}: is of --engine slurm")
    if request.engine == "slurm" and request.workers is not None:
        raise BadInput("--workers: a Slurm job has one core; give --jobs")
    if request.part is not None and request.engine != "pool":
        raise BadInput("--part: is evaluated on this machine, leave out --engine")
    if request.part is not None and request.sbatch is not None:
        raise BadInput("--sbatch: its script computes all parts, leave out --part")
    if request.part is not None and (request.confirm or request.netcdf):
        raise BadInput("--part: computes rows alone; give --confirm and --netcdf to the whole study")
    if request.netcdf:
        check_netcdf()


def _check_parts(study: Study) -> None:
    """`BadInput` for a study whose points are not known before it runs."""
    if study.sampler == NSGA2:
        raise BadInput(
            f"sampler {NSGA2!r}: candidates follow from what earlier ones measured, so there are no parts: "
            "leave out --part and --sbatch"
        )


def _folder(request: StudyRequest) -> Path:
    """The folder of the results; without --out the name of the file without its ending."""
    if request.out is not None:
        return request.out
    if not request.file.suffix:
        raise BadInput(f"{request.file}: has no ending, such as .toml: give --out, the folder of the results")
    return Path(request.file.stem)


def _study(request: StudyRequest, folder: Path, claim: Claim) -> int:
    study = read_study(request.file)
    check_sensitivity(study)
    check_search(study)
    ngspice = Ngspice()
    if request.confirm:
        ngspice.version()  # before hours of work: is it there?
    with _engine(folder, request) as evaluate:
        claim.begin()
        for line in opening(study):
            click.echo(line)
        results = evaluate(study)
        analyses = Analyses(indices=indices_of(results))
        if study.limits.each:
            analyses = dataclasses.replace(analyses, yields=yields(results, Store(folder).rows()))
        for line in _measured_lines(results, analyses):
            click.echo(line)
        if any(one.pending for one in analyses.yields):
            write_study(results, analyses, folder, as_netcdf=request.netcdf)  # a search may be interrupted
            analyses = dataclasses.replace(analyses, yields=_with_culprits(results, evaluate, folder))
    for line in culprit_lines(analyses.yields):
        click.echo(line)
    if request.confirm:
        write_study(results, analyses, folder, as_netcdf=request.netcdf)  # ngspice may be interrupted
        confirmations = _confirmed(results, request.confirm, ngspice)
        analyses = dataclasses.replace(analyses, confirmations=confirmations)
    for line in confirmation_lines(analyses.confirmations):
        click.echo(line)
    write_study(results, analyses, folder, as_netcdf=request.netcdf)
    click.echo(f"report: {folder / 'study.html'}")
    if len(results.failed) == len(results):
        return NOTHING_MEASURED
    return max((EXIT_CODES[one.verdict] for one in analyses.confirmations), default=0, key=SEVERITY.index)


def _write_script(folder: Path, file: Path, jobs: int) -> int:
    """A script for Slurm instead of a run."""
    script = sbatch_script(file, folder, jobs)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / SCRIPT, script)
    click.echo(
        f"sbatch {folder / SCRIPT}    # {counted(jobs, 'job')}; then the same command without --sbatch"
    )
    return 0


def _evaluate_part(study: Study, which: Part, folder: Path, request: StudyRequest) -> int:
    """Rows alone: the report is that of all parts."""
    results = _run(study, which.folder(folder), request.workers or cores(), None, which)
    click.echo(f"part {which.number} of {which.count}: {counted(len(results), 'point')} of {len(study)}")
    return 0


@contextmanager
def _engine(folder: Path, request: StudyRequest) -> Iterator[Callable[[Study], Results]]:
    """What gives the rows, from workers of this machine or of a cluster, which has answered."""
    if request.engine == "slurm":
        array = Array(
            jobs=request.jobs or JOBS,
            minutes=request.minutes or MINUTES,
            partition=request.partition or "",
        )
        check_slurm(folder, array)

        def submitted(part: Study, tell: Tell) -> Results:
            return run_on_slurm(part, folder, array, tell)

        yield lambda study: _shown(study, folder, submitted)
    elif request.scheduler is None:
        yield lambda study: _run(study, folder, request.workers or cores(), None)
    else:
        with dask_executor(request.scheduler) as (executor, workers):
            yield lambda study: _run(study, folder, workers, executor)


def _run(study: Study, folder: Path, workers: int, executor: Executor | None, which: Part = WHOLE) -> Results:
    """The rows, from this machine or from an executor."""

    def evaluate(part: Study, tell: Tell) -> Results:
        return run_study(part, folder, workers=workers, executor=executor, tell=tell, part=which)

    return _shown(study, folder, evaluate, which)


def _shown(study: Study, folder: Path, evaluate: Evaluate, which: Part = WHOLE) -> Results:
    """The rows, with progress on standard error; a search evaluates one generation after the other."""
    done = -1
    try:
        with plain_interrupts(), StepDisplay() as display:

            def tell(progress: Progress) -> None:
                nonlocal done
                if done < 0:  # an engine that refuses has shown nothing
                    display.begin(1, 1, study.name, which.points(len(study)), done=progress.stored)
                done = progress.done
                text = f"{counted(progress.failed, 'failure')}" if progress.failed else ""
                display.reached(progress.done, progress.stored, text)

            if study.sampler == NSGA2:
                return search_study(study, evaluate, tell)
            return evaluate(study, tell)
    except KeyboardInterrupt:
        total = which.points(len(study))
        what = "points" if study.chosen_points is None else "failing chips without a non-ideality"
        raise KeyboardInterrupt(
            f"interrupted: {max(done, 0)} of {total} {what} are kept in {folder}, the same command goes on"
        ) from None


def _confirmed(results: Results, count: int, simulator: Simulator) -> tuple[Confirmation, ...]:
    with plain_interrupts(), StepDisplay() as display:
        display.begin(1, 1, "points in ngspice", count)
        return confirm(results, count, simulator, display.next)


def _measured_lines(results: Results, analyses: Analyses) -> list[str]:
    """What is known as soon as all points are: the table, the front of a search, the indices."""
    return [
        *combination_lines(results, analyses.yields),
        *front_lines(results),
        *index_lines(analyses.indices, results.study),
    ]


def _with_culprits(results: Results, evaluate: Callable[[Study], Results], folder: Path) -> tuple[Yield, ...]:
    """The yields with what the failing chips fail by."""
    try:
        measured = evaluate(chips_without(results))
    except KeyboardInterrupt as stopped:
        raise KeyboardInterrupt(
            f"{stopped}; {folder / PAGE} has all {counted(len(results), 'point')}, but not all culprits"
        ) from None
    return yields(results, {one.row.key: one.row for one in measured})
