"""Units that stand on a kink of f although E falls to one side of it.

A relu unit whose prediction is exactly 0 has f' = 0 there, so dx/dt = 0 and nothing moves it, whatever is fed
back::

    E |\\                         left of the kink    dE/dx = error - left  * feedback  = 0
      | \\____o                   right of it         dE/dx = error - right * feedback  < 0
      |       \\____
      +---------------- x         neither side holds it: noise of any size decides
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analog_pc.activations import PiecewiseLinear
from analog_pc.arrays import Bools
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.residual import distance
from analog_pc.pcn.graph.state import GraphState

LEAVES = "stands on a kink of f from which E falls to one side: noise decides whether it stays"


def leaves_a_kink(landscape: GraphLandscape, state: GraphState, tolerance: float) -> Bools:
    """Whether E falls to one side of a kink that a free unit stands on, [samples].

    Parameters
    ----------
    landscape, state
        A graph under clamps, evaluated where it rests.
    tolerance
        Part of the forces, and beyond their rounding, that a fall of E has to have.
    """
    samples = len(state.energy)
    if not any(isinstance(act, PiecewiseLinear) for act in landscape.activations):
        return np.zeros(samples, dtype=np.bool_)
    _, forces = landscape.pull(state.x, state.weighted, state.carried, state.factor)
    steepest = []
    for act, x, r, h, moving in zip(
        landscape.activations, state.x, forces, state.feedback, state.moving, strict=True
    ):
        fall = np.zeros_like(x)
        if isinstance(act, PiecewiseLinear):
            for kink, left, right in zip(act.kinks, act.slopes[:-1], act.slopes[1:], strict=True):
                down = np.maximum(r + right * h, -(r + left * h))
                fall = np.where((x == kink) & moving, np.maximum(down, 0.0), fall)
        steepest.append(fall)
    return distance(landscape, replace(state, gradient=steepest), tolerance).ratio > 1.0
