"""Products of the rows of a batch with a matrix."""

from __future__ import annotations

import math

import numba
import numpy as np

from analog_pc.pcn.compiled.activations import COMPILED

BLAS_FROM = 4  # samples, from which products of matrices are left to BLAS


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def times_transposed(a, w, count, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """out = a w^T; loops where a call of BLAS would take longer than its work."""
    if count >= BLAS_FROM:
        np.dot(a[:count], w.T, out[:count])
        return
    for b in range(count):
        for i in range(w.shape[0]):
            total = 0.0
            for j in range(w.shape[1]):
                total += a[b, j] * w[i, j]
            out[b, i] = total


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def times(a, w, count, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """out = a w, as `times_transposed`."""
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


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def row_norms(a, count, n, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    for b in range(count):
        total = 0.0
        for j in range(n):
            total += a[b, j] * a[b, j]
        out[b] = math.sqrt(total)
