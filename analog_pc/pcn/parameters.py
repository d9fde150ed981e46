"""Parameters of a network as arrays that are checked and cannot be changed any more."""

from __future__ import annotations

from typing import TypeGuard

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, is_whole
from analog_pc.errors import BadInput
from analog_pc.numeric import has_size, numbers

MOST_UNITS = 2**30  # of a layer or population: the bytes of its matrices can be addressed
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


def check_seed(seed: object) -> None:
    """Refuse a seed that no random generator takes.

    Raises
    ------
    BadInput
        Says which numbers it may be.
    """
    if not is_whole(seed) or seed < 0:
        raise BadInput(f"seed = {seed!r}, must be a whole number >= 0")


def check_kind(what: str, value: object, kind: type, instead: str) -> None:
    """Refuse what is of another class; `instead` is what to do then.

    Raises
    ------
    BadInput
        Says what is needed, and what it is.
    """
    if not isinstance(value, kind):
        raise BadInput(f"{what} needs a {kind.__name__}, got a {type(value).__name__}: {instead}")


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
