"""Parameters of a compact model, checked: finite numbers above a bound, named in the message."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, is_number
from analog_pc.errors import BadInput


def all_finite(model: Any) -> None:
    """Check that every float field of a dataclass is a finite number, and store it as a Python float.

    The repr of a NumPy scalar is no number of a netlist.

    Raises
    ------
    BadInput
        One line that names the model, the field and what was got.
    """
    for field in fields(model):
        value = getattr(model, field.name)
        if field.type != "float":
            continue
        if not is_number(value) or not math.isfinite(value):
            raise refused(model, field.name, "must be a finite number")
        object.__setattr__(model, field.name, float(value))


def above(model: Any, low: float, *names: str) -> None:
    """Check that these fields are > low."""
    for name in names:
        if not getattr(model, name) > low:
            raise refused(model, name, f"must be > {low:g}")


def below(model: Any, high: float, *names: str) -> None:
    """Check that these fields are < high."""
    for name in names:
        if not getattr(model, name) < high:
            raise refused(model, name, f"must be < {high:g}")


def at_least(model: Any, low: float, *names: str) -> None:
    """Check that these fields are >= low."""
    for name in names:
        if not getattr(model, name) >= low:
            raise refused(model, name, f"must be >= {low:g}")


def fractions(model: Any, *names: str) -> None:
    """Check that these fields are within 0 ... 1, the ends excluded."""
    for name in names:
        if not 0.0 < getattr(model, name) < 1.0:
            raise refused(model, name, "must be within 0 ... 1")


def refused(model: Any, name: str, why: str) -> BadInput:
    """The error for a field: model, field, value and reason in one line."""
    return BadInput(f"{model.name}: {name} = {getattr(model, name)!r}, {why}")


def within(label: str, numbers: ArrayLike, low: float, high: float, unit: str) -> Floats:
    """Numbers within two bounds; values a few roundings beyond a bound become the bound.

    Raises
    ------
    BadInput
        One line that names the first offender and the bounds.
    """
    values = np.asarray(numbers, dtype=np.float64)
    slack = 8.0 * np.finfo(np.float64).eps * max(abs(low), abs(high))
    bad = ~((values >= low - slack) & (values <= high + slack))
    if bad.any():
        worst = float(values[bad].flat[0])
        raise BadInput(f"{label} = {worst!r} {unit}, must be within {low:g} ... {high:g} {unit}")
    return np.clip(values, low, high)


def floats(*arrays: ArrayLike) -> tuple[Floats, ...]:
    """Each as an array of float64."""
    return tuple(np.asarray(array, dtype=np.float64) for array in arrays)
