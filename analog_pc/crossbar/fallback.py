"""Iterate first, factorise where that does not arrive: what "auto" and "effective" are made of.

Conjugate gradients take some hundreds of iterations on arrays as they are built, but thousands, or do not
arrive at all, where devices over many decades hang on wires that resist far more than they do.  How many is
not known beforehand; how long a factorisation takes is.  So the iteration is given about that long, and both
together take at most about twice the time of the better one.
"""

from __future__ import annotations

import math

from analog_pc.arrays import Floats
from analog_pc.crossbar.array import WiredArray
from analog_pc.crossbar.direct import solve_direct
from analog_pc.crossbar.pcg import MOST, solve_pcg
from analog_pc.crossbar.solution import Raw

# A factorisation of n x n cells takes as long as 11 n, 12 n, 11 n, 10 n iterations for n = 64, 128, 256, 512,
# measured side by side; below n = 100 both take milliseconds.
ITERATIONS_PER_LINE = 11
FEWEST = 1_000
MOST_CELLS = 2**20  # of an array that is factorised without being asked: 4 GB at 1024 x 1024


def iteration_budget(array: WiredArray) -> int:
    """How many iterations take about as long as the factorisation."""
    return max(FEWEST, ITERATIONS_PER_LINE * math.isqrt(array.conductance.size))


def solve_reliably(array: WiredArray, voltages: Floats, tolerance: float, full: bool) -> tuple[Raw, str]:
    """The solution for voltages [batch, rows] in V and the method that gave it, "pcg" or "direct".

    One method for all inputs, so that threads do not change the answer.  Arrays of more than `MOST_CELLS` are
    iterated as long as `solve_pcg` does, and never factorised.
    """
    if array.conductance.size > MOST_CELLS:
        return solve_pcg(array, voltages, tolerance, full, most=MOST), "pcg"
    attempt = solve_pcg(array, voltages, tolerance, full, most=iteration_budget(array), abandon=True)
    if attempt.converged.all():
        return attempt, "pcg"
    return solve_direct(array, voltages, tolerance, full)._replace(iterations=attempt.iterations), "direct"
