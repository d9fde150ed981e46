"""Lines solved one by one, in closed form: all word lines, or all bit lines, against given other ends.

A line of segments r with a device G_k from each node to a given voltage u_k, open at one end and held at
`end` at the other (k counts from the open end):

    open --o-- r --o-- r -- ... --o-- r -- end         load_k = r G_k + load_(k-1) h_(k-1)
           |       |              |                    h_k = 1 / (1 + load_k)
          G_0     G_1            G_(n-1)               t_k = r G_k u_k + h_(k-1) t_(k-1)
           |       |              |                    x_k = h_k (t_k + x_(k+1)),   x_n = end
          u_0     u_1            u_(n-1)

No step subtracts, and r = 0 gives x = end exactly.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.crossbar.array import WiredArray


def word_lines(array: WiredArray, voltages: Floats) -> Floats:
    """Word-line node voltages [batch, rows, columns] for voltages [batch, rows], grounded bit lines."""
    g = array.conductance[:, ::-1].T
    r = array.word_line_resistance
    x = _solve(g, r, None, voltages)
    return np.ascontiguousarray(x[::-1].transpose(1, 2, 0))


def bit_lines(array: WiredArray, word_line_voltages: Floats) -> Floats:
    """Bit-line node voltages [batch, rows, columns], grounded at the bottom ends."""
    against = word_line_voltages.transpose(1, 0, 2)
    end = np.zeros((len(word_line_voltages), array.columns))
    x = _solve(array.conductance, array.bit_line_resistance, against, end)
    return np.ascontiguousarray(x.transpose(1, 0, 2))


def ideal_effective(array: WiredArray) -> Floats:
    """Effective conductance [rows, columns] in S of an array with at least one kind of line ideal.

    Ideal bit lines: each word line sags on its own, I_j = sum_i G_ij (w_ij / V_i) V_i.  Ideal word lines:
    the same from the other ends, by reciprocity.  Both: G itself.
    """
    if array.bit_line_resistance > 0.0:
        turned = array.exchanged()
        return np.ascontiguousarray(ideal_effective(turned).T[::-1, ::-1])
    sag = word_lines(array, np.ones((1, array.rows)))
    return array.conductance * sag.reshape(array.conductance.shape)


def _solve(g: Floats, r: float, against: Floats | None, end: Floats) -> Floats:
    """x [nodes, batch, lines] for g [nodes, lines], against [nodes, batch, lines], end [batch, lines]."""
    nodes = len(g)
    h = np.empty_like(g)
    t = np.zeros((nodes, *end.shape)) if against is None else r * g[:, None, :] * against
    load = np.zeros(g.shape[1])
    for k in range(nodes):
        load = r * g[k] + load
        h[k] = 1.0 / (1.0 + load)
        load = load * h[k]
        if k > 0:
            t[k] += h[k - 1] * t[k - 1]
    ahead = end
    for k in range(nodes - 1, -1, -1):
        t[k] = h[k] * (t[k] + ahead)
        ahead = t[k]
    return t
