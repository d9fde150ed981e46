"""An array of jobs has the same bits as the pool, whatever is killed on the way.

The jobs are processes of this machine, started by submitit's own local executor; no Slurm is met.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from analog_pc import BadInput, SimulationFailed
from analog_pc.cli import main
from analog_pc.study import Progress, Store, Study, read_study, run_study, slurm_engine
from analog_pc.study.part import Part
from analog_pc.study.slurm_engine import Array, check_slurm, evaluate_part, run_on_slurm

GIVEN = """
network = "net.npz"
data = "test.npz"
technology = "cmos65-rram"
chips = 20
measure = ["accuracy", "margin", "deviation"]
[axes]
opamp_offset = ["1 mV", "10 mV", "30 mV"]
"""
POINTS = 60
LOCAL = Array(jobs=3, minutes=5, cluster="local")


@pytest.fixture
def file(folder_with_inputs: Path) -> Path:
    path = folder_with_inputs / "many.toml"
    path.write_text(GIVEN)
    return path


@pytest.fixture
def study(file: Path) -> Study:
    return read_study(file)


def rows_of(folder: Path) -> int:
    return len(Store(folder).rows())


def jobs_of(folder: Path) -> list[int]:
    """Processes that run a job of submitit, by their folder."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if b"submitit.core._submit" in command and str(folder).encode() in command:
            found.append(int(process.name))
    return found


@pytest.mark.slow
def test_an_array_gives_the_bits_of_the_pool(study: Study, tmp_path: Path) -> None:
    seen: list[Progress] = []
    found = run_on_slurm(study, tmp_path / "array", LOCAL, seen.append)
    assert found.csv() == run_study(study, tmp_path / "pool", workers=2).csv()
    assert len(found) == seen[-1].done == POINTS
    assert len(list((tmp_path / "array" / "parts").iterdir())) == 3
    assert run_on_slurm(study, tmp_path / "array", Array(jobs=2, cluster="local")).csv() == found.csv()
    assert len(list((tmp_path / "array" / "parts").iterdir())) == 3  # nothing was left to submit


@pytest.mark.slow
def test_a_killed_job_is_submitted_again(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slurm_engine, "GLANCE", 0.05)
    folder = tmp_path / "out"
    killed: list[int] = []

    def kill_one(progress: Progress) -> None:
        jobs = jobs_of(folder)
        if jobs and not killed and progress.done < POINTS:
            killed.append(progress.done)
            os.kill(jobs[0], signal.SIGKILL)

    found = run_on_slurm(study, folder, LOCAL, kill_one)
    assert killed
    assert found.csv() == run_study(study).csv()


CLIENT = """
import os, signal, sys
from pathlib import Path
from analog_pc.study import engine, read_study, slurm_engine
from analog_pc.study.slurm_engine import Array, run_on_slurm

slurm_engine.GLANCE = 0.05

def killed(progress):
    if progress.done >= 10:
        os.kill(os.getpid(), signal.SIGKILL)

run_on_slurm(read_study(sys.argv[1]), Path(sys.argv[2]), Array(jobs=2, cluster="local"), killed)
"""


@pytest.mark.slow
def test_a_killed_client_is_resumed(study: Study, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    client = subprocess.run([sys.executable, "-c", CLIENT, str(file), str(out)], check=False)
    assert client.returncode == -signal.SIGKILL
    for job in jobs_of(out):  # orphans of this machine; those of a cluster would go on
        os.kill(job, signal.SIGKILL)
    kept = rows_of(out)
    assert 10 <= kept <= POINTS
    found = run_on_slurm(study, out, LOCAL)
    assert found.csv() == run_study(study).csv()


@pytest.mark.slow
def test_jobs_that_never_end_well_are_told(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slurm_engine, "GLANCE", 0.05)
    folder = tmp_path / "out"

    def kill_all(progress: Progress) -> None:
        for job in jobs_of(folder):
            os.kill(job, signal.SIGKILL)

    with pytest.raises(SimulationFailed, match="jobs ended 3 times before") as told:
        run_on_slurm(study, folder, Array(jobs=1, cluster="local"), kill_all)
    assert len(str(told.value).splitlines()) == 1


def test_a_job_leaves_out_what_has_a_row_anywhere(study: Study, tmp_path: Path) -> None:
    first = Part(1, 2)
    run_study(study, first.folder(tmp_path), part=first)
    evaluate_part(study, str(tmp_path), 1, 1)  # what a job runs
    mine = {row.key for row in Store(Part(1, 1).folder(tmp_path)).rows().values()}
    others = {row.key for row in Store(first.folder(tmp_path)).rows().values()}
    assert len(mine) == len(others) == POINTS // 2
    assert not mine & others


# --- the command


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["study", *arguments])


def refused(file: Path, *more: str) -> str:
    """The one line of a refusal."""
    result = cli(str(file), "--out", str(file.parent / "out"), *more)
    assert result.exit_code == 2, result.output
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


def test_without_slurm_it_is_one_line(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(file.parent))
    assert "srun" in refused(file, "--engine", "slurm")


def test_what_slurm_refuses_is_one_line(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that answer as Slurm does to a partition that it does not have."""
    for name, text in (("srun", ""), ("sbatch", "sbatch: error: invalid partition specified: nowhere")):
        program = file.parent / name
        program.write_text(f"#!/bin/sh\necho '{text}' >&2\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{file.parent}{os.pathsep}{os.environ['PATH']}")
    old = file.parent / "out" / "study.html"
    old.parent.mkdir()
    old.write_text("of an earlier run")
    assert "invalid partition specified: nowhere" in refused(
        file, "--engine", "slurm", "--partition", "nowhere", "--jobs", "2"
    )
    assert "invalid partition" in refused(file, "--engine", "slurm", "--jobs", "1")
    (file.parent / "sbatch").unlink()
    assert "sbatch cannot be started" in refused(file, "--engine", "slurm")
    assert old.read_text() == "of an earlier run"
    assert list(old.parent.iterdir()) == [old]


def test_slurm_is_asked_for_what_will_be_submitted(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("srun", ""), ("sbatch", f'echo "$@" > {tmp_path / "asked"}')):
        program = file.parent / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{file.parent}{os.pathsep}{os.environ['PATH']}")
    check_slurm(tmp_path / "out", Array(minutes=7, partition="long"))
    asked = (tmp_path / "asked").read_text().split()
    assert {"--test-only", "--time=7", "--partition=long", "--wrap=true"} <= set(asked)
    assert not (tmp_path / "out").exists()
    (file.parent / "sbatch").write_text("#!/bin/sh\nexec sleep 5\n")
    monkeypatch.setattr(slurm_engine, "ANSWER", 0.1)
    with pytest.raises(BadInput, match="has not answered"):
        check_slurm(tmp_path / "out", Array())


def test_without_submitit_it_says_what_to_install(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "submitit", None)
    assert "pip install 'analog-pc[slurm]'" in refused(file, "--engine", "slurm")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--jobs", "2"), ("--jobs", "--engine slurm")),
        (("--partition", "a"), ("--partition", "--engine slurm")),
        (("--minutes", "2"), ("--minutes", "--engine slurm")),
        (("--engine", "slurm", "--workers", "2"), ("--jobs",)),
        (("--engine", "slurm", "--scheduler", "tcp://127.0.0.1:1"), ("--engine dask",)),
        (("--engine", "slurm", "--part", "1/2"), ("--part",)),
    ],
)
def test_options_that_do_not_go_together(file: Path, more: tuple[str, ...], said: tuple[str, ...]) -> None:
    assert all(part in refused(file, *more) for part in said)


def test_wrong_arrays() -> None:
    with pytest.raises(BadInput, match="minutes = 0"):
        Array(minutes=0)
    with pytest.raises(BadInput, match="part 1/0"):
        Array(jobs=0)
