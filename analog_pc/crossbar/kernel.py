"""Compiled conjugate gradients on the bit lines of a crossbar, preconditioned by the bit lines themselves.

With D = diag(G), Tw and Tb the tridiagonal word and bit lines with their devices on the diagonal, and the
word lines eliminated, the bit-line voltages b obey

    S b = D Tw^-1 (V / r_w at the driven ends),    S = Tb - D Tw^-1 D,    preconditioner Tb^-1.

Everything is multiplied by the wire resistance, so that all vectors are in volts and a line is stored as
one ratio a node.  Elimination runs from the open end towards the source or ground, where it only adds:

    load_k = r G_k + load_(k-1) h_(k-1),    h_k = 1 / (1 + load_k)               (k counts from the open end)
    forward  t_k = rhs_k + h_(k-1) t_(k-1),        backward  x_k = h_k (t_k + x_(k+1))

Two sweeps over memory make an iteration.  *Up* (towards the open ends of the bit lines): preconditioner,
search direction, word lines, eight of them at a time in the lanes of a vector, and p.Sp.  *Down* (towards
ground): the step.  The residual is kept as its forward elimination t alone, since r.Tb^-1 r = sum h t^2.
Rows are padded on top to a multiple of eight with open cells, which carry no current; columns are padded
so that rows do not fall on the same cache lines.
"""

from __future__ import annotations

import math

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.compiled.kernel import REGROUPED_SUMS, kernel

LANES = 8
EPS = 2.0**-52


@kernel(nogil=True, fastmath=REGROUPED_SUMS)
def factor(g: Floats, n: int, r_word: float, r_bit: float, h_word: Floats, h_bit: Floats) -> None:
    """Line ratios: h_word [rows / 8, n, 8] and h_bit [rows, width] of g [rows, width], n columns used."""
    load = np.zeros(max(n, 8))
    for i in range(g.shape[0]):
        for j in range(n):
            load[j] += r_bit * g[i, j]
            h_bit[i, j] = 1.0 / (1.0 + load[j])
            load[j] *= h_bit[i, j]
    for block in range(h_word.shape[0]):
        load[:8] = 0.0
        for j in range(n - 1, -1, -1):
            for k in range(8):
                load[k] += r_word * g[8 * block + k, j]
            for k in range(8):
                h_word[block, j, k] = 1.0 / (1.0 + load[k])
                load[k] *= h_word[block, j, k]


@kernel(nogil=True, fastmath=REGROUPED_SUMS)
def _up(
    g: Floats,
    n: int,
    r_word: float,
    r_bit: float,
    h_word: Floats,
    h_bit: Floats,
    v: Floats,
    t: Floats,
    p: Floats,
    u: Floats,
    z: Floats,
    lanes: Floats,
    beta: float,
    search: bool,
    w: Floats,
) -> float:
    """Device currents u = r_b G (p - w) where w are the word lines against p, driven by v; returns p.Sp.

    With `search`, p = Tb^-1 r + beta p comes first, in the same sweep.  w is kept unless it has no rows.
    """
    total = 0.0
    z[:] = 0.0
    for block in range(h_word.shape[0] - 1, -1, -1):
        h = h_word[block]
        for k in range(7, -1, -1):
            i = 8 * block + k
            gi, pi = g[i], p[i]
            if search:
                hi, ti = h_bit[i], t[i]
                for j in range(n):
                    z[j] = hi[j] * (ti[j] + z[j])
                for j in range(n):
                    pi[j] = z[j] + beta * pi[j]
            for j in range(n):
                lanes[j, k] = r_word * gi[j] * pi[j]
        for k in range(8):
            lanes[0, k] += v[8 * block + k]
        for j in range(n - 2, -1, -1):
            for k in range(8):
                lanes[j, k] += h[j + 1, k] * lanes[j + 1, k]
        for k in range(8):
            lanes[0, k] *= h[0, k]
        for j in range(1, n):
            for k in range(8):
                lanes[j, k] = h[j, k] * (lanes[j, k] + lanes[j - 1, k])
        for k in range(8):
            i = 8 * block + k
            gi, pi, ui = g[i], p[i], u[i]
            for j in range(n):
                ui[j] = r_bit * gi[j] * (pi[j] - lanes[j, k])
            if w.shape[0] > 0:
                for j in range(n):
                    w[i, j] = lanes[j, k]
            for j in range(n):
                total += pi[j] * ui[j]
            if i + 1 < g.shape[0]:
                below = p[i + 1]
                for j in range(n):
                    total += (pi[j] - below[j]) * (pi[j] - below[j])
            else:
                for j in range(n):
                    total += pi[j] * pi[j]
    return total


@kernel(nogil=True, fastmath=REGROUPED_SUMS)
def _down(
    n: int, h_bit: Floats, t: Floats, p: Floats, u: Floats, f: Floats, x: Floats, alpha: float, move: float
) -> tuple[float, float]:
    """One step: t -= alpha (forward elimination of Sp), x += move p; returns r.r and r.Tb^-1 r."""
    rows = h_bit.shape[0]
    rr, rz = 0.0, 0.0
    f[:] = 0.0
    for i in range(rows):
        pi, ui, ti, hi, xi = p[i], u[i], t[i], h_bit[i], x[i]
        if i > 0:
            above, h_above = p[i - 1], h_bit[i - 1]
            for j in range(n):
                f[j] = f[j] * h_above[j] + (pi[j] - above[j]) + ui[j]
        else:
            for j in range(n):
                f[j] = ui[j]
        if i + 1 < rows:
            below = p[i + 1]
            for j in range(n):
                f[j] += pi[j] - below[j]
        else:
            for j in range(n):
                f[j] += pi[j]
        for j in range(n):
            ti[j] -= alpha * f[j]
        for j in range(n):
            xi[j] += move * pi[j]
        for j in range(n):
            rz += hi[j] * ti[j] * ti[j]
        if i > 0:
            h_above, t_above = h_bit[i - 1], t[i - 1]
            for j in range(n):
                rr += (ti[j] - h_above[j] * t_above[j]) ** 2
        else:
            for j in range(n):
                rr += ti[j] * ti[j]
    return rr, rz


@kernel(nogil=True, fastmath=REGROUPED_SUMS)
def solve(
    g: Floats,
    n: int,
    r_word: float,
    r_bit: float,
    h_word: Floats,
    h_bit: Floats,
    drive: Floats,
    sag: bool,
    tolerance: float,
    most: int,
    abandon: bool,
    missed: Bools,
    currents: Floats,
    report: Floats,
    nodes: Floats,
) -> None:
    """Solve every row of drive [batch, rows] in turn.

    currents [batch, n] in A, of the last segments with `sag`, else of the devices; report [batch, 3] =
    iterations, residual, what rounding of b can make of the residual; nodes [batch, 2, rows, n] gets w, b,
    or has batch 0.  The residual is computed afresh from b before it is reported, and if that is not good
    enough the iteration goes on from there.  missed[0] is set where an input does not get there; with
    `abandon` the inputs that follow, in this call and in calls beside it, are then left with an infinite
    residual.
    """
    rows, width = g.shape
    x, p = np.empty((rows, width)), np.empty((rows, width))
    t, u = np.empty((rows, width)), np.empty((rows, width))
    carry, lanes = np.empty(width), np.empty((n, 8))
    silent, no_w = np.zeros(rows), np.empty((0, n))
    for b in range(drive.shape[0]):
        if abandon and missed[0]:
            report[b, 0], report[b, 1], report[b, 2] = 0.0, np.inf, 0.0
            continue
        x[:] = 0.0
        last_w = nodes[b, 0] if nodes.shape[0] > 0 else no_w
        iterations, best, scale, enough = 0, np.inf, 0.0, 0.0
        while True:
            p[:] = x
            t[:] = 0.0
            _up(g, n, r_word, r_bit, h_word, h_bit, drive[b], t, p, u, carry, lanes, 0.0, False, last_w)
            rr, rz = _down(n, h_bit, t, p, u, carry, x, 1.0, 0.0)
            residual = math.sqrt(rr)
            if scale == 0.0:
                scale = residual
            size = 0.0
            for i in range(rows):
                for j in range(n):
                    size += ((4.0 + 2.0 * r_bit * g[i, j]) * x[i, j]) ** 2
            floor = EPS * math.sqrt(size)
            enough = max(tolerance * scale, floor)
            if residual <= enough or not residual < 0.5 * best or iterations >= most:
                break
            best = residual
            beta = 0.0
            p[:] = 0.0
            while iterations < most:
                curvature = _up(
                    g, n, r_word, r_bit, h_word, h_bit, silent, t, p, u, carry, lanes, beta, True, no_w
                )
                if not curvature > 0.0:
                    break
                iterations += 1
                alpha = rz / curvature
                last = rz
                rr, rz = _down(n, h_bit, t, p, u, carry, x, alpha, alpha)
                beta = rz / last
                if not math.sqrt(rr) > 0.9 * enough:
                    break
        if not residual <= enough:
            missed[0] = True
        relative = scale if scale > 0.0 else 1.0
        report[b, 0], report[b, 1], report[b, 2] = iterations, residual / relative, floor / relative
        for j in range(n):
            currents[b, j] = x[rows - 1, j] / r_bit if sag else 0.0
        if not sag:
            for i in range(rows):
                for j in range(n):
                    currents[b, j] -= u[i, j] / r_bit
        if nodes.shape[0] > 0:
            for i in range(rows):
                for j in range(n):
                    nodes[b, 1, i, j] = x[i, j]
