"""TECHNOLOGY.toml: a table ``{ value, source, verified }`` per field of `Technology`, or a bare value.

::

    source = "one line: what it is, and where its values come from"
    base = "cmos65-rram"                # optional: start from a named technology and change a few values
    process = "cmos65"                  # optional: whose areas, powers and pulses costs take; else the base's
    opamp_gain = { value = 2e5, source = "data sheet: 200 V/mV typ", verified = true }
    opamp_offset = 3e-3                 # a bare value counts as unverified, without a source
    node_capacitance = "2.2 pF"         # numbers may carry a prefix and the field's unit, see `analog_pc.si`
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from numbers import Integral
from pathlib import Path
from typing import Any

from analog_pc.errors import BadInput
from analog_pc.files import read_toml
from analog_pc.technology.checks import checked, nearest, text, truth
from analog_pc.technology.quantity import Source
from analog_pc.technology.technology import Technology, quantities

_TEXTS = ("name", "source", "base", "process")
_KEYS = ("value", "source", "verified")


def read_technology(path: Path, named: Mapping[str, Technology]) -> Technology:
    """The technology that a file describes; `named` holds the technologies that ``base`` may name.

    Without ``name`` it is called as the file, without its suffix.

    Raises
    ------
    BadInput
        For a file that is missing, too large, not UTF-8 or not TOML; for an unknown or missing field, a value
        of the wrong type or shape, and what `Technology` refuses.  One line that names file and field.
    """
    table = read_toml(path)
    try:
        return _built(table, path, named)
    except BadInput as refused:
        raise BadInput(f"{path}: {refused}") from None


def _built(table: dict[str, Any], path: Path, named: Mapping[str, Technology]) -> Technology:
    texts = {key: text(key, table[key]) for key in _TEXTS if key in table}
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    origin = path.name
    process = ""
    if "base" in texts:
        base = _base(texts["base"], named)
        values = {name: getattr(base, name) for name in quantities()}
        sources = dict(base.sources)
        process = base.process
        origin = f"{base.name}, with changes of {path.name}"
    for field in (key for key in table if key not in _TEXTS):
        values[field], sources[field] = _entry(field, table[field])
    _complete(values)
    name = texts.get("name") or path.stem
    source = texts.get("source") or origin
    return Technology(name, source, **values, sources=sources, process=texts.get("process", process))


def _base(name: str, named: Mapping[str, Technology]) -> Technology:
    if name not in named:
        raise BadInput(f"base = {name!r}{nearest(name, named)}")
    return named[name]


def _entry(field: str, entry: object) -> tuple[Any, Source]:
    """Value and source of one field."""
    if field not in quantities():
        raise BadInput(f"unknown field {field!r}{nearest(field, [*quantities(), *_TEXTS])}")
    if not isinstance(entry, dict):
        return checked(field, entry), Source("", False)
    for key in entry:
        if key not in _KEYS:
            raise BadInput(f"{field}: unknown key {key!r}{nearest(key, _KEYS)}")
    if "value" not in entry:
        raise BadInput(f"{field}: has no value")
    source = Source(
        text(f"{field}: source", entry.get("source", "")),
        truth(f"{field}: verified", entry.get("verified", False)),
    )
    if source.verified and not source.text:
        raise BadInput(f"{field}: verified, but without a source")
    return checked(field, entry["value"]), source


def _complete(values: Mapping[str, object]) -> None:
    needed = [f.name for f in dataclasses.fields(Technology) if f.default is dataclasses.MISSING]
    missing = [name for name in needed if name in quantities() and name not in values]
    if missing:
        raise BadInput(f'missing {", ".join(missing)}; or start from a named technology, as base = "ideal"')


def technology_text(technology: Technology) -> str:
    """The TOML of a technology; what is off stands there as a comment.

    `read_technology` returns every value to the last bit, with its source.
    """
    off = defaulted(technology)
    lines = [f"source = {_quoted(technology.source)}"]
    if technology.process:
        lines.append(f"process = {_quoted(technology.process)}")
    for name, quantity in quantities().items():
        value = getattr(technology, name)
        source = technology.sources.get(name, Source("", False))
        mark = "# " if name in off else ""
        lines += [
            "",
            f"# {quantity.meaning}{quantity.unit and ', ' + quantity.unit}",
            f"{mark}[{name}]",
            f"{mark}value = {_written(value)}",
            f"{mark}source = {_quoted(source.text)}",
            f"{mark}verified = {str(source.verified).lower()}",
        ]
    return "\n".join(lines) + "\n"


def defaulted(technology: Technology) -> tuple[str, ...]:
    """Fields at their default, without a source."""
    return tuple(
        f.name
        for f in dataclasses.fields(technology)
        if f.name in quantities()
        and f.name not in technology.sources
        and getattr(technology, f.name) == f.default
    )


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(f"[{float(g)!r}, {float(s)!r}]" for g, s in value) + "]"
    if isinstance(value, Integral):
        return str(int(value))
    return _quoted(value) if isinstance(value, str) else repr(float(value))  # a numpy float says more


def _quoted(text: str) -> str:
    """A TOML string; JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
