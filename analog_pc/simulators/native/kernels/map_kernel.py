"""Linear maps of many samples in compiled code, a tile of samples at a time.

The maps of a circuit have structure: a driver's node copies one stimulus, a line at virtual ground feels many
stimuli and few block outputs, two elements read the same node.  A plan knows it, so that less is multiplied.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, hstack

from analog_pc.arrays import Floats, Ints
from analog_pc.compiled.kernel import kernel
from analog_pc.simulators.native.kernels.unit_kernel import INNER, OPTIONS

TILE = 128  # samples
FEW = 8  # one term takes as long as so many in a product of matrices
# Of the largest number in a map: by so much another form of it may miss.
ROUNDING = 16.0 * float(np.finfo(np.float64).eps)


class Plan(NamedTuple):
    """An affine map of first and second inputs to n values.

    Rows with many terms are products of matrices, few terms are added one by one: `first` [.., first inputs]
    holds the different rows with many terms, `first_of` [n] says which of them is a row's own, or -1;
    `starts` [n + 1], `columns` and `values` are the few terms, row by row.
    """

    first: Floats
    first_of: Ints
    second: Floats
    second_of: Ints
    starts: Ints
    columns: Ints
    values: Floats
    constant: Floats  # [n]


def plan_of(first: Floats, second: Floats, constant: Floats, copied: csr_array | None = None) -> Plan:
    """The plan of a map [n, first inputs], [n, second inputs] and [n]; `copied` [n, more] of more inputs."""
    (one, one_of), (two, two_of) = _many(first), _many(second)
    left = [np.where(of[:, None] < 0, matrix, 0.0) for of, matrix in ((one_of, first), (two_of, second))]
    few = csr_array(np.concatenate(left, axis=1))
    if copied is not None:
        few = csr_array(hstack([few, copied]))
    return Plan(one, one_of, two, two_of, *by_row(few), np.ascontiguousarray(constant))


def by_row(matrix: csr_array) -> tuple[Ints, Ints, Floats]:
    """Starts, columns and values as compiled code takes them."""
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data


def copies(n: int) -> Plan:
    """The plan that hands n (second) inputs on as they are."""
    empty, none, numbers = np.zeros((0, 0)), np.full(n, -1), np.arange(n + 1)
    return Plan(empty, none, np.zeros((0, n)), none, numbers, numbers[:n].copy(), np.ones(n), np.zeros(n))


def _many(matrix: Floats) -> tuple[Floats, Ints]:
    """The different rows with many terms, and which of them each row is, or -1."""
    many = np.flatnonzero((matrix != 0.0).sum(axis=1) * FEW > matrix.shape[1])
    first, number = different(matrix[many])
    of = np.full(len(matrix), -1)
    of[many] = number
    return np.ascontiguousarray(matrix[many[first]]), of


def different(matrix: Floats) -> tuple[Ints, Ints]:
    """The first row of each kind of equal rows, and of which kind every row is."""
    kinds: dict[bytes, int] = {}
    number = np.array([kinds.setdefault(row.tobytes(), len(kinds)) for row in matrix], dtype=np.int64)
    return np.unique(number, return_index=True)[1], number


@kernel(**OPTIONS)
def fill(plan: Plan, inputs: Floats, first: int, last: int, out: Floats, at: int) -> None:
    """Fill columns at + first ... at + last of out [n, more samples]; inputs [inputs, samples]."""
    split, end = plan.first.shape[1], plan.first.shape[1] + plan.second.shape[1]
    for start in range(first, last, TILE):
        given = inputs[:, start : min(start + TILE, last)].copy()
        one, two = np.empty((len(plan.first), given.shape[1])), np.empty((len(plan.second), given.shape[1]))
        product(plan.first, given[:split], one)
        product(plan.second, given[split:end], two)
        put(plan, one, two, given[:split], given[split:end], given[end:], out, at + start)


@kernel(**INNER)
def product(matrix: Floats, given: Floats, out: Floats) -> None:
    """out = matrix [n, inputs] times given [inputs, samples]; many rows of that may be zero, as rails are."""
    (n, inputs), samples, used = matrix.shape, given.shape[1], 0
    which = np.empty(inputs, np.int64)
    for k in range(inputs):
        for s in range(samples):
            if given[k, s] != 0.0:
                which[used] = k
                used += 1
                break
    if 2 * used > inputs:
        np.dot(matrix, given, out)
        return
    columns, rows = np.empty((n, used)), np.empty((used, samples))
    for j in range(used):
        for i in range(n):
            columns[i, j] = matrix[i, which[j]]
        for s in range(samples):
            rows[j, s] = given[which[j], s]
    np.dot(columns, rows, out)


@kernel(**INNER)
def put(
    plan: Plan, one: Floats, two: Floats, first: Floats, second: Floats, copied: Floats, out: Floats, at: int
) -> None:
    """Fill columns of out from `at` on: products one and two, and few terms of inputs [.., samples]."""
    samples, split = first.shape[1], len(first)
    end = split + len(second)
    for i in range(len(plan.constant)):
        constant, a, b = plan.constant[i], plan.first_of[i], plan.second_of[i]
        begun = False
        for k in range(plan.starts[i], plan.starts[i + 1]):
            column, value = plan.columns[k], plan.values[k]
            if column < split:
                given = first[column]
            elif column < end:
                given = second[column - split]
            else:
                given = copied[column - end]
            if begun:
                for s in range(samples):
                    out[i, at + s] += value * given[s]
            else:
                for s in range(samples):
                    out[i, at + s] = constant + value * given[s]
            begun = True
        if not begun:
            for s in range(samples):
                out[i, at + s] = constant
        if a >= 0:
            for s in range(samples):
                out[i, at + s] += one[a, s]
        if b >= 0:
            for s in range(samples):
                out[i, at + s] += two[b, s]
