"""Cells: what a circuit falls apart into without what its crossbars do between their ports.

By outputs and stimuli, a node voltage is a row with a term for every stimulus of every cell that a crossbar
ties to its own.  The blocks of its cell read voltages that feel the same sums already: by them ::

    v = P y + Q q + R u + c        y: what blocks of the cell read; q, u: outputs and stimuli of the cell

is a few terms.  P comes from least squares over all inputs that are not the cell's own, and is taken where
it misses none of these by more than rounding of what the node itself feels most.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.sparse import block_array, csr_array
from scipy.sparse.csgraph import connected_components

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.simulators.native.map_kernel import ROUNDING, Plan, plan_of
from analog_pc.simulators.native.reduce import Reduced

LARGEST = 4.0  # more than so many times its reads, and a node would feel their rounding


def in_few_terms(reduced: Reduced, nodes: Ints, outputs: Ints, reads: Ints) -> Plan:
    """The map of block outputs (its first inputs, in this order), stimuli and `reads` to nodes.

    All states are at rest, and `outputs` are all there are.
    """
    of_nodes, of_reads, inside = _cells(reduced, nodes, reads)
    whole, seen = reduced.nodes.rows(nodes).matrix, reduced.reads.rows(reads).matrix
    whole[np.abs(whole) < reduced.nothing] = 0.0
    scale = np.maximum(np.abs(whole).max(axis=0, initial=0.0), np.abs(seen).max(axis=0, initial=0.0))
    scale[scale == 0.0] = 1.0
    whole, seen = whole / scale, seen / scale
    terms = np.zeros((len(nodes), len(reads)))
    for cell in np.intersect1d(of_nodes, of_reads):
        rows, mine, others = np.flatnonzero(of_nodes == cell), np.flatnonzero(of_reads == cell), ~inside[cell]
        size = np.abs(whole[rows]).max(axis=1)
        terms[np.ix_(rows, mine)] = _terms(whole[np.ix_(rows, others)], seen[np.ix_(mine, others)], size)
    left = whole - terms @ seen
    left[np.abs(left) <= ROUNDING * np.abs(whole).max(axis=1, keepdims=True)] = 0.0
    by_u = slice(len(outputs), -1)
    left *= scale
    return plan_of(left[:, outputs], left[:, by_u], left[:, -1], csr_array(terms))


def _terms(whole: Floats, seen: Floats, size: Floats) -> Floats:
    """P with whole [nodes, others] = P seen [reads, others]; zeros for a node that has none."""
    terms = np.linalg.lstsq(seen.T, whole.T, rcond=ROUNDING)[0].T
    terms[np.abs(terms) <= ROUNDING * size[:, None]] = 0.0
    good = np.abs(whole - terms @ seen).max(axis=1, initial=0.0) <= ROUNDING * size
    good &= np.abs(terms) @ np.abs(seen).max(axis=1, initial=0.0) <= LARGEST * size
    return np.where(good[:, None], terms, 0.0)


def _cells(reduced: Reduced, nodes: Ints, reads: Ints) -> tuple[Ints, Ints, Bools]:
    """The cell of every node, that of every read (-1: of several), and what is inside, [cells, sources]."""
    matrix, sources = reduced.matrix(coupled=False), csr_array(reduced.sources())
    count, label = connected_components(block_array([[None, matrix], [matrix.T, None]]), directed=False)
    of_row, of_unknown = np.split(label, 2)
    inside = np.zeros((count, sources.shape[1]), dtype=np.bool_)
    rows, columns = sources.nonzero()
    inside[of_row[rows], columns] = True
    inside[:, -1] = True  # the constant is everybody's
    seen = csr_array(reduced.read_matrix()[reads])
    of_reads = np.full(len(reads), -1)
    for k, (a, b) in enumerate(pairwise(seen.indptr)):
        cells = np.unique(of_unknown[seen.indices[a:b]])
        of_reads[k] = cells[0] if len(cells) == 1 else -1
    return of_unknown[nodes], of_reads, inside
