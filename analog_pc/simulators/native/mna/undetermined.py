"""Why equations have no single solution: a node that nothing determines, or a loop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csc_array, eye_array
from scipy.sparse.linalg import splu

from analog_pc.arrays import Floats
from analog_pc.errors import SimulationFailed

_STEPS = 3  # of inverse iteration; each gains the ratio of a rounding error and the next eigenvalue


class UndeterminedNode(SimulationFailed):
    """Nothing determines the voltage of `node`."""

    def __init__(self, node: str) -> None:
        super().__init__(f"nothing determines the voltage of node {node!r} at rest")
        self.node = node


def singular(matrix: csc_array, nodes: Sequence[str]) -> SimulationFailed:
    """The reason why a matrix M (rows scaled to 1) of `equations.py` is singular.

    M z = 0 for some z.  Where z holds voltages, these can change without any equation noticing; otherwise
    it holds currents around a loop of sources and capacitors, whose voltages contradict each other.

    Parameters
    ----------
    nodes
        The names of the first unknowns.
    """
    z = null_vector(matrix)
    volts = np.abs(z[: len(nodes)])
    # What inverse iteration leaves of other vectors: rounding, relative to the largest of z.
    if volts.max(initial=0.0) > np.sqrt(np.finfo(np.float64).eps) * np.abs(z).max():
        return UndeterminedNode(nodes[int(np.argmax(volts))])
    return SimulationFailed(
        "native: the equations of this circuit have no single solution: a loop of sources and capacitors"
    )


def null_vector(matrix: csc_array) -> Floats:
    """z with M z = 0 by inverse iteration on M + eps: the shift is a rounding error of M itself."""
    n = matrix.shape[0]
    shifted = csc_array(matrix + n * np.finfo(np.float64).eps * eye_array(n, format="csc"))
    factor = splu(shifted)
    z = np.random.default_rng(0).standard_normal(n)
    for _ in range(_STEPS):
        z = factor.solve(z)
        z /= np.abs(z).max()
    return np.asarray(z)
