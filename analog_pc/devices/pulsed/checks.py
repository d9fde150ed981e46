"""Checks of shapes and numbers given to an array of devices."""

from __future__ import annotations

import math

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, Int32s, has_whole_value, is_number, is_whole
from analog_pc.errors import BadInput
from analog_pc.numeric import numbers


def shape_of(shape: object) -> tuple[int, int]:
    """Two whole numbers >= 1."""
    if not isinstance(shape, tuple) or len(shape) != 2:
        raise BadInput(f"devices: shape = {shape!r}, must be (rows, columns)")
    rows, columns = shape
    if not all(is_whole(n) and n >= 1 for n in shape):
        raise BadInput(f"devices: shape = {shape!r}, rows and columns must be whole numbers >= 1")
    return int(rows), int(columns)


def paired_rows(
    first: str, x: ArrayLike, rows: int, second: str, d: ArrayLike, columns: int
) -> tuple[Floats, Floats]:
    """Two finite arrays [samples, rows] and [samples, columns] of as many samples; vectors are one sample."""
    x = _rows(first, x, rows)
    d = _rows(second, d, columns)
    if len(x) != len(d):
        raise BadInput(f"devices: {first} has {len(x)} vectors, {second} {len(d)}: give as many of both")
    return x, d


def matrix(name: str, values: ArrayLike, shape: tuple[int, int]) -> Floats:
    """A finite matrix of that shape."""
    array = _numbers(name, values)
    if array.shape != shape:
        raise BadInput(f"devices: {name} of shape {array.shape}, the array needs {shape}")
    return _finite(name, array)


def whole_numbers(values: ArrayLike, shape: tuple[int, int]) -> Int32s:
    """Counts of pulses of that shape, int32."""
    counts = matrix("counts", values, shape)
    if not ((counts == np.rint(counts)) & (np.abs(counts) < 2.0**31)).all():
        raise BadInput("devices: counts must be whole numbers of pulses, below 2^31")
    return counts.astype(np.int32)


def rate_of(rate: object) -> float:
    """A finite number."""
    if not is_number(rate) or not math.isfinite(rate):
        raise BadInput(f"outer: rate = {rate!r}, must be a finite number")
    return float(rate)


def generator_of(rng: object) -> np.random.Generator | None:
    """A generator of numpy, or none."""
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise BadInput(f"outer: rng = {rng!r}, must be a numpy.random.Generator")
    return rng


def slots_of(slots: float, most: int) -> int:
    """A whole number of slots of a train, from 1 to the most."""
    if not has_whole_value(slots) or not 1 <= slots <= most:
        raise BadInput(f"outer: slots = {slots!r}, must be a whole number from 1 to {most}")
    return int(slots)


def _rows(name: str, values: ArrayLike, length: int) -> Floats:
    array = _numbers(name, values)
    if array.ndim not in (1, 2) or array.shape[-1] != length:
        raise BadInput(
            f"devices: {name} of shape {array.shape}, the array needs {(length,)}, or (samples, {length})"
        )
    return _finite(name, np.atleast_2d(array))


def _numbers(name: str, values: ArrayLike) -> Floats:
    try:
        return np.ascontiguousarray(numbers(values))
    except (TypeError, ValueError):
        raise BadInput(f"devices: {name} are not an array of numbers") from None


def _finite(name: str, array: Floats) -> Floats:
    if not np.isfinite(array).all():
        raise BadInput(f"devices: {name} must be finite")
    return array
