"""Progress on standard error, so that output can be piped: a bar, or the steps of a long command."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from analog_pc.reporting.text import duration

MINUTE = 60.0  # between two lines of the same step where there is no terminal


class Show(Protocol):
    """Update of a bar: what is being done, and how much of it is done."""

    def __call__(self, text: str, completed: float | None = None, total: float | None = None) -> None: ...


@contextmanager
def progress_bar(total: float | None = None) -> Iterator[Show]:
    """A bar as wide as the terminal; nothing where there is none."""
    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("[progress.description]{task.description}"),
        BarColumn(bar_width=None),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        expand=True,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=total)

        def show(text: str, completed: float | None = None, total: float | None = None) -> None:
            bar.update(task, description=text, completed=completed, total=total)

        yield show


class StepDisplay:
    """The step that a command is doing.

    On a terminal a bar with the step's number, the pieces and the time left, taken from the mean time of
    those done in this step (of pieces one after the other without the first) unless it is given.  Elsewhere a
    line when the step begins and one each minute; with `each_piece` one for every piece that is done as well.
    """

    def __init__(self, console: Console | None = None, *, each_piece: bool = False) -> None:
        self.console = console or Console(stderr=True)
        self.each_piece = each_piece
        self.number = 0
        self.name = ""
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            console=self.console,
            disable=not self.console.is_terminal,
            expand=True,
            transient=True,
            redirect_stdout=False,
        )
        self._task = self._bar.add_task("", total=None)

    def begin(
        self,
        number: int,
        total: int,
        name: str,
        pieces: int = 0,
        seconds_left: float | None = None,
        done: int | None = None,
    ) -> None:
        """Begin step `number` of `total`.

        Parameters
        ----------
        name
            Of the step.
        pieces
            How many it has; 0 where that is not known.
        seconds_left
            For this step and all after it; None: for this step, from the pieces done.
        done
            Pieces that an earlier run did; given where pieces are counted as they end, not as they begin.
        """
        self.number = number
        self.total = total
        self.name = name
        self.pieces = pieces
        self.begun = 0
        self.done = done or 0
        self.before = self.done
        self.counts_done = done is not None
        self.text = ""
        self.since = time.monotonic()
        self._seconds_left = seconds_left
        self._last_line = -math.inf
        self._show()

    def next(self, text: str = "") -> None:
        """The next piece begins, the one before is done."""
        self.done = self.begun
        self.begun += 1
        if self.done == 1:  # the first one loads, or compiles, what all of them use
            self.before = 1
            self.since = time.monotonic()
        self.note(text)

    def reached(self, done: int, before: int, text: str = "", pieces: int | None = None) -> None:
        """So many pieces are done, `before` of them by an earlier run, which say nothing of the time left.

        Parameters
        ----------
        pieces
            How many there are, where that was not known when the step began.
        """
        first = done == before
        if first:
            self.since = time.monotonic()
        if self.each_piece and (first or done > self.done):
            self._last_line = -math.inf
        self.pieces = self.pieces if pieces is None else pieces
        self.done = done
        self.before = before
        self.counts_done = True
        self.note(text)

    def note(self, text: str) -> None:
        """What the present piece is doing."""
        self.text = text
        self._show()

    def _show(self) -> None:
        if self.console.is_terminal:
            done = self.done if self.pieces else self.number - 1
            total = self.pieces or self.total
            self._bar.update(self._task, completed=done, total=total, description=self.line)
        elif time.monotonic() - self._last_line > MINUTE:
            self._last_line = time.monotonic()
            self.console.print(self.line, markup=False, highlight=False, soft_wrap=True)

    @property
    def line(self) -> str:
        """The step, its piece and the time left, in one line."""
        said = f"[{self.number}/{self.total}] {self.name}"
        if self.pieces and self.counts_done:
            said += f" {self.done}/{self.pieces} done"
        elif self.pieces and self.begun:
            said += f" {min(self.begun, self.pieces)}/{self.pieces}"
        if self.text:
            said += f": {self.text}"
        return said if self.left is None else f"{said}, about {duration(self.left)} left"

    @property
    def left(self) -> float | None:
        """Seconds left; None where they are not known."""
        if not self.pieces or self.done <= self.before:
            return self._seconds_left
        left = max(self.pieces - self.done, 0)
        return (time.monotonic() - self.since) / (self.done - self.before) * left if left else None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Without the bar, for what is printed in between."""
        self._bar.stop()
        try:
            yield
        finally:
            self._bar.start()

    def __enter__(self) -> StepDisplay:
        self._bar.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._bar.stop()
