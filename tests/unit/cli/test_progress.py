"""Which step a command is doing, and the time left."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from analog_pc.cli import progress as module
from analog_pc.cli.progress import StepDisplay


def test_time_left_is_from_the_pieces_done(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    out = io.StringIO()
    with StepDisplay(Console(file=out, width=200)) as display:
        display.begin(2, 3, "chips", 5)
        assert display.line == "[2/3] chips"
        display.next("chip 0")
        now[0] = 150.0  # the first one loads what all of them use
        display.next("chip 1")
        assert display.left is None
        now[0] = 158.0
        display.next("chip 2")
        assert display.left == pytest.approx(3.0 * 8.0)
        assert display.line == "[2/3] chips 3/5: chip 2, about 24 s left"
        now[0] = 161.0  # without a terminal a line each minute
        display.note("still chip 2")
    assert out.getvalue().splitlines() == [
        "[2/3] chips",
        "[2/3] chips 3/5: still chip 2, about 33 s left",
    ]


def test_time_left_may_be_given() -> None:
    out = io.StringIO()
    with StepDisplay(Console(file=out, width=200)) as display:
        display.begin(1, 4, "table, predict", seconds_left=None)
        display.begin(2, 4, "table, learn", seconds_left=12.0)
    assert out.getvalue().splitlines() == ["[1/4] table, predict", "[2/4] table, learn, about 12 s left"]


def test_a_terminal_has_a_bar() -> None:
    out = io.StringIO()
    with StepDisplay(Console(file=out, force_terminal=True, width=80)) as display:
        display.begin(1, 1, "chips", 2)
        display.next("chip 0")
        with display.paused():
            out.write("in between")
    assert "chips 1/2: chip 0" in out.getvalue()
    assert "in between" in out.getvalue()


def test_each_finished_piece_may_be_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """An earlier run's pieces say nothing of the time left."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    out = io.StringIO()
    with StepDisplay(Console(file=out, width=200), each_piece=True) as display:
        display.begin(1, 1, "bear")
        for done in (1, 2, 3):
            display.reached(done, 1, f"now {done}", 3)
            now[0] += 4.0
    assert out.getvalue().splitlines() == [
        "[1/1] bear",
        "[1/1] bear 1/3 done: now 1",
        "[1/1] bear 2/3 done: now 2, about 4 s left",
        "[1/1] bear 3/3 done: now 3",
    ]
