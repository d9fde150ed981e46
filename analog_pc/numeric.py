"""Conversion to arrays of numbers, checks of numbers and flags, and the range of physical values."""

from __future__ import annotations

import math

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, is_number
from analog_pc.errors import BadInput

DECADES = 30  # of a physical value in SI units: 1e-30 to 1e30, so that products of ten stay in range


def numbers(values: ArrayLike) -> Floats:
    """A copy as float64; what is no number is not taken for one, although numpy would convert it.

    Raises
    ------
    TypeError
        For text, dates, records, complex numbers and other objects.
    ValueError
        For rows of different lengths, and for whole numbers beyond float64.
    """
    raw = np.asarray(values)
    whole = raw.dtype.kind == "O" and all(isinstance(v, int | float) for v in raw.flat)  # beyond 64 bits
    if raw.dtype.kind not in "biuf" and not whole:
        raise TypeError(f"{raw.dtype} are no numbers")
    try:
        with np.errstate(over="ignore"):  # a longer float beyond the range of float64 becomes inf
            return np.array(raw, dtype=np.float64)
    except OverflowError as fault:
        raise ValueError("a whole number is beyond float64") from fault


def has_size(value: float, decades: int = DECADES) -> bool:
    """Whether a finite number that is not 0 is within 10^-decades ... 10^decades."""
    return 10.0**-decades <= abs(value) <= 10.0**decades


def finite_number(name: str, value: object, *, zero: bool = False) -> float:
    """A finite number > 0, or >= 0 where zero is allowed, of Python or NumPy, as a float of Python.

    A float16 would round whatever is calculated with it, and a float128 cannot be compiled.

    Raises
    ------
    BadInput
        For anything else, a whole number beyond float64 among it; says which numbers it may be.
    """
    try:
        number = float(value) if is_number(value) else math.nan
    except OverflowError:
        number = math.inf
    if not (0.0 < number < math.inf or (zero and number == 0.0)):
        raise BadInput(f"{name} = {value!r}, must be finite and {'>=' if zero else '>'} 0")
    return number


def check_truth(name: str, value: object) -> None:
    """Refuse what is neither True nor False; nothing is converted to one.

    Raises
    ------
    BadInput
        Says what it is.
    """
    if not isinstance(value, bool | np.bool_):
        raise BadInput(f"{name} is {value!r}, must be True or False")
