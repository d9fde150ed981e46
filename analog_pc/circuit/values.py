"""The values of a bank, checked: finite numbers spread over the bank, buses of equal lengths."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit.bus import Bus
from analog_pc.errors import BadInput
from analog_pc.numeric import numbers


def values(
    element: str,
    what: str,
    raw: ArrayLike,
    shape: tuple[int, ...],
    *,
    low: float = -np.inf,
    zero: bool = False,
) -> Floats:
    """Finite float64 values above `low`, spread to `shape`; `low` itself only with `zero`."""
    try:
        array = numbers(raw)
    except (TypeError, ValueError):
        raise BadInput(f"{element}: {what} is not an array of numbers") from None
    try:
        array = np.broadcast_to(array, shape).copy()
    except ValueError:
        raise BadInput(f"{element}: {what} has shape {array.shape}, expected {shape}") from None
    bad = ~np.isfinite(array) | ((array < low) if zero else (array <= low))
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        place = f"{what}{list(where)}" if where else what
        bound = "" if low == -np.inf else f" and {'>=' if zero else '>'} {low:g}"
        raise BadInput(f"{element}: {place} = {float(array[where])!r}, must be finite{bound}")
    return array


def limit(element: str, what: str, bound: float) -> float:
    """A bound: positive, and infinite where there is none."""
    value = float(bound)
    if not value > 0.0:
        raise BadInput(f"{element}: {what} = {value!r}, must be > 0 (inf: no limit)")
    return value


def same_length(element: str, **buses: Bus) -> int:
    """The one length of the buses of a bank."""
    sizes = {name: len(nodes) for name, nodes in buses.items()}
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        raise BadInput(f"{element}: buses must have one equal, non-zero length, got {sizes}")
    return next(iter(sizes.values()))
