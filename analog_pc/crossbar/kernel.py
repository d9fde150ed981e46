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
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.compiled.kernel import REGROUPED_SUMS, WITHOUT_ENTRY, kernel

LANES = 8
EPS = 2.0**-52


class Lines(NamedTuple):
    """A padded array: conductance G [rows, width] in S of which `columns` are used; r_w and r_b in Ohm.

    `word_ratio` [rows / 8, columns, 8] and `bit_ratio` [rows, width] are the h of the head of this file.
    """

    conductance: Floats
    columns: int
    word_resistance: float
    bit_resistance: float
    word_ratio: Floats
    bit_ratio: Floats


class Workspace(NamedTuple):
    """Vectors of one input, [rows, width]: b, search direction p, eliminated residual t, u = r_b G (p - w).

    `carry` [width] and `lanes` [columns, 8] are the sweeps' own.
    """

    solution: Floats
    direction: Floats
    residual: Floats
    currents: Floats
    carry: Floats
    lanes: Floats


class Stopping(NamedTuple):
    """Relative residual to reach, iterations at most, and whether one failed input ends the whole solve."""

    tolerance: float
    iterations: int
    abandon: bool


class Solved(NamedTuple):
    """What `solve` fills for every input.

    currents [batch, columns] in A; report [batch, 3] = iterations, residual, what rounding of b can make of
    the residual; nodes [batch, 2, rows, columns] in V, w and b, or of batch 0; failed [1], shared by all
    calls, is set where an input does not reach the tolerance.
    """

    currents: Floats
    report: Floats
    nodes: Floats
    failed: Bools


@kernel(nogil=True, fastmath=REGROUPED_SUMS)
def factor(lines: Lines) -> None:
    """Fill the ratios of all lines: load_k = r G_k + load_(k-1) h_(k-1), h_k = 1 / (1 + load_k)."""
    g = lines.conductance
    n = lines.columns
    load = np.zeros(max(n, 8))
    for i in range(g.shape[0]):
        for j in range(n):
            load[j] += lines.bit_resistance * g[i, j]
            lines.bit_ratio[i, j] = 1.0 / (1.0 + load[j])
            load[j] *= lines.bit_ratio[i, j]
    h_word = lines.word_ratio
    for block in range(h_word.shape[0]):
        load[:8] = 0.0
        for j in range(n - 1, -1, -1):
            for k in range(8):
                load[k] += lines.word_resistance * g[8 * block + k, j]
            for k in range(8):
                h_word[block, j, k] = 1.0 / (1.0 + load[k])
                load[k] *= h_word[block, j, k]


@kernel(fastmath=REGROUPED_SUMS, **WITHOUT_ENTRY)
def _up(lines: Lines, drive: Floats, work: Workspace, beta: float, search: bool, word_nodes: Floats) -> float:
    """u = r_b G (p - w), w the word lines against p, driven by `drive` [rows] in V; returns p.Sp.

    With `search`, p = Tb^-1 r + beta p comes first, in the same sweep.  w is kept in `word_nodes` [rows,
    columns] unless that has no rows.
    """
    g = lines.conductance
    n = lines.columns
    r_word = lines.word_resistance
    r_bit = lines.bit_resistance
    z = work.carry
    lanes = work.lanes
    total = 0.0
    z[:] = 0.0
    for block in range(lines.word_ratio.shape[0] - 1, -1, -1):
        h = lines.word_ratio[block]
        for k in range(7, -1, -1):
            i = 8 * block + k
            gi = g[i]
            pi = work.direction[i]
            if search:
                hi = lines.bit_ratio[i]
                ti = work.residual[i]
                for j in range(n):
                    z[j] = hi[j] * (ti[j] + z[j])
                for j in range(n):
                    pi[j] = z[j] + beta * pi[j]
            for j in range(n):
                lanes[j, k] = r_word * gi[j] * pi[j]
        for k in range(8):
            lanes[0, k] += drive[8 * block + k]
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
            gi = g[i]
            pi = work.direction[i]
            ui = work.currents[i]
            for j in range(n):
                ui[j] = r_bit * gi[j] * (pi[j] - lanes[j, k])
            if word_nodes.shape[0] > 0:
                for j in range(n):
                    word_nodes[i, j] = lanes[j, k]
            for j in range(n):
                total += pi[j] * ui[j]
            if i + 1 < g.shape[0]:
                below = work.direction[i + 1]
                for j in range(n):
                    total += (pi[j] - below[j]) * (pi[j] - below[j])
            else:
                for j in range(n):
                    total += pi[j] * pi[j]
    return total


@kernel(fastmath=REGROUPED_SUMS, **WITHOUT_ENTRY)
def _down(lines: Lines, work: Workspace, step: float, move: float) -> tuple[float, float]:
    """t -= step (forward elimination of Sp), b += move p; returns r.r and r.Tb^-1 r."""
    n = lines.columns
    h_bit = lines.bit_ratio
    p = work.direction
    t = work.residual
    f = work.carry
    rows = h_bit.shape[0]
    rr = 0.0
    rz = 0.0
    f[:] = 0.0
    for i in range(rows):
        pi = p[i]
        ui = work.currents[i]
        ti = t[i]
        hi = h_bit[i]
        xi = work.solution[i]
        if i > 0:
            above = p[i - 1]
            h_above = h_bit[i - 1]
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
            ti[j] -= step * f[j]
        for j in range(n):
            xi[j] += move * pi[j]
        for j in range(n):
            rz += hi[j] * ti[j] * ti[j]
        if i > 0:
            h_above = h_bit[i - 1]
            t_above = t[i - 1]
            for j in range(n):
                rr += (ti[j] - h_above[j] * t_above[j]) ** 2
        else:
            for j in range(n):
                rr += ti[j] * ti[j]
    return rr, rz


@kernel(fastmath=REGROUPED_SUMS, **WITHOUT_ENTRY)
def _rounding(lines: Lines, solution: Floats) -> float:
    """eps |(4 + 2 r_b G) b|: what rounding of b to float64 can make of the residual."""
    total = 0.0
    for i in range(solution.shape[0]):
        for j in range(lines.columns):
            total += ((4.0 + 2.0 * lines.bit_resistance * lines.conductance[i, j]) * solution[i, j]) ** 2
    return EPS * math.sqrt(total)


@kernel(fastmath=REGROUPED_SUMS, **WITHOUT_ENTRY)
def _iterate(lines: Lines, work: Workspace, undriven: Floats, rz: float, enough: float, most: int) -> int:
    """Conjugate gradients from the residual in `work` until it is at most 0.9 `enough`; iterations taken."""
    no_nodes = np.empty((0, lines.columns))
    beta = 0.0
    work.direction[:] = 0.0
    iterations = 0
    while iterations < most:
        curvature = _up(lines, undriven, work, beta, True, no_nodes)
        if not curvature > 0.0:
            break
        iterations += 1
        step = rz / curvature
        before = rz
        rr, rz = _down(lines, work, step, step)
        beta = rz / before
        if not math.sqrt(rr) > 0.9 * enough:
            break
    return iterations


@kernel(nogil=True, fastmath=REGROUPED_SUMS)
def solve(lines: Lines, drive: Floats, by_segment: bool, stopping: Stopping, solved: Solved) -> None:
    """Solve every row of drive [batch, rows] in V in turn.

    Currents are those of the last segments with `by_segment`, else of the devices.  The residual is computed
    afresh from b before it is reported, and if that is not good enough the iteration goes on from there.
    With `abandon`, the inputs that follow a failed one, in this call and in calls beside it, are left with an
    infinite residual.
    """
    rows, width = lines.conductance.shape
    n = lines.columns
    work = Workspace(
        np.empty((rows, width)),
        np.empty((rows, width)),
        np.empty((rows, width)),
        np.empty((rows, width)),
        np.empty(width),
        np.empty((n, 8)),
    )
    undriven = np.zeros(rows)
    b = work.solution
    for sample in range(drive.shape[0]):
        report = solved.report[sample]
        if stopping.abandon and solved.failed[0]:
            report[0] = 0.0
            report[1] = np.inf
            report[2] = 0.0
            continue
        b[:] = 0.0
        word_nodes = solved.nodes[sample, 0] if solved.nodes.shape[0] > 0 else np.empty((0, n))
        iterations = 0
        best = np.inf
        scale = 0.0
        while True:
            work.direction[:] = b
            work.residual[:] = 0.0
            _up(lines, drive[sample], work, 0.0, False, word_nodes)
            rr, rz = _down(lines, work, 1.0, 0.0)
            residual = math.sqrt(rr)
            if scale == 0.0:
                scale = residual
            floor = _rounding(lines, b)
            enough = max(stopping.tolerance * scale, floor)
            if residual <= enough or not residual < 0.5 * best or iterations >= stopping.iterations:
                break
            best = residual
            iterations += _iterate(lines, work, undriven, rz, enough, stopping.iterations - iterations)
        if not residual <= enough:
            solved.failed[0] = True
        relative = scale if scale > 0.0 else 1.0
        report[0] = iterations
        report[1] = residual / relative
        report[2] = floor / relative
        currents = solved.currents[sample]
        for j in range(n):
            currents[j] = b[rows - 1, j] / lines.bit_resistance if by_segment else 0.0
        if not by_segment:
            for i in range(rows):
                for j in range(n):
                    currents[j] -= work.currents[i, j] / lines.bit_resistance
        if solved.nodes.shape[0] > 0:
            for i in range(rows):
                for j in range(n):
                    solved.nodes[sample, 1, i, j] = b[i, j]
