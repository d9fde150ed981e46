"""Compiled factors of small matrices against numpy's."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.compiled.factorization import (
    factor_lu,
    factor_packed,
    factor_symmetric,
    solve_lu,
    solve_packed,
    solve_symmetric,
)

SIZES = [1, 2, 5, 17]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("count", [1, 4, 6])  # alone, four at a time, both
def test_lu(n: int, count: int) -> None:
    rng = np.random.default_rng(n)
    a = rng.normal(size=(n, n))
    b = rng.normal(size=(count, n))
    want = np.linalg.solve(a, b.T).T
    factors = a.copy()
    pivots = np.zeros(n, dtype=np.int64)
    sign = factor_lu(factors, n, pivots, np.zeros(n))
    solve_lu(factors, n, pivots, b)
    assert sign == np.sign(np.linalg.det(a))
    limit = 1e-15 * n * np.linalg.cond(a)  # rounding of n terms
    np.testing.assert_allclose(b, want, rtol=0.0, atol=limit * np.abs(want).max())


@pytest.mark.parametrize("n", SIZES)
def test_a_singular_matrix_has_sign_zero(n: int) -> None:
    assert factor_lu(np.zeros((n, n)), n, np.zeros(n, dtype=np.int64), np.zeros(n)) == 0.0


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("negative", [0, 1])
def test_symmetric_alone_and_side_by_side(n: int, negative: int) -> None:
    """Two ways to the same solution and inertia; leading minors are far from 0, as no rows are exchanged."""
    rng = np.random.default_rng(n)
    samples = 3
    signs = np.ones(n)
    signs[:negative] = -1.0
    lower = np.tril(rng.normal(size=(samples, n, n)), -1) / n + np.eye(n)
    matrices = lower @ (signs[:, None] * np.swapaxes(lower, 1, 2))
    rhs = rng.normal(size=(samples, n))
    want = np.linalg.solve(matrices, rhs[..., None])[..., 0]
    rows, columns = np.tril_indices(n)
    packed = matrices[:, rows, columns].T.copy(order="C")
    inverse = np.empty((n, samples))
    found = np.empty(samples)
    together = rhs.T.copy(order="C")
    factor_packed(packed, n, inverse, found)
    solve_packed(packed, n, inverse, together)
    np.testing.assert_array_equal(found, negative)
    np.testing.assert_allclose(together.T, want, rtol=0.0, atol=1e-13 * np.abs(want).max())
    for matrix, b, x in zip(matrices, rhs, want, strict=True):
        factors = np.tril(matrix)
        alone = b.copy()
        assert factor_symmetric(factors, n) == negative
        solve_symmetric(factors, n, alone)
        np.testing.assert_allclose(alone, x, rtol=0.0, atol=1e-13 * np.abs(want).max())
