"""The full nodal system, factorised: slow, large, and independent of the iteration that it checks."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from analog_pc.arrays import Any, Floats
from analog_pc.crossbar.array import WiredArray
from analog_pc.crossbar.solution import ROUGHEST, Raw


def solve_direct(array: WiredArray, voltages: Floats, tolerance: float, full: bool) -> Raw:
    """Solve for voltages [batch, rows] in V by sparse LU; both wire resistances must be > 0."""
    matrix = nodal_matrix(array)
    rows, columns = array.rows, array.columns
    source = np.zeros((2, rows, columns, len(voltages)))
    source[0, :, 0] = voltages.T / array.word_line_resistance
    drives = source.reshape(2 * rows * columns, -1)
    nodes = splu(matrix).solve(drives)
    size = np.linalg.norm(drives, axis=0)
    size[size == 0.0] = 1.0
    residual = np.linalg.norm(matrix @ nodes - drives, axis=0) / size
    rounding = np.finfo(np.float64).eps * np.linalg.norm(abs(matrix) @ np.abs(nodes), axis=0) / size
    words, bits = nodes.T.reshape(-1, 2, rows, columns).transpose(1, 0, 2, 3)
    if array.bit_lines_sag:
        currents = bits[:, -1] / array.bit_line_resistance
    else:
        currents = (array.conductance * (words - bits)).sum(axis=1)
    return Raw(
        currents=currents,
        nodes=np.ascontiguousarray(nodes.T).reshape(-1, 2, rows, columns) if full else None,
        iterations=np.zeros(len(voltages), dtype=np.int64),
        residual=residual,
        converged=residual <= np.maximum(tolerance, np.minimum(rounding, ROUGHEST)),
    )


def nodal_matrix(array: WiredArray) -> Any:
    """Conductance matrix [2 rows columns]^2 (S, CSC) of Kirchhoff's current law; word-line nodes first."""
    g, index = array.conductance, np.arange(2 * array.conductance.size)
    words, bits = index.reshape(2, *g.shape)
    word, bit = 1.0 / array.word_line_resistance, 1.0 / array.bit_line_resistance
    pairs = [
        (words, bits, g),
        (words[:, :-1], words[:, 1:], np.full_like(g[:, 1:], word)),
        (bits[:-1], bits[1:], np.full_like(g[1:], bit)),
    ]
    ends = [(words[:, 0], word), (bits[-1], bit)]  # to the sources, to ground
    i, j, values = [], [], []
    for a, b, conductance in pairs:
        a, b, each = a.ravel(), b.ravel(), conductance.ravel()
        i += [a, b, a, b]
        j += [a, b, b, a]
        values += [each, each, -each, -each]
    for a, end in ends:
        i.append(a)
        j.append(a)
        values.append(np.full(a.shape, end))
    entries = np.concatenate(values), (np.concatenate(i), np.concatenate(j))
    return coo_array(entries, shape=(index.size, index.size)).tocsc()
