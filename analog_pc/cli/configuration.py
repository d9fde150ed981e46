"""The configuration of an experiment, with the values that the user assigns."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from analog_pc.errors import BadInput
from analog_pc.experiments import Experiment
from analog_pc.si import is_quantity, quantity


def configuration(
    experiment: Experiment[Any],
    full: bool,
    assignments: Sequence[str],
    seeds: int | None,
    data: Path | None,
) -> Any:
    """The reduced or the full configuration, with other values.

    Parameters
    ----------
    experiment, full
        Whose, and whether at the published size.
    assignments
        "FIELD=VALUE" in TOML.
    seeds, data
        Where given, other values of the fields of these names.

    Raises
    ------
    BadInput
        For a field that it has not, or a value that the field cannot hold.
    """
    config = experiment.full if full else experiment.reduced
    where = f"run {experiment.name}"
    changes = dict(_assigned(config, text, where) for text in assignments)
    for option, value in (("seeds", seeds), ("data", data)):
        if value is None:
            continue
        if not hasattr(config, option):
            raise BadInput(f"{where}: it has no {option}, --{option} does not apply")
        changes[option] = value
    return dataclasses.replace(config, **changes)


def _assigned(config: Any, assignment: str, where: str) -> tuple[str, Any]:
    """Name and value, checked against the field's type."""
    name, value = _parsed(assignment, f"{where}: --set {assignment}")
    if name == "data" or not hasattr(config, name):
        names = ", ".join(f.name for f in dataclasses.fields(config) if f.name != "data")
        raise BadInput(f"{where}: there is no field {name!r}, use one of {names}")
    hint = get_type_hints(type(config), include_extras=True)[name]
    try:
        held = msgspec.convert(value, hint)
    except (msgspec.ValidationError, RecursionError) as fault:
        choices = _choices(hint) if "enum" in str(fault) else []
        one_of = f"; use one of {', '.join(choices)}" if choices else ""
        raise BadInput(f"{where}: --set {assignment}: {_here(fault)}{one_of}") from None
    if isinstance(value, dict):  # msgspec lets keys pass that a dataclass has not
        for key in sorted(value.keys() - {f.name for f in dataclasses.fields(held)}):
            raise BadInput(f"{where}: --set {assignment}: there is no {key!r} in {name}")
    return name, held


def _parsed(assignment: str, where: str) -> tuple[str, Any]:
    """Name and value; a number with a prefix ("10k"), which TOML has not, is taken too."""
    name, _, value = (part.strip() for part in assignment.partition("="))
    if name.isidentifier() and is_quantity(value) and not _is_toml(assignment):
        found = quantity(where, value, "")
        return name, int(found) if found.is_integer() else found
    try:
        ((name, value),) = tomllib.loads(assignment).items()
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise BadInput(f"{where}: is not FIELD=VALUE in TOML: {fault}") from None
    except ValueError:
        raise BadInput(f"{where}: is not one FIELD=VALUE") from None
    return name, value


def _is_toml(assignment: str) -> bool:
    try:
        tomllib.loads(assignment)
    except ValueError:
        return False
    return True


def _choices(hint: Any) -> list[str]:
    """The literals of a type, at any depth."""
    if get_origin(hint) is Literal:
        return [str(value) for value in get_args(hint)]
    return [name for part in get_args(hint) for name in _choices(part)]


def _here(fault: Exception) -> str:
    """The message without the code quotes and the root sign of a path."""
    return str(fault).replace("`", "").replace("$", "value")
