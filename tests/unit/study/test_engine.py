"""Runs: results do not depend on workers, chunks or what was killed; rows survive; failures are rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analog_pc import BadInput, EffectiveRelaxer, SimulationFailed, technology
from analog_pc.evaluation import Bench, TestData
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.study import Progress, Store, Study, axis, engine, evaluate, run_study, study_of
from analog_pc.study.measures import measure
from analog_pc.study.point import Row
from analog_pc.technology import Technology


@pytest.fixture
def study(network: PredictiveCodingNetwork, data: TestData, base: Technology) -> Study:
    return study_of(network, base, data, [axis("opamp_offset", [0.0, 1e-2, 3e-2])], chips=4, seed=3)


def test_rows_are_those_of_the_engine(study: Study) -> None:
    results = run_study(study)
    assert results.whole
    assert not results.failed
    for found in results:
        technology = study.technology(found.point.values)
        relaxer = EffectiveRelaxer(technology, found.point.chip)
        outputs = relaxer.relax(study.network({}), study.data.inputs).output
        right = int((outputs.argmax(axis=1) == study.data.labels).sum())
        assert found.row.measured["right"] == right
        bench = Bench(study.network({}), technology, study.data, (found.point.chip,))
        assert found.row.measured["accuracy"] == bench.chip(technology, found.point.chip).value
    assert results.column("accuracy_low").shape == (12,)
    first, *_, last = results.combinations
    assert first.accuracy is not None
    assert last.accuracy is not None
    assert first.accuracy.lowest > last.accuracy.lowest
    assert len(results.csv().splitlines()) == 13


def test_results_do_not_depend_on_chunks_or_executors(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = run_study(study, tmp_path / "one").csv()
    monkeypatch.setattr(engine, "LARGEST", 1)
    assert run_study(study, tmp_path / "two").csv() == one
    with ThreadPoolExecutor(1) as pool:
        assert run_study(study, tmp_path / "three", executor=pool).csv() == one


@pytest.mark.slow
def test_one_and_two_worker_processes_give_the_same_bits(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WORTH_WORKERS", 0.0)
    monkeypatch.setattr(engine, "LARGEST", 2)
    assert run_study(study, tmp_path / "two", workers=2).csv() == run_study(study, tmp_path / "one").csv()


def test_a_second_run_goes_on_where_the_first_ended(study: Study, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.done >= 5:
            raise Stop

    with pytest.raises(Stop):
        run_study(study, tmp_path, tell=stop)
    with Store(tmp_path) as store:
        kept = store.rows()
    assert 5 <= len(kept) < 12
    seen: list[Progress] = []
    again = run_study(study, tmp_path, tell=seen.append)
    assert seen[0] == Progress(total=12, done=len(kept), stored=len(kept), failed=0)
    assert seen[-1] == Progress(total=12, done=12, stored=len(kept), failed=0)
    assert again.csv() == run_study(study).csv()


def test_a_study_takes_points_that_another_one_left(study: Study, tmp_path: Path) -> None:
    run_study(study, tmp_path)
    first = study.networks["network"]
    wider = study_of(
        first, study.technologies["mine"], study.data, [axis("opamp_offset", [3e-2, 5e-3])], chips=4, seed=3
    )
    seen: list[Progress] = []
    run_study(wider, tmp_path, tell=seen.append)
    assert seen[-1].stored == 4


def test_a_failed_point_is_a_row_with_its_reason(
    network: PredictiveCodingNetwork, data: TestData, base: Technology, tmp_path: Path
) -> None:
    study = study_of(network, base, data, [axis("g_min", [1e-6, 1.0]), axis("g_max", [1e-4])], chips=2)
    results = run_study(study, tmp_path)
    assert [bool(one.row.failed) for one in results] == [False, False, True, True]
    assert "g_min = 1.0 S must be below g_max" in results.failed[0].row.failed
    assert run_study(study, tmp_path).csv() == results.csv()
    assert results.combinations[1].accuracy is None
    assert np.isnan(results.column("accuracy")[2:]).all()


def test_a_folder_has_one_writer(study: Study, tmp_path: Path) -> None:
    with Store(tmp_path), pytest.raises(BadInput, match=f"another run writes there .process {os.getpid()}"):
        run_study(study, tmp_path)
    assert run_study(study, tmp_path).whole


def test_lines_that_are_no_rows_are_made_again(study: Study, tmp_path: Path) -> None:
    whole = run_study(study, tmp_path)
    (file, *_) = sorted((tmp_path / "rows").glob("*.jsonl"))
    file.write_text('{"key": 3}\n[1]\nnonsense\n' + file.read_text()[:40])
    again = run_study(study, tmp_path)
    assert again.csv() == whole.csv()


class Killed(Executor):
    """Computes chunks at once; the first ones break, as when a worker is killed."""

    def __init__(self, breaks: int) -> None:
        self.breaks = breaks

    def submit(self, work: Any, /, *args: Any, **more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.breaks > 0:
            self.breaks -= 1
            future.set_exception(BrokenProcessPool("killed"))
        else:
            future.set_result(work(*args, **more))
        return future


def test_chunks_of_killed_workers_are_tried_again(study: Study, tmp_path: Path) -> None:
    assert run_study(study, executor=Killed(2)).csv() == run_study(study).csv()
    with pytest.raises(SimulationFailed, match="3 times"):
        run_study(study, tmp_path, executor=Killed(1000))


class Lost(Executor):
    """Computes two chunks, then loses its cluster: futures stay pending."""

    left = 2
    lost = False

    def submit(self, work: Any, /, *args: Any, **more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.left:
            self.left -= 1
            future.set_result(work(*args, **more))
        else:
            self.lost = True
        return future


def test_a_cluster_that_is_lost_ends_the_run(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "GLANCE", 0.01)
    with pytest.raises(SimulationFailed, match="is the scheduler alive"):
        run_study(study, tmp_path, executor=Lost())
    with Store(tmp_path) as store:
        assert len(store.rows()) >= 2
    assert run_study(study, tmp_path).csv() == run_study(study).csv()


def test_no_worker_is_refused(study: Study) -> None:
    with pytest.raises(BadInput, match="workers"):
        run_study(study, workers=0)


def test_a_broken_store_is_told(study: Study, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be made"):
        run_study(study, tmp_path / "file" / "folder")


def test_cost_and_margin_are_measured(network: PredictiveCodingNetwork, data: TestData) -> None:
    study = study_of(
        network, "cmos65-rram", data, measures=("accuracy", "energy", "margin", "deviation", "residual")
    )
    (found,) = run_study(study)
    measured = found.row.measured
    assert set(measured) == set(study.columns)
    assert measured["energy"] > 0.0  # type: ignore[operator]
    assert measured["margin_median"] > measured["margin_least"] > 0.0  # type: ignore[operator]
    assert 0.0 < measured["deviation_rms"] < measured["deviation"] < 1.0  # type: ignore[operator]


def test_a_chip_that_does_not_converge_everywhere_has_no_margin(
    network: PredictiveCodingNetwork, data: TestData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the other samples margin and deviation would be the better the fewer converge."""
    bench = Bench(network, technology("cmos65-rram"), data, (0,))
    found = bench.first_chip
    converged = found.relaxation.converged.copy()
    converged[0] = False
    partly = replace(found, relaxation=replace(found.relaxation, converged=converged))
    monkeypatch.setattr(Bench, "_relaxed", lambda *_: partly)
    other = replace(bench)
    for name in ("margin", "deviation"):
        one = measure(name)
        assert all(value is not None for value in one.compute(bench).values())
        assert set(one.compute(other).values()) == {None}


def test_numerical_failures_are_rows(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def singular(*_: Any) -> None:
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr(evaluate, "measure_chip", singular)
    point = next(study.all_points())
    assert evaluate.evaluate_point(study, point) == Row(key=point.key, measured={}, failed="Singular matrix")


SCRIPT = """
import sys, json
from pathlib import Path
import analog_pc.study.engine as engine
from analog_pc.study import read_study, run_study
engine.LARGEST = 1
run_study(read_study(sys.argv[1]), sys.argv[2])
"""


@pytest.mark.slow
def test_kill_9_loses_nothing_that_was_done(
    network: PredictiveCodingNetwork, data: TestData, tmp_path: Path
) -> None:
    from analog_pc import save_network
    from analog_pc.study import read_study

    save_network(tmp_path / "net.npz", network)
    np.savez(tmp_path / "test.npz", inputs=data.inputs, labels=data.labels)
    file = tmp_path / "many.toml"
    file.write_text(
        'network = "net.npz"\ndata = "test.npz"\ntechnology = "cmos65-rram"\nchips = 3000\n'
        "[axes]\nopamp_gain = [100, 1000]\n"
    )
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(file), str(tmp_path / "out")])
    rows = tmp_path / "out" / "rows"
    while not rows.exists() or len(list(rows.iterdir())) < 20:
        time.sleep(0.05)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    with Store(tmp_path / "out") as store:  # the lock of a killed run holds nobody
        kept = store.rows()
    assert 20 <= len(kept) < 6000
    small = file.read_text().replace("3000", "30")
    file.write_text(small)
    study = read_study(file)
    seen: list[Progress] = []
    assert run_study(study, tmp_path / "out", tell=seen.append).csv() == run_study(study).csv()
    assert seen[-1].stored > 0
    assert json.loads(next(rows.iterdir()).read_text().splitlines()[0])["failed"] == ""
