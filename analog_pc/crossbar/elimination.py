"""Elimination of the nodes inside a crossbar without a single subtraction, hence without cancellation.

A network of resistors is kept as what it is: conductances >= 0 between its nodes (`mesh`) and from them to
the ports (`leak`: the sum over all ports, which is what remains when the ports are grounded).  Eliminating
a node replaces its star by the equivalent mesh, which only adds, multiplies and divides positive numbers;
a diagonal is never stored, it is the sum of its row.  So every entry comes out with a relative rounding of
a few eps times the number of steps, however weak a device is beside a wire (where Gaussian elimination of
the nodal matrix loses the digits of G r).

Word lines go first, one by one, then the bit lines row by row, from the open ends to the feet:

    P_i --r_w--o--r_w--o         P_i: port of row i
               |       |
               G       G         1. word line i: mesh and leak gain what it adds between its bit-line nodes
               |       |
      mesh --- b --    b  --     2. S = diag(leak + sum of mesh) - mesh: all rows so far, seen from here
               |r_b    |r_b      3. across the wires S' = S X,  X = (1 + r_b S)^-1 >= 0,
               b'      b'           mesh' = X / r_b off the diagonal,  leak' = X leak

1 + r_b S has row sums 1 + r_b leak, so X needs no subtraction either (W. K. Grassmann, M. I. Taksar,
D. P. Heyman, "Regenerative analysis and steady state distributions for Markov chains", Oper. Res. 33, 1985).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import REGROUPED_SUMS, kernel
from analog_pc.crossbar.array import WiredArray

_BASE = 48  # below it the compiled loop is faster than products of halves


class Row(NamedTuple):
    """What the elimination of one row found: to_port [n] in S, half [n, n], transfer X = half' half."""

    to_port: Floats
    half: Floats
    transfer: Floats


def eliminate_rows(array: WiredArray) -> Iterator[Row]:
    """The elimination above, row after row; the resistance of the bit lines must be > 0."""
    n = array.columns
    wire = array.bit_line_resistance
    mesh = np.zeros((n, n))
    leak = np.zeros(n)
    for devices in array.conductance:
        to_port = eliminate_word_line(devices, array.word_line_resistance, mesh)
        leak += to_port
        half = inverse_factor(wire * mesh, 1.0 + wire * leak)
        transfer = half.T @ half
        yield Row(to_port, half, transfer)
        mesh = transfer / wire
        leak = transfer @ leak


def inverse_factor(mesh: Floats, excess: Floats) -> Floats:
    """Lower triangular R >= 0 with R'R = M^-1, M = diag(excess + sum of mesh) - mesh.

    mesh [n, n] >= 0 is read above its diagonal only; excess [n] > 0.  By halves: products of matrices are
    faster than loops.
    """
    n = len(excess)
    if n <= _BASE:
        out = mesh.copy()
        left = excess.copy()
        _invert(out, left)
        return out
    k = n // 2
    cross = mesh[:k, k:]
    first = inverse_factor(mesh[:k, :k], excess[:k] + cross.sum(axis=1))
    passed = first.T @ (first @ cross)
    second = inverse_factor(mesh[k:, k:] + cross.T @ passed, excess[k:] + excess[:k] @ passed)
    out = np.zeros((n, n))
    out[:k, :k] = first
    out[k:, k:] = second
    out[k:, :k] = second @ passed.T
    return out


@kernel(nogil=True, fastmath=REGROUPED_SUMS)
def _invert(a: Floats, excess: Floats) -> None:
    """`inverse_factor` in place: right of the diagonal what is left of the mesh, left of it the inverse."""
    n = len(excess)
    for k in range(n):
        pivot = excess[k]
        for j in range(k + 1, n):
            pivot += a[k, j]
        row = a[k]
        for i in range(k + 1, n):
            share = row[i] / pivot
            other = a[i]
            excess[i] += share * excess[k]
            for j in range(k):
                other[j] += share * row[j]
            other[k] = share
            for j in range(i + 1, n):
                other[j] += share * row[j]
        scale = 1.0 / np.sqrt(pivot)
        row[:k] *= scale
        row[k] = scale
        row[k + 1 :] = 0.0


@kernel(nogil=True, fastmath=REGROUPED_SUMS)
def eliminate_word_line(devices: Floats, wire: float, mesh: Floats) -> Floats:
    """Add to mesh [n, n], above its diagonal, what a word line puts between its bit-line nodes.

    Returns the conductances [n] from the bit-line nodes to its port.  With right_j = r (admittance from
    node j on, its own device included) and left_j = (resistance back to the port) / r:
        node j against ground: r left / (1 + left right);  node j+1 has 1 / (1 + right_(j+1)) of node j.
    """
    n = len(devices)
    right = np.empty(n)
    falls = np.empty(n)
    to_port = np.empty(n)
    load = 0.0
    for j in range(n - 1, -1, -1):
        right[j] = load + wire * devices[j]
        falls[j] = 1.0 / (1.0 + right[j])
        load = right[j] * falls[j]
    reach = 1.0
    left = 1.0
    for j in range(n):
        reach *= falls[j]
        to_port[j] = devices[j] * reach
        share = devices[j] * wire * left / (1.0 + left * right[j])
        for k in range(j + 1, n):
            share *= falls[k]
            mesh[j, k] += share * devices[k]
        left = 1.0 + left / (1.0 + wire * devices[j] * left)
    return to_port
