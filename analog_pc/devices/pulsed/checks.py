"""Shapes and numbers that an array of devices is given."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, Int32s, is_whole
from analog_pc.errors import BadInput
from analog_pc.numeric import numbers


def shape_of(given: object) -> tuple[int, int]:
    """Two whole numbers >= 1."""
    if not isinstance(given, tuple) or len(given) != 2:
        raise BadInput(f"devices: shape = {given!r}, must be (rows, columns)")
    rows, columns = given
    if not all(is_whole(n) and n >= 1 for n in given):
        raise BadInput(f"devices: shape = {given!r}, rows and columns must be whole numbers >= 1")
    return int(rows), int(columns)


def vector(name: str, given: ArrayLike, length: int) -> Floats:
    """A finite vector of that length."""
    return _numbers(name, given, (length,))


def matrix(name: str, given: ArrayLike, shape: tuple[int, int]) -> Floats:
    """A finite matrix of that shape."""
    return _numbers(name, given, shape)


def whole_numbers(given: ArrayLike, shape: tuple[int, int]) -> Int32s:
    """Counts of pulses of that shape, int32."""
    counts = matrix("counts", given, shape)
    if not ((counts == np.rint(counts)) & (np.abs(counts) < 2.0**31)).all():
        raise BadInput("devices: counts must be whole numbers of pulses, below 2^31")
    return counts.astype(np.int32)


def slots_of(given: float, most: int) -> int:
    """A whole number of slots of a train, from 1 to the most."""
    if isinstance(given, bool) or int(given) != given or not 1 <= given <= most:
        raise BadInput(f"outer: slots = {given!r}, must be a whole number from 1 to {most}")
    return int(given)


def _numbers(name: str, given: ArrayLike, shape: tuple[int, ...]) -> Floats:
    try:
        values = np.ascontiguousarray(numbers(given))
    except (TypeError, ValueError):
        raise BadInput(f"devices: {name} are not an array of numbers") from None
    if values.shape != shape:
        raise BadInput(f"devices: {name} of shape {values.shape}, the array needs {shape}")
    if not np.isfinite(values).all():
        raise BadInput(f"devices: {name} must be finite")
    return values
