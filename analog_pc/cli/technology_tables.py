"""What `analog-pc technologies` prints."""

from __future__ import annotations

from collections.abc import Mapping

import click
from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analog_pc.cli.console import table_console
from analog_pc.errors import BadInput
from analog_pc.si import si
from analog_pc.technology import TECHNOLOGIES, Quantity, Source, Technology, quantities
from analog_pc.technology.derived import derived_values
from analog_pc.technology.technology import GROUPS
from analog_pc.technology.toml_file import defaulted, technology_text

NAME = max(map(len, quantities()))  # columns
VALUE = 14
# A prefix suits these; a gain of 1 GV/V or a spread of 10 m does not.
PREFIXED = {"S", "F", "V", "Ohm", "Hz", "V/s", "V/sqrt(Hz)", "W", "s"}


def show(technology: Technology | None, toml: bool) -> None:
    """All technologies, or one of them as a table or as a file."""
    if technology is None and toml:
        raise BadInput(f"--toml: which technology? One of {', '.join(TECHNOLOGIES)}, or a file NAME.toml")
    if technology is None:
        show_names()
    elif toml:
        click.echo(technology_text(technology), nl=False)
    else:
        explain(technology)


def show_names() -> None:
    """All technologies, a line each."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("what")
    for name, found in TECHNOLOGIES.items():
        table.add_row(name, Text(found.source))
    table_console(120).print(table)


def explain(found: Technology) -> None:
    """One technology, value by value."""
    console = table_console(120)
    unverified = sum(not source.verified for source in found.sources.values())
    console.print(Text.assemble((found.name, "bold"), f": {found.source}"))
    console.print(f"{len(found.sources)} values with a source, {unverified} of them unverified")
    off = defaulted(found)
    for group in GROUPS:
        members = {f: q for f, q in quantities().items() if q.group == group and f not in off}
        if members:
            console.print(Text(f"\n{group}", "bold underline"))
            _values(found, members)
    console.print(Text("\nwhat follows", "bold underline"))
    for figure in derived_values(found):
        console.print(_row(figure.name, _shown(figure.value, figure.unit), figure.meaning))
    if off:
        console.print(Text(f"\nat their default (off, or room temperature): {', '.join(off)}", "dim"))


def _values(found: Technology, members: Mapping[str, Quantity]) -> None:
    """A line per value, and its source indented below; a source is not said twice in a row."""
    last = None
    for field, quantity in members.items():
        source = found.sources.get(field, Source("", False))
        table_console(120).print(_row(field, _shown(getattr(found, field), quantity.unit), quantity.meaning))
        said = "source as above" if source == last and source.text else source.text
        mark = "" if source.verified else "unverified" + (", " if said else "")
        table_console(120).print(Padding(Text.assemble((mark, "yellow"), (said, "dim")), (0, 0, 0, 4)))
        last = source


def _row(name: str, value: str, meaning: str) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=NAME)
    grid.add_column(width=VALUE, style="bold")
    grid.add_column()
    grid.add_row(Text(name), Text(value), Text(meaning))
    return grid


def _shown(value: object, unit: str) -> str:
    """A value with its unit: "50 µS", "8 points"."""
    if isinstance(value, tuple):
        return f"{len(value)} points"
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]  # fields are strings, pairs or numbers
    return si(number, unit) if unit in PREFIXED else f"{number:.4g} {unit}".rstrip()
