"""Parameters of a network as arrays that are checked and cannot be changed any more."""

from __future__ import annotations

from typing import TypeGuard

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.errors import BadInput
from analog_pc.numeric import has_size, numbers

_DECADES = 100  # of a precision: its inverse and its square can be calculated with


def finite_array(name: str, values: ArrayLike, ndim: int) -> Floats:
    """A non-empty vector or matrix of finite numbers, read-only; what is frozen already is not copied.

    Raises
    ------
    BadInput
        For what is no array of numbers, another number of dimensions, no entry, a value that is not finite.
    """
    if frozen(values):
        array = values
    else:
        try:
            array = numbers(values)
        except (TypeError, ValueError):
            raise BadInput(f"{name} is not an array of numbers") from None
    if array.ndim != ndim or array.size == 0:
        expected = "a non-empty matrix [post, pre]" if ndim == 2 else "a non-empty vector"
        raise BadInput(f"{name} has shape {array.shape}, expected {expected}")
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise BadInput(f"{name}{list(where)} is {float(array[where])}, every value must be finite")
    array.setflags(write=False)
    return array


def frozen(values: ArrayLike) -> TypeGuard[Floats]:
    """Whether this is an array that nobody can change any more, so that a network may keep it as it is."""
    if type(values) is not np.ndarray or values.dtype != np.float64:
        return False
    return values.base is None and values.flags.c_contiguous and not values.flags.writeable


def check_precision(name: str, value: float) -> None:
    """Refuse a precision that is not > 0, or that cannot be calculated with.

    Raises
    ------
    BadInput
        Says which values a precision may have.
    """
    if not value > 0.0:
        raise BadInput(f"{name} is {value!r}, must be > 0")
    if not has_size(value, _DECADES):
        raise BadInput(f"{name} is {value!r}, must be within 1e-{_DECADES} ... 1e{_DECADES}")
