"""Axes of a study: what each varies, and its values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analog_pc.arrays import is_number, is_whole
from analog_pc.errors import BadInput
from analog_pc.study.fields import field, fields
from analog_pc.technology.checks import nearest

NETWORK = "network"
TECHNOLOGY = "technology"
PRECISION = "precision"
NAMED = (NETWORK, TECHNOLOGY)  # values are names, resolved by the study
SCALES = ("linear", "log")
MOST_POINTS = 10_000_000  # on one axis


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One thing that a study varies.

    Parameters
    ----------
    name
        A field (`fields.py`), "precision" (of every layer of the network), "network" or "technology".
    values
        Of a list; empty for a range.
    low, high, scale
        Of a range: ends, and "linear" or "log".
    count
        Points of a range in a grid; a sampler that draws points takes no notice of it.

    Raises
    ------
    BadInput
        For an unknown name, an empty list, or a range that is none.
    """

    name: str
    values: tuple[Any, ...] = ()
    low: float = math.nan
    high: float = math.nan
    scale: str = "linear"
    count: int = 0

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.values:
            return
        if math.isnan(self.low) and math.isnan(self.high):
            raise BadInput(f"axis {self.name!r}: has no values: give a list, or low and high")
        if self.name in NAMED:
            raise BadInput(f"axis {self.name!r}: has names, no range: give a list")
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise BadInput(f"axis {self.name!r}: low = {self.low!r} must be below high = {self.high!r}")
        if self.scale not in SCALES:
            raise BadInput(f"axis {self.name!r}: scale = {self.scale!r}{nearest(self.scale, SCALES)}")
        if self.scale == "log" and not self.low > 0.0:
            raise BadInput(f"axis {self.name!r}: a log scale needs low > 0, got {self.low!r}")
        if not 0 <= self.count <= MOST_POINTS:
            raise BadInput(f"axis {self.name!r}: points = {self.count!r}, use 2 to {MOST_POINTS}")

    @property
    def unit(self) -> str:
        """SI unit of the values, "" where there is none."""
        return fields()[self.name].unit if self.name in fields() else ""

    @property
    def grid(self) -> tuple[Any, ...]:
        """The values in a grid; `BadInput` for a range that does not say how many."""
        if self.values:
            return self.values
        if self.count < 2:
            raise BadInput(f"axis {self.name!r}: a grid needs points = 2 or more between low and high")
        return tuple(self.at(k / (self.count - 1)) for k in range(self.count))

    def at(self, share: float) -> Any:
        """The value at `share` of the axis, 0 to 1; of a list the value whose part that is."""
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        if self.scale == "log":
            value = self.low * (self.high / self.low) ** share
        else:
            value = (1.0 - share) * self.low + share * self.high
        value = float(f"{value:.12g}")  # a decade of a decade is one, whatever its root was rounded to
        return round(value) if self.name == "levels" else value


def _check_name(name: str) -> None:
    known = (*NAMED, PRECISION, *fields())
    if name not in known:
        raise BadInput(f"unknown axis {name!r}{nearest(name, known)}")


def axis(name: str, raw: object) -> Axis:
    """An axis from what a file or a script says of it.

    Parameters
    ----------
    name
        See `Axis`.
    raw
        A list of values; or a table ``{low, high, points, scale}``; numbers may carry a prefix and a unit.

    Raises
    ------
    BadInput
        One line that names the axis and what was got.

    Examples
    --------
    >>> axis("opamp_offset", {"low": "0.1 mV", "high": "10 mV", "points": 3, "scale": "log"}).grid
    (0.0001, 0.001, 0.01)
    """
    _check_name(name)
    if isinstance(raw, Mapping):
        return _range(name, raw)
    if isinstance(raw, np.ndarray):
        raw = raw.tolist()
    if isinstance(raw, str) or not isinstance(raw, Sequence):
        raise BadInput(f"axis {name!r}: must be a list of values or a table with low and high, got {raw!r}")
    values = tuple(_value(name, one) for one in raw)
    if len(set(values)) < len(values):
        raise BadInput(f"axis {name!r}: a value is there twice: name each once")
    return Axis(name=name, values=values)


_KEYS = ("low", "high", "points", "scale")


def _range(name: str, raw: Mapping[Any, Any]) -> Axis:
    for key in raw:
        if key not in _KEYS:
            raise BadInput(f"axis {name!r}: unknown key {key!r}{nearest(str(key), _KEYS)}")
    for key in ("low", "high"):
        if key not in raw:
            raise BadInput(f"axis {name!r}: has no {key}")
    count = raw.get("points", 0)
    if not is_whole(count):
        raise BadInput(f"axis {name!r}: points = {count!r}, must be a whole number")
    scale = raw.get("scale", "linear")
    if name in NAMED:
        raise BadInput(f"axis {name!r}: has names, no range: give a list")
    low = _value(name, raw["low"])
    high = _value(name, raw["high"])
    if not (is_number(low) and is_number(high)):
        raise BadInput(f"axis {name!r}: has no numbers, so no range: give a list")
    return Axis(name=name, low=float(low), high=float(high), scale=str(scale), count=int(count))


def _value(name: str, raw: object) -> Any:
    """One value, checked."""
    if name in NAMED:
        if not isinstance(raw, str) or not raw:
            raise BadInput(f"axis {name!r}: values are names, got {raw!r}")
        return raw
    if name == PRECISION:
        if not (is_number(raw) and math.isfinite(raw) and raw > 0.0):
            raise BadInput(f"axis {name!r}: must be finite and > 0, got {raw!r}")
        return float(raw)
    try:
        return field(name).checked(raw)
    except BadInput as refused:
        raise BadInput(f"axis {name!r}: {refused}") from None
