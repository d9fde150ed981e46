"""Unit, meaning, bound and source of a technology's values."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analog_pc.arrays import Any, is_number
from analog_pc.errors import BadInput
from analog_pc.numeric import DECADES, has_size

# Bounds, worded as a message says them.
POSITIVE = "finite and > 0"
NOT_NEGATIVE = "finite and >= 0"
LIMIT = "> 0 (inf: none)"
FINITE = "finite"


@dataclass(frozen=True)
class Source:
    """Where a value comes from.

    `verified`: it was read there, or follows from what was read there by the arithmetic that `text` gives.
    A typical or chosen value is not.
    """

    text: str
    verified: bool


@dataclass(frozen=True)
class Quantity:
    """Group, SI unit ("" where there is none), meaning in one line, and bound of a field of `Technology`.

    The one place of each: messages, tables and files take them from here.
    """

    group: str
    unit: str
    meaning: str
    bound: str = ""

    def checked(self, technology: str, name: str, value: Any) -> Any:
        """The value, a number of NumPy as one of Python; `BadInput` for one outside the bound."""
        if not self.bound:
            return value
        number = _number(value)
        where = f"technology {technology!r}: {name} = {value!r}"
        if not _within(number, self.bound):
            raise BadInput(f"{where}, must be {self.bound}")
        if math.isfinite(number) and number != 0.0 and not has_size(number):
            unit = f" {self.unit}" if self.unit else ""
            raise BadInput(f"{where}, must be of a size within 1e-{DECADES} ... 1e{DECADES}{unit}")
        return value if type(value) is int else number


def _number(value: object) -> float:
    """NaN, which no bound admits, where it is none, or a whole number beyond float64."""
    try:
        return float(value) if is_number(value) else math.nan
    except OverflowError:
        return math.nan


def _within(value: float, bound: str) -> bool:
    if bound == LIMIT:
        return value > 0.0
    return math.isfinite(value) and (
        bound == FINITE or value > 0.0 or (bound == NOT_NEGATIVE and value == 0.0)
    )
