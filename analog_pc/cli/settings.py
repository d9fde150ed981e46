"""The configuration of an experiment, with what the user sets of it."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from analog_pc.errors import BadInput
from analog_pc.experiments import Experiment
from analog_pc.si import is_quantity, quantity


def configuration(
    experiment: Experiment[Any], full: bool, settings: Sequence[str], seeds: int | None, data: Path | None
) -> Any:
    """The reduced or the full one, with "FIELD=VALUE" (TOML) for other values.

    Raises
    ------
    BadInput
        For a field that it has not, or a value that the field cannot hold.
    """
    config = experiment.full if full else experiment.reduced
    where = f"run {experiment.name}"
    changes = dict(_setting(config, setting, where) for setting in settings)
    for option, given in (("seeds", seeds), ("data", data)):
        if given is None:
            continue
        if not hasattr(config, option):
            raise BadInput(f"{where}: it has no {option}, --{option} does not apply")
        changes[option] = given
    return dataclasses.replace(config, **changes)


def _setting(config: Any, setting: str, where: str) -> tuple[str, Any]:
    """Name and value, checked against the field's type."""
    name, value = _parsed(setting, f"{where}: --set {setting}")
    if name == "data" or not hasattr(config, name):
        known = ", ".join(f.name for f in dataclasses.fields(config) if f.name != "data")
        raise BadInput(f"{where}: there is no setting {name!r}, use one of {known}")
    try:
        held = msgspec.convert(value, get_type_hints(type(config), include_extras=True)[name])
    except (msgspec.ValidationError, RecursionError) as fault:
        raise BadInput(f"{where}: --set {setting}: {_here(fault)}") from None
    if isinstance(value, dict):  # msgspec lets keys pass that a dataclass has not
        for key in sorted(value.keys() - {f.name for f in dataclasses.fields(held)}):
            raise BadInput(f"{where}: --set {setting}: there is no {key!r} in {name}")
    return name, held


def _parsed(setting: str, where: str) -> tuple[str, Any]:
    """Name and value; a number with a prefix ("10k"), which TOML has not, is taken too."""
    name, _, value = (part.strip() for part in setting.partition("="))
    if name.isidentifier() and is_quantity(value) and not _is_toml(setting):
        found = quantity(where, value, "")
        return name, int(found) if found.is_integer() else found
    try:
        ((name, value),) = tomllib.loads(setting).items()
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise BadInput(f"{where}: is not FIELD=VALUE in TOML: {fault}") from None
    except ValueError:
        raise BadInput(f"{where}: is not one FIELD=VALUE") from None
    return name, value


def _is_toml(setting: str) -> bool:
    try:
        tomllib.loads(setting)
    except ValueError:
        return False
    return True


def _here(fault: Exception) -> str:
    """In our words: without the code quotes and the root sign of a path."""
    return str(fault).replace("`", "").replace("$", "value")
