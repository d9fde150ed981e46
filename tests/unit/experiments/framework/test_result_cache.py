from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.experiments import DiskCache


class Work:
    """Counts what is computed, and breaks off at a part."""

    def __init__(self, breaks: str = "") -> None:
        self.done: list[str] = []
        self.breaks = breaks

    def __call__(self, name: str) -> dict[str, np.ndarray]:
        if name == self.breaks:
            raise KeyboardInterrupt
        self.done.append(name)
        return {"letters": np.array([len(name)])}


def test_finished_parts_are_not_computed_again(tmp_path: Path) -> None:
    first, second = Work(breaks="ccc"), Work()
    with pytest.raises(KeyboardInterrupt):
        DiskCache(tmp_path, "run").compute(["a", "bb", "ccc"], first)
    found = DiskCache(tmp_path, "run").compute(["a", "bb", "ccc"], second)
    assert first.done == ["a", "bb"]
    assert second.done == ["ccc"]
    assert [int(part["letters"][0]) for part in found] == [1, 2, 3]


def test_parts_of_another_configuration_are_not_taken(tmp_path: Path) -> None:
    DiskCache(tmp_path, "lr 1").compute(["a"], Work())
    work = Work()
    DiskCache(tmp_path, "lr 2").compute(["a"], work)
    assert work.done == ["a"]


def test_a_damaged_part_is_computed_again(tmp_path: Path) -> None:
    kept = DiskCache(tmp_path, "run")
    kept.compute(["a"], Work())
    next(tmp_path.rglob("*.npz")).write_bytes(b"half")
    work = Work()
    kept.compute(["a"], work)
    assert work.done == ["a"]


def test_clear_leaves_nothing(tmp_path: Path) -> None:
    kept = DiskCache(tmp_path / "parts", "run")
    kept.compute(["a", "b"], Work())
    kept.clear()
    kept.clear()
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int, int, str]] = []
    DiskCache(tmp_path, "run", lambda *x: told.append(x)).compute(["a", "b"], Work())
    assert told == [(0, 2, 0, "now a"), (1, 2, 0, "now b"), (2, 2, 0, "")]


def test_no_parts_are_not_told(tmp_path: Path) -> None:
    told: list[object] = []
    assert DiskCache(tmp_path, "run", lambda *x: told.append(x)).compute([], Work()) == []
    assert told == []


def test_parts_of_an_earlier_run_are_told_apart(tmp_path: Path) -> None:
    DiskCache(tmp_path, "run").compute(["a"], Work())
    told: list[tuple[int, int, int, str]] = []
    DiskCache(tmp_path, "run", lambda *x: told.append(x)).compute(["a", "b"], Work())
    assert told == [(1, 2, 1, "now b"), (2, 2, 1, "")]


def test_workers_compute_the_same(tmp_path: Path) -> None:
    def process(name: str) -> dict[str, np.ndarray]:
        return {"process": np.array([os.getpid()]), "letters": np.array([len(name)])}

    told: list[tuple[int, int, int, str]] = []
    kept = DiskCache(tmp_path, "run", lambda *what: told.append(what), workers=2)
    found = kept.compute(["a", "bb", "ccc"], process)
    assert [int(part["letters"][0]) for part in found] == [1, 2, 3]
    assert os.getpid() not in {int(part["process"][0]) for part in found}
    assert [done for done, _, _, _ in told] == [0, 1, 2, 3, 3]
    assert (
        kept.compute(["a", "bb", "ccc"], Work(breaks="a"))[2]["letters"][0] == 3
    )  # nothing is computed anew


def test_what_a_worker_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    def refuse(name: str) -> dict[str, np.ndarray]:
        raise BadInput(f"no {name}")

    with pytest.raises(BadInput, match=r"no [ab]"):
        DiskCache(tmp_path, "run", workers=2).compute(["a", "b"], refuse)
    assert list(tmp_path.rglob("*.npz")) == []


def test_what_breaks_off_at_once_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        DiskCache(tmp_path, "run").compute(["a", "bb"], Work(breaks="a"))
    assert list(tmp_path.iterdir()) == []
