"""The Hessian of the energy over the free activities: is a stationary point a minimum?"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.state import Landscape, State


def jacobian(landscape: Landscape, state: State) -> tuple[Floats, list[Floats]]:
    """d(gradient)/dz over all activities, [samples, N, N], and its diagonal part -gate' h per layer.

    Blocks, with m = dx/dz (0 in dead zones, else 1)::

        (l, l)    m_l (pi_l + gate_l W^T pi_{l+1} W gate_l) - gate'_l h_l
        (l, l-1)  -pi_l W_l gate_{l-1} m_{l-1}        (l, l+1)  its transpose with m_{l+1}
    """
    net, depth = landscape.network, landscape.network.depth
    offsets = np.concatenate([[0], np.cumsum(net.sizes)])
    samples, total = len(state.energy), int(offsets[-1])
    out = np.zeros((samples, total, total))
    bending = bend(landscape, state)
    index = [slice(int(a), int(b)) for a, b in pairwise(offsets)]
    for layer in range(depth + 1):
        m = _mobile(state, layer)
        diagonal = net.precision_of(layer) * m + bending[layer]
        out[:, index[layer], index[layer]] += np.einsum("si,ij->sij", diagonal, np.eye(net.sizes[layer]))
        if layer == depth or not landscape.any_free[layer]:
            continue
        weights, pi = net.W[layer], net.pi[layer]
        down = weights[None] * state.gate[layer][:, None, :]  # W gate, [samples, post, pre]
        out[:, index[layer], index[layer]] += pi * np.einsum("ski,skj,sj->sij", down, down, m)
        out[:, index[layer + 1], index[layer]] = -pi * down * m[:, None, :]
        above = _mobile(state, layer + 1)
        out[:, index[layer], index[layer + 1]] = -pi * np.swapaxes(down, 1, 2) * above[:, None, :]
    return out, bending


def bend(landscape: Landscape, state: State) -> list[Floats]:
    """-gate'(z) h per layer: the curvature that f'' adds to the energy."""
    bending = []
    for layer, x in enumerate(state.x):
        if layer == landscape.network.depth or not landscape.any_free[layer]:
            bending.append(np.zeros_like(x))
        else:
            bending.append(-landscape.activations[layer].gate_slope(state.z[layer]) * state.feedback[layer])
    return bending


def _mobile(state: State, layer: int) -> Floats:
    m = state.mobile[layer]
    return np.ones_like(state.x[layer]) if m is None else m


def moving(landscape: Landscape, state: State) -> Bools:
    """Which activities are neither clamped nor held on a kink, [samples, N]."""
    free = [f * _mobile(state, layer) > 0.0 for layer, f in enumerate(landscape.movable)]
    return np.concatenate(free, axis=1)


def curvatures(landscape: Landscape, state: State) -> list[Floats]:
    """Eigenvalues of the Hessian over the moving activities, ascending, one array per sample."""
    full, _ = jacobian(landscape, state)
    masks = moving(landscape, state)
    found = []
    for matrix, mask in zip(full, masks, strict=True):
        block = matrix[np.ix_(mask, mask)]
        found.append(np.linalg.eigvalsh(0.5 * (block + block.T)) if mask.any() else np.empty(0))
    return found
