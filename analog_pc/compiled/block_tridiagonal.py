"""Block-tridiagonal equations, compiled: layers only feel their neighbours.

::

    D_1 U_1                         matrices lie flat, one after the other:
    L_2 D_2 U_2                     D_l [n_l, n_l] from where[l, 1], L_l [n_l, n_{l-1}] from where[l, 0],
        L_3 D_3 ...                 U_l [n_l, n_{l+1}] from where[l + 1, 2]; of layers 0 ... count - 1

Rows are exchanged within a layer only: equations that need more lose digits, which their residual shows.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.compiled.kernel import kernel


@kernel()
def factor(n: Ints, where: Ints, count: int, diagonal: Floats, lower: Floats, upper: Floats) -> None:
    """In place: D_l becomes S_l^-1 and L_l becomes L_l S_{l-1}^-1, with S_l = D_l - L_l S_{l-1}^-1 U_{l-1}.

    Raises LinAlgError where an S_l is singular.
    """
    for layer in range(count):
        here = _block(diagonal, where[layer, 1], n[layer], n[layer])
        if layer > 0:
            pre = n[layer - 1]
            left = _block(lower, where[layer, 0], n[layer], pre)
            left[:] = left @ _block(diagonal, where[layer - 1, 1], pre, pre)
            here -= left @ _block(upper, where[layer, 2], pre, n[layer])
        here[:] = np.linalg.inv(here)


@kernel()
def solve(
    n: Ints,
    at: Ints,
    where: Ints,
    count: int,
    factored: tuple[Floats, Floats, Floats],
    r: Floats,
    out: Floats,
) -> None:
    """out of the equations whose right-hand side is r; both as layers side by side, from at[l]."""
    diagonal, lower, upper = factored
    for layer in range(count):
        here = out[at[layer] : at[layer] + n[layer]]
        here[:] = r[at[layer] : at[layer] + n[layer]]
        if layer > 0:
            below = out[at[layer - 1] : at[layer]]
            here -= _block(lower, where[layer, 0], n[layer], n[layer - 1]) @ below
    for layer in range(count - 1, -1, -1):
        here = out[at[layer] : at[layer] + n[layer]]
        if layer < count - 1:
            above = out[at[layer + 1] : at[layer + 1] + n[layer + 1]]
            here -= _block(upper, where[layer + 1, 2], n[layer], n[layer + 1]) @ above
        here[:] = _block(diagonal, where[layer, 1], n[layer], n[layer]) @ here


@kernel()
def _block(flat: Floats, start: int, rows: int, columns: int) -> Floats:
    return flat[start : start + rows * columns].reshape(rows, columns)
