"""Commands whose numerical code may have to be compiled first: once for an installation, for a minute."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from analog_pc.cli.command import Command

PATIENCE = 1.0  # s of compiling after which a person is told


class CompiledCommand(Command):
    """A command that reports, in one line on standard error, when it waits for the compiler."""

    def invoke(self, context: click.Context) -> Any:
        with compiling_told():
            return super().invoke(context)


@contextmanager
def compiling_told() -> Iterator[None]:
    """Report compilation inside: numba announces every function that it compiles, and none that it loads."""
    from numba.core import event

    listener = _listener(_Teller())
    event.register("numba:compile", listener)  # type: ignore[no-untyped-call, unused-ignore]
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)  # type: ignore[no-untyped-call, unused-ignore]


class _Teller:
    """Adds up the time of compilations, which may be nested."""

    def __init__(self) -> None:
        self.depth = 0
        self.before = 0.0
        self.since = 0.0
        self.told = False

    def begin(self) -> None:
        """A compilation begins."""
        if self.depth == 0:
            self.since = time.monotonic()
        self.depth += 1
        self._tell()

    def end(self) -> None:
        """The innermost compilation ends."""
        self._tell()
        self.depth -= 1
        if self.depth == 0:
            self.before += time.monotonic() - self.since

    def _tell(self) -> None:
        if not self.told and self.before + time.monotonic() - self.since >= PATIENCE:
            self.told = True
            click.echo("analog-pc: compiling numerical code (once, about a minute)", err=True)


def _listener(teller: _Teller) -> Any:
    """The listener that numba calls."""
    from numba.core.event import Listener

    class Compilations(Listener):  # type: ignore[misc, unused-ignore]  # numba has no types
        def on_start(self, event: Any) -> None:
            teller.begin()

        def on_end(self, event: Any) -> None:
            teller.end()

    return Compilations()
