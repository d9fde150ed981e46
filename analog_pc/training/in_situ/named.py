"""Schemes and rules by name, with their parameters: ``tiki-taka:fast=5,transfer=0.02``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from analog_pc.arrays import Any
from analog_pc.errors import BadInput
from analog_pc.training.in_situ.rules import RULES, Rule
from analog_pc.training.in_situ.schemes import SCHEMES, Scheme


def scheme(text: str) -> Scheme:
    """The scheme of that name.

    Raises
    ------
    BadInput
        For an unknown name or parameter, and for what the scheme refuses.
    """
    return _made("scheme", text, SCHEMES)  # type: ignore[no-any-return]


def rule(text: str) -> Rule:
    """The learning rule of that name.

    Raises
    ------
    BadInput
        As `scheme`.
    """
    return _made("rule", text, RULES)  # type: ignore[no-any-return]


def _made(what: str, text: str, table: Mapping[str, type[Any]]) -> Any:
    name, _, rest = text.partition(":")
    if name not in table:
        raise BadInput(f"unknown {what} {name!r}: use one of {', '.join(table)}")
    known = {field.name: type(field.default) for field in fields(table[name])}
    given = {}
    for item in rest.split(",") if rest else ():
        key, equals, value = item.partition("=")
        if key not in known or not equals:
            raise BadInput(f"{what} {name}: {item!r}, expected NAME=VALUE of {', '.join(known) or 'nothing'}")
        given[key] = _value(f"{what} {name}: {key}", value, known[key])
    return table[name](**given)


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
