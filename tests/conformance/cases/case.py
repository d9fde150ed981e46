"""What a case is, and how exact its answer must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit import Analysis, Circuit, Noise, OperatingPoint

# Absolute, in volts, of circuits of about 1 V.  Linear: the residual of Newton's stopping rule, 1e-9 of 1 V.
# Nonlinear: the same rule divided by the smallest loop slope of these circuits, 0.1.  Transients: the
# truncation error that the step control is set to, 1e-5 of the full scale.
LINEAR, NONLINEAR, TRANSIENT = 1e-9, 1e-8, 1e-5


@dataclass(frozen=True, eq=False)
class Case:
    """A circuit, what is asked of it, and the exact volts [points, nodes] over the solution's axis."""

    name: str
    circuit: Circuit
    analysis: Analysis
    nodes: tuple[str, ...]
    exact: Callable[[Floats], Floats]
    tolerance: float
    preset: Floats | None = None


@dataclass(frozen=True, eq=False)
class NoiseCase:
    """A circuit, its nodes and band, and the exact covariance [nodes, nodes] in V^2 over all frequencies.

    `outside` bounds the part of the variance that lies outside the band.
    """

    name: str
    circuit: Circuit
    analysis: Noise
    covariance: Floats
    outside: float


def inputs(*volts: Sequence[float]) -> OperatingPoint:
    """Operating points of the stimulus ``u``, one for each row."""
    return OperatingPoint({"u": np.array(volts, dtype=np.float64)})


def at(volts: ArrayLike) -> OperatingPoint:
    """Operating points of a stimulus ``u`` of one source."""
    return OperatingPoint({"u": np.asarray(volts, dtype=np.float64)[:, np.newaxis]})


def table(*columns: ArrayLike) -> Callable[[Floats], Floats]:
    """An answer that does not depend on the axis, a column for each node."""
    exact = np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=1)
    return lambda axis: exact
