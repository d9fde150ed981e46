"""Parts of a study: together they are the whole, and a Slurm array evaluates them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc import BadInput, save_network
from analog_pc.cli import main
from analog_pc.evaluation import TestData
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.study import Progress, Study, axis, run_study, study_of
from analog_pc.study.part import Part, part
from analog_pc.technology import Technology


@pytest.fixture
def study(network: PredictiveCodingNetwork, data: TestData, base: Technology) -> Study:
    return study_of(network, base, data, [axis("opamp_offset", [0.0, 1e-2, 3e-2])], chips=4, seed=3)


@pytest.fixture
def file(network: PredictiveCodingNetwork, data: TestData, tmp_path: Path) -> Path:
    save_network(tmp_path / "net.npz", network)
    np.savez(tmp_path / "test.npz", inputs=data.inputs, labels=data.labels)
    path = tmp_path / "it is.toml"
    path.write_text(
        'network = "net.npz"\ndata = "test.npz"\ntechnology = "ideal"\nchips = 5\n[axes]\nlevels = [4, 16]\n'
    )
    return path


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["study", *arguments])


def test_parts_are_the_whole(study: Study, tmp_path: Path) -> None:
    each = [Part(number, 5) for number in range(1, 6)]
    assert [one.points(12) for one in each] == [3, 3, 2, 2, 2]
    for one in each:
        found = run_study(study, one.folder(tmp_path), part=one)
        assert [row.point.index for row in found] == list(range(one.number - 1, 12, 5))
        assert not found.whole
    seen: list[Progress] = []
    merged = run_study(study, tmp_path, tell=seen.append)
    assert seen[0].done <= seen[-1].stored == 12  # nothing was left to do
    assert merged.csv() == run_study(study).csv()


def test_what_a_part_lacks_the_whole_evaluates(study: Study, tmp_path: Path) -> None:
    run_study(study, Part(2, 3).folder(tmp_path), part=Part(2, 3))
    seen: list[Progress] = []
    assert run_study(study, tmp_path, tell=seen.append).csv() == run_study(study).csv()
    assert seen[-1].stored == 4


@pytest.mark.parametrize("text", ["3", "0/4", "5/4", "1/0", "a/b", "1/99999", "1/2/3"])
def test_wrong_parts(text: str) -> None:
    with pytest.raises(BadInput, match="part"):
        part(text)


@pytest.mark.slow
def test_the_script_evaluates_the_study(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "the out"
    written = cli(str(file), "--out", str(out), "--sbatch", "3")
    assert written.exit_code == 0, written.output
    script = out / "study.sbatch"
    assert str(script) in written.stdout
    text = script.read_text()
    assert "#SBATCH --array=1-3\n" in text
    assert "#SBATCH --job-name=it_is\n" in text
    for task in ("1", "2", "3"):
        environment = {**os.environ, "SLURM_ARRAY_TASK_ID": task}
        subprocess.run(["sh", str(script)], env=environment, check=True, capture_output=True)
    assert not (out / "rows").exists()  # a job writes to its own folder alone
    merged = cli(str(file), "--out", str(out), "--workers", "1")
    assert merged.exit_code == 0, merged.output
    assert not list((out / "rows").iterdir())  # every row came from a job
    plain = cli(str(file), "--out", str(tmp_path / "plain"), "--workers", "1")
    assert plain.exit_code == 0
    assert (out / "results.csv").read_bytes() == (tmp_path / "plain" / "results.csv").read_bytes()
    without = {name: value for name, value in os.environ.items() if name != "SLURM_ARRAY_TASK_ID"}
    assert subprocess.run(["sh", str(script)], env=without, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--part", "4/3"), "part 4/3"),
        (("--part", "x"), "NUMBER/COUNT"),
        (("--part", "1/3", "--engine", "dask", "--scheduler", "tcp://10.0.0.1:1"), "--engine"),
        (("--part", "1/3", "--confirm", "2"), "--confirm"),
        (("--part", "1/3", "--netcdf"), "--netcdf"),
        (("--part", "1/3", "--sbatch", "3"), "--sbatch"),
        (("--sbatch", "0"), "--sbatch"),
    ],
)
def test_wrong_options_are_told_in_one_line(
    file: Path, tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    result = cli(str(file), "--out", str(tmp_path / "out"), *more)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr
