"""Runs a study: points in chunks, on this process, on workers beside it, or on any executor."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.study.definition import Study
from analog_pc.study.evaluate import Evaluated, evaluate_chunk
from analog_pc.study.part import WHOLE, Part
from analog_pc.study.point import Found, Point, Row
from analog_pc.study.results import Results
from analog_pc.study.store import Store
from analog_pc.workers import worker_pool

CHUNK_SECONDS = 1.0  # of work in a chunk: what a kill loses, and what a hundredth of it is to send and store
LARGEST = 1000  # points of a chunk
PENDING = 2  # chunks for each worker: the next one waits where the last one ends
GLANCE = 5.0  # s between two looks at whether the cluster is still there
TRIES = 3  # of a chunk whose worker is killed
WORTH_WORKERS = 10.0  # s of work that is left: a worker takes some seconds to start


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is: points that are done, stored ones among them, and points that failed."""

    total: int
    done: int
    stored: int
    failed: int


Tell = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """No progress is shown."""


def run_study(
    study: Study,
    folder: Path | str | None = None,
    *,
    workers: int = 1,
    executor: Executor | None = None,
    tell: Tell = silent,
    part: Part = WHOLE,
    known: Path | None = None,
) -> Results:
    """Evaluate every point that has no row yet.

    Parameters
    ----------
    study
        What to evaluate.
    folder
        Where rows are kept, chunk by chunk: the same study, or one that shares points with it, goes on from
        there.  None: nothing is kept.
    workers
        Processes beside each other; 1: this process alone, as where less than `WORTH_WORKERS` seconds of work
        are left.  With an `executor` the number of its workers, which decides how many chunks wait there.
    executor
        Anything that is a `concurrent.futures.Executor`, such as the one of a `dask.distributed.Client`; it
        is left open.  Results do not depend on it.  One that may lose its workers without telling its futures
        has an attribute `lost`.
    tell
        Is told of every chunk that ends.
    part
        Points that are evaluated; the results are those of this part.
    known
        A folder whose rows are not computed again; it is only read.

    Returns
    -------
    Results
        In the order of the points.

    Raises
    ------
    BadInput
        For a folder that another run writes, or cannot be written; for less than one worker.
    SimulationFailed
        Where workers are killed again and again; what is done is kept.

    Examples
    --------
    >>> from pathlib import Path
    >>> from analog_pc.study import axis, run_study, study_of
    >>> study = study_of(network, "cmos65-rram", data, [axis("opamp_gain", [100.0, 1000.0])], chips=5)
    ... # doctest: +SKIP
    >>> run_study(study, Path("out"), workers=2).column("accuracy_low")  # doctest: +SKIP
    """
    if workers < 1:
        raise BadInput(f"study: workers = {workers!r}, must be 1 or more")
    with ExitStack() as stack:
        store = None if folder is None else stack.enter_context(Store(Path(folder)))
        run = _Run(study, store, tell, part, {} if known is None else Store(known).rows())
        if executor is not None:
            run.on(lambda: executor, workers)
        elif not run.here(math.inf if workers == 1 else WORTH_WORKERS):
            run.on(lambda: stack.enter_context(worker_pool(workers)), workers)
        return run.results()


class _Pace:
    """How many points make a chunk: as many as take `CHUNK_SECONDS`, one at first."""

    def __init__(self) -> None:
        self.points = 1
        self.seconds = 0.0  # a point of the last chunk

    def note(self, count: int, seconds: float) -> None:
        """A chunk of so many points took so long."""
        self.seconds = seconds / count
        fitting = LARGEST if seconds <= 0.0 else int(CHUNK_SECONDS * count / seconds)
        self.points = min(max(fitting, 1), 4 * self.points, LARGEST)


class _Run:
    """The state of a run: rows that are there, and the pace of the points."""

    def __init__(
        self, study: Study, store: Store | None, tell: Tell, part: Part, known: Mapping[str, Row]
    ) -> None:
        self.study = study
        self.part = part
        self.store = store
        self.tell = tell
        self.rows: dict[str, Row] = dict(known) | ({} if store is None else store.rows())
        self.pace = _Pace()
        self.total = part.points(len(study))
        self.done = 0
        self.stored = 0
        self.failed = 0
        missing = self._missing()
        first = tuple(itertools.islice(missing, 1))  # the first progress knows the stored ones before it
        self.missing = itertools.chain(first, missing)

    def _points(self) -> Iterator[Point]:
        return (point for point in self.study.all_points() if self.part.has(point.index))

    def _missing(self) -> Iterator[Point]:
        """Points without a row; those with one count as done."""
        asked: set[str] = set()
        for point in self._points():
            if point.key in self.rows:
                self.stored += point.key not in asked
                self._count(self.rows[point.key])
            elif point.key in asked:  # two combinations that are the same circuit
                self.done += 1
            else:
                asked.add(point.key)
                yield point

    def _chunks(self) -> Iterator[tuple[Point, ...]]:
        while chunk := tuple(itertools.islice(self.missing, self.pace.points)):
            yield chunk

    def _count(self, row: Row) -> None:
        self.done += 1
        self.failed += bool(row.failed)

    def _keep(self, evaluated: Evaluated) -> None:
        if self.store is not None:
            self.store.write(evaluated.rows)
        for row in evaluated.rows:
            self.rows[row.key] = row
            self._count(row)
        self.pace.note(len(evaluated.rows), evaluated.seconds)
        self._told()

    def _told(self) -> None:
        self.tell(Progress(total=self.total, done=self.done, stored=self.stored, failed=self.failed))

    def here(self, until: float = math.inf) -> bool:
        """One chunk after the other in this process; False once more than `until` seconds are left."""
        self._told()
        while chunk := tuple(itertools.islice(self.missing, self.pace.points)):
            self._keep(evaluate_chunk(self.study, chunk))
            if (self.total - self.done) * self.pace.seconds > until:
                return False
        self._told()
        return True

    def on(self, executor: Callable[[], Executor], workers: int) -> None:
        """Chunks on the workers of an executor; `executor` gives another one where the last one broke."""
        self._told()
        chunks = self._chunks()
        again: list[tuple[Point, ...]] = []
        for _ in range(TRIES):
            again = self._once(executor(), itertools.chain(again, chunks), workers)
            if not again:
                self._told()
                return
        raise SimulationFailed(
            f"study: workers were killed, or lost, {TRIES} times at the same points; {self.done} of "
            f"{self.total} are done and kept: is there enough memory for so many, is the scheduler alive?"
        )

    def _once(
        self, executor: Executor, chunks: Iterable[tuple[Point, ...]], workers: int
    ) -> list[tuple[Point, ...]]:
        """All chunks; those that were at work when the executor broke."""
        left = iter(chunks)
        pending: dict[Future[Evaluated], tuple[Point, ...]] = {}
        broken: list[tuple[Point, ...]] = []
        while not broken:
            for chunk in itertools.islice(left, PENDING * workers - len(pending)):
                try:
                    pending[executor.submit(evaluate_chunk, self.study, chunk)] = chunk
                except (BrokenExecutor, RuntimeError):  # a client that is closed
                    broken.append(chunk)
            if not pending:
                return broken
            done = wait(pending, GLANCE, return_when=FIRST_COMPLETED).done
            if not done and getattr(executor, "lost", False):
                return [*broken, *pending.values()]
            for future in done:
                chunk = pending.pop(future)
                if _is_lost(future):
                    broken.append(chunk)
                else:
                    self._keep(future.result())
        for future, chunk in pending.items():
            if future.cancel() or _is_lost(future):
                broken.append(chunk)
            else:
                self._keep(future.result())
        return broken

    def results(self) -> Results:
        """Every point with its row."""
        found = tuple(
            Found(point=point, row=self.rows[point.key]) for point in self._points() if point.key in self.rows
        )
        return Results(self.study, found)


def _is_lost(future: Future[Evaluated]) -> bool:
    """Whether a chunk has no result because its worker, or the way to it, was lost; waits for its end."""
    try:
        fault = future.exception()
    except CancelledError:  # by a scheduler that has gone
        return True
    of_cluster = type(fault).__module__.startswith("distributed.")  # its KilledWorker, CommClosedError
    return isinstance(fault, BrokenExecutor | CancelledError) or of_cluster
