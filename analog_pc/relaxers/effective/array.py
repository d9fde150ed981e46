"""A crossbar between drivers and virtual grounds: two matrices, wires included."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Wire
from analog_pc.crossbar import port_admittance, with_access


class DrivenArray(NamedTuple):
    """Currents into the feet of the bit lines, A: -(forward @ drive + own @ feet).

    ::

        drive[i] --[ ohms ]--+--[ row i ]--...
                                   |
                                feet[j]  (held near 0 V by an amplifier)

    `forward` [columns, rows] in S; `own` [columns, columns], the admittance of the feet with the drivers at
    0 V, or its diagonal [columns] where nothing couples the columns.  `row` [rows]: what each driver sees
    with the feet at 0 V, S.
    """

    forward: Floats
    own: Floats
    row: Floats


def driven(siemens: Floats, ohms: Floats, wire: Wire, access_ohms: float) -> DrivenArray:
    """An array [rows, columns] behind drivers of resistance `ohms` [rows], exactly.

    Devices are taken by their conductance at 0 V: straight lines.
    """
    g = with_access(siemens, access_ohms) if access_ohms else siemens
    if wire.word_line_ohms or wire.bit_line_ohms:
        return _wired(g, ohms, wire)
    row = g.sum(axis=1)
    if not ohms.any():
        return DrivenArray(np.ascontiguousarray(g.T), g.sum(axis=0), row)
    passed = 1.0 / (1.0 + ohms * row)  # of the driver's voltage, with the feet at 0 V
    own = np.diag(g.sum(axis=0)) - g.T @ (g * (ohms * passed)[:, None])
    return DrivenArray(np.ascontiguousarray((g * passed[:, None]).T), own, row * passed)


def _wired(g: Floats, ohms: Floats, wire: Wire) -> DrivenArray:
    """With Y of the bare ports, drivers in series: v = (1 + R Y_rr)^-1 (drive - R Y_rc feet)."""
    rows = len(g)
    y = port_admittance(g, wire.word_line_ohms, wire.bit_line_ohms)
    rr, cr, cc = y[:rows, :rows], y[rows:, :rows], y[rows:, rows:]
    if not ohms.any():
        return DrivenArray(-cr, cc, rr.diagonal().copy())
    seen = np.eye(rows) + ohms[:, None] * rr
    passed = np.asarray(np.linalg.solve(seen.T, cr.T).T, dtype=np.float64)  # Y_cr (1 + R Y_rr)^-1
    inner = np.asarray(
        np.linalg.solve(seen.T, rr), dtype=np.float64
    )  # Y_rr (1 + R Y_rr)^-1, either way round
    return DrivenArray(-passed, np.asarray(cc - passed @ (ohms[:, None] * cr.T)), inner.diagonal().copy())
