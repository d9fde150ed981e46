"""Random points, solved again by ngspice: confirmed where they are right, found where they are not."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from analog_pc import BadInput, Ngspice, SimulationFailed, save_network
from analog_pc.cli import main
from analog_pc.evaluation import TestData
from analog_pc.evaluation.non_idealities import NOT_IN_CLOSED_FORM
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.study import Results, axis, run_study, study_of
from analog_pc.study.confirm import AGREED, SAMPLES, Verdict, chosen, confirm
from analog_pc.technology.non_idealities import present


@pytest.fixture(scope="module")
def results(network: PredictiveCodingNetwork, data: TestData) -> Results:
    axes = [axis("input_offset", ["0.1 mV", "1 mV"]), axis("amplifier_gain", [100.0, 1e4])]
    return run_study(study_of(network, "cmos65-rram", data, axes, chips=3, seed=2))


def test_ngspice_confirms_points(results: Results) -> None:
    found = confirm(results, 3, Ngspice())
    assert len({one.index for one in found}) == 3
    for one in found:
        assert one.verdict is Verdict.CONFIRMED
        assert one.samples == one.solved == one.same == SAMPLES
        assert one.deviation is not None
        assert one.deviation < AGREED
        technology = results.study.technology(results.found[one.index].point.values)
        assert set(one.left_out) == NOT_IN_CLOSED_FORM & set(present(technology))
        # Devices bend: the whole circuit is another one.
        assert one.whole_deviation is not None
        assert one.whole_deviation > 100 * one.deviation
        assert one.simulator == Ngspice().version()


def test_points_are_drawn_by_the_seed(results: Results) -> None:
    again = chosen(results, 4)
    assert again == chosen(results, 4)
    assert len({one.point.key for one in again}) == 4
    assert all(one in again for one in chosen(results, 2))
    assert len(chosen(results, 1000)) == len(results)
    with pytest.raises(BadInput, match="1 or more"):
        chosen(results, 0)


class Other(Ngspice):
    """Ngspice with every voltage a little too large; or without an answer."""

    def __init__(self, fails: bool) -> None:
        super().__init__()
        self.fails = fails

    def simulate(self, circuit: Any, analysis: Any) -> Any:
        if self.fails:
            raise SimulationFailed("no convergence")
        solution = super().simulate(circuit, analysis)
        return dataclasses.replace(solution, volts=solution.volts * (1.0 + 2.0 * AGREED))


def test_another_answer_is_not_confirmed(results: Results) -> None:
    (found,) = confirm(results, 1, Other(fails=False))
    assert found.verdict is Verdict.DIFFERS
    assert found.deviation == pytest.approx(2.0 * AGREED, rel=1e-3)
    (found,) = confirm(results, 1, Other(fails=True))
    assert found.verdict is Verdict.NOT_CHECKED
    assert found.message == "no convergence"


def test_the_command_writes_what_was_confirmed(
    network: PredictiveCodingNetwork, data: TestData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_network(tmp_path / "net.npz", network)
    np.savez(tmp_path / "test.npz", inputs=data.inputs, labels=data.labels)
    file = tmp_path / "small.toml"
    file.write_text(
        'network = "net.npz"\ndata = "test.npz"\ntechnology = "ideal"\n[axes]\nlevels = [4, 16]\n'
    )
    out = tmp_path / "out"
    command = ["study", str(file), "--out", str(out), "--workers", "1", "--confirm", "2"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    assert "confirms 2 of 2 points" in result.stdout
    report = json.loads((out / "results.json").read_text())
    assert [one["verdict"] for one in report["confirmations"]] == ["confirmed", "confirmed"]
    rows = list(csv.DictReader(io.StringIO((out / "confirmed.csv").read_text())))
    assert [row["index"] for row in rows] == ["0", "1"]
    assert float(rows[0]["deviation"]) == report["confirmations"][0]["deviation"] < AGREED
    assert "Confirmed by another simulator" in (out / "study.html").read_text()
    for fails, code in ((False, 1), (True, 3)):
        monkeypatch.setattr("analog_pc.cli.studies.Ngspice", lambda fails=fails: Other(fails))
        result = CliRunner().invoke(main, command)
        assert result.exit_code == code
        assert "confirms 0 of 2 points" in result.stdout
    assert CliRunner().invoke(main, command[:-2]).exit_code == 0
    assert not (out / "confirmed.csv").exists()
