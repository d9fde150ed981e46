"""Results as plain JSON, and the files of a report: whole or not there."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import pytest

from analog_pc.reporting.json_report import attributes, finite, json_text, plain, write_report


class Outcome(Enum):
    DONE = "done"


@dataclass(frozen=True)
class Part:
    name: str
    volts: tuple[float, ...]

    @property
    def largest(self) -> float:
        return max(self.volts)


@dataclass(frozen=True, eq=False)
class Found:
    outcome: Outcome
    parts: tuple[Part, ...]
    values: np.ndarray


def test_results_become_plain() -> None:
    found = Found(Outcome.DONE, (Part("spring", (1.0, math.inf)),), np.array([[1.0, math.nan], [2.0, 3.0]]))
    assert plain({"a": found, 1: np.float64(2.0), "b": np.int64(3), "c": np.bool_(True)}) == {
        "a": {
            "outcome": "done",
            "parts": [{"name": "spring", "volts": [1.0, None]}],
            "values": [[1.0, None], [2.0, 3.0]],
        },
        "1": 2.0,
        "b": 3,
        "c": True,
    }
    assert json.loads(json_text(plain({"a": found})))["a"]["values"][0] == [1.0, None]


def test_attributes_may_be_properties() -> None:
    assert attributes(Part("spring", (1.0, 2.0)), "name", "largest") == {"name": "spring", "largest": 2.0}


def test_what_json_does_not_have_is_refused() -> None:
    assert finite(-math.inf) is None
    with pytest.raises(TypeError, match="object has no form in JSON"):
        plain({"a": object()})
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"a": math.nan})


def test_report_has_its_files_in_folders(tmp_path: Path) -> None:
    write_report(tmp_path / "out", "<html>", {"passed": True}, {"figures/a.svg": b"<svg>"})
    names = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.*"))
    assert names == ["figures/a.svg", "report.html", "report.json"]
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == {"passed": True}


def test_a_report_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_report(tmp_path, "<html>", {"rms": math.nan}, {"a.csv": b"1"})
    assert not list(tmp_path.iterdir())
