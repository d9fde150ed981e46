"""Steps of a long command: which of them to do, and how far each is, with the time left."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from analog_pc.errors import BadInput

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

MINUTE = 60.0  # between two lines of the same step where there is no terminal


def chosen_steps(
    names: Sequence[str], skip: str | None, only: str | None, needs: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """The steps to do, in their order.

    Parameters
    ----------
    skip, only
        As given on the command line: names with commas between.
    needs
        Step -> steps that it builds on: `only` does them too, and with one of them `skip` leaves it out.

    Raises
    ------
    BadInput
        For an unknown step, both options at once, or when no step is left.
    """
    left_out = _split("--skip", skip, names)
    wanted = _split("--only", only, names)
    if left_out and wanted:
        raise BadInput("steps: give those to --skip or the --only ones to do, not both")
    wanted |= {other for name in wanted for other in needs.get(name, ())}
    left_out |= {name for name in names if set(needs.get(name, ())) & left_out}
    found = tuple(name for name in names if name not in left_out and (not wanted or name in wanted))
    if not found:
        raise BadInput(f"steps: all of {', '.join(names)} are skipped, nothing is left to do")
    return found


def _split(option: str, given: str | None, names: Sequence[str]) -> set[str]:
    found = {part.strip() for part in given.split(",")} if given is not None else set()
    for name in sorted(found):
        if name not in names:
            raise BadInput(f"{option} {name!r}: unknown step, use one or more of {', '.join(names)}")
    return found


class StepProgress:
    """Progress of one step, on standard error.

    On a terminal a bar with the step's place among all, the pieces done of all and the time left, taken from
    the mean time of those done.  Elsewhere a line when the step begins and one each minute.

    Parameters
    ----------
    place
        "[1/6]", say.
    name
        Of the step.
    pieces
        How many there are; 0 where that is not known.
    """

    def __init__(self, place: str, name: str, pieces: int, console: Console) -> None:
        self.place = place
        self.name = name
        self.pieces = pieces
        self.console = console
        self.begun = 0
        self.text = ""
        self.since = time.monotonic()
        self._spoke = self.since
        self._bar: tuple[Progress, Any] | None = None

    def next(self, text: str = "") -> None:
        """The next piece begins."""
        self.begun += 1
        self.note(text)

    def note(self, text: str) -> None:
        """What the present piece is doing."""
        self.text = text
        if self._bar is not None:
            bar, task = self._bar
            bar.update(task, completed=max(self.begun - 1, 0), description=self.line)
        elif time.monotonic() - self._spoke > MINUTE:
            self._spoke = time.monotonic()
            self._say(self.line)

    @property
    def line(self) -> str:
        """Where the step is, in a line."""
        said = f"{self.place} {self.name}"
        if self.pieces and self.begun:
            said += f" {min(self.begun, self.pieces)}/{self.pieces}"
        if self.text:
            said += f": {self.text}"
        return said if self.left is None else f"{said}, about {duration(self.left)} left"

    @property
    def left(self) -> float | None:
        """Seconds for the pieces that are not done; None before the first one is."""
        done = self.begun - 1
        if done < 1 or not self.pieces:
            return None
        return (time.monotonic() - self.since) / done * max(self.pieces - done, 0)

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def shown(self) -> Iterator[StepProgress]:
        """The bar, or the line, while the step runs."""
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        if not self.console.is_terminal:
            self._say(self.line)
            yield self
            return
        text = TextColumn("{task.description}", markup=False)
        columns = (SpinnerColumn(), text, BarColumn(bar_width=None))
        with Progress(*columns, console=self.console, expand=True, transient=True) as bar:
            self._bar = bar, bar.add_task(self.line, total=self.pieces or None)
            try:
                yield self
            finally:
                self._bar = None


def duration(seconds: float) -> str:
    """ "45 s", "2 min 5 s": a time as a person waits for it."""
    whole = max(round(seconds), 1)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
