from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.experiments import Result, Row, load_result, quantity, save_result
from analog_pc.experiments.framework.result import AGREES, COLUMNS, DIFFERS, NOT_SHOWN, classify
from analog_pc.files import write_npz


@pytest.mark.parametrize(
    ("published", "measured", "tolerance", "verdict"),
    [
        (1.0, [1.1], 0.1, AGREES),
        (1.0, [1.1, 1.2], 0.1, DIFFERS),
        (1.0, [None, 0.95], 0.1, AGREES),
        (0.0, [0.0], 0.0, AGREES),
        (0.0, [1e-300], 0.0, DIFFERS),
        (1.0, [float("nan")], 0.1, DIFFERS),
        (None, [1.0], 0.1, NOT_SHOWN),
        (1.0, [1.0], None, NOT_SHOWN),
        (1.0, [None], 0.1, NOT_SHOWN),
    ],
)
def test_a_verdict_follows_from_the_numbers(
    published: float | None, measured: list[float | None], tolerance: float | None, verdict: str
) -> None:
    assert classify(published, measured, tolerance) == verdict


A = quantity("a {group}/b", group='"+, 1" / 2')


def a_result() -> Result:
    rows = (
        Row(quantity("q", lr=0.2, unit=3), 1.0, 1.01, None, None, 0.5, 0.1, AGREES),
        Row(
            quantity("p of {case}", case="a/b, c"),
            None,
            float("nan"),
            None,
            None,
            None,
            None,
            NOT_SHOWN,
            "bp",
        ),
    )
    data = {"ideal": {A: np.arange(3.0)}, "native": {A: np.ones(2), A.at(lr=0.1): np.zeros(1)}}
    return Result("n", "t", "s", rows, data, ("note",), True, 2, {"technology": "ideal"})


def test_a_row_has_an_id_of_its_own_or_its_quantity_s() -> None:
    measured = dict.fromkeys(("published", "ideal", "native", "ngspice", "backprop", "tolerance"))
    of = quantity("lowest smell", lr=0.2)
    assert Row(of, **measured, verdict=NOT_SHOWN).id == "lowest-smell@lr=0.2"
    assert Row(of, **measured, verdict=NOT_SHOWN, rule="bp").id == "lowest-smell@lr=0.2/backprop"
    assert Row(of, **measured, verdict=NOT_SHOWN, id="dip@0.2").id == "dip@0.2"


def test_a_result_survives_the_disk(tmp_path: Path) -> None:
    save_result(a_result(), tmp_path / "out")
    back = load_result(tmp_path / "out")
    assert back.rows == (a_result().rows[0], dataclasses.replace(a_result().rows[1], ideal=None))
    assert (back.name, back.notes, back.reduced, back.seeds) == ("n", ("note",), True, 2)
    np.testing.assert_array_equal(back.columns(A)["ideal"], np.arange(3.0))
    assert {c: list(a) for c, a in back.data.items()} == {c: list(a) for c, a in a_result().data.items()}
    stored = json.loads((tmp_path / "out" / "result.json").read_text())
    wanted = ["id", "quantity", "name", "conditions", "rule", "published", "derived", *COLUMNS]
    assert list(stored["rows"][0]) == [*wanted, "tolerance", "verdict"]
    texts = [row["quantity"] for row in stored["rows"]]
    assert texts == ["q, lr 0.2, unit 3", "p of a/b, c, backpropagation"]


def test_a_result_of_an_older_version_is_refused(tmp_path: Path) -> None:
    save_result(a_result(), tmp_path)
    path = tmp_path / "result.json"
    stored = json.loads(path.read_text())
    del stored["version"]
    stored["rows"] = [{"quantity": "q, lr 0.2", "published": 1.0}]
    path.write_text(json.dumps(stored))
    with pytest.raises(BadInput, match="version 1 of the file, expected 2: run it again"):
        load_result(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["ideal/a", "[]", '["ideal", "a", 3]', '["ideal", "a {b}", {}]', '["ideal", 1, {}]', '[[], "a", {}]'],
)
def test_an_array_without_a_quantity_is_refused(tmp_path: Path, name: str) -> None:
    save_result(a_result(), tmp_path)
    write_npz(tmp_path / "data.npz", **{name: np.ones(1)})
    with pytest.raises(BadInput, match=r"data.npz: array .* is of no experiment"):
        load_result(tmp_path)


def test_one_row_that_differs_fails_the_result() -> None:
    assert a_result().passed
    rows = (*a_result().rows, Row(quantity("r"), 1.0, 2.0, None, None, None, 0.1, DIFFERS))
    assert not dataclasses.replace(a_result(), rows=rows).passed


@pytest.mark.parametrize("text", ["{}", "[1]", "not json", '{"rows": [{"a": 1}]}'])
def test_what_is_no_result_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(BadInput, match="is not the result"):
        load_result(tmp_path)


def test_a_missing_result_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        load_result(tmp_path)
