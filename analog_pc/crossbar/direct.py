"""The full nodal system, factorised: slow, large, and independent of the iteration that it checks."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from analog_pc.arrays import Any, Floats
from analog_pc.crossbar.array import WiredArray
from analog_pc.crossbar.solution import ROUGHEST, Raw

_EPS = np.finfo(np.float64).eps
_MOST_NUMBERS = 2**24  # of the solutions held at once: 128 MB


def solve_direct(array: WiredArray, voltages: Floats, tolerance: float, full: bool) -> Raw:
    """Solve for voltages [batch, rows] in V by sparse LU; both wire resistances must be > 0."""
    matrix = nodal_matrix(array)
    factors = splu(matrix, permc_spec="MMD_AT_PLUS_A")  # the pattern is symmetric: half the time of COLAMD
    batch = len(voltages)
    currents = np.empty((batch, array.columns))
    nodes = np.empty((batch if full else 0, 2, array.rows, array.columns))
    residual = np.empty(batch)
    rounding = np.empty(batch)
    columns = max(1, _MOST_NUMBERS // matrix.shape[0])
    for first in range(0, batch, columns):
        part = slice(first, first + columns)
        drives = _drives(array, voltages[part])
        found = factors.solve(drives)
        size = np.linalg.norm(drives, axis=0)
        size[size == 0.0] = 1.0
        residual[part] = np.linalg.norm(matrix @ found - drives, axis=0) / size
        rounding[part] = _EPS * np.linalg.norm(abs(matrix) @ np.abs(found), axis=0) / size
        volts = found.T.reshape(-1, 2, array.rows, array.columns)
        currents[part] = _currents(array, volts)
        if full:
            nodes[part] = volts
    return Raw(
        currents=currents,
        nodes=nodes if full else None,
        iterations=np.zeros(batch, dtype=np.int64),
        residual=residual,
        converged=residual <= np.maximum(tolerance, np.minimum(rounding, ROUGHEST)),
    )


def _drives(array: WiredArray, voltages: Floats) -> Floats:
    """Currents [2 rows columns, batch] in A of the sources with the first segments as their resistance."""
    source = np.zeros((2, array.rows, array.columns, len(voltages)))
    source[0, :, 0] = voltages.T / array.word_line_resistance
    return source.reshape(2 * array.rows * array.columns, -1)


def _currents(array: WiredArray, nodes: Floats) -> Floats:
    """Currents [batch, columns] in A out of the feet, for nodes [batch, 2, rows, columns] in V."""
    word_nodes = nodes[:, 0]
    bit_nodes = nodes[:, 1]
    if array.bit_lines_sag:
        return np.asarray(bit_nodes[:, -1] / array.bit_line_resistance)
    return np.asarray((array.conductance * (word_nodes - bit_nodes)).sum(axis=1))


def nodal_matrix(array: WiredArray) -> Any:
    """Conductance matrix [2 rows columns]^2 (S, CSC) of Kirchhoff's current law; word-line nodes first."""
    g = array.conductance
    index = np.arange(2 * array.conductance.size)
    word_nodes, bit_nodes = index.reshape(2, *g.shape)
    word = 1.0 / array.word_line_resistance
    bit = 1.0 / array.bit_line_resistance
    pairs = [
        (word_nodes, bit_nodes, g),
        (word_nodes[:, :-1], word_nodes[:, 1:], np.full_like(g[:, 1:], word)),
        (bit_nodes[:-1], bit_nodes[1:], np.full_like(g[1:], bit)),
    ]
    ends = [(word_nodes[:, 0], word), (bit_nodes[-1], bit)]  # to the sources, to ground
    i = []
    j = []
    values = []
    for a, b, conductance in pairs:
        a = a.ravel()
        b = b.ravel()
        each = conductance.ravel()
        i += [a, b, a, b]
        j += [a, b, b, a]
        values += [each, each, -each, -each]
    for a, end in ends:
        i.append(a)
        j.append(a)
        values.append(np.full(a.shape, end))
    entries = np.concatenate(values), (np.concatenate(i), np.concatenate(j))
    return coo_array(entries, shape=(index.size, index.size)).tocsc()
