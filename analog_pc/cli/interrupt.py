"""Ctrl-C in compiled code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click


def tell_stopping(page: Path) -> None:
    """Ctrl-C has arrived, and the report of what is done takes some seconds."""
    click.echo(f"analog-pc: stopping, {page} is written with what is done ...", err=True)


@contextmanager
def plain_interrupts() -> Iterator[None]:
    """Ctrl-C in compiled code arrives as the first cause of a SystemError; here it is a KeyboardInterrupt."""
    try:
        yield
    except SystemError as fault:
        if not isinstance(_first_cause(fault), KeyboardInterrupt):
            raise
        raise KeyboardInterrupt from None


def _first_cause(fault: BaseException) -> BaseException | None:
    first: BaseException | None = fault
    while isinstance(first, SystemError):
        first = first.__cause__ or first.__context__
    return first
