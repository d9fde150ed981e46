"""One crossbar, its wires included, for one input or many."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, is_number
from analog_pc.crossbar.array import WiredArray, drive, wired_array
from analog_pc.crossbar.direct import solve_direct
from analog_pc.crossbar.effective import solve_effective
from analog_pc.crossbar.fallback import solve_reliably
from analog_pc.crossbar.lines import bit_lines, word_lines
from analog_pc.crossbar.pcg import solve_pcg
from analog_pc.crossbar.solution import CrossbarSolution, Raw, solution
from analog_pc.errors import BadInput

METHODS = ("auto", "pcg", "direct", "effective")


def solve_crossbar(
    conductance: ArrayLike,
    word_line_voltages: ArrayLike,
    word_line_resistance: float = 0.0,
    bit_line_resistance: float = 0.0,
    *,
    method: str = "auto",
    tolerance: float = 1e-10,
    full: bool = False,
) -> CrossbarSolution:
    """Currents of a resistive crossbar with the voltage drop along its wires.

    ::

                  column 0      column 1
        V_0 --r_w--o-----r_w------o          word line 0, open on the right
                   \\ G_00         \\ G_01      (device from word line to bit line)
                    o              o
                    |r_b           |r_b
        V_1 --r_w--o|----r_w------o|
                   \\|G_10         \\|G_11
                    o              o
                    |r_b           |r_b
                   gnd I_0        gnd I_1

    Kirchhoff's current law at every word-line node w and bit-line node b, with w_(i,-1) = V_i, b = 0
    below the last row, and no segment beyond the open ends:

        (w_ij - w_i,j-1) / r_w + (w_ij - w_i,j+1) / r_w + G_ij (w_ij - b_ij) = 0
        (b_ij - b_i-1,j) / r_b + (b_ij - b_i+1,j) / r_b + G_ij (b_ij - w_ij) = 0

    Parameters
    ----------
    conductance
        G [rows, columns] in S, each >= 0; 0 is an open cell.
    word_line_voltages
        V [rows] or [batch, rows] in V, at the left ends of the word lines; a batch may be empty.
    word_line_resistance, bit_line_resistance
        r_w, r_b in Ohm per segment, >= 0; 0 is an ideal line, treated exactly.
    method
        "pcg": line-preconditioned conjugate gradients.  "effective": the exact matrix from voltages to
        currents first, then one product.  "direct": sparse LU of the full nodal system.  "auto": "effective"
        for more inputs than min(rows, columns) without `full`, else "pcg", and "direct" where that has not
        reached the tolerance in about the time that "direct" takes (up to 2^20 cells; beyond, LU does not
        fit into the memory of most machines).  "effective" finds its matrix in the same way.
    tolerance
        Relative residual to reach, see `CrossbarSolution.residual`; between 0 and 1.
    full
        Also return all node voltages and branch currents.

    Returns
    -------
    CrossbarSolution
        With NaN for every input that did not converge, and a status that says so.

    Raises
    ------
    BadInput
        For wrong shapes, values that are negative or not finite, an unknown method, "effective" with `full`.

    Notes
    -----
    Topology as in badcrossbar (D. Joksas, A. Mehonic, "badcrossbar: A Python tool for computing and plotting
    currents and voltages in passive crossbar arrays", SoftwareX 12, 100617, 2020).  Devices are linear.
    """
    if method not in METHODS:
        raise BadInput(f"unknown crossbar method {method!r}: use one of {', '.join(METHODS)}")
    if not (is_number(tolerance) and 0.0 < tolerance < 1.0):
        raise BadInput(f"tolerance is {tolerance!r}, must be a number between 0 and 1")
    tolerance = float(tolerance)
    if method == "effective" and full:
        raise BadInput("method 'effective' knows no node voltages: use 'pcg' or 'direct' with full=True")
    array = wired_array(conductance, word_line_resistance, bit_line_resistance)
    v = drive(array, word_line_voltages)
    if method == "auto" and len(v) > min(array.rows, array.columns) and not full:
        method = "effective"
    if array.has_ideal_line:
        method = "ideal"
    raw, method = _solve(array, v, method, tolerance, full)
    return solution(array, v, raw, method, single=np.ndim(word_line_voltages) == 1)


def _solve(array: WiredArray, v: Floats, method: str, tolerance: float, full: bool) -> tuple[Raw, str]:
    """The answer, and the method that gave it."""
    if method == "auto":
        return solve_reliably(array, v, tolerance, full)
    if method == "pcg":
        return solve_pcg(array, v, tolerance, full), method
    if method == "direct":
        return solve_direct(array, v, tolerance, full), method
    raw = solve_effective(array, v, tolerance)
    return raw._replace(nodes=_ideal_nodes(array, v)) if full else raw, method


def _ideal_nodes(array: WiredArray, v: Floats) -> Floats:
    """Node voltages [batch, 2, rows, columns] where at least one kind of line is ideal."""
    word_nodes = word_lines(array, v)  # of ideal word lines: v
    bit_nodes = bit_lines(array, word_nodes) if array.bit_line_resistance > 0.0 else np.zeros_like(word_nodes)
    return np.stack([word_nodes, bit_nodes], axis=1)
