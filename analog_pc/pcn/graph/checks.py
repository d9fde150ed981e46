"""What the parts of a graph may be made of; every function returns a value that can be calculated with."""

from __future__ import annotations

import re

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, Ints, is_number
from analog_pc.errors import BadInput
from analog_pc.numeric import numbers
from analog_pc.pcn.parameters import check_precision, finite_array

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")


def as_name(what: str, name: object) -> str:
    """A name of a population: letters, digits and "_", as nodes of a circuit have."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadInput(f"{what} is called {name!r}: use letters, digits and '_', a letter or digit first")
    return name


def as_vector(what: str, values: ArrayLike, size: int) -> Floats:
    """One finite number for all units, or one a unit, as [size]."""
    array = finite_array(what, np.full(size, values) if is_number(values) else values, 1)
    if array.shape != (size,):
        raise BadInput(f"{what} has shape {array.shape}, expected one number or ({size},)")
    return array


def as_precision(what: str, values: ArrayLike, size: int) -> Floats:
    """A precision as [size], or as a symmetric positive definite matrix [size, size]."""
    try:
        ndim = np.ndim(values)
    except ValueError:
        raise BadInput(f"{what} has rows of different lengths") from None
    if is_number(values) or ndim == 1:
        array = as_vector(what, values, size)
        for value in np.unique(array).tolist():
            check_precision(what, value)
        return array
    matrix = finite_array(what, values, 2)
    if matrix.shape != (size, size):
        raise BadInput(f"{what} has shape {matrix.shape}, expected one number, ({size},) or ({size}, {size})")
    if not np.array_equal(matrix, matrix.T):
        raise BadInput(f"{what} is not symmetric: give (A + A.T) / 2")
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if not smallest > 0.0:
        raise BadInput(f"{what} has an eigenvalue {smallest:.3g}, a matrix must be positive definite")
    for value in matrix.diagonal().tolist():
        check_precision(what, value)
    return matrix


def as_feedback(where: str, feedback: object, named: tuple[str, ...]) -> Floats | None:
    """A feedback matrix of its own, [post, pre]; None where a name says what it is."""
    if isinstance(feedback, str):
        if feedback not in named:
            raise BadInput(f"{where}: feedback {feedback!r}, use one of {', '.join(named)} or a matrix")
        return None
    return finite_array(f"{where}: feedback", feedback, 2)  # type: ignore[arg-type]


def as_pattern(where: str, kind: str, weight: Floats | None, pattern: ArrayLike | None) -> Ints | None:
    """The pattern of a block or convolution: which entries are devices, and which share a value.

    Without one, every weight that is not 0 is a device of its own.
    """
    if kind not in ("block", "convolution") or weight is None:
        if pattern is not None:
            raise BadInput(f"{where}: kind {kind} has no pattern")
        return None
    if pattern is None:
        own = np.cumsum(weight.ravel() != 0.0).reshape(weight.shape) - 1
        return np.where(weight != 0.0, own, -1)
    try:
        whole = numbers(pattern)
    except (TypeError, ValueError):
        raise BadInput(f"{where}: pattern is not an array of numbers") from None
    unlike = whole.shape != weight.shape or (whole != np.floor(whole)).any()
    if unlike or whole.min() < -1 or whole.max() >= weight.size:
        raise BadInput(
            f"{where}: pattern must hold whole numbers from -1 to {weight.size - 1}, of shape {weight.shape}"
        )
    shared = whole.astype(np.int64)
    if (weight[shared < 0] != 0.0).any():
        raise BadInput(f"{where}: weight is not 0 where its pattern has no device")
    devices = shared[shared >= 0]
    values = np.zeros(int(devices.max(initial=-1)) + 1)
    values[devices] = weight[shared >= 0]
    if (values[devices] != weight[shared >= 0]).any():
        raise BadInput(f"{where}: entries of one number in its pattern must have the same weight")
    return shared
