"""Activations for compiled code: f, f' and f'' of many numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.activations.activation import Activation
from analog_pc.activations.piecewise_linear import PiecewiseLinear
from analog_pc.activations.smooth import SMOOTH, activate_smooth
from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import FAST_MATH, INNER, kernel

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
def activate(
    code: int, pieces: Pieces, x: Floats, count: int, n: int, f: Floats, slope: Floats, curvature: Floats
) -> None:
    """Fill f, f' and f'' of n activities of `count` samples; on a kink f' is the slope of its left side.

    Parameters
    ----------
    code, pieces
        Of the activation: `code_of`, `pieces_of`.
    x, f, slope, curvature
        [samples, activities], contiguous.
    count, n
        How many samples and activities of the arrays are meant, from the first on.
    """
    if code < KINKED:
        activate_smooth(code, x, count, n, f, slope, curvature)
        return
    _piecewise(pieces, x, count, n, f, slope)
    for b in range(count):
        for j in range(n):
            curvature[b, j] = 0.0


@kernel(**INNER)
def _piecewise(pieces: Pieces, x: Floats, count: int, n: int, f: Floats, slope: Floats) -> None:
    kinks = pieces.kinks
    slopes = pieces.slopes
    for b in range(count):
        for j in range(n):
            f[b, j] = pieces.first_value + slopes[0] * (x[b, j] - kinks[0])
            slope[b, j] = slopes[0]
        for k in range(kinks.size):
            kink = kinks[k]
            step = slopes[k + 1] - slopes[k]
            for j in range(n):
                f[b, j] += step * max(x[b, j] - kink, 0.0)
                slope[b, j] += step if x[b, j] > kink else 0.0
