"""Lots and dies: what a chip has from its lot and its place, and the yield over the wafer."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from analog_pc import BadInput, save_network
from analog_pc.cli import main
from analog_pc.evaluation import TestData
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.study import Limit, Limits, Study, Wafer, axis, run_study, study_of
from analog_pc.study.limits import limits
from analog_pc.study.report.wafer_map import good_at
from analog_pc.study.wafer import Die, lot_normal, wafer
from analog_pc.study.yields import yields
from analog_pc.technology import Technology


def test_dies_are_whole_squares_on_the_wafer() -> None:
    counts = {across: Wafer(across=across, lot={"opamp_offset": 0.1}).dies for across in (1, 2, 3, 5)}
    assert counts == {1: 1, 2: 4, 3: 5, 5: 1 + 3 + 5 + 3 + 1}
    many = Wafer(across=40, lot={"opamp_offset": 0.1})
    corners = np.abs(many.places) + 0.5 * many.pitch
    assert np.hypot(*corners.T).max() == pytest.approx(1.0)
    assert len(set(many.places[:, 0])) == 40
    assert many.dies == pytest.approx(math.pi / 4.0 * 40**2, rel=0.1)  # the circle's share of the square
    assert many.places.mean(axis=0) == pytest.approx([0.0, 0.0], abs=1e-12)
    chip = many.die(many.dies + 3)
    assert (chip.lot, chip.x, chip.y) == (1, *many.places[3])


def test_a_value_is_that_of_lot_and_place(base: Technology) -> None:
    found = Wafer(across=9, lot={"opamp_offset": 0.3}, radial={"opamp_offset": 0.5, "opamp_gain": -0.2})
    die = Die(4, 0.6, -0.3)
    there = found.apply(base, die, seed=7)
    drawn = math.exp(0.3 * lot_normal(7, 4, "opamp_offset"))
    assert there.opamp_offset == pytest.approx(3e-3 * drawn * (1.0 + 0.5 * 0.45))
    assert there.opamp_gain == pytest.approx(1e4 * (1.0 - 0.2 * 0.45))
    assert found.apply(base, Die(4, 0.0, 0.0), 7).opamp_gain == base.opamp_gain
    assert lot_normal(7, 4, "opamp_offset") != lot_normal(7, 5, "opamp_offset")
    assert lot_normal(7, 4, "opamp_offset") != lot_normal(8, 4, "opamp_offset")
    many = [lot_normal(0, lot, "opamp_offset") for lot in range(2000)]
    assert abs(np.mean(many)) < 4.0 / math.sqrt(2000)
    assert np.std(many) == pytest.approx(1.0, abs=4.0 / math.sqrt(4000))


@pytest.fixture
def study(network: PredictiveCodingNetwork, data: TestData, base: Technology) -> Study:
    noisy = dataclasses.replace(base, opamp_offset=2e-3)
    return study_of(
        network,
        noisy,
        data,
        [axis("opamp_gain", [1e4])],
        chips=78,
        seed=5,
        limits=Limits({"accuracy_low": Limit(least=0.95)}),
        wafer=Wafer(across=5, lot={"opamp_offset": 0.5}, radial={"opamp_offset": 2.0}),
    )


def test_rows_are_those_of_the_changed_technology(study: Study) -> None:
    results = run_study(study)
    assert results.columns[1:5] == ("chip", "lot", "die_x", "die_y")
    assert results.column("lot").tolist() == [float(k // 13) for k in range(78)]
    for one in (results.found[0], results.found[30]):
        assert study.wafer is not None
        die = study.wafer.die(one.point.chip - 5)
        plain = study_of(
            study.network({}),
            study.wafer.apply(study.technology(one.point.values), die, 5),
            study.data,
            seed=one.point.chip,
        )
        (same,) = run_study(plain)
        assert same.row == one.row  # its key too: the technology and the seed decide it


def test_the_yield_of_lots_and_places_adds_up(study: Study) -> None:
    results = run_study(study)
    (found,) = yields(results, {})
    assert [one.lot for one in found.lots] == list(range(6))
    assert [one.chips for one in found.lots] == [13] * 6
    assert sum(one.good for one in found.lots) == found.good
    assert 0 < found.good < found.chips
    (spread,) = found.spreads
    low = results.column("accuracy_low")
    assert (spread.least, spread.typical, spread.largest) == (low.min(), np.median(low), low.max())
    places = good_at(results, results.combinations[0])
    assert places.sum() * 6 == pytest.approx(found.good)
    # The offset at the edge is up to three times as large: the centre yields more.
    assert study.wafer is not None
    radii = np.hypot(*study.wafer.places.T)
    assert places[radii < 0.5].mean() > places[radii > 0.5].mean()


def test_chips_of_a_wafer_do_not_depend_on_how_many_there_are(study: Study) -> None:
    fewer = dataclasses.replace(study, chips=20)
    keys = [point.key for point in study.all_points()]
    assert [point.key for point in fewer.all_points()] == keys[:20]
    assert len(set(keys)) == 78


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({}, ("across",)),
        ({"across": 5}, ("neither lot nor radial",)),
        ({"across": 0, "lot": {"opamp_gain": 0.1}}, ("from 1 to",)),
        ({"across": 5, "lots": {}}, ("lots", "lot")),
        ({"across": 5, "lot": {"opamp_gian": 0.1}}, ("opamp_gian", "opamp_gain")),
        ({"across": 5, "lot": {"levels": 0.1}}, ("whole number",)),
        ({"across": 5, "lot": {"opamp_gain": -0.1}}, ("0 or more",)),
        ({"across": 5, "lot": {"opamp_gain": "20"}}, ("= 20.0", "at most 1 (100 %)", "e^20", '"20%"')),
        ({"across": 5, "lot": {"opamp_gain": "2000%"}}, ("= 20.0", "deviation of the logarithm")),
        ({"across": 5, "lot": {"opamp_gain": math.inf}}, ("inf",)),
        ({"across": 5, "radial": {"opamp_gain": -1}}, ("-1 or more",)),
        ({"across": 5, "radial": {"opamp_gain": "much"}}, ("much",)),
        ({"across": 5, "lot": 3}, ("table",)),
        ({"across": 5, "lot": "20%"}, ("table of fields, such as",)),
        ({"across": 5, "lot": {"opamp_gain": "20 V"}}, ("opamp_gain", "'V'")),
    ],
)
def test_wrong_wafers(raw: dict[str, Any], words: tuple[str, ...]) -> None:
    with pytest.raises(BadInput) as refused:
        wafer(raw)
    assert all(word in str(refused.value) for word in words), refused.value


def test_relative_changes_may_be_percentages() -> None:
    found = wafer({"across": 5, "lot": {"opamp_offset": "20%"}, "radial": {"opamp_gain": "-5 %"}})
    assert found.lot == {"opamp_offset": 0.2}
    assert found.radial == {"opamp_gain": -0.05}


def test_the_widest_lot_is_one_of_a_hundred_percent() -> None:
    assert wafer({"across": 5, "lot": {"opamp_offset": "100%"}}).lot == {"opamp_offset": 1.0}


def test_what_has_no_value_cannot_be_scaled(
    network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    found = Wafer(across=5, lot={"word_line_resistance": 0.1})
    results = run_study(study_of(network, base, data, chips=2, wafer=found))
    assert all("word_line_resistance = 0.0 of mine: cannot be scaled" in one.row.failed for one in results)
    with pytest.raises(BadInput, match="own"):
        study_of(network, base, data, chips="own", wafer=found)


def test_a_typical_limit_lies_between_its_ends() -> None:
    found = limits({"a": {"min": 1, "typ": "2", "max": 3}}, {"a": ""})
    assert found.each["a"] == Limit(least=1.0, typical=2.0, largest=3.0)
    with pytest.raises(BadInput, match="not between"):
        limits({"a": {"min": 1, "typ": 4, "max": 3}}, {"a": ""})


def test_the_command_draws_the_wafer(
    network: PredictiveCodingNetwork, data: TestData, tmp_path: Path
) -> None:
    save_network(tmp_path / "net.npz", network)
    np.savez(tmp_path / "test.npz", inputs=data.inputs, labels=data.labels)
    (tmp_path / "mine.toml").write_text('base = "ideal"\nsource = "a test"\nopamp_offset = 1e-2\n')
    file = tmp_path / "wafers.toml"
    file.write_text(
        'network = "net.npz"\ndata = "test.npz"\ntechnology = "mine.toml"\nchips = 26\n'
        "[limits]\naccuracy_low = { min = 0.95, typ = 0.98 }\n"
        "[wafer]\nacross = 5\nlot = { opamp_offset = 0.5 }\nradial = { opamp_offset = 1.0 }\n"
    )
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["study", str(file), "--out", str(out), "--workers", "1"])
    assert result.exit_code == 0, result.output
    assert "2 lots from" in result.stdout
    assert (out / "figures" / "wafer.svg").exists()
    (row,) = csv.DictReader(io.StringIO((out / "yield.csv").read_text()))
    (found,) = json.loads((out / "results.json").read_text())["yields"]
    assert float(row["accuracy_low typ"]) == found["spreads"][0]["typical"]
    assert [one["chips"] for one in found["lots"]] == [13, 13]
    page = (out / "study.html").read_text()
    assert "Yield over the wafer" in page
    assert '<th class="n">typ</th>' in page
