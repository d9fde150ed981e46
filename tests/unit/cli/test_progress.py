"""Which steps are done, and what is said of how far one is."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from analog_pc.cli import progress as module
from analog_pc.cli.progress import StepProgress, chosen_steps, duration
from analog_pc.errors import BadInput

NAMES = ("a", "b", "c", "d")
NEEDS = {"c": ("a",), "d": ("a", "c")}


@pytest.mark.parametrize(
    ("skip", "only", "expected"),
    [
        (None, None, ("a", "b", "c", "d")),
        ("b", None, ("a", "c", "d")),
        ("c, b", None, ("a",)),  # d builds on c
        ("a", None, ("b",)),
        (None, "c", ("a", "c")),
        (None, "b,d", ("a", "b", "c", "d")),
    ],
)
def test_chosen(skip: str | None, only: str | None, expected: tuple[str, ...]) -> None:
    assert chosen_steps(NAMES, skip, only, NEEDS) == expected


@pytest.mark.parametrize(
    ("skip", "only", "words"),
    [("e", None, "'e'"), (None, "a,", "''"), ("a", "b", "not both"), ("a,b", None, "nothing is left")],
)
def test_refused(skip: str | None, only: str | None, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        chosen_steps(NAMES, skip, only, NEEDS)


def test_time_left_is_from_the_pieces_done(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    out = io.StringIO()
    step = StepProgress("[2/3]", "chips", 5, Console(file=out, width=200))
    with step.shown():
        assert step.line == "[2/3] chips"
        step.next("chip 0")
        assert step.left is None
        now[0] = 108.0
        step.next("chip 1")
        assert step.left == pytest.approx(4.0 * 8.0)
        assert step.line == "[2/3] chips 2/5: chip 1, about 32 s left"
        now[0] = 161.0  # without a terminal a line each minute
        step.note("still chip 1")
    assert out.getvalue().splitlines() == [
        "[2/3] chips",
        "[2/3] chips 2/5: still chip 1, about 4 min 4 s left",
    ]


def test_a_terminal_has_a_bar() -> None:
    out = io.StringIO()
    step = StepProgress("[1/1]", "chips", 2, Console(file=out, force_terminal=True, width=80))
    with step.shown():
        step.next("chip 0")
    assert "chips 1/2: chip 0" in out.getvalue()


def test_duration() -> None:
    assert [duration(s) for s in (0.2, 45.4, 59.6, 125.0)] == ["1 s", "45 s", "1 min 0 s", "2 min 5 s"]
