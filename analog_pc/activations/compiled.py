"""Activations for compiled code: f, f' and f'' of vectors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.activations.activation import Activation
from analog_pc.activations.piecewise_linear import PiecewiseLinear
from analog_pc.activations.smooth import SMOOTH, derivatives
from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import FAST_MATH, kernel

KINKED = len(SMOOTH)  # code of every piecewise-linear activation


class Pieces(NamedTuple):
    """A piecewise-linear activation; of a smooth one, no kinks."""

    kinks: Floats
    slopes: Floats  # `slopes[k]` holds left of `kinks[k]`
    first_value: float  # f at the first kink


def code_of(f: Activation) -> int:
    """Number of an activation, for `activate`."""
    return KINKED if f.kinks else SMOOTH.index(f)


def pieces_of(f: Activation) -> Pieces:
    """Pieces of an activation, for `activate`."""
    if not isinstance(f, PiecewiseLinear):
        return Pieces(np.empty(0), np.zeros(1), 0.0)
    kinks = np.array(f.kinks)
    return Pieces(kinks, np.array(f.slopes), float(f.f(kinks[:1])[0]))


@kernel(**FAST_MATH)
def activate(code: int, pieces: Pieces, x: Floats, f: Floats, slope: Floats, curvature: Floats) -> None:
    """Fill f, f' and f'' of the vector x; on a kink f' is that of its left side.

    Parameters
    ----------
    code, pieces
        Of the activation: `code_of`, `pieces_of`.
    x, f, slope, curvature
        Contiguous vectors of one length.
    """
    if code < KINKED:
        for j in range(x.size):
            f[j], slope[j], curvature[j] = derivatives(code, x[j])
        return
    kinks = pieces.kinks
    slopes = pieces.slopes
    for j in range(x.size):
        f[j] = pieces.first_value + slopes[0] * (x[j] - kinks[0])
        slope[j] = slopes[0]
        curvature[j] = 0.0
    for k in range(kinks.size):
        kink = kinks[k]
        step = slopes[k + 1] - slopes[k]
        for j in range(x.size):
            f[j] += step * max(x[j] - kink, 0.0)
            slope[j] += step if x[j] > kink else 0.0
