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
    lines = _padded(array)
    rows = lines.conductance.shape[0]
    padding = rows - array.rows
    batch = len(voltages)
    scale = np.abs(voltages).max(axis=1)
    scale[scale == 0.0] = 1.0
    scaled = np.zeros((batch, rows))
    scaled[:, padding:] = voltages / scale[:, None]
    stopping = kernel.Stopping(tolerance, most, abandon)
    solved = kernel.Solved(
        currents=np.zeros((batch, array.columns)),
        report=np.empty((batch, 3)),
        nodes=np.zeros((batch if full else 0, 2, rows, array.columns)),
        failed=np.zeros(1, dtype=np.bool_),
    )

    def work(part: slice) -> None:
        own = kernel.Solved(solved.currents[part], solved.report[part], solved.nodes[part], solved.failed)
        kernel.solve(lines, scaled[part], array.bit_lines_sag, stopping, own)

    worth = batch * array.conductance.size >= _WORTH_THREADS
    side_by_side(work, slices(batch, _CHUNKS_PER_THREAD * threads() if worth else 1))
    currents = solved.currents * scale[:, None]
    nodes = solved.nodes[:, :, padding:] * scale[:, None, None, None] if full else None
    iterations, residual, rounding = solved.report.T
    allowed = np.maximum(tolerance, np.minimum(rounding, ROUGHEST))
    converged = (residual <= allowed) & np.isfinite(currents).all(axis=1)
    return Raw(currents, nodes, iterations.astype(np.int64), residual.copy(), converged)


def _padded(array: WiredArray) -> kernel.Lines:
    """The array with open cells on top, up to a multiple of eight rows, and its line ratios."""
    rows = -(-array.rows // kernel.LANES) * kernel.LANES
    width = -(-array.columns // kernel.LANES) * kernel.LANES + kernel.LANES
    conductance = np.zeros((rows, width))
    conductance[rows - array.rows :, : array.columns] = array.conductance
    lines = kernel.Lines(
        conductance=conductance,
        columns=array.columns,
        word_resistance=array.word_line_resistance,
        bit_resistance=array.bit_line_resistance,
        word_ratio=np.empty((rows // kernel.LANES, array.columns, kernel.LANES)),
        bit_ratio=np.empty((rows, width)),
    )
    kernel.factor(lines)
    return lines
