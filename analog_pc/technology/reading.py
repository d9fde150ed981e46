"""TECHNOLOGY.toml: a table ``{ value, source, verified }`` per field of `Technology`, or a bare value.

::

    source = "one line: what it is, and where its values come from"
    base = "cmos65-rram"                # optional: start from a named technology and change a few values
    opamp_gain = { value = 2e5, source = "data sheet: 200 V/mV typ", verified = true }
    opamp_offset = 3e-3                 # a bare value counts as unverified, without a source
    node_capacitance = "2.2 pF"         # numbers may carry a prefix and the field's unit, see `analog_pc.si`
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analog_pc.errors import BadInput
from analog_pc.technology.checks import checked, nearest, text, truth
from analog_pc.technology.quantity import Source
from analog_pc.technology.technology import Technology, quantities

MOST_BYTES = 1 << 20  # far above any technology, far below what hurts
_TEXTS = ("name", "source", "base")
_KEYS = ("value", "source", "verified")


def read_technology(path: Path, named: Mapping[str, Technology]) -> Technology:
    """The technology that a file describes; `named` holds those that ``base`` may start from.

    Without ``name`` it is called as the file, without its suffix.

    Raises
    ------
    BadInput
        For a file that is missing, too large, not UTF-8 or not TOML; for an unknown or missing field, a value
        of the wrong type or shape, and what `Technology` refuses.  One line that names file and field.
    """
    table = _parsed(path)
    try:
        return _built(table, path, named)
    except BadInput as refused:
        raise BadInput(f"{path}: {refused}") from None


def _parsed(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as fault:
        raise BadInput(f"{path}: {(fault.strerror or str(fault)).lower()}") from None
    if len(raw) > MOST_BYTES:
        raise BadInput(f"{path}: larger than {MOST_BYTES >> 20} MiB, not a technology")
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        line = raw[: fault.start].count(b"\n") + 1
        raise BadInput(f"{path}: not UTF-8: byte 0x{raw[fault.start]:02x} (at line {line})") from None
    except (ValueError, RecursionError) as fault:  # a TOMLDecodeError, or an integer of too many digits
        raise BadInput(f"{path}: not TOML: {fault}") from None


def _built(table: dict[str, Any], path: Path, named: Mapping[str, Technology]) -> Technology:
    given = {key: text(key, table[key]) for key in _TEXTS if key in table}
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    origin = path.name
    if "base" in given:
        base = _base(given["base"], named)
        values = {name: getattr(base, name) for name in quantities()}
        sources = dict(base.sources)
        origin = f"{base.name}, with changes of {path.name}"
    for field in (key for key in table if key not in _TEXTS):
        values[field], sources[field] = _entry(field, table[field])
    _complete(values)
    name, source = given.get("name") or path.stem, given.get("source") or origin
    return Technology(name, source, **values, sources=sources)


def _base(name: str, named: Mapping[str, Technology]) -> Technology:
    if name not in named:
        raise BadInput(f"base = {name!r}{nearest(name, named)}")
    return named[name]


def _entry(field: str, given: object) -> tuple[Any, Source]:
    """Value and source of one field."""
    if field not in quantities():
        raise BadInput(f"unknown field {field!r}{nearest(field, [*quantities(), *_TEXTS])}")
    if not isinstance(given, dict):
        return checked(field, given), Source("", False)
    for key in given:
        if key not in _KEYS:
            raise BadInput(f"{field}: unknown key {key!r}{nearest(key, _KEYS)}")
    if "value" not in given:
        raise BadInput(f"{field}: has no value")
    source = Source(
        text(f"{field}: source", given.get("source", "")),
        truth(f"{field}: verified", given.get("verified", False)),
    )
    if source.verified and not source.text:
        raise BadInput(f"{field}: verified, but without a source")
    return checked(field, given["value"]), source


def _complete(values: Mapping[str, object]) -> None:
    needed = [f.name for f in dataclasses.fields(Technology) if f.default is dataclasses.MISSING]
    missing = [name for name in needed if name in quantities() and name not in values]
    if missing:
        raise BadInput(f'missing {", ".join(missing)}; or start from a named technology, as base = "ideal"')
