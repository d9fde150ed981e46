"""Yield, culprits, the Pareto front, the TOML file and the report of a study."""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc import BadInput, random_network, save_network
from analog_pc.cli import main
from analog_pc.evaluation import TestData
from analog_pc.nonideality.intervals import exact_interval
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.reporting.json_report import plain
from analog_pc.study import (
    Limit,
    Limits,
    Progress,
    Results,
    Store,
    Wafer,
    axis,
    engine,
    evaluate,
    pareto,
    read_study,
    run_study,
    study_of,
)
from analog_pc.study.report import figures, write
from analog_pc.study.yields import Yield, chips_without, yields
from analog_pc.technology import Technology


def test_the_front_is_what_nothing_beats() -> None:
    costs = np.random.default_rng(0).integers(0, 6, size=(60, 2)).astype(float)
    costs[7] = np.nan
    found = pareto(costs)
    for k, one in enumerate(costs):
        beaten = any((o <= one).all() and (o < one).any() for o in costs)
        assert found[k] == (not np.isnan(one).any() and not beaten)
    with pytest.raises(BadInput, match="shape"):
        pareto([1.0, 2.0])


def test_an_exact_interval_is_that_of_the_definition() -> None:
    from scipy import stats

    low, high = exact_interval(18, 20)
    assert stats.binom.sf(17, 20, low) == pytest.approx(0.025)
    assert stats.binom.cdf(18, 20, high) == pytest.approx(0.025)
    assert exact_interval(20, 20)[1] == 1.0


def examined(results: Results) -> tuple[Yield, ...]:
    """The yields with all culprits."""
    return yields(results, {one.row.key: one.row for one in run_study(chips_without(results))})


def test_the_culprit_of_a_failing_chip_is_what_mends_it(
    network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    limits = Limits({"accuracy_low": Limit(least=0.97)})
    noisy = dataclasses.replace(base, opamp_offset=2e-2)
    study = study_of(network, noisy, data, [axis("opamp_gain", [1e4, 1e6])], chips=8, limits=limits)
    results = run_study(study)
    found = examined(results)
    for one, combination in zip(found, results.combinations, strict=True):
        good = sum(chip.row.measured["right"] >= 0.97 * 60 for chip in combination.chips)  # type: ignore[operator]
        assert (one.chips, one.good) == (8, good)
        assert one.low <= one.share <= one.high
        assert 0 < one.failing == len(one.culprits)
        assert one.culprit == "offset"  # the gain is far too high to matter
        assert one.mended == one.failing
        assert one.pending == 0
    waiting = yields(results, {})
    assert [one.pending for one in waiting] == [one.failing for one in found]
    assert [one.culprits for one in waiting] == [(), ()]


def test_chips_without_a_non_ideality_are_points_that_measure_what_is_limited(
    network: PredictiveCodingNetwork, data: TestData, base: Technology, tmp_path: Path
) -> None:
    noisy = dataclasses.replace(base, opamp_offset=2e-2)
    limits = Limits({"accuracy_low": Limit(least=0.97)})
    study = study_of(network, noisy, data, chips=3, measures=("accuracy", "energy"), limits=limits)
    failing = dataclasses.replace(study, measures=("accuracy",))
    without = chips_without(dataclasses.replace(run_study(failing), study=study))
    assert [one.name for one in without.measured] == ["accuracy"]
    found = run_study(without, tmp_path)
    assert {one.point.without for one in found} == {"finite gain", "offset"}
    assert not found.failed
    plain = dataclasses.replace(failing, technologies={"mine": dataclasses.replace(noisy, opamp_offset=0.0)})
    seen: list[Progress] = []
    same = run_study(plain, tmp_path, tell=seen.append)  # the same circuits: their rows are there
    assert seen[-1].stored == len(same) == 3
    assert [one.row for one in same] == [one.row for one in found if one.point.without == "offset"]
    with ThreadPoolExecutor(1) as pool:
        assert run_study(without, executor=pool).as_dict() == found.as_dict()


def test_a_grid_is_a_dataset_of_its_axes(
    network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    axes = [axis("input_offset", ["1 mV", "9 mV"]), axis("levels", [0, 4, 16])]
    results = run_study(study_of(network, base, data, axes, chips=2, seed=5))
    found = results.to_xarray()
    assert found.accuracy_low.dims == ("input_offset", "levels", "chip")
    for one in results:
        there = found.sel(input_offset=one.point.values["input_offset"], levels=one.point.values["levels"])
        there = there.sel(chip=one.point.chip)
        assert float(there.accuracy_low) == one.row.measured["accuracy_low"]
        assert str(there.key.values) == one.point.key
    assert found.input_offset.attrs == {"units": "V"}
    drawn = study_of(
        network, base, data, [axis("levels", {"low": 2, "high": 40})], sampler="sobol", points=4, chips="own"
    )
    points = run_study(drawn).to_xarray()
    assert points.accuracy_low.dims == ("point",)
    assert points.levels.dims == points.chip.dims == ("point",)


def test_a_netcdf_file_is_the_dataset(
    network: PredictiveCodingNetwork, data: TestData, base: Technology, tmp_path: Path
) -> None:
    import xarray

    wafer = Wafer(across=2, lot={"opamp_offset": 0.2})
    grid = study_of(network, base, data, [axis("opamp_gain", [1e3, 1e4])], chips=5, wafer=wafer)
    drawn = study_of(
        network,
        base,
        data,
        [axis("g_min", {"low": 1e-6, "high": 1.0}), axis("g_max", [1e-4])],
        sampler="sobol",
        points=4,
        chips="own",
    )
    for study in (grid, drawn):  # numbers, text, chips up to 2^32, and points that failed
        results = run_study(study)
        results.to_netcdf(tmp_path / "results.nc")
        with xarray.open_dataset(tmp_path / "results.nc", engine="h5netcdf") as found:
            xarray.testing.assert_identical(found.load(), results.to_xarray())
    assert run_study(drawn).failed
    assert run_study(drawn).to_xarray().chip.values.max() > 2**31
    assert run_study(grid).to_xarray().lot.values.tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("missing", ["xarray", "h5netcdf", "h5py"])
def test_netcdf_without_its_libraries_is_refused_before_the_work(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    result = cli(str(file), "--out", str(tmp_path / "out"), "--netcdf")
    assert result.exit_code == 2
    assert result.stderr == f"analog-pc: NetCDF: needs {missing}: pip install 'analog-pc[results]'\n"
    assert not (tmp_path / "out").exists()


GIVEN = """
network = "net.npz"
data = "test.npz"
technology = "mine.toml"
chips = 3
measure = ["accuracy"]
[axes]
opamp_offset = { low = "1 mV", high = "30 mV", points = 4, scale = "log" }
opamp_gain = [1e4, 1e6]
[limits]
accuracy_low = { min = 0.95 }
"""


@pytest.fixture
def file(folder_with_inputs: Path) -> Path:
    (folder_with_inputs / "mine.toml").write_text('base = "ideal"\nsource = "a test"\nopamp_offset = 3e-3\n')
    path = folder_with_inputs / "small.toml"
    path.write_text(GIVEN)
    return path


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["study", *arguments, "--workers", "1"])


def test_the_command_writes_page_numbers_tables_and_figures(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = cli(str(file), "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "8 combinations of opamp_offset, opamp_gain (grid), 3 chips: 24 points" in result.stdout
    assert "1 mV" in result.stdout
    assert "yield" in result.stdout
    report = json.loads((out / "results.json").read_text())
    assert (report["schema"], report["version"], report["partial"]) == ("analog-pc study results", 1, False)
    assert len(report["points"]) == 24
    assert [one["name"] for one in report["axes"]] == ["opamp_offset", "opamp_gain"]
    rows = list(csv.DictReader(io.StringIO((out / "results.csv").read_text())))
    assert len(rows) == 24
    assert [float(row["accuracy_low"]) for row in rows] == [
        point["measured"]["accuracy_low"] for point in report["points"]
    ]
    assert next(csv.DictReader(io.StringIO((out / "yield.csv").read_text())))["chips"] == "3"
    page = (out / "study.html").read_text()
    assert "opamp_offset" in page
    assert "Clopper" in page
    figures = {path.name for path in (out / "figures").iterdir()}
    assert figures == {
        f"{name}.{kind}" for name in ("accuracy", "map", "yield", "tornado") for kind in ("svg", "pdf")
    }
    before = (out / "results.json").read_bytes()
    assert cli(str(file), "--out", str(out), "--netcdf").exit_code == 0
    assert (out / "results.json").read_bytes() == before
    assert (out / "results.nc").read_bytes().startswith(b"\x89HDF")


def test_an_interrupted_search_for_culprits_leaves_a_report_and_goes_on(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(GIVEN.replace("opamp_gain = [1e4, 1e6]", ""))
    study = read_study(file)
    results = run_study(study)
    sought = chips_without(results)
    circuits = len({point.key for point in sought.all_points()})
    assert 2 < circuits < len(sought)  # without the offset some are the same
    measure = evaluate.measure_chip
    measured = 0

    def interrupted(*of: Any) -> Any:
        nonlocal measured
        if measured == len(study) + 2:
            raise KeyboardInterrupt
        measured += 1
        return measure(*of)

    monkeypatch.setattr(engine, "LARGEST", 1)  # point of a chunk
    monkeypatch.setattr(write, "draw", lambda *_: {})  # figures take most of the time of a report
    monkeypatch.setattr(evaluate, "measure_chip", interrupted)
    monkeypatch.chdir(tmp_path)
    out = Path("out")  # a message of two long paths loses its middle
    stopped = cli(str(file), "--out", str(out))
    assert stopped.exit_code == 130
    assert f"2 of {len(sought)} failing chips without a non-ideality are kept in {out}" in stopped.stderr
    assert f"{out / 'study.html'} has all 12 points, but not all culprits" in stopped.stderr
    assert stopped.stdout.count("yield ") == len(results.combinations)  # the table does not wait for culprits
    assert "without " not in stopped.stdout
    report = json.loads((out / "results.json").read_text())
    assert not report["partial"]
    pending = sum(one["pending"] for one in report["yields"])
    assert pending == sum(one.failing for one in yields(results, {})) > 0
    assert f"without the culprits of {pending} failing chips" in (out / "study.html").read_text()
    assert len((out / "results.csv").read_text().splitlines()) == 1 + 12

    with Store(out) as store:
        kept = store.rows()
    before = sum(1 for _ in itertools.takewhile(lambda point: point.key in kept, sought.all_points()))
    assert before >= 2
    measured = -circuits  # never as many as interrupt
    ended = cli(str(file), "--out", str(out))
    assert ended.exit_code == 0
    assert measured == -2  # all but those that were kept
    assert f"what each failing chip fails by {before}/{len(sought)} done" in ended.stderr
    found = json.loads((out / "results.json").read_text())["yields"]
    assert found == plain(examined(results))
    assert not any(one["pending"] for one in found)
    assert "without the culprits" not in (out / "study.html").read_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("opamp_offset =", "opamp_ofset =", ("small.toml", "opamp_ofset", "opamp_offset")),
        ('"1 mV"', '"1 mOhm"', ("opamp_offset", "expected V")),
        ('["accuracy"]', '["acuracy"]', ("acuracy", "accuracy")),
        ('["accuracy"]', '["energy"]', ("accuracy_low", "is not measured")),
        ("chips = 3", "chips = 0", ("chips = 0",)),
        ("chips = 3", "samples = 0", ("samples = 0", "1 or more")),
        ("chips = 3", "chips = 1e9", ("chips = 1000000000", "from 1 to 1000000")),
        ("chips = 3", "chips = 2.5", ("chips = 2.5", "whole number from 1")),
        ("accuracy_low", "margin_least", ("margin_least", "add 'margin' to measure")),
        ('"1 mV"', '"-1 mV"', ("opamp_offset", ">= 0")),
        ("chips = 3", "cihps = 3", ("cihps", "chips")),
        ("accuracy_low", "accuracy_lo", ("accuracy_lo", "accuracy_low")),
        ("min = 0.95", "min = '3 V'", ("accuracy_low", "plain number")),
        ("min = 0.95", "min = 1, max = 0", ("above",)),
        ("min = 0.95", "min = 95", ("accuracy_low", "min = 95", "0.95")),
        ("min = 0.95", "min = nan", ("accuracy_low", "min = nan")),
        ('"net.npz"', '""', ("network is empty",)),
        ("chips = 3", 'chips = 3\nsampler = "sobol"', ("sampler", 'kind = "sobol"')),
        ('"net.npz"', '"no.npz"', ("no.npz", "no such file")),
        ('"mine.toml"', '"nothing"', ("nothing", "cmos65-rram")),
        ("points = 4,", "", ("opamp_offset", "points")),
        ("[limits]", '[sampler]\nkind = "soboll"\n[limits]', ("soboll", "sobol")),
        ("[limits]", '[sampler]\nkind = "sobol"\n[limits]', ("points",)),
        ("[limits]", "[limits", ("not TOML",)),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    file: Path, tmp_path: Path, old: str, new: str, said: tuple[str, ...]
) -> None:
    file.write_text(GIVEN.replace(old, new, 1))
    result = cli(str(file), "--out", str(tmp_path / "out"))
    assert result.exit_code == 2, result.output
    assert len(result.stderr.splitlines()) == 1
    assert all(part in result.stderr for part in said), result.stderr
    assert not (tmp_path / "out").exists()


def test_a_study_of_which_every_point_failed_has_measured_nothing(file: Path, tmp_path: Path) -> None:
    file.write_text(GIVEN.replace("opamp_gain = [1e4, 1e6]", "g_min = [2.0]\ng_max = [1.0]"))
    result = cli(str(file), "--out", str(tmp_path / "out"), "--workers", "1")
    assert result.exit_code == 3
    assert "must be" in result.stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--engine", "dask"), ("--scheduler ADDRESS",)),
        (("--scheduler", "tcp://127.0.0.1:1"), ("--engine dask",)),
        (("--engine", "cloud"), ("cloud", "pool")),
    ],
)
def test_a_wrong_engine_is_told_in_one_line(
    file: Path, tmp_path: Path, more: tuple[str, ...], said: tuple[str, ...]
) -> None:
    result = cli(str(file), "--out", str(tmp_path / "out"), *more)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert all(part in result.stderr for part in said), result.stderr
    assert not (tmp_path / "out").exists()


def test_two_clients_on_one_folder(file: Path, tmp_path: Path) -> None:
    with Store(tmp_path / "out"):
        result = cli(str(file), "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert "another run writes there" in result.stderr
    assert len(result.stderr.splitlines()) <= 2  # progress has begun


def test_candidates_are_axes_too(file: Path, tmp_path: Path, network: PredictiveCodingNetwork) -> None:
    save_network(
        tmp_path / "weak.npz", network.with_parameters([0.1 * w for w in network.W], list(network.b))
    )
    file.write_text(
        'data = "test.npz"\ntechnology = ["mine.toml", "cmos65-rram"]\n'
        '[network]\nstrong = "net.npz"\nweak = "weak.npz"\n'
        '[axes]\nnetwork = ["strong", "weak"]\ntechnology = ["mine", "cmos65-rram"]\n'
    )
    results = run_study(read_study(file))
    assert [tuple(one.values.values()) for one in results.combinations] == [
        ("strong", "mine"), ("strong", "cmos65-rram"), ("weak", "mine"), ("weak", "cmos65-rram"),
    ]  # fmt: skip
    assert not results.failed
    ideal = [one.row.measured["ideal_accuracy"] for one in results]
    assert ideal[0] == ideal[1] == 1.0
    with pytest.raises(BadInput, match="holds no numbers"):
        results.column("network")


@pytest.mark.slow
def test_progress_is_short_in_a_pipe(file: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "analog_pc", "study", str(file), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert len(done.stderr.splitlines()) <= 4
    assert "\x1b" not in done.stdout + done.stderr


def test_what_is_not_installed_is_told_in_one_line(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = cli(
        str(file), "--out", str(tmp_path / "out"), "--engine", "dask", "--scheduler", "tcp://10.0.0.1:1"
    )
    assert result.exit_code == 2
    assert (
        result.stderr == "analog-pc: --engine dask: needs dask.distributed: pip install 'analog-pc[dask]'\n"
    )


def test_the_example_of_make_study_is_a_study(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    (tmp_path / "offsets.toml").write_text((root / "examples" / "study.toml").read_text())
    save_network(tmp_path / "net.npz", random_network((13, 16, 3), "tanh"))
    study = read_study(tmp_path / "offsets.toml")
    assert len(study) == 104
    assert study.wafer is not None
    assert int(study.chips) == 2 * study.wafer.dies  # whole lots
    recipe = (root / "Makefile").read_text().split("\nstudy:")[1].split("\n\n")[0]
    assert "examples/study.toml study/offsets.toml" in recipe
    assert "make study" in (root / ".ci" / "run").read_text()


def test_combinations_that_share_a_value_stand_side_by_side(
    network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    axes = [axis("opamp_offset", [1e-3, 1e-2]), axis("opamp_gain", [1e2, 1e3, 1e4])]
    drawn = figures.accuracy(run_study(study_of(network, base, data, axes, chips=2)))
    marks = [line.get_xdata() for line in drawn.axes[0].lines if line.get_label() == "chip"]
    places = sorted({float(x) for line in marks for x in line})
    assert len(places) == 6  # none on top of another, and each nearer to its own value
    assert places[2] < 5.5e-3 < places[3]
