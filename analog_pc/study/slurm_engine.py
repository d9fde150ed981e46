"""A study as one array of Slurm jobs, submitted and awaited by submitit; needs ``analog-pc[slurm]``.

::

    analog-pc study FILE.toml --engine slurm --jobs 20 --partition NAME --minutes 120

    DIR/parts/K-of-N/rows/    what job K of N writes: every N-th point, chunk by chunk (`part.py`)
    DIR/slurm/                pickles and logs of submitit

All machines see the folder.  Jobs leave out points that have a row anywhere in it.  A job that was killed
leaves the rows that it has; it is submitted again, up to `TRIES` times, and so are all jobs by the same
command after the client was killed.  Rows do not depend on any of this.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

from analog_pc.arrays import is_whole
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.study.definition import Study
from analog_pc.study.engine import TRIES, Progress, Tell, run_study, silent
from analog_pc.study.part import Part
from analog_pc.study.results import Results
from analog_pc.study.store import Store

FILES = "slurm"
GLANCE = 2.0  # s between two looks at the jobs and their rows
JOBS = 8
MINUTES = 60
ANSWER = 60.0  # s that Slurm may take to say whether it would take a job


@dataclass(frozen=True, kw_only=True)
class Array:
    """A job array.

    Parameters
    ----------
    jobs
        How many jobs the points are spread over; one core each.
    minutes
        That a job may take.
    partition
        Of the cluster; "": its default.
    cluster
        "slurm"; "local" starts the jobs as processes of this machine.

    Raises
    ------
    BadInput
        For less than one job or minute.
    """

    jobs: int = JOBS
    minutes: int = MINUTES
    partition: str = ""
    cluster: str = "slurm"

    def __post_init__(self) -> None:
        Part(1, self.jobs)
        if not is_whole(self.minutes) or self.minutes < 1:
            raise BadInput(f"--engine slurm: minutes = {self.minutes!r}, must be 1 or more")


def check_slurm(folder: Path, array: Array) -> None:
    """Ask Slurm whether it would take a job of the array; nothing is submitted or written.

    Parameters
    ----------
    folder
        Where rows will be kept.
    array
        Of jobs.

    Raises
    ------
    BadInput
        Where submitit is not installed, there is no Slurm, it does not answer, or it would refuse the job.
    """
    _executor(folder, array)
    if array.cluster != "slurm":
        return
    asked = ["--test-only", "--nodes=1", "--ntasks=1", "--cpus-per-task=1", f"--time={array.minutes}"]
    where = [f"--partition={array.partition}"] if array.partition else []
    try:
        answer = subprocess.run(
            ["sbatch", *asked, *where, "--wrap=true"],
            check=False,
            capture_output=True,
            text=True,
            timeout=ANSWER,
        )
    except subprocess.TimeoutExpired:
        raise BadInput(f"--engine slurm: sbatch has not answered for {ANSWER:g} s: is it up?") from None
    except OSError as fault:
        raise BadInput(f"--engine slurm: sbatch cannot be started: {fault.strerror or fault}") from None
    if answer.returncode:
        said = _last(answer.stderr) or f"sbatch ended with {answer.returncode}"
        raise BadInput(f"--engine slurm: the jobs were refused: {said}")


def run_on_slurm(study: Study, folder: Path, array: Array, tell: Tell = silent) -> Results:
    """Evaluate every point that has no row yet, in one array of jobs.

    Parameters
    ----------
    study
        What to evaluate.
    folder
        Where rows are kept, on a file system that all machines see.
    array
        Of jobs.
    tell
        Is told from time to time how many points are done.

    Returns
    -------
    Results
        As of `run_study`, bit by bit.

    Raises
    ------
    BadInput
        Where submitit is not installed, there is no Slurm, it refuses the jobs, or another run writes there.
    SimulationFailed
        Where jobs end `TRIES` times without all of their points; what is done is kept.
    """
    executor = _executor(folder, array)
    with Store(folder) as store:
        watch = _Watch(study, store, tell)
        parts = [Part(number, array.jobs) for number in range(1, array.jobs + 1)]
        why = ""
        for _ in range(TRIES):
            parts = watch.unfinished(parts)
            if not parts:
                break
            why = _awaited(_submitted(executor, study, folder, parts), watch.report) or why
        left = watch.unfinished(parts)
    if left:
        raise SimulationFailed(
            f"study: {len(left)} of {array.jobs} jobs ended {TRIES} times before all of their points were "
            f"done; rows are kept, logs are in {folder / FILES}{f': {why}' if why else ''}"
        )
    return run_study(study, folder, tell=tell)


class _Watch:
    """Which points have a row."""

    def __init__(self, study: Study, store: Store, tell: Tell) -> None:
        self._study = study
        self._store = store
        self._tell = tell
        self._keys = [point.key for point in study.all_points()]
        self._stored = self._count(store)

    def _count(self, store: Store) -> int:
        rows = store.rows()
        return sum(key in rows for key in self._keys)

    def report(self) -> None:
        """Tell how many points are done."""
        rows = self._store.rows()
        done = [rows[key] for key in self._keys if key in rows]
        failed = sum(bool(row.failed) for row in done)
        self._tell(Progress(total=len(self._keys), done=len(done), stored=self._stored, failed=failed))

    def unfinished(self, parts: Sequence[Part]) -> list[Part]:
        """Parts that lack a row."""
        rows = self._store.rows()
        lacking = [index for index, key in enumerate(self._keys) if key not in rows]
        return [one for one in parts if any(one.has(index) for index in lacking)]


def evaluate_part(study: Study, folder: str, number: int, count: int) -> None:
    """What a job does: the points of its part that have no row yet."""
    which = Part(number, count)
    run_study(study, which.folder(Path(folder)), part=which, known=Path(folder))


def _executor(folder: Path, array: Array) -> Any:
    try:
        submitit = import_module("submitit")
    except ImportError:
        raise BadInput("--engine slurm: needs submitit: pip install 'analog-pc[slurm]'") from None
    try:
        executor = submitit.AutoExecutor(folder=folder / FILES, cluster=array.cluster)
    except (RuntimeError, ValueError, OSError) as fault:
        raise BadInput(f"--engine slurm: {_line(fault)}") from None
    slurm = {"slurm_partition": array.partition} if array.partition and array.cluster == "slurm" else {}
    executor.update_parameters(
        name="analog-pc", timeout_min=array.minutes, cpus_per_task=1, tasks_per_node=1, nodes=1, **slurm
    )
    return executor


def _submitted(executor: Any, study: Study, folder: Path, parts: Sequence[Part]) -> list[Any]:
    """One array of jobs, a part each."""
    errors = import_module("submitit.core.utils")
    numbers = [one.number for one in parts]
    counts = [one.count for one in parts]
    where = str(folder.absolute())
    try:
        with redirect_stderr(StringIO()):  # submitit prints what sbatch says, and raises it
            found: list[Any] = executor.map_array(
                evaluate_part, [study] * len(parts), [where] * len(parts), numbers, counts
            )
    except (errors.FailedJobError, errors.FailedSubmissionError, OSError) as fault:
        raise BadInput(f"--engine slurm: the jobs were refused: {_line(fault)}") from None
    return found


def _awaited(jobs: Sequence[Any], report: Callable[[], None]) -> str:
    """Wait for all jobs; why one of them failed, "" where none did.  Left by Ctrl-C it cancels them."""
    try:
        while not all(job.done() for job in jobs):
            report()
            time.sleep(GLANCE)
        report()
    except BaseException:
        for job in jobs:
            job.cancel(check=False)
        raise
    faults = [fault for job in jobs if (fault := job.exception()) is not None]
    return _line(faults[0]) if faults else ""


def _line(fault: BaseException) -> str:
    """The last line of an error that says something."""
    return _last(str(fault)) or type(fault).__name__


def _last(text: str) -> str:
    """The last line of a text that says something, "" where none does."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
