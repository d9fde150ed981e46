"""A technology as a file to start an own one from."""

from __future__ import annotations

import dataclasses
import json
from numbers import Integral
from typing import Any

from analog_pc.technology.quantity import Source
from analog_pc.technology.technology import Technology, quantities


def technology_text(technology: Technology) -> str:
    """The TOML of a technology; what is off stands there as a comment.

    `read_technology` gives every value back to the last bit, with its source.
    """
    off = defaulted(technology)
    lines = [f"source = {_quoted(technology.source)}"]
    for name, quantity in quantities().items():
        value, source = getattr(technology, name), technology.sources.get(name, Source("", False))
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
    """Fields that nobody gave a value: at their default, without a source."""
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
