"""Standard output for tables: as wide as the terminal, within limits, and without markup."""

from __future__ import annotations

from rich.console import Console


def table_console(widest: int) -> Console:
    """A console of 80 to `widest` columns."""
    return Console(width=max(80, min(widest, Console().width)), highlight=False, markup=False)
