from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.experiments import Result, Row, load_result, save_result
from analog_pc.experiments.framework.result import AGREES, DIFFERS, NOT_SHOWN, classify


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


def a_result() -> Result:
    rows = (
        Row("q", 1.0, 1.01, None, None, 0.5, 0.1, AGREES),
        Row("p", None, float("nan"), None, None, None, None, NOT_SHOWN),
    )
    return Result(
        "n", "t", "s", rows, {"ideal/a": np.arange(3.0)}, ("note",), True, 2, {"technology": "ideal"}
    )


def test_a_result_survives_the_disk(tmp_path: Path) -> None:
    save_result(a_result(), tmp_path / "out")
    back = load_result(tmp_path / "out")
    assert back.rows == (a_result().rows[0], dataclasses.replace(a_result().rows[1], ideal=None))
    assert (back.name, back.notes, back.reduced, back.seeds) == ("n", ("note",), True, 2)
    np.testing.assert_array_equal(back.columns("a")["ideal"], np.arange(3.0))
    stored = json.loads((tmp_path / "out" / "result.json").read_text())
    wanted = ["quantity", "published", "ideal", "native", "ngspice", "backprop", "tolerance", "verdict"]
    assert list(stored["rows"][0]) == wanted


def test_one_row_that_differs_fails_the_result() -> None:
    assert a_result().passed
    rows = (*a_result().rows, Row("r", 1.0, 2.0, None, None, None, 0.1, DIFFERS))
    assert not dataclasses.replace(a_result(), rows=rows).passed


@pytest.mark.parametrize("text", ["{}", "[1]", "not json", '{"rows": [{"a": 1}]}'])
def test_what_is_no_result_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(BadInput, match="is not the result"):
        load_result(tmp_path)


def test_a_missing_result_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        load_result(tmp_path)
