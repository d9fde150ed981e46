"""Conversion to arrays of numbers, and the range of physical values."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import ArrayLike, Floats

DECADES = 30  # of a physical value in SI units: 1e-30 to 1e30, so that products of ten stay in range


def numbers(values: ArrayLike) -> Floats:
    """A copy as float64; what is no number is not taken for one, although numpy would convert it.

    Raises
    ------
    TypeError
        For text, dates, records, complex numbers and other objects.
    ValueError
        For rows of different lengths.
    """
    raw = np.asarray(values)
    whole = raw.dtype.kind == "O" and all(isinstance(v, int | float) for v in raw.flat)  # beyond 64 bits
    if raw.dtype.kind not in "biuf" and not whole:
        raise TypeError(f"{raw.dtype} are no numbers")
    with np.errstate(over="ignore"):  # a longer float beyond the range of float64 becomes inf
        return np.array(raw, dtype=np.float64)


def has_size(value: float, decades: int = DECADES) -> bool:
    """Whether a finite number that is not 0 is within 10^-decades ... 10^decades."""
    return 10.0**-decades <= abs(value) <= 10.0**decades
