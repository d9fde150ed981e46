"""Kirchhoff's current law of a resistive network under its sources and its load, and its exact solution
where the set of conducting diodes is given.

The conductance matrix is block tridiagonal over the layers, with diagonal blocks that are diagonal::

    d_l v_l - G_l v_{l-1} - G_{l+1}^T v_{l+1} = b_l        d_l = sum_j G_l[:, j] + sum_k G_{l+1}[k, :]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.resistive.network import ResistiveNetwork


class Load(NamedTuple):
    """What is connected to the outputs: a conductance to a source, a current source, or a clamp.

    `siemens` may be negative (an active circuit); `volts` [samples, n_L] is the voltage of the source behind
    it; `current` [samples, n_L] flows into the outputs; `clamped`: the outputs are held at `volts`.
    """

    siemens: float
    volts: Floats
    current: Floats
    clamped: bool = False


def no_load(network: ResistiveNetwork, samples: int) -> Load:
    """Free outputs."""
    nothing = np.zeros((samples, network.sizes[-1]))
    return Load(0.0, nothing, nothing)


@dataclass(frozen=True, eq=False)
class Equations:
    """The equations of a batch: lists over the layers 1 ... that may move (the outputs not if clamped).

    `diagonal[k]` [n]: d of a layer; `below[k]` [n_{k+1}, n_k]: the conductances to the next moving layer;
    `currents[k]` [samples, n]: what flows into the nodes from sources, bias and load; `signs[k]` [n].
    """

    diagonal: list[Floats]
    below: list[Floats]
    currents: list[Floats]
    signs: list[Floats]

    def forces(self, v: list[Floats]) -> list[Floats]:
        """dE/dv of each layer, [samples, n]: the current that leaves the node."""
        found = []
        for k, (d, i) in enumerate(zip(self.diagonal, self.currents, strict=True)):
            force = d * v[k] - i
            if k:
                force = force - v[k - 1] @ self.below[k - 1].T
            if k < len(self.below):
                force = force - v[k + 1] @ self.below[k]
            found.append(force)
        return found

    def scale(self, v: list[Floats]) -> Floats:
        """Largest sum of the magnitudes of the currents at one node, [samples]; rounding is a part of it."""
        largest = np.zeros(len(v[0]))
        for k, (d, i) in enumerate(zip(self.diagonal, self.currents, strict=True)):
            total = np.abs(d * v[k]) + np.abs(i)
            if k:
                total = total + np.abs(v[k - 1]) @ self.below[k - 1].T
            if k < len(self.below):
                total = total + np.abs(v[k + 1]) @ self.below[k]
            largest = np.maximum(largest, total.max(axis=1))
        return largest


def equations(network: ResistiveNetwork, sources: Floats, load: Load) -> Equations:
    """The equations of a network with sources [samples, 2 n_0] and a load."""
    moving = network.depth - 1 if load.clamped else network.depth
    diagonal = []
    currents = []
    for k in range(moving):
        d = network.G[k].sum(axis=1)
        i = np.broadcast_to(network.b[k], (len(sources), len(d))).copy()
        if k == 0:
            i += sources @ network.G[0].T
        if k + 1 < network.depth:
            d = d + network.G[k + 1].sum(axis=0)
        if k + 1 == moving and load.clamped:
            i += load.volts @ network.G[k + 1]
        if k + 1 == network.depth:
            d = d + load.siemens
            i += load.siemens * load.volts + load.current
        diagonal.append(d)
        currents.append(i)
    signs = [network.signs(k + 1).astype(np.float64) for k in range(moving)]
    return Equations(diagonal, list(network.G[1:moving]), currents, signs)


def solve_with_conducting(eq: Equations, conducting: list[Bools], currents: list[Floats]) -> list[Floats]:
    """Voltages where the conducting diodes hold their nodes at 0 V and all others are open.

    Block elimination from the first layer on: the Schur complement of a layer is
    ``S_k = d_k - G S_{k-1}^{-1} G^T``; that of the first layer is diagonal, so that one hidden layer costs
    n_1 n_2^2 operations a sample.

    Parameters
    ----------
    conducting
        Of each layer, [samples, n].
    currents
        Into the nodes, [samples, n]; those into held nodes do not count.
    """
    free = [~c for c in conducting]
    # A held node keeps an equation of its own, v = 0: row and column of the identity.
    into = [np.where(f, i, 0.0) for f, i in zip(free, currents, strict=True)]
    first = np.where(free[0], eq.diagonal[0], 1.0)
    inverses: list[Floats] = [1.0 / first]
    for k in range(1, len(free)):
        g = eq.below[k - 1] * free[k][:, :, None] * free[k - 1][:, None, :]
        through = _apply_right(g, inverses[k - 1])
        schur = -through @ g.transpose(0, 2, 1)
        n = schur.shape[1]
        schur[:, np.arange(n), np.arange(n)] += np.where(free[k], eq.diagonal[k], 1.0)
        into[k] = into[k] + np.einsum("sij,sj->si", through, into[k - 1])
        inverses.append(np.asarray(np.linalg.inv(schur), dtype=np.float64))
    v = [_apply(inverses[-1], into[-1])]
    for k in range(len(free) - 2, -1, -1):
        back = np.where(free[k], (v[0] * free[k + 1]) @ eq.below[k], 0.0)
        v.insert(0, _apply(inverses[k], into[k] + back))
    return v


def output_conductance(eq: Equations, conducting: list[Bools]) -> Floats:
    """Effective conductance seen from the outputs, [samples, n_L, n_L], conducting diodes shorted to ground.

    The inverse of the outputs' voltages for unit currents into them.
    """
    n = len(eq.diagonal[-1])
    samples = len(conducting[0])
    resistance = np.empty((samples, n, n))
    nothing = [np.zeros_like(c, dtype=np.float64) for c in conducting]
    for k in range(n):
        unit = np.zeros((samples, n))
        unit[:, k] = 1.0
        resistance[:, :, k] = solve_with_conducting(eq, conducting, [*nothing[:-1], unit])[-1]
    return np.asarray(np.linalg.inv(resistance), dtype=np.float64)


def _apply(inverse: Floats, vector: Floats) -> Floats:
    """A diagonal [samples, n] or full [samples, n, n] inverse times a vector [samples, n]."""
    return inverse * vector if inverse.ndim == 2 else np.einsum("sij,sj->si", inverse, vector)


def _apply_right(matrix: Floats, inverse: Floats) -> Floats:
    """[samples, m, n] times an inverse, diagonal or full."""
    return matrix * inverse[:, None, :] if inverse.ndim == 2 else matrix @ inverse
