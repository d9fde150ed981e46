"""Options of several commands: lists, quantities and technologies, checked as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from analog_pc.cli.command import PathOption
from analog_pc.errors import BadInput
from analog_pc.inputs import is_input
from analog_pc.si import quantity

READ = "is read by this command"
NETWORK = PathOption()
FOLDER = PathOption(file_okay=False)


def refuse_overwriting(outputs: Mapping[str, Path | None], inputs: Iterable[Path | str | None]) -> None:
    """Refuse outputs (option -> file) that are one of the inputs or were read already, or one file twice.

    Before long work: what a folder of results holds is refused when it is to be written (`inputs_kept`).

    Raises
    ------
    BadInput
        Names the option and the file.
    """
    taken = {Path(path).resolve(): READ for path in inputs if path is not None}
    for option, path in outputs.items():
        if path is None:
            continue
        reason = READ if is_input(path) else taken.get(path.resolve())
        if reason is not None:
            raise BadInput(f"{option} {path}: {reason}; give another file")
        taken[path.resolve()] = f"is written by {option} already"


def listed(text: str | None) -> tuple[str, ...]:
    """The words of a list with commas; none where the option was not given."""
    return () if text is None else tuple(part.strip() for part in text.split(","))


class Numbers(click.ParamType[tuple[int | float, ...]]):
    """A comma-separated list such as 64,32,10."""

    name = "n,n,..."

    def __init__(self, kind: type[int] | type[float]) -> None:
        self.kind = kind

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int | float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(self.kind(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a comma-separated list of numbers, such as 64,32,10", param, ctx)


class Fraction(click.ParamType[float]):
    """A part of a whole: ``0.01`` or ``1%``."""

    name = "fraction"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value)
        try:
            number = float(text.removesuffix("%"))
        except ValueError:
            self.fail(f"{value!r} is no fraction, such as 0.01 or 1%", param, ctx)
        return number / 100.0 if text.endswith("%") else number


class Quantities(click.ParamType[tuple[float, ...]]):
    """A comma-separated list of numbers of these units, such as 3V,100ns."""

    name = "n,n,..."

    def __init__(self, *expected: str) -> None:
        self.expected = expected

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        parts = str(value).split(",")
        what = param.opts[0] if param is not None else self.name
        if len(parts) != len(self.expected):
            raise BadInput(f"{what}: {len(parts)} numbers, expected {','.join(self.expected)}")
        return tuple(quantity(what, part, unit) for part, unit in zip(parts, self.expected, strict=True))


class QuantityOf(click.ParamType[float]):
    """A number of a unit, such as 90 or 90s."""

    name = "number"

    def __init__(self, unit: str) -> None:
        self.unit = unit

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = str(value)
        if text in ("inf", "nan"):  # refused, or not, by what it is for
            return float(text)
        return quantity(param.opts[0] if param is not None else self.name, text, self.unit)


class TechnologyOf(click.ParamType[object]):
    """A named technology, or the one of a file; what is wrong with either is said in one line."""

    name = "NAME|FILE.toml"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        # Not imported for help, which does not wait for compilers.
        from analog_pc.cost import process_of
        from analog_pc.technology import Technology, technology

        if isinstance(value, Technology):
            return value
        found = technology(str(value))
        process_of(found)  # an unknown one is told before any work
        return found


technology_option = click.option(
    "--technology",
    default="ideal",
    show_default=True,
    type=TechnologyOf(),
    metavar=TechnologyOf.name,
    help="Component values: one that 'analog-pc technologies' lists, or an own file.",
)
