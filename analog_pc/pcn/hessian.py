"""The Hessian of the energy over the free activities: is a stationary point a minimum?"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.state import Landscape, State


def hessian(landscape: Landscape, state: State) -> Floats:
    """d(dE/dx)/dx over all activities, clamped ones too, at the gates of the state, [samples, N, N].

    Blocks::

        (l, l)    pi_l + gate_l W^T pi_{l+1} W gate_l - f''_l h_l             W = W_{l+1}
        (l, l-1)  -pi_l W_l gate_{l-1}               (l-1, l)  its transpose
    """
    net = landscape.network
    depth = net.depth
    offsets = np.concatenate([[0], np.cumsum(net.sizes)])
    samples = len(state.energy)
    total = int(offsets[-1])
    out = np.zeros((samples, total, total))
    index = [slice(int(a), int(b)) for a, b in pairwise(offsets)]
    for layer in range(depth + 1):
        diagonal = net.precision_of(layer) + f_curvature(landscape, state, layer)
        out[:, index[layer], index[layer]] += np.einsum("si,ij->sij", diagonal, np.eye(net.sizes[layer]))
        if layer == depth or not landscape.any_free[layer]:
            continue
        weights = net.W[layer]
        pi = net.pi[layer]
        down = weights[None] * state.gate[layer][:, None, :]  # W gate, [samples, post, pre]
        out[:, index[layer], index[layer]] += pi * np.einsum("ski,skj->sij", down, down)
        out[:, index[layer + 1], index[layer]] = -pi * down
        out[:, index[layer], index[layer + 1]] = -pi * np.swapaxes(down, 1, 2)
    return out


def f_curvature(landscape: Landscape, state: State, layer: int) -> Floats:
    """-f''(x) h of a layer: the curvature that f'' adds to the energy, [samples, n_l]."""
    if layer == landscape.network.depth or not landscape.any_free[layer]:
        return np.zeros_like(state.x[layer])
    return -landscape.activations[layer].curvature(state.x[layer]) * state.feedback[layer]


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
