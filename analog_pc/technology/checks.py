"""Values of a file, checked for type and shape before they become a `Technology`."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Callable, Collection
from functools import cache
from typing import Any, get_type_hints

from analog_pc.arrays import is_number, is_whole
from analog_pc.errors import BadInput
from analog_pc.si import is_quantity, quantity
from analog_pc.technology.technology import Technology, quantities

_TYPES = {bool: "a boolean", str: "a string", int: "an integer", float: "a float", list: "an array"}


def checked(field: str, raw: object) -> Any:
    """The value that a field of `Technology` takes; numbers may be texts such as "10k" or "2.2 pF".

    Raises
    ------
    BadInput
        For a value of another type than the field's, another unit, or pairs of another shape.
    """
    kind = _kinds()[field]
    if kind is str:
        return text(field, raw)
    check: Callable[[str, object, str], Any] = {float: number, int: whole}.get(kind, pairs)
    return check(field, raw, quantities()[field].unit)


@cache
def _kinds() -> dict[str, Any]:
    return get_type_hints(Technology)


def text(what: str, raw: object) -> str:
    """A string as one printable line."""
    if not isinstance(raw, str):
        raise BadInput(f"{what} must be a string, got {_got(raw)}")
    return "".join(c for c in " ".join(raw.split()) if c.isprintable())


def truth(what: str, raw: object) -> bool:
    """A boolean; nothing is converted to one."""
    if not isinstance(raw, bool):
        raise BadInput(f"{what} must be true or false, got {_got(raw)}")
    return raw


def number(what: str, raw: object, unit: str = "") -> float:
    """An integer or a float (a boolean is neither), or a text with a prefix and a unit."""
    if isinstance(raw, str) and is_quantity(raw):
        return quantity(what, raw, unit)
    if not is_number(raw):
        raise BadInput(f"{what} must be a number, got {_got(raw)}")
    try:
        return float(raw)
    except OverflowError:
        raise BadInput(f"{what} = {reprlib.repr(raw)} is beyond the range of numbers") from None


def whole(what: str, raw: object, unit: str = "") -> int:
    """An integer, or a text that is one with its prefix: "4k"."""
    if isinstance(raw, str) and is_quantity(raw):
        value = quantity(what, raw, unit)
        raw = int(value) if value.is_integer() else raw
    if not is_whole(raw):
        raise BadInput(f"{what} must be a whole number, got {_got(raw)}")
    number(what, raw)  # refuses one that no float can follow
    return int(raw)


def pairs(what: str, raw: object, unit: str = "") -> tuple[tuple[float, float], ...]:
    """An array of pairs of numbers."""
    if not isinstance(raw, list):
        raise BadInput(f"{what} must be an array of pairs [conductance, sigma], got {_got(raw)}")
    found = []
    for k, pair in enumerate(raw):
        if not isinstance(pair, list) or len(pair) != 2:
            raise BadInput(f"{what}[{k}] must be a pair [conductance, sigma], got {_got(pair)}")
        conductance = number(f"{what}[{k}][0]", pair[0], unit)
        sigma = number(f"{what}[{k}][1]", pair[1], unit)
        found.append((conductance, sigma))
    return tuple(found)


def nearest(word: str, choices: Collection[str]) -> str:
    """The end of a message about an unknown word: the one that was meant, or all of them."""
    near = difflib.get_close_matches(word, choices, 1)
    return f", did you mean {near[0]}?" if near else f", use one of {', '.join(choices)}"


def _got(value: object) -> str:
    return f"{reprlib.repr(value)}, {_TYPES.get(type(value), f'a {type(value).__name__}')}"
