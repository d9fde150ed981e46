"""A study has the same bits on this process, a pool, and a dask cluster, whatever is killed on the way.

Scheduler, workers and clients are real processes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analog_pc import BadInput
from analog_pc.study import Progress, Store, Study, engine, read_study, run_study
from analog_pc.study.dask_engine import dask_executor

pytestmark = pytest.mark.slow

LONGEST = 120.0  # s that a process may take to be there
GIVEN = """
network = "net.npz"
data = "test.npz"
technology = "cmos65-rram"
chips = 40
measure = ["accuracy", "margin", "deviation"]
[axes]
opamp_offset = ["1 mV", "10 mV", "30 mV"]
"""
POINTS = 120


class Cluster:
    """A dask scheduler on a free port, and its workers, one thread each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")

    def _start(self, program: str, *more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--scheduler-file", str(self.file)]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([*command, "--no-dashboard", *more], cwd=self.folder, stderr=log)

    @property
    def address(self) -> str:
        """Where the scheduler is, once it has said so."""
        wait_for(self.file.exists)
        return str(json.loads(self.file.read_text())["address"])

    def add(self, count: int) -> None:
        """Start workers, and wait until the scheduler has them."""
        address = self.address
        options = (
            "--nthreads",
            "1",
            "--no-nanny",
            "--host",
            "127.0.0.1",
            "--local-directory",
            str(self.folder),
        )
        self.workers += [self._start("dask_worker", *options) for _ in range(count)]
        wait_for(lambda: workers_at(address) == len(self.workers))

    def end(self) -> None:
        """End all of its processes."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


def workers_at(address: str) -> int:
    """How many workers a scheduler has."""
    try:
        with dask_executor(address) as (_, count):
            return count
    except BadInput:  # none
        return 0


def wait_for(there: Callable[[], bool]) -> None:
    """Until something is there."""
    end = time.monotonic() + LONGEST
    while not there():
        assert time.monotonic() < end
        time.sleep(0.1)


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    found = Cluster(folder)
    try:
        found.add(workers)
        yield found
    finally:
        found.end()


@pytest.fixture
def file(folder_with_inputs: Path) -> Path:
    path = folder_with_inputs / "many.toml"
    path.write_text(GIVEN)
    return path


@pytest.fixture
def study(file: Path) -> Study:
    return read_study(file)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LARGEST", 2)  # so that there is a middle
    monkeypatch.setattr(engine, "WORTH_WORKERS", 0.0)


def rows_of(folder: Path) -> int:
    with Store(folder) as store:
        return len(store.rows())


def test_pool_and_one_and_four_dask_workers_give_the_same_bits(study: Study, tmp_path: Path) -> None:
    here = run_study(study, tmp_path / "here").csv()
    assert len(here.splitlines()) == 1 + POINTS
    assert run_study(study, tmp_path / "pool", workers=2).csv() == here
    with cluster(tmp_path, 1) as found:
        for more in (0, 3):
            found.add(more)
            with dask_executor(found.address) as (executor, workers):
                assert workers == 1 + more
                folder = tmp_path / f"dask {workers}"
                assert run_study(study, folder, workers=workers, executor=executor).csv() == here
                assert rows_of(folder) == POINTS


def test_a_killed_dask_worker_changes_nothing(study: Study, tmp_path: Path) -> None:
    with cluster(tmp_path, 4) as found:
        killed: list[int] = []

        def kill_one(progress: Progress) -> None:
            if progress.done >= POINTS // 4 and not killed:
                killed.append(progress.done)
                found.workers[0].kill()
                found.workers[0].wait()

        with dask_executor(found.address) as (executor, workers):
            results = run_study(study, tmp_path / "out", workers=workers, executor=executor, tell=kill_one)
        assert killed[0] < POINTS
        assert workers_at(found.address) == 3
    assert results.csv() == run_study(study).csv()


def test_a_killed_worker_of_the_pool_changes_nothing(study: Study) -> None:
    killed: list[int] = []

    def kill_one(progress: Progress) -> None:
        if progress.done >= POINTS // 4 and not killed:
            killed.append(_worker_of_pool())
            os.kill(killed[0], signal.SIGKILL)

    results = run_study(study, workers=2, tell=kill_one)
    assert killed
    assert results.csv() == run_study(study).csv()


def _worker_of_pool() -> int:
    """A child of this process that is a worker of loky."""
    for tasks in Path("/proc/self/task").iterdir():
        for child in (tasks / "children").read_text().split():
            if b"popen_loky" in (Path("/proc") / child / "cmdline").read_bytes():
                return int(child)
    raise AssertionError("the pool has no worker")


CLIENT = """
import os, signal, sys
from analog_pc.study import engine, read_study, run_study
from analog_pc.study.dask_engine import dask_executor

engine.LARGEST = 2

def killed(progress):
    if progress.done >= 30:
        os.kill(os.getpid(), signal.SIGKILL)

with dask_executor(sys.argv[2]) as (executor, workers):
    run_study(read_study(sys.argv[1]), sys.argv[3], workers=workers, executor=executor, tell=killed)
"""


def test_a_killed_client_is_resumed(study: Study, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with cluster(tmp_path, 2) as found:
        client = subprocess.run(
            [sys.executable, "-c", CLIENT, str(file), found.address, str(out)], check=False
        )
        assert client.returncode == -signal.SIGKILL
        kept = rows_of(out)
        assert 30 <= kept < POINTS
        program = [sys.executable, "-m", "analog_pc", "study", str(file), "--out", str(out)]
        done = subprocess.run(
            [*program, "--engine", "dask", "--scheduler", found.address],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    assert rows_of(out) == POINTS
    assert (out / "results.csv").read_text() == run_study(study).csv()


def test_a_scheduler_that_is_not_there_is_one_line(file: Path, tmp_path: Path) -> None:
    program = [sys.executable, "-m", "analog_pc", "study", str(file), "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [*program, "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "tcp://127.0.0.1:9" in done.stderr
