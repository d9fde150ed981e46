"""A point of a study, and the row that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]
"""Axis -> value of one combination."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One chip of one combination.

    Parameters
    ----------
    index
        Its place in the study.
    values
        Axis -> value.
    chip
        Its seed.
    key
        Hash of everything that decides its results (`keys.py`): the name under which they are stored.
    without
        The non-ideality that is switched off; "" where none is.
    """

    index: int
    values: Values
    chip: int
    key: str
    without: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was found at a point: column -> value (None where there is none), or why nothing was."""

    key: str
    measured: Mapping[str, float | int | None]
    failed: str = ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A point and its row."""

    point: Point
    row: Row
