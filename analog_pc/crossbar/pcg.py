"""Line-preconditioned conjugate gradients: one compiled solve an input, the inputs shared among threads."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiled.threads import side_by_side, slices, threads
from analog_pc.crossbar import kernel
from analog_pc.crossbar.array import WiredArray
from analog_pc.crossbar.solution import ROUGHEST, Raw

MOST = 20_000  # iterations; the hardest arrays tried (r G = 1 at 512 x 512) take some hundreds
_WORTH_THREADS = 200_000  # cells x inputs, about 1 ms of work
_CHUNKS_PER_THREAD = 4  # so that a busy core does not hold up the others


def solve_pcg(
    array: WiredArray,
    voltages: Floats,
    tolerance: float,
    full: bool,
    *,
    most: int = MOST,
    abandon: bool = False,
) -> Raw:
    """Solve for voltages [batch, rows] in V; both wire resistances must be > 0.

    An input gets at most `most` iterations.  With `abandon` the first input that is not solved ends the
    solve: all inputs are then of no use, and which were solved before depends on the threads.

    An input has converged when its residual (see `CrossbarSolution`) is at most `tolerance`, or at most
    what the rounding of the bit-line voltages b to float64 makes of it, eps |(4 + 2 r_b G) b| / (r_b |rhs|),
    which matters beyond some thousand rows, for r_b G beyond 1e5, or for a tolerance below 1e-12.  Rounding
    excuses no residual above `ROUGHEST`.
    """
    rows, columns = array.rows, array.columns
    height = -(-rows // kernel.LANES) * kernel.LANES
    top = height - rows
    g = np.zeros((height, -(-columns // kernel.LANES) * kernel.LANES + kernel.LANES))
    g[top:, :columns] = array.conductance
    h_word, h_bit = np.empty((height // kernel.LANES, columns, kernel.LANES)), np.empty(g.shape)
    wires = array.word_line_resistance, array.bit_line_resistance
    kernel.factor(g, columns, *wires, h_word, h_bit)

    batch = len(voltages)
    scale = np.abs(voltages).max(axis=1)
    scale[scale == 0.0] = 1.0
    scaled = np.zeros((batch, height))
    scaled[:, top:] = voltages / scale[:, None]
    currents = np.zeros((batch, columns))
    report = np.empty((batch, 3))
    missed = np.zeros(1, dtype=np.bool_)
    nodes = np.zeros((batch if full else 0, 2, height, columns))

    def work(part: slice) -> None:
        kernel.solve(
            g, columns, *wires, h_word, h_bit, scaled[part],
            array.bit_lines_sag, tolerance, most, abandon, missed,
            currents[part], report[part], nodes[part],
        )  # fmt: skip

    worth = batch * array.conductance.size >= _WORTH_THREADS
    side_by_side(work, slices(batch, _CHUNKS_PER_THREAD * threads() if worth else 1))
    currents *= scale[:, None]
    kept = nodes[:, :, top:] * scale[:, None, None, None] if full else None
    residual = report[:, 1]
    allowed = np.maximum(tolerance, np.minimum(report[:, 2], ROUGHEST))
    converged = (residual <= allowed) & np.isfinite(currents).all(axis=1)
    return Raw(currents, kept, report[:, 0].astype(np.int64), residual, converged)
