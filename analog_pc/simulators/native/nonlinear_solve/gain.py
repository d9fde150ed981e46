"""The loop gain as few terms and few ties, for compiled code.

Without what crossbars do between their ports, a read feels the outputs of its own cell alone, and crossbars
tie cells by few voltages::

    K = S + left right        S [reads, outputs]: few terms;  left [reads, ties], right [ties, outputs]

Both are exact up to rounding of the largest singular value of K (where every output counts by the read that
sees most of it), or K is taken as it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from analog_pc.arrays import Floats, Ints
from analog_pc.compiled.kernel import kernel
from analog_pc.simulators.native.kernels.unit_kernel import INNER

MOST_TIES = 80
FEW = 8  # one term takes as long as so many in a product of matrices
# Of the largest number in K: by so much another form of it may miss.
ROUNDING = 16.0 * float(np.finfo(np.float64).eps)


class Gain(NamedTuple):
    """S as compressed rows, and the ties; without `right`, the outputs are the ties."""

    starts: Ints
    columns: Ints
    values: Floats
    left: Floats
    right: Floats


def gain_of(whole: Floats, alone: Floats | None) -> Gain:
    """K [reads, outputs] by what it is without crossbars between their ports, where that is less work."""
    if alone is not None:
        scale = np.abs(whole).max(axis=0, initial=0.0)
        scale[scale == 0.0] = 1.0
        own = alone / scale
        own[np.abs(own) <= ROUNDING] = 0.0
        left, size, right = truncated_svd(whole / scale - own, MOST_TIES)
        least = ROUNDING * max(1.0, size.max(initial=0.0))
        ties = int((size > least).sum())
        left, right = left[:, :ties] * size[:ties], right[:ties]
        near = np.abs(whole / scale - own - left @ right).max(initial=0.0) <= least
        if near and ties * sum(whole.shape) + FEW * np.count_nonzero(own) < whole.size:
            return _gain(csr_array(own * scale), left, right * scale)
    return _gain(csr_array(np.zeros(whole.shape)), whole, np.zeros((0, whole.shape[1])))


def _gain(own: csr_array, left: Floats, right: Floats) -> Gain:
    starts = own.indptr.astype(np.int64)
    columns = own.indices.astype(np.int64)
    return Gain(starts, columns, own.data, np.ascontiguousarray(left), np.ascontiguousarray(right))


def truncated_svd(matrix: Floats, most: int) -> tuple[Floats, Floats, Floats]:
    """The largest singular values, some more than `most`, and their vectors; exact where these are all.

    Its columns lie in the span of random combinations of them, with more combinations than its rank (Halko,
    Martinsson & Tropp, SIAM Review 53, 217 (2011)): faster than all singular values of a wide layer.
    """
    some = np.random.default_rng(0).standard_normal((matrix.shape[1], most + 8))
    basis = np.linalg.qr(matrix @ some)[0]
    left, size, right = np.linalg.svd(basis.T @ matrix, full_matrices=False)
    return basis @ left, size, right


@kernel(**INNER)
def feel(gain: Gain, q: Floats, ties: Floats, out: Floats) -> None:
    """out [reads, samples] = K q [outputs, samples]; ties [ties, samples] is room."""
    if len(gain.right):
        np.dot(gain.right, q, ties)
        np.dot(gain.left, ties, out)
    elif gain.left.shape[1]:
        np.dot(gain.left, q, out)
    for i in range(len(out)):
        if not gain.left.shape[1]:
            for s in range(out.shape[1]):
                out[i, s] = 0.0
        for k in range(gain.starts[i], gain.starts[i + 1]):
            column, value = gain.columns[k], gain.values[k]
            for s in range(out.shape[1]):
                out[i, s] += value * q[column, s]
