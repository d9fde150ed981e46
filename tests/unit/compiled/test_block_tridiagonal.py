from __future__ import annotations

import numpy as np
import pytest

from analog_pc.compiled.block_tridiagonal import BlockMatrix, empty_matrix, factor, layout_of, solve

N = np.array([4, 3, 6, 2])
AT = np.concatenate([[0], np.cumsum(N)])


@pytest.mark.parametrize("count", [1, 3, 4])
def test_solves_what_the_whole_matrix_says(count: int) -> None:
    rng = np.random.default_rng(0)
    sizes = [(int(N[i - 1]) * (i > 0), int(N[i])) for i in range(len(N))]
    lower = [rng.normal(size=(n, pre)) for pre, n in sizes]
    diagonal = [rng.normal(size=(n, n)) + 8.0 * np.eye(n) for _, n in sizes]
    upper = [rng.normal(size=(pre, n)) for pre, n in sizes]
    whole = np.zeros((AT[-1], AT[-1]))
    for i in range(len(N)):
        here, below = slice(AT[i], AT[i + 1]), slice(AT[max(i - 1, 0)], AT[i])
        whole[here, here] = diagonal[i]
        if i > 0:
            whole[here, below], whole[below, here] = lower[i], upper[i]
    blocks = BlockMatrix(*(np.concatenate([b.ravel() for b in part]) for part in (diagonal, lower, upper)))
    layout = layout_of(N.tolist())
    assert [part.size for part in empty_matrix(layout)] == [part.size for part in blocks]
    free = AT[count]
    r, found = rng.normal(size=free), np.empty(free)
    factor(layout, count, blocks)
    solve(layout, count, blocks, r, found)
    np.testing.assert_allclose(whole[:free, :free] @ found, r, atol=1e-13 * 8.0 * free)
