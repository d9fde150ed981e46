"""The metric in which a reciprocal flow contracts.

A gradient flow has a symmetric Jacobian in the coordinates of its energy.  A circuit may hold its states in
others, x_i = d_i z_i: capacitors of unlike size, layers of unlike volts per unit.  Then J_ij / J_ji =
d_i^2 / d_j^2 for every pair of states, up to what parts that are not ideal change, and in the metric
S = diag(1 / d) the flow contracts again.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from analog_pc.arrays import Floats

# Of the states' own rates: pairs that are bound by less bend as little as outputs that count as linear
# (`feedback_solver.LEAST_SLOPE`).  What binds them is leakage of parts, which need not be reciprocal.
LEAST_COUPLING = 1e-3


def reciprocal_metric(jacobians: Iterable[Floats], start: Floats) -> Floats:
    """S [states] that makes S J S^-1 as symmetric as a diagonal matrix can, relative to its largest.

    With g = log S the pairs of states ask for ``g_i - g_j = log(J_ji / J_ij) / 2``; least squares, each pair
    with the weight sqrt(J_ij J_ji).  Where one state drives another and hardly feels it (a cascade: feedback
    switched off), the way back counts as `LEAST_COUPLING` large: the metric then shrinks the way there to
    that.  Pairs of unlike signs, which no metric makes equal, and pairs hardly bound ask for nothing;
    states that no pair binds keep their value in `start`, relative to each other: an inactive rectifier says
    nothing about the metric in which it will be active.
    """
    n = len(start)
    weights = np.zeros((n, n))
    asked = np.zeros((n, n))
    for jacobian in jacobians:
        scaled = jacobian * (start[:, None] / start)
        product = scaled * scaled.T
        own = np.abs(np.diag(jacobian))
        least = LEAST_COUPLING**2 * np.outer(own, own)
        one_way = (np.abs(product) <= least) & (scaled**2 > least)
        scaled = np.divide(least, scaled.T, out=scaled.copy(), where=one_way.T)
        product = scaled * scaled.T
        paired = (product > least) | one_way | one_way.T
        np.fill_diagonal(paired, False)
        weight = np.sqrt(np.where(paired, product, 0.0))
        ratio = np.where(paired, scaled.T / np.where(paired, scaled, 1.0), 1.0)
        weights += weight
        asked += 0.5 * weight * np.log(ratio)
    laplacian = np.diag(weights.sum(axis=1)) - weights
    shift = np.linalg.lstsq(laplacian, asked.sum(axis=1), rcond=None)[0]
    metric = start * np.exp(shift)
    return np.asarray(metric / metric.max(initial=0.0)) if n else start
