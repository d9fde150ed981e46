"""Factors of small matrices: LU and L D L^T of one, L D L^T of many side by side."""

from __future__ import annotations

from analog_pc.arrays import Floats, Ints
from analog_pc.compiled.kernel import FAST_MATH, INNER, kernel


@kernel(**FAST_MATH)
def factor_lu(a: Floats, n: int, pivots: Ints, row: Floats) -> float:
    """LU factors of a matrix, in place, rows exchanged; the sign of its determinant.

    Parameters
    ----------
    a
        The matrix, [n or more, n or more].
    n
        Its size.
    pivots
        Filled: which row took the place of each, [n].
    row
        Scratch, [n].
    """
    sign = 1.0
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(a[i, k]) > abs(a[best, k]):
                best = i
        pivots[k] = best
        if best != k:
            sign = -sign
            for j in range(n):
                kept = a[k, j]
                a[k, j] = a[best, j]
                a[best, j] = kept
        pivot = a[k, k]
        if pivot < 0.0:
            sign = -sign
        elif not pivot > 0.0:
            return 0.0
        left = n - 1 - k
        for j in range(left):
            row[j] = a[k, k + 1 + j]  # a copy: the compiler sees that the loop below does not write it
        for i in range(k + 1, n):
            ratio = a[i, k] / pivot
            a[i, k] = ratio
            other = a[i, k + 1 : n]
            for j in range(left):
                other[j] -= ratio * row[j]
    return sign


@kernel(**FAST_MATH)
def solve_lu(a: Floats, n: int, pivots: Ints, b: Floats) -> None:
    """Solve for many right-hand sides, by the factors of `factor_lu`.

    Parameters
    ----------
    a, n, pivots
        As `factor_lu` left them.
    b
        [right-hand sides, n]; each row becomes its solution.
    """
    count = len(b)
    for r in range(count):
        for k in range(n):
            other = pivots[k]
            kept = b[r, k]
            b[r, k] = b[r, other]
            b[r, other] = kept
    whole = count - count % 4
    for r in range(0, whole, 4):
        _solve_four(a, n, b[r], b[r + 1], b[r + 2], b[r + 3])
    for r in range(whole, count):
        _solve_one(a, n, b[r])


@kernel(**INNER)
def _solve_one(a: Floats, n: int, x: Floats) -> None:
    """x becomes U^-1 L^-1 x.  Slices, so that loops count from 0 and numba uses SIMD."""
    for i in range(1, n):
        left = a[i, :i]
        total = 0.0
        for j in range(i):
            total += left[j] * x[j]
        x[i] -= total
    for i in range(n - 1, -1, -1):
        right = a[i, i + 1 : n]
        done = x[i + 1 : n]
        total = 0.0
        for j in range(n - 1 - i):
            total += right[j] * done[j]
        x[i] = (x[i] - total) / a[i, i]


@kernel(**INNER)
def _solve_four(a: Floats, n: int, x: Floats, y: Floats, z: Floats, w: Floats) -> None:
    """`_solve_one` of four, which share what is read of a, and do not wait for each other's sums."""
    for i in range(1, n):
        left = a[i, :i]
        of_x = 0.0
        of_y = 0.0
        of_z = 0.0
        of_w = 0.0
        for j in range(i):
            of_x += left[j] * x[j]
            of_y += left[j] * y[j]
            of_z += left[j] * z[j]
            of_w += left[j] * w[j]
        x[i] -= of_x
        y[i] -= of_y
        z[i] -= of_z
        w[i] -= of_w
    for i in range(n - 1, -1, -1):
        right = a[i, i + 1 : n]
        x_done = x[i + 1 : n]
        y_done = y[i + 1 : n]
        z_done = z[i + 1 : n]
        w_done = w[i + 1 : n]
        of_x = 0.0
        of_y = 0.0
        of_z = 0.0
        of_w = 0.0
        for j in range(n - 1 - i):
            of_x += right[j] * x_done[j]
            of_y += right[j] * y_done[j]
            of_z += right[j] * z_done[j]
            of_w += right[j] * w_done[j]
        inverse = 1.0 / a[i, i]
        x[i] = (x[i] - of_x) * inverse
        y[i] = (y[i] - of_y) * inverse
        z[i] = (z[i] - of_z) * inverse
        w[i] = (w[i] - of_w) * inverse


@kernel(**FAST_MATH)
def factor_symmetric(s: Floats, n: int) -> float:
    """L D L^T of the symmetric s [n, n], of which the lower triangle is given and becomes L and 1 / D; how
    many of D are negative, which is how many eigenvalues are (Sylvester's law of inertia)."""
    negative = 0.0
    for i in range(n):
        pivot = s[i, i]
        for j in range(i):
            total = s[i, j]
            for m in range(j):
                total -= s[i, m] * s[j, m]
            s[i, j] = total  # times D_j for now: the sums above need it so
        for j in range(i):
            ratio = s[i, j] * s[j, j]
            pivot -= s[i, j] * ratio
            s[i, j] = ratio
        s[i, i] = 1.0 / pivot
        negative += 1.0 if pivot < 0.0 else 0.0
    return negative


@kernel(**FAST_MATH)
def solve_symmetric(s: Floats, n: int, rhs: Floats) -> None:
    """Solve, by the factors of `factor_symmetric`.

    Parameters
    ----------
    s, n
        As `factor_symmetric` left them.
    rhs
        [n]; becomes the solution.
    """
    for i in range(n):
        total = rhs[i]
        for j in range(i):
            total -= s[i, j] * rhs[j]
        rhs[i] = total
    for i in range(n - 1, -1, -1):
        total = rhs[i] * s[i, i]
        for j in range(i + 1, n):
            total -= s[j, i] * rhs[j]
        rhs[i] = total


@kernel(**FAST_MATH)
def factor_packed(packed: Floats, n: int, inverse: Floats, negative: Floats) -> None:
    """L D L^T of many symmetric matrices side by side, in place.

    Parameters
    ----------
    packed
        Lower triangles row by row, [n (n + 1) / 2, samples].
    n
        Size of each.
    inverse
        Filled with 1 / D, [n, samples].
    negative
        Filled: how many of D are negative, which is how many eigenvalues are (Sylvester's law of inertia),
        [samples].
    """
    count = packed.shape[1]
    negative[:count] = 0.0
    for i in range(n):
        row = i * (i + 1) // 2
        for j in range(i):
            other = j * (j + 1) // 2
            for m in range(j):
                for b in range(count):
                    packed[row + j, b] -= packed[row + m, b] * packed[other + m, b]
        for j in range(i):
            for b in range(count):
                ratio = packed[row + j, b] * inverse[j, b]
                packed[row + i, b] -= packed[row + j, b] * ratio
                packed[row + j, b] = ratio
        for b in range(count):
            inverse[i, b] = 1.0 / packed[row + i, b]
            negative[b] += 1.0 if packed[row + i, b] < 0.0 else 0.0


@kernel(**FAST_MATH)
def solve_packed(packed: Floats, n: int, inverse: Floats, rhs: Floats) -> None:
    """Solve, by the factors of `factor_packed`.

    Parameters
    ----------
    packed, n, inverse
        As `factor_packed` left them.
    rhs
        [n, samples]; becomes the solution.
    """
    count = packed.shape[1]
    for i in range(n):
        for j in range(i):
            at = i * (i + 1) // 2 + j
            for b in range(count):
                rhs[i, b] -= packed[at, b] * rhs[j, b]
    for i in range(n - 1, -1, -1):
        for b in range(count):
            rhs[i, b] *= inverse[i, b]
        for j in range(i + 1, n):
            at = j * (j + 1) // 2 + i
            for b in range(count):
                rhs[i, b] -= packed[at, b] * rhs[j, b]
