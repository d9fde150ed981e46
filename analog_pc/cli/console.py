"""Standard output for tables: as wide as the terminal, within limits, and without markup."""

from __future__ import annotations

import errno
import os

from rich.console import Console


class PlainConsole(Console):
    """Standard output without markup; a reader that closes it ends the command as `print` does."""

    def __init__(self, width: int | None = None, soft_wrap: bool = False) -> None:
        super().__init__(width=width, soft_wrap=soft_wrap, highlight=False, markup=False)

    def on_broken_pipe(self) -> None:
        """Raise what rich would turn into exit code 1, which is a verdict here."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def table_console(widest: int) -> Console:
    """A console of 80 to `widest` columns."""
    return PlainConsole(width=max(80, min(widest, Console().width)))
