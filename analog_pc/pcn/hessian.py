"""The Hessian of the energy over the free activities: is a stationary point a minimum?"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.state import Landscape, State


def hessian(landscape: Landscape, state: State) -> Floats:
    """d(dE/dx)/dx over all activities, clamped ones too, at the gates of the state, [samples, N, N]."""
    return landscape.hessian(state)


def moving(landscape: Landscape, state: State) -> Bools:
    """Which activities are neither clamped nor held on a kink, [samples, N].

    A kink holds an activity where E rises to both sides.  Where E is level to one side, the gate that
    balances the forces is the slope of that side, and its curvature there decides.  So it is with a free
    input that rests on the kink of relu: nothing keeps it from going where f is 0.
    """
    found = []
    for layer, free in enumerate(landscape.clamps.free):
        gate = state.kink_gate[layer]
        held = np.zeros(state.x[layer].shape, dtype=np.bool_)
        if gate is not None and layer < landscape.network.depth:
            held = landscape.activations[layer].inside_jump(gate)
        found.append(free & ~held)
    return np.concatenate(found, axis=1)


def curvatures(landscape: Landscape, state: State) -> list[Floats]:
    """Eigenvalues of the Hessian over the moving activities, ascending, one array per sample."""
    full = hessian(landscape, state)
    masks = moving(landscape, state)
    found = []
    for matrix, mask in zip(full, masks, strict=True):
        block = matrix[np.ix_(mask, mask)]
        found.append(np.linalg.eigvalsh(0.5 * (block + block.T)) if mask.any() else np.empty(0))
    return found
