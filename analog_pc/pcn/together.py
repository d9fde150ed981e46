"""Relaxation of a batch with one Hessian: a step of all samples is a few products of matrices.

The mean Hessian H over the samples costs no more than that, because its blocks separate::

    (l, l)    pi_l + mean(-gate'_l h_l) + pi_{l+1} (W^T W) * mean(gate_l gate_l^T),   W = W_{l+1}
    (l+1, l)  -pi_{l+1} W * mean(gate_l)

A step is dx = -H^-1 dE/dx.  It converges where samples differ little, linearly; what it leaves, Newton's
method takes up (`newton.py`).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from analog_pc.arrays import Any, Floats
from analog_pc.pcn.hessian import bend
from analog_pc.pcn.state import Landscape, State

FEWEST = 8  # samples, below which Newton's method of each is as fast
STEPS, RENEWED = 40, 4
SLOW = 0.6


def applies(landscape: Landscape, samples: int) -> bool:
    """Whether the activations are smooth, whole layers are clamped or free, and the batch is large enough."""
    free = landscape.clamps.free
    whole = all(f.all() or not f.any() for f in free)
    smooth = not any(a.kinks for a in landscape.activations)
    return samples >= FEWEST and smooth and whole and landscape.clamps.input_is_clamped


def relax_together(landscape: Landscape, state: State, small: Floats) -> tuple[State, int]:
    """The state after as many steps as help; `small` [samples] is the |dE/dx| to reach.

    A step that raises the energy of any sample that is not there yet is not taken.
    """
    factor: Any = None
    last = np.inf
    for step in range(STEPS):
        worst = float((state.residual / small).max())
        if worst <= 1.0 or not np.isfinite(worst):
            return state, step
        if factor is None or (worst > SLOW * last and step % RENEWED == 0):
            factor = _factor(landscape, state)
            if factor is None:
                return state, step
        elif worst > last:
            return state, step
        last = worst
        trial = landscape.state(landscape.moved(state.z, _step(landscape, state, factor)))
        if not (trial.energy <= state.energy * (1.0 + 1e-12) + 1e-300)[state.residual > small].all():
            return state, step
        state = trial
    return state, STEPS


def _layers(landscape: Landscape) -> list[int]:
    return [layer for layer, free in enumerate(landscape.any_free) if free]


def _factor(landscape: Landscape, state: State) -> Any:
    """Cholesky's factor of the mean Hessian over the free layers; None where it is not positive definite."""
    net, layers = landscape.network, _layers(landscape)
    ends = np.cumsum([0, *(net.sizes[layer] for layer in layers)])
    at = {layer: slice(a, b) for layer, a, b in zip(layers, ends[:-1], ends[1:], strict=True)}
    out, bending, samples = np.zeros((ends[-1], ends[-1])), bend(landscape, state), len(state.energy)
    for layer in layers:
        block = np.diag(net.precision_of(layer) + bending[layer].mean(axis=0))
        if layer < net.depth:
            w, pi, gate = net.W[layer], net.pi[layer], state.gate[layer]
            block += pi * (w.T @ w) * (gate.T @ gate / samples)
            if layer + 1 in at:
                out[at[layer + 1], at[layer]] = -pi * w * gate.mean(axis=0)
                out[at[layer], at[layer + 1]] = out[at[layer + 1], at[layer]].T
        out[at[layer], at[layer]] = block
    try:
        return cho_factor(out, check_finite=False)
    except LinAlgError:
        return None


def _step(landscape: Landscape, state: State, factor: Any) -> list[Floats]:
    layers = _layers(landscape)
    gradient = np.concatenate([state.gradient[layer] for layer in layers], axis=1)
    moves = -cho_solve(factor, gradient.T, check_finite=False).T
    dz = [np.zeros_like(x) for x in state.x]
    ends = np.cumsum([landscape.network.sizes[layer] for layer in layers])[:-1]
    for layer, part in zip(layers, np.split(moves, ends, axis=1), strict=True):
        dz[layer] = part
    return dz
