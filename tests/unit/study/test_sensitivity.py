"""Sobol indices of a function whose indices are known, and what is refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analog_pc import BadInput, save_network
from analog_pc.cli import main
from analog_pc.evaluation import TestData
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.study import Results, Study, axis, read_study, run_study, study_of
from analog_pc.study.point import Found, Row, Values
from analog_pc.study.sensitivity import sobol_indices
from analog_pc.technology import Technology

AXES = (
    axis("input_offset", {"low": 1e-4, "high": 1e-2, "scale": "log"}),
    axis("opamp_gain", {"low": 100, "high": 1e4, "scale": "log"}),
    axis("word_line_resistance", {"low": 0, "high": 1}),
)


@pytest.fixture
def study(network: PredictiveCodingNetwork, data: TestData, base: Technology) -> Study:
    return study_of(network, base, data, AXES, sampler="saltelli", points=5 * 512)


def filled(study: Study, function: Callable[[Values], float]) -> Results:
    """Results whose margin is a function of the axes."""
    return Results(
        study,
        tuple(
            Found(point=one, row=Row(key=one.key, measured={"accuracy_low": function(one.values)}))
            for one in study.all_points()
        ),
    )


def shares(values: Values) -> tuple[float, float, float]:
    """Where a point lies on each axis, 0 to 1."""
    x = np.log10(values["input_offset"] / 1e-4) / 2.0
    y = np.log10(values["opamp_gain"] / 100.0) / 2.0
    return float(x), float(y), float(values["word_line_resistance"])


def test_indices_of_a_sum_are_its_shares_of_variance(study: Study) -> None:
    def total(values: Values) -> float:
        x, y, _ = shares(values)
        return 3.0 * x + y

    found = sobol_indices(filled(study, total), "accuracy_low")
    assert [one.axis for one in found] == [one.name for one in AXES]
    for one, share in zip(found, (0.9, 0.1, 0.0), strict=True):  # 9 and 1 over their sum
        assert abs(one.first - share) <= max(2.0 * one.first_half_width, 1e-3)
        assert abs(one.total - share) <= max(2.0 * one.total_half_width, 1e-3)
        assert one.total_half_width < 0.1


def test_a_product_is_interaction(study: Study) -> None:
    def product(values: Values) -> float:
        x, y, _ = shares(values)
        return (x - 0.5) * (y - 0.5)

    first, second, third = sobol_indices(filled(study, product), "accuracy_low")
    for one in (first, second):
        assert abs(one.first) <= 2.0 * one.first_half_width
        assert one.total == pytest.approx(1.0, abs=2.0 * one.total_half_width)
    assert third.total == pytest.approx(0.0, abs=1e-12)


def test_of_a_real_study(network: PredictiveCodingNetwork, data: TestData, base: Technology) -> None:
    results = run_study(study_of(network, base, data, AXES[:2], sampler="saltelli", points=4 * 16, chips=2))
    offset, gain = sobol_indices(results, "accuracy_low")
    assert offset.total > gain.total
    assert sobol_indices(results, "accuracy_low") == (offset, gain)


def test_what_is_refused(
    study: Study, network: PredictiveCodingNetwork, data: TestData, base: Technology,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    whole = filled(study, lambda values: shares(values)[0])
    with pytest.raises(BadInput, match="multiple of 5"):
        study_of(network, base, data, AXES, sampler="saltelli", points=512)
    with pytest.raises(BadInput, match="needs the sampler"):
        sobol_indices(run_study(study_of(network, base, data)), "accuracy_low")
    with pytest.raises(BadInput, match="accuracy_low"):
        sobol_indices(whole, "accuracy_lo")
    with pytest.raises(BadInput, match="the same at all"):
        sobol_indices(filled(study, lambda values: 1.0), "accuracy_low")
    with pytest.raises(BadInput, match="missing"):
        sobol_indices(Results(study, whole.found[:-1]), "accuracy_low")
    monkeypatch.setitem(sys.modules, "SALib.analyze.sobol", None)
    with pytest.raises(BadInput, match="sensitivity"):
        sobol_indices(whole, "accuracy_low")


def test_the_command_tells_the_indices(
    network: PredictiveCodingNetwork, data: TestData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_network(tmp_path / "net.npz", network)
    np.savez(tmp_path / "test.npz", inputs=data.inputs, labels=data.labels)
    file = tmp_path / "which.toml"
    file.write_text(
        'network = "net.npz"\ndata = "test.npz"\ntechnology = "ideal"\n[axes]\n'
        'input_offset = { low = "1 mV", high = "30 mV", scale = "log" }\nlevels = { low = 4, high = 64 }\n'
        '[sampler]\nkind = "saltelli"\npoints = 32\n'
    )
    command = ["study", str(file), "--out", str(tmp_path / "out"), "--workers", "1"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    found = sobol_indices(run_study(read_study(file)), "accuracy_low")
    report = json.loads((tmp_path / "out" / "results.json").read_text())
    assert [one["total"] for one in report["indices"]] == [one.total for one in found]
    assert "input_offset: " in result.stdout
    assert "of the variance of accuracy_low" in result.stdout
    assert "Where the variance comes from" in (tmp_path / "out" / "study.html").read_text()
    monkeypatch.setitem(sys.modules, "SALib.analyze.sobol", None)
    assert CliRunner().invoke(main, command).exit_code == 2
