"""Block-tridiagonal equations, compiled: layers are coupled to their neighbours alone.

::

    D_0 U_0                         matrices lie flat, one after the other:
    L_1 D_1 U_1                     D_l [n_l, n_l] from squares[l],
        L_2 D_2 ...                 L_l [n_l, n_{l-1}] and U_{l-1} [n_{l-1}, n_l] from couplings[l]

Rows are exchanged within a layer only: equations that need more lose digits, which their residual shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.compiled.kernel import kernel


class Layout(NamedTuple):
    """Where layers begin in vectors, among square blocks, and among couplings to the layer below."""

    sizes: Ints
    starts: Ints
    squares: Ints
    couplings: Ints


class BlockMatrix(NamedTuple):
    """The matrix, or its factors; each of its three kinds of blocks flat."""

    diagonal: Floats
    lower: Floats
    upper: Floats


def layout_of(sizes: Sequence[int]) -> Layout:
    """The layout of layers of these sizes."""
    n = np.array(sizes, dtype=np.int64)

    def begins(counts: Ints) -> Ints:
        return np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)

    below = np.concatenate([[0], n[:-1]])
    return Layout(n, begins(n), begins(n * n), begins(n * below))


@kernel()
def empty_matrix(layout: Layout) -> BlockMatrix:
    """Room for a matrix of that layout."""
    squares = np.sum(layout.sizes**2)
    couplings = np.sum(layout.sizes[1:] * layout.sizes[:-1])
    return BlockMatrix(np.empty(squares), np.empty(couplings), np.empty(couplings))


@kernel()
def factor(layout: Layout, count: int, blocks: BlockMatrix) -> None:
    """Factor the equations of the first `count` layers in place.

    D_l becomes S_l^-1 and L_l becomes L_l S_{l-1}^-1, with S_l = D_l - L_l S_{l-1}^-1 U_{l-1}.

    Parameters
    ----------
    layout, blocks
        The matrix.
    count
        Layers that the equations are for; further ones stay as they are.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where an S_l is singular.
    """
    for layer in range(count):
        n = layout.sizes[layer]
        here = _matrix(blocks.diagonal, layout.squares[layer], n, n)
        if layer > 0:
            pre = layout.sizes[layer - 1]
            left = _matrix(blocks.lower, layout.couplings[layer], n, pre)
            left[:] = left @ _matrix(blocks.diagonal, layout.squares[layer - 1], pre, pre)
            here -= left @ _matrix(blocks.upper, layout.couplings[layer], pre, n)
        here[:] = np.linalg.inv(here)


@kernel()
def solve(layout: Layout, count: int, factors: BlockMatrix, right: Floats, out: Floats) -> None:
    """Solve the equations of the first `count` layers.

    Parameters
    ----------
    layout, factors
        As `factor` left them.
    count
        As it was for `factor`.
    right, out
        Right-hand side and solution, layers side by side.
    """
    sizes = layout.sizes
    starts = layout.starts
    for layer in range(count):
        first = starts[layer]
        here = out[first : first + sizes[layer]]
        here[:] = right[first : first + sizes[layer]]
        if layer > 0:
            left = _matrix(factors.lower, layout.couplings[layer], sizes[layer], sizes[layer - 1])
            here -= left @ out[starts[layer - 1] : first]
    for layer in range(count - 1, -1, -1):
        n = sizes[layer]
        here = out[starts[layer] : starts[layer] + n]
        if layer < count - 1:
            post = sizes[layer + 1]
            above = _matrix(factors.upper, layout.couplings[layer + 1], n, post)
            here -= above @ out[starts[layer + 1] : starts[layer + 1] + post]
        here[:] = _matrix(factors.diagonal, layout.squares[layer], n, n) @ here


@kernel()
def _matrix(flat: Floats, start: int, rows: int, columns: int) -> Floats:
    return flat[start : start + rows * columns].reshape(rows, columns)
