"""Limits that a chip has to keep, as min / typ / max of a data sheet."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from analog_pc.errors import BadInput
from analog_pc.study.measures import MEASURES
from analog_pc.technology.checks import nearest, number


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Least and largest allowed value of a column; the typical one is told beside them."""

    least: float = -math.inf
    typical: float | None = None
    largest: float = math.inf

    def kept(self, value: float | None) -> bool:
        """Whether a chip keeps it; a value that is not known is not kept."""
        return value is not None and self.least <= value <= self.largest


@dataclass(frozen=True)
class Limits:
    """Column -> `Limit`."""

    each: Mapping[str, Limit] = field(default_factory=dict)

    def check(self, columns: Iterable[str]) -> None:
        """`BadInput` for a column that is not measured."""
        known = tuple(columns)
        for name in self.each:
            if name not in known:
                raise _unmeasured(name, known)

    def broken(self, measured: Mapping[str, float | int | None]) -> tuple[str, ...]:
        """Columns whose limits a chip does not keep."""
        return tuple(name for name, limit in self.each.items() if not limit.kept(measured.get(name)))


MEASURE_OF = {column: one.name for one in MEASURES.values() for column in one.columns}


def _unmeasured(name: str, columns: Collection[str]) -> BadInput:
    """Which measure has the column; where none has, the column that was meant."""
    owner = MEASURE_OF.get(name)
    if owner is None:
        return BadInput(f"limit {name!r}: is not measured{nearest(name, columns)}")
    return BadInput(f"limit {name!r}: is not measured: add {owner!r} to measure")


SHARES = ("accuracy", "accuracy_low", "accuracy_high", "ideal_accuracy")
_KEYS = ("min", "typ", "max")


def limits(raw: Mapping[str, object], columns: Mapping[str, str]) -> Limits:
    """Limits from a file: column -> ``{min, typ, max}``, numbers with or without a unit.

    Parameters
    ----------
    raw
        The table.
    columns
        Column -> unit of what is measured.

    Raises
    ------
    BadInput
        For unknown columns and keys, wrong units, shares that are none, and min above max.
    """
    found = {}
    for name, entry in raw.items():
        if name not in columns:
            raise _unmeasured(name, columns)
        if not isinstance(entry, Mapping) or not set(entry) & {"min", "max"}:
            raise BadInput(f"limit {name!r}: must be a table with min or max, got {entry!r}")
        for key in entry:
            if key not in _KEYS:
                raise BadInput(f"limit {name!r}: unknown key {key!r}{nearest(str(key), _KEYS)}")
        ends = {key: number(f"limit {name!r}: {key}", value, columns[name]) for key, value in entry.items()}
        for key, value in ends.items():
            if math.isnan(value) or (name in SHARES and not 0.0 <= value <= 1.0):
                allowed = 'a share from 0 to 1, such as 0.95 or "95%"' if name in SHARES else "a number"
                raise BadInput(f"limit {name!r}: {key} = {value:g}, must be {allowed}")
        one = Limit(
            least=ends.get("min", -math.inf), typical=ends.get("typ"), largest=ends.get("max", math.inf)
        )
        if not one.least <= one.largest:
            raise BadInput(f"limit {name!r}: min = {one.least!r} is above max = {one.largest!r}")
        if one.typical is not None and not one.least <= one.typical <= one.largest:
            raise BadInput(f"limit {name!r}: typ = {one.typical!r} is not between min and max")
        found[name] = one
    return Limits(found)
