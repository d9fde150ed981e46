"""Implicit Euler steps of a graph's flow: (K + shift) dx = dx/dt, K = -d(dx/dt)/dx; shift 0 is Newton's."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dposv

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState


class Step(NamedTuple):
    """Steps of a batch over the free activities side by side."""

    dx: Floats  # [samples, n]
    falling: Bools  # K + shift is positive definite (has no eigenvalue of negative real part), [samples]
    shift: Floats  # as it was used, [samples]


def implicit_step(landscape: GraphLandscape, state: GraphState, shift: Floats, floor: float) -> Step:
    """The step of each sample.

    Parameters
    ----------
    landscape, state
        A graph under clamps, at some activities.
    shift
        1 / length of the step, [samples].
    floor
        Smallest shift, as a part of the largest sum of a row of |K|, so that directions in which nothing
        pulls do not move.
    """
    k = landscape.stiffness_matrix(state)
    n = k.shape[1]
    moving = landscape.flat(state.moving) > 0.0
    k *= moving[:, :, None] & moving[:, None, :]
    used = np.maximum(shift, floor * np.abs(k).sum(axis=2).max(axis=1, initial=0.0))
    diagonal = np.arange(n)
    k[:, diagonal, diagonal] += np.where(moving, used[:, None], 1.0)
    force = -landscape.flat(state.gradient)
    finite = np.isfinite(k).all(axis=(1, 2)) & np.isfinite(force).all(axis=1)
    k[~finite] = np.eye(n)
    if landscape.symmetric:
        dx, falling = _solve_positive(k, force)
    else:
        falling = np.linalg.eigvals(k).real.min(axis=1, initial=np.inf) > 0.0
        k[~falling] = np.eye(n)
        dx = np.asarray(np.linalg.solve(k, force[:, :, None])[:, :, 0], dtype=np.float64)
    falling = falling & finite & np.isfinite(dx).all(axis=1)
    return Step(np.where(falling[:, None], dx, 0.0), falling, used)


def _solve_positive(k: Floats, force: Floats) -> tuple[Floats, Bools]:
    """K^-1 force of each sample by Cholesky's factors, and where K has them: is positive definite."""
    dx = np.zeros_like(force)
    positive = np.zeros(len(k), dtype=np.bool_)
    for sample, (matrix, rhs) in enumerate(zip(k, force, strict=True)):
        _, dx[sample], info = dposv(matrix, rhs)
        positive[sample] = info == 0
    return dx, positive


def moved(landscape: GraphLandscape, state: GraphState, dx: Floats) -> tuple[list[Floats], Bools]:
    """Activities after a step, stopped at the first kink on their path, and whether any was, [samples].

    From a kink a unit moves only to the side whose slope the step was made with.
    """
    stopped = np.zeros(len(dx), dtype=np.bool_)
    found = []
    for act, x, gate, change in zip(
        landscape.activations, state.x, state.gate, landscape.spread(dx), strict=True
    ):
        out = x + change
        for kink, left, right in act.jumps:
            from_left = (x < kink) | ((x == kink) & (gate == left))
            from_right = (x > kink) | ((x == kink) & (gate == right))
            stops = (from_left & (out > kink)) | (from_right & (out < kink))
            out = np.where(stops, kink, out)
            stopped |= stops.any(axis=1)
        found.append(out)
    return found, stopped
