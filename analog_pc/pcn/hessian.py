"""Eigenvalues of the Hessian of E over what moves: is a stationary point a minimum?"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState


def moving(landscape: GraphLandscape, state: GraphState) -> Bools:
    """Which activities are neither clamped nor held on a kink, [samples, N].

    A kink holds an activity where E rises to both sides.  Where E is level to one side, the gate that
    balances the forces is the slope of that side, and its curvature there decides.  So it is with a free
    input that rests on the kink of relu: nothing keeps it from going where f is 0.
    """
    found = []
    for act, free, x, gate in zip(
        landscape.activations, landscape.clamps.free, state.x, state.kink_gate, strict=True
    ):
        held = np.zeros(x.shape, dtype=np.bool_) if gate is None else act.inside_jump(gate)
        found.append(free & ~held)
    return np.concatenate(found, axis=1)


def curvatures(landscape: GraphLandscape, state: GraphState) -> list[Floats]:
    """Eigenvalues of the Hessian over the moving activities, ascending, one array per sample."""
    masks = moving(landscape, state)[:, landscape.free]
    matrices = landscape.stiffness_matrix(state)
    return [np.linalg.eigvalsh(k[np.ix_(mask, mask)]) for k, mask in zip(matrices, masks, strict=True)]
