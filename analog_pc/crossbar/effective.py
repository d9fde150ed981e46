"""The crossbar as the matrix it is: currents = voltages @ effective conductance, wires included."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.crossbar.array import WiredArray, wired_array
from analog_pc.crossbar.fallback import solve_reliably
from analog_pc.crossbar.lines import ideal_effective
from analog_pc.crossbar.solution import Raw
from analog_pc.errors import SimulationFailed


def effective_conductance(
    conductance: ArrayLike,
    word_line_resistance: float = 0.0,
    bit_line_resistance: float = 0.0,
    *,
    tolerance: float = 1e-10,
) -> Floats:
    """Effective conductance [rows, columns] in S: current out of column j per volt on row i.

    Topology as in `solve_crossbar`; linear devices only.  Costs min(rows, columns) solves: the array is
    driven from whichever side has fewer ends, which reciprocity allows.

    Parameters
    ----------
    conductance
        G [rows, columns] in S.
    word_line_resistance, bit_line_resistance
        In Ohm per segment; 0 is an ideal line.
    tolerance
        As of `solve_crossbar`; where the iteration does not reach it the nodal system is factorised, as by
        "auto" there.

    Raises
    ------
    BadInput
        For input as refused by `solve_crossbar`.
    SimulationFailed
        When a solve did not converge.
    """
    array = wired_array(conductance, word_line_resistance, bit_line_resistance)
    matrix, raw = build_effective(array, tolerance)
    if raw is not None and not raw.converged.all():
        worst = int(np.argmax(raw.residual))
        raise SimulationFailed(
            f"effective conductance: unit drive {worst} stopped at residual {raw.residual[worst]:.1e}"
            f" after {raw.iterations.max()} iterations"
        )
    return matrix


def build_effective(array: WiredArray, tolerance: float) -> tuple[Floats, Raw | None]:
    """The matrix, and the solves behind it (None where an ideal line gave it in closed form)."""
    if array.has_ideal_line:
        return ideal_effective(array), None
    if array.rows > array.columns:
        turned, raw = build_effective(array.exchanged(), tolerance)
        return np.ascontiguousarray(turned.T[::-1, ::-1]), raw
    raw, _ = solve_reliably(array, np.eye(array.rows), tolerance, full=False)
    return raw.currents, raw


def solve_effective(array: WiredArray, voltages: Floats, tolerance: float) -> Raw:
    """All inputs [batch, rows] by one product; converged only if every column of the matrix was reached."""
    matrix, raw = build_effective(array, tolerance)
    batch = len(voltages)
    iterations = 0 if raw is None else int(raw.iterations.max())
    residual = 0.0 if raw is None else float(raw.residual.max())
    reached = raw is None or bool(raw.converged.all())
    return Raw(
        currents=voltages @ matrix,
        nodes=None,
        iterations=np.full(batch, iterations),
        residual=np.full(batch, residual),
        converged=np.full(batch, reached),
    )
