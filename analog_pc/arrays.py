"""Array type aliases, and what counts as a number.

Every array of the package is C-ordered float64 unless it says otherwise.
"""

from __future__ import annotations

import math
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Int32s = NDArray[np.int32]
UInt32s = NDArray[np.uint32]
UInt64s = NDArray[np.uint64]
Masked = np.ma.MaskedArray[Any, np.dtype[np.float64]]

__all__ = [
    "Any",
    "ArrayLike",
    "Bools",
    "Floats",
    "Int32s",
    "Ints",
    "Masked",
    "UInt32s",
    "UInt64s",
    "has_whole_value",
    "is_number",
    "is_whole",
]


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a real number, of Python or a scalar of NumPy; neither a boolean nor a time, but NaN."""
    numbers = int | float | np.integer | np.floating
    return isinstance(value, numbers) and not isinstance(value, bool | np.timedelta64)


def has_whole_value(value: object) -> bool:
    """Whether it is a number without fraction, 2.0 among them; neither a boolean, nor infinity, nor NaN."""
    return is_whole(value) or (is_number(value) and math.isfinite(value) and value == int(value))


def is_whole(value: object) -> TypeGuard[int]:
    """Whether it is an integer, of Python or NumPy; neither a boolean, nor a time, nor 2.0."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool | np.timedelta64)
