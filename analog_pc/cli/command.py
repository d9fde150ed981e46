"""A command, and a path among its options: what is wrong with either is told with the command's own help."""

from __future__ import annotations

import os
from pathlib import Path

import click


class Command(click.Command):
    """A command that takes no empty text, and names itself where an option is misused."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as refused:
            if refused.ctx is None:  # of the parser, which knows options, but no command
                refused.ctx = ctx
            raise
        for parameter in self.params:
            value = ctx.params.get(parameter.name or "")
            if value == "" or (isinstance(value, tuple) and "" in value):
                raise click.BadParameter("is empty: leave it out, or give a value", ctx, parameter)
        return rest


class WholeNumber(click.IntRange):
    """A whole number within bounds; anything else is "not a valid integer", and no "range"."""

    name = "integer"


class Number(click.FloatRange):
    """A number within bounds."""

    name = "number"


class PathOption(click.Path):
    """A path; the empty one, which would be the current folder, is refused."""

    def __init__(self, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        if value == "":
            self.fail("is empty: leave it out, or give a path", param, ctx)
        return super().convert(value, param, ctx)
