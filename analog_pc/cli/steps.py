"""What a command is doing: step n of N and the time left, as a bar in a terminal, else a line a step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from analog_pc.nonideality.run import Now


class StepDisplay:
    """Shows where a verification is, on standard error, so that output can be piped."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._terminal = console.is_terminal
        self._said = 0
        self._bar = Progress(
            SpinnerColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[left]}"),
            console=console,
            disable=not console.is_terminal,
            expand=True,
            transient=True,
            redirect_stdout=False,
        )
        self._task = self._bar.add_task("", total=None, left="")

    def show(self, now: Now) -> None:
        """Say what is being done."""
        if self._terminal:
            what = f"{now.step}, {now.phase}{': ' if now.doing else ''}{now.doing}"
            self._bar.update(
                self._task, description=what, completed=now.number, total=now.total, left=_left(now)
            )
        elif now.number > self._said:
            self._said = now.number
            left = _left(now)
            line = f"[{now.number}/{now.total}] {now.step}, {now.phase}"
            click.echo(line + (f", {left}" if left else ""), err=True)

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


def _left(now: Now) -> str:
    """The time left; without a word where nothing is known of it."""
    if now.left is None:
        return ""
    return f"about {now.left:.0f} s left" if now.left < 120.0 else f"about {now.left / 60.0:.0f} min left"
