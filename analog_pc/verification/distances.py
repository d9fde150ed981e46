"""Largest deviations and full scales over tuples of arrays."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats


def largest_deviation(a: tuple[Floats, ...], b: tuple[Floats, ...]) -> float:
    """max |a - b| over layers or populations, 0 where all are empty."""
    return max((float(np.abs(p - q).max()) for p, q in zip(a, b, strict=True) if p.size), default=0.0)


def peak(arrays: tuple[Floats, ...]) -> float:
    """max |a| over layers or populations; 1 where all are 0, so that it can divide."""
    return max((float(np.abs(a).max()) for a in arrays if a.size), default=0.0) or 1.0
