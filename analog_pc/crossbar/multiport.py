"""A crossbar seen from outside: a linear multiport with a port at the end of every line."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.crossbar.array import WiredArray, numbers, resistance, wired_array
from analog_pc.crossbar.elimination import Row, eliminate_rows, eliminate_word_line
from analog_pc.errors import BadInput


def port_admittance(
    conductance: ArrayLike, word_line_resistance: float = 0.0, bit_line_resistance: float = 0.0
) -> Floats:
    """Admittance Y [ports, ports] in S of a crossbar whose lines may be held at any voltage.

    ::

        port 0 --r_w--o--r_w--o           Y v: currents into the ports, for voltages v against any common
                      G00     G01         reference.  Ports: the left ends of the word lines, then the
                      |r_b    |r_b        feet of the bit lines, rows + columns of them.
        port 1 --r_w--o--r_w--o
                      G10     G11
                      |r_b    |r_b
                   port 2  port 3

    The inner nodes are eliminated from Kirchhoff's current law for the whole two-dimensional network; with
    the feet grounded, -Y[rows:, :rows].T is `effective_conductance`.

    Parameters
    ----------
    conductance
        G [rows, columns] in S, each >= 0; 0 is an open cell.
    word_line_resistance, bit_line_resistance
        r_w, r_b in Ohm per segment, >= 0; 0 is an ideal line, treated exactly.

    Returns
    -------
    numpy.ndarray
        Exactly symmetric, off the diagonal <= 0, the diagonal the sum of the rest of its row; in floating
        point too.  Every entry has a few eps per eliminated line of relative rounding, however small.

    Raises
    ------
    BadInput
        For conductances and resistances as refused by `solve_crossbar`.

    Notes
    -----
    For n = min(rows, columns), m = max: O(m n^3 + m^2 n^2) operations, nearly all in matrix products.
    """
    return admittance(wired_array(conductance, word_line_resistance, bit_line_resistance))


def with_access(conductance: ArrayLike, ohms: float) -> Floats:
    """Conductances G / (1 + G R) in S of devices in series with a resistance R in Ohm each.

    Raises
    ------
    BadInput
        For conductances that are negative or not finite, or a resistance that is.
    """
    g = numbers("conductance", conductance)
    r = resistance("access resistance", ohms, "no transistor")
    if g.size and g.min() < 0.0:
        where = tuple(int(k) for k in np.argwhere(g < 0.0)[0])
        raise BadInput(f"conductance{list(where)} is {float(g[where])!r} S, must be >= 0")
    return np.asarray(g / (1.0 + g * r))


def admittance(array: WiredArray) -> Floats:
    """`port_admittance` of an array that has been checked."""
    if array.word_line_resistance == array.bit_line_resistance == 0.0:
        return np.asarray(_ideal_lines(array.conductance[None])[0])
    if from_columns(array):
        return np.ascontiguousarray(admittance(array.exchanged())[::-1, ::-1])
    between = _ideal_bit_lines(array) if array.bit_line_resistance == 0.0 else _wired_bit_lines(array)
    np.fill_diagonal(between, 0.0)
    y = 0.0 - between  # not -between: no negative zeros
    np.fill_diagonal(y, between.sum(axis=1))
    return y


def admittances(array: WiredArray, conductances: Floats) -> Floats:
    """The same [batch, ports, ports] for other conductances [batch, rows, columns] between its wires."""
    if array.word_line_resistance == array.bit_line_resistance == 0.0:
        return _ideal_lines(conductances)
    ports = array.rows + array.columns
    each = [admittance(replace(array, conductance=g)) for g in conductances]
    return np.array(each).reshape(-1, ports, ports)


def from_columns(array: WiredArray) -> bool:
    """Whether elimination is better off with the exchanged array: ideal bit lines, or fewer of them."""
    if array.has_ideal_line:
        return array.bit_line_resistance > 0.0
    return array.rows < array.columns


def _ideal_lines(conductances: Floats) -> Floats:
    """Every device lies between two ports: nothing to eliminate."""
    batch, m, n = conductances.shape
    y = np.zeros((batch, m + n, m + n))
    diagonal = np.arange(m + n)
    y[:, :m, m:] = 0.0 - conductances
    y[:, m:, :m] = 0.0 - conductances.transpose(0, 2, 1)
    y[:, diagonal, diagonal] = np.concatenate([conductances.sum(axis=2), conductances.sum(axis=1)], axis=1)
    return y


def _ideal_bit_lines(array: WiredArray) -> Floats:
    """Conductances [ports, ports] between the ports; word lines see bit lines only, not one another."""
    m = array.rows
    n = array.columns
    mesh = np.zeros((n, n))
    wire = array.word_line_resistance
    reach = np.array([eliminate_word_line(devices, wire, mesh) for devices in array.conductance])
    upper = np.triu(mesh, 1)
    return np.block([[np.zeros((m, m)), reach], [reach.T, upper + upper.T]])


def _wired_bit_lines(array: WiredArray) -> Floats:
    """Blocks of rows after one another: what is above a block acts on it through n bit-line nodes only.

    rows [m, m]: between word-line ports.  reach [m, n], mesh [n, n]: from those, and from one another, to the
    bit-line nodes below the rows so far.
    """
    m = array.rows
    n = array.columns
    wire = array.bit_line_resistance
    size = m if m <= 2 * n else max(n // 4, 8)
    rows = np.zeros((m, m))
    reach = np.zeros((m, n))
    mesh = np.zeros((n, n))
    elimination = eliminate_rows(array)
    for first in range(0, m, size):
        above = slice(0, first)
        own = slice(first, min(first + size, m))
        inner = n if first else 0
        between, through, mesh = _block(list(islice(elimination, size)), inner, n, wire)
        top = reach[above].copy() if first else np.zeros((0, 0))
        rows[above, above] += top @ between[:inner, :inner] @ top.T
        rows[above, own] = top @ between[:inner, inner:]
        rows[own, own] = between[inner:, inner:]
        reach[above] = top @ through[:inner]
        reach[own] = through[inner:]
    upper = np.triu(rows, 1)
    return np.block([[upper + upper.T, reach], [reach.T, mesh]])


def _block(rows: list[Row], inner: int, n: int, wire: float) -> tuple[Floats, Floats, Floats]:
    """Some rows, for unit currents into the `inner` bit-line nodes above them and unit volts at their ports.

    Returns what `_wired_bit_lines` calls rows, reach and mesh.
    """
    reach = np.zeros((inner + len(rows), n))
    reach[:inner] = np.eye(n)[:inner]
    between = np.zeros((len(reach), len(reach)))
    for i, row in enumerate(rows, start=inner):
        reach[i] = row.to_port
        half = reach[: i + 1] @ row.half.T
        between[: i + 1, : i + 1] += wire * (half @ half.T)
        reach[: i + 1] = half @ row.half
    return between, reach, rows[-1].transfer / wire
