"""Products of the rows of a batch with a matrix."""

from __future__ import annotations

import math

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import FAST_MATH, kernel

BLAS_FROM = 4  # samples, from which products of matrices are left to BLAS


@kernel(**FAST_MATH)
def times_transposed(a: Floats, w: Floats, count: int, out: Floats) -> None:
    """out = a w^T for the first rows of a; loops where a call of BLAS would take longer than its work.

    Parameters
    ----------
    a, w
        [samples, pre] and [post, pre].
    count
        Rows of a.
    out
        [samples, post].
    """
    if count >= BLAS_FROM:
        np.dot(a[:count], w.T, out[:count])
        return
    for b in range(count):
        for i in range(w.shape[0]):
            total = 0.0
            for j in range(w.shape[1]):
                total += a[b, j] * w[i, j]
            out[b, i] = total


@kernel(**FAST_MATH)
def times(a: Floats, w: Floats, count: int, out: Floats) -> None:
    """out = a w, as `times_transposed`.

    Parameters
    ----------
    a, w
        [samples, post] and [post, pre].
    count
        Rows of a.
    out
        [samples, pre].
    """
    if count >= BLAS_FROM:
        np.dot(a[:count], w, out[:count])
        return
    for b in range(count):
        for j in range(w.shape[1]):
            out[b, j] = 0.0
        for i in range(w.shape[0]):
            factor = a[b, i]
            for j in range(w.shape[1]):
                out[b, j] += factor * w[i, j]


@kernel(**FAST_MATH)
def row_norms(a: Floats, count: int, n: int, out: Floats) -> None:
    """Euclidean norms of rows.

    Parameters
    ----------
    a
        [samples, n or more].
    count, n
        Rows, and how many numbers of each.
    out
        [samples].
    """
    for b in range(count):
        total = 0.0
        for j in range(n):
            total += a[b, j] * a[b, j]
        out[b] = math.sqrt(total)
