"""Search by NSGA-II: the same sequence however a run is cut and spread, and a front that nothing beats."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc import BadInput
from analog_pc.cli import main
from analog_pc.evaluation import TestData
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.study import Progress, Results, Study, axis, run_study, search_study, study_of
from analog_pc.study.analyses import Analyses
from analog_pc.study.engine import Tell
from analog_pc.study.report.sentences import front_lines
from analog_pc.study.report.write import front_csv, study_dict
from analog_pc.study.search import objective_front, objective_values
from analog_pc.technology import Technology

AXES = (
    axis("opamp_offset", {"low": "0.1 mV", "high": "100 mV", "scale": "log"}),
    axis("opamp_gain", [10.0, 100.0, 1000.0]),
    axis("levels", {"low": 2, "high": 40}),
)


@pytest.fixture(scope="module")
def study(network: PredictiveCodingNetwork, data: TestData, base: Technology) -> Study:
    return study_of(
        network, base, data, AXES, sampler="nsga2", points=12, population=4, chips=2, seed=3,
        measures=("accuracy", "deviation"), objectives={"accuracy_low": "max", "deviation": "min"},
    )  # fmt: skip


def into(folder: Path | None, **more: Any) -> Callable[[Study, Tell], Results]:
    return lambda part, tell: run_study(part, folder, tell=tell, **more)


@pytest.fixture(scope="module")
def found(study: Study) -> Results:
    return search_study(study, into(None))


def test_every_candidate_is_a_point_of_the_axes(found: Results, study: Study) -> None:
    assert found.whole
    assert len(found) == len(study) == 24
    assert len(found.combinations) == 12
    for one in found.combinations:
        assert 1e-4 <= one.values["opamp_offset"] <= 0.1
        assert one.values["opamp_gain"] in AXES[1].values
        assert one.values["levels"] in range(2, 41)
    assert found.csv() == search_study(study, into(None)).csv()


def test_rows_are_those_of_a_plain_study(
    found: Results, network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    axes = [axis(one.name, [point.point.values[one.name]]) for one in AXES for point in [found.found[6]]]
    plain = run_study(
        study_of(network, base, data, axes, chips=2, seed=3, measures=("accuracy", "deviation"))
    )
    assert [one.row for one in plain] == [one.row for one in found.found[6:8]]


def test_a_search_that_was_ended_goes_on_with_the_same_sequence(
    study: Study, found: Results, tmp_path: Path
) -> None:
    def stop(progress: Progress) -> None:
        if progress.done >= 13:  # in the middle of the second generation
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search_study(study, into(tmp_path), stop)
    seen: list[Progress] = []
    resumed = search_study(study, into(tmp_path), seen.append)
    assert resumed.csv() == found.csv()
    assert [one.row.key for one in resumed] == [one.row.key for one in found]
    assert (seen[-1].total, seen[-1].done) == (24, 24)
    assert 13 <= seen[-1].stored < 24
    again: list[Progress] = []
    assert search_study(study, into(tmp_path), again.append).csv() == found.csv()
    assert again[-1].stored == 24


@pytest.mark.slow
def test_workers_search_the_same(study: Study, found: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analog_pc.study.engine.WORTH_WORKERS", 0.0)
    assert search_study(study, into(None, workers=2)).csv() == found.csv()


def test_the_front_is_what_nothing_beats(found: Results) -> None:
    values = objective_values(found)
    front = objective_front(found)
    assert front.any()
    for k, one in enumerate(values):
        others = np.delete(values, k, axis=0)
        as_good = (others[:, 0] >= one[0]) & (others[:, 1] <= one[1])
        better = (others[:, 0] > one[0]) | (others[:, 1] < one[1])
        assert front[k] == (not (as_good & better).any())


@pytest.mark.slow
def test_later_generations_are_better_than_the_first(
    network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    """One corner of the axes is best in both objectives: the search goes there."""
    study = study_of(
        network, base, data, AXES, sampler="nsga2", points=100, population=10,
        measures=("accuracy", "deviation"), objectives={"deviation": "min", "deviation_rms": "min"},
    )  # fmt: skip
    values = objective_values(search_study(study, into(None)))
    assert np.median(values[-20:, 0]) < 0.5 * np.median(values[:10, 0])


def test_a_candidate_that_fails_is_a_row_and_the_search_goes_on(
    network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    axes = [axis("g_min", [1e-6, 1.0]), axis("g_max", [1e-4]), AXES[0]]
    study = study_of(
        network, base, data, axes, sampler="nsga2", points=8, population=4,
        measures=("accuracy", "deviation"), objectives={"accuracy": "max", "deviation": "min"},
    )  # fmt: skip
    found = search_study(study, into(None))
    failed = [bool(one.failed) for one in found.combinations]
    assert failed == [one.values["g_min"] == 1.0 for one in found.combinations]
    assert 0 < sum(failed) < 8
    assert not objective_front(found)[failed].any()


def test_a_search_is_not_run_point_by_point(study: Study) -> None:
    with pytest.raises(BadInput, match="search_study"):
        run_study(study)


# --- the command

GIVEN = """
network = "net.npz"
data = "test.npz"
technology = "cmos65-rram"
chips = 1
measure = ["accuracy", "deviation"]
[axes]
opamp_offset = { low = "1 mV", high = "100 mV", scale = "log" }
levels = { low = 2, high = 20 }
[sampler]
kind = "nsga2"
points = 6
population = 3
[objectives]
accuracy = "max"
deviation = "min"
"""


@pytest.fixture
def file(folder_with_inputs: Path) -> Path:
    path = folder_with_inputs / "hunt.toml"
    path.write_text(GIVEN)
    return path


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["study", *arguments])


def test_a_report_has_the_front(found: Results) -> None:
    front = np.flatnonzero(objective_front(found)).tolist()
    report = study_dict(found, Analyses())
    assert report["objectives"] == {"accuracy_low": "max", "deviation": "min"}
    assert report["front"] == front
    lines = front_csv(found).splitlines()
    assert lines[0] == "opamp_offset (V),opamp_gain (V/V),levels,accuracy_low,deviation"
    assert len(lines) == 1 + len(front)
    said = front_lines(found)
    assert said[1] == f"Pareto front: {len(front)} of 12 candidates"
    best = max(one.mean("accuracy_low") or 0.0 for one in found.combinations)
    assert said[2].startswith(f"  accuracy_low {best:.4g}, deviation ")


@pytest.mark.slow
def test_the_command_writes_a_front(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = cli(str(file), "--out", str(out), "--workers", "1")
    assert result.exit_code == 0, result.output
    assert "Pareto front: " in result.stdout
    report = json.loads((out / "results.json").read_text())
    assert report["objectives"] == {"accuracy": "max", "deviation": "min"}
    assert len(report["combinations"]) == 6
    lines = (out / "front.csv").read_text().splitlines()
    assert len(lines) == 1 + len(report["front"])
    assert lines[0] == "opamp_offset (V),levels,accuracy,deviation"
    assert (out / "figures" / "search.svg").exists()
    before = (out / "results.csv").read_bytes()
    assert cli(str(file), "--out", str(out), "--workers", "1").exit_code == 0
    assert (out / "results.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('accuracy = "max"', 'accurcy = "max"', ("accurcy", "accuracy")),
        ('accuracy = "max"', 'accuracy = "most"', ('"min" or "max"', "most")),
        ('accuracy = "max"', "", ("2 or more",)),
        ('"nsga2"', '"sobol"', ("population", "nsga2")),
        ('"nsga2"', '"nsga3"', ("unknown sampler 'nsga3'", "grid", "nsga2")),
        ("population = 3", "population = 7", ("population = 7", "from 2 to 6")),
        ("population = 3", "populaton = 3", ("populaton", "population")),
        ("points = 6\n", "", ("points",)),
    ],
)
def test_wrong_searches_are_told_in_one_line(file: Path, old: str, new: str, said: tuple[str, ...]) -> None:
    file.write_text(GIVEN.replace(old, new, 1))
    result = cli(str(file), "--out", str(file.parent / "out"))
    assert result.exit_code == 2, result.output
    assert len(result.stderr.splitlines()) == 1
    assert all(part in result.stderr for part in said), result.stderr


@pytest.mark.parametrize("more", [("--part", "1/2"), ("--sbatch", "2")])
def test_a_search_has_no_parts(file: Path, more: tuple[str, ...]) -> None:
    result = cli(str(file), "--out", str(file.parent / "out"), *more)
    assert result.exit_code == 2
    assert "no parts" in result.stderr


def test_without_optuna_it_says_what_to_install(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    result = cli(str(file), "--out", str(file.parent / "out"))
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "pip install 'analog-pc[search]'" in result.stderr
