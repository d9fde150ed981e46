"""Results as plain JSON, and the two files of a report.

All is rendered before the first byte is written, and ``report.json`` appears last: a folder that holds it
holds a whole report.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from analog_pc.files import write_together

HTML = "report.html"
JSON = "report.json"


def finite(number: float) -> float | None:
    """A plain float; None for NaN and the infinities, which JSON does not have."""
    value = float(number)
    return value if math.isfinite(value) else None


def plain(value: Any) -> Any:
    """A result as JSON has it.

    Dataclasses and mappings become dictionaries, sequences and arrays lists, enumerations their values, and
    numbers that are not finite None.

    Raises
    ------
    TypeError
        For an object that is none of these.
    """
    match value:
        case None | bool() | str() | int():
            return value
        case float():
            return finite(value)
        case Enum():
            return plain(value.value)
        case np.ndarray() | np.generic():
            return plain(value.tolist())
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case Sequence():
            return [plain(item) for item in value]
    if not dataclasses.is_dataclass(value):
        raise TypeError(f"{type(value).__name__} has no form in JSON")
    return attributes(value, *(field.name for field in dataclasses.fields(value)))


def attributes(found: object, *names: str) -> dict[str, Any]:
    """Some attributes of a result, properties among them, as JSON has them."""
    return {name: plain(getattr(found, name)) for name in names}


def json_text(report: Mapping[str, Any]) -> str:
    """The text of a JSON file.

    Raises
    ------
    ValueError
        For a number that is not finite: what it means has to be decided before.
    """
    return json.dumps(report, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def write_report(
    folder: Path, html: str, report: Mapping[str, Any], others: Mapping[str, bytes | memoryview] | None = None
) -> None:
    """Write ``report.html`` and, last, ``report.json``; on a failure none of the files is left.

    Parameters
    ----------
    folder
        Made if it is missing.
    html
        The page.
    report
        The numbers, plain.
    others
        Name -> content of the files that belong to them; a name may have a folder.

    Raises
    ------
    BadInput, OSError
        When the folder cannot be written.
    """
    contents: dict[str, bytes | memoryview] = dict(others or {})
    contents[HTML] = html.encode()
    contents[JSON] = json_text(report).encode()
    for name in contents:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    write_together(folder, contents)
