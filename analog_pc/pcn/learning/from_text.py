"""Rules and schemes by name, with their parameters: ``tiki-taka:fast=5,transfer=0.02``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from analog_pc.errors import BadInput

Kind = TypeVar("Kind")


def made_from_text(what: str, text: str, registry: Mapping[str, type[Kind]]) -> Kind:
    """An entry of a registry of dataclasses, with the parameters that the text names.

    Parameters
    ----------
    what
        What it is, for messages.
    text
        ``NAME`` or ``NAME:KEY=VALUE,KEY=VALUE``.
    registry
        Classes by name; the fields of each have defaults, whose types values are read as.

    Raises
    ------
    BadInput
        For an unknown name or parameter, a value of another type, and for what the class refuses.
    """
    name, _, parameters = text.partition(":")
    if name not in registry:
        raise BadInput(f"unknown {what} {name!r}: use one of {', '.join(registry)}")
    types = {field.name: type(field.default) for field in fields(registry[name])}  # type: ignore[arg-type]
    values = {}
    for item in parameters.split(",") if parameters else ():
        key, equals, value = item.partition("=")
        if not types:
            raise BadInput(f"{what} {name}: {item!r}: it has no parameters")
        if key not in types or not equals:
            raise BadInput(f"{what} {name}: {item!r}, expected NAME=VALUE of {', '.join(types)}")
        if key in values:
            raise BadInput(f"{what} {name}: {key} is given twice")
        values[key] = _value(f"{what} {name}: {key}", value, types[key])
    return registry[name](**values)


def _value(where: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text not in ("true", "false"):
            raise BadInput(f"{where} = {text!r}, must be true or false")
        return text == "true"
    try:
        return kind(text)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise BadInput(f"{where} = {text!r}, must be {wanted}") from None
