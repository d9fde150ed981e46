"""The full nodal system, factorised: slow, large, and independent of the iteration that it checks."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from analog_pc.arrays import Any, Floats
from analog_pc.crossbar.array import WiredArray
from analog_pc.crossbar.solution import Raw


def solve_direct(array: WiredArray, voltages: Floats, tolerance: float, full: bool) -> Raw:
    """Solve for voltages [batch, rows] in V by sparse LU; both wire resistances must be > 0."""
    matrix = nodal_matrix(array)
    rows, columns = array.rows, array.columns
    source = np.zeros((2, rows, columns, len(voltages)))
    source[0, :, 0] = voltages.T / array.word_line_resistance
    source = source.reshape(2 * rows * columns, -1)
    nodes = splu(matrix).solve(source)
    size = np.linalg.norm(source, axis=0)
    residual = np.linalg.norm(matrix @ nodes - source, axis=0) / np.where(size > 0.0, size, 1.0)
    words, bits = nodes.T.reshape(-1, 2, rows, columns).transpose(1, 0, 2, 3)
    currents = (array.conductance * (words - bits)).sum(axis=1)
    return Raw(
        currents=currents,
        bits=np.ascontiguousarray(bits) if full else None,
        iterations=np.zeros(len(voltages), dtype=np.int64),
        residual=residual,
        converged=residual <= tolerance,
    )


def nodal_matrix(array: WiredArray) -> Any:
    """Conductance matrix [2 rows columns]^2 (S, CSC) of Kirchhoff's current law; word-line nodes first."""
    g, index = array.conductance, np.arange(2 * array.conductance.size)
    words, bits = index.reshape(2, *g.shape)
    word, bit = 1.0 / array.word_line_resistance, 1.0 / array.bit_line_resistance
    pairs = [
        (words.ravel(), bits.ravel(), g.ravel()),
        (words[:, :-1].ravel(), words[:, 1:].ravel(), word),
        (bits[:-1].ravel(), bits[1:].ravel(), bit),
    ]
    ends = [(words[:, 0], word), (bits[-1], bit)]  # to the sources, to ground
    i, j, values = [], [], []
    for a, b, conductance in pairs:
        each = np.broadcast_to(conductance, a.shape)
        i += [a, b, a, b]
        j += [a, b, b, a]
        values += [each, each, -each, -each]
    for a, conductance in ends:
        i.append(a)
        j.append(a)
        values.append(np.broadcast_to(conductance, a.shape))
    entries = np.concatenate(values), (np.concatenate(i), np.concatenate(j))
    return coo_array(entries, shape=(index.size, index.size)).tocsc()
