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
STEPS, SLOW = 40, 0.5


def applies(landscape: Landscape, samples: int) -> bool:
    """Whether the activations are smooth, whole layers are clamped or free, and the batch is large enough."""
    free = landscape.clamps.free
    whole = all(f.all() or not f.any() for f in free)
    smooth = not any(a.kinks for a in landscape.activations)
    return samples >= FEWEST and smooth and whole and landscape.clamps.input_is_clamped


def relax_together(landscape: Landscape, state: State, small: float) -> tuple[State, int]:
    """The state after as many steps as help; `small` is the |dE/dx| to reach.

    A sample whose energy a step would raise stays where it is, and is left so.
    """
    factor: Any = None
    going, last, age = np.ones(len(state.energy), dtype=np.bool_), np.inf, 0
    for step in range(STEPS):
        going &= np.isfinite(state.residual)
        open_ = going & (state.residual > small)
        if not open_.any():
            return state, step
        worst = float(np.median(state.residual[open_]))
        slow = worst > SLOW * last
        if slow and age == 1:  # not even with slopes of this very place
            return state, step
        if factor is None or slow:
            factor, age = _factor(landscape, state), 0
            if factor is None:
                return state, step
        last, age = worst, age + 1
        trial = landscape.state(landscape.moved(state.z, _step(landscape, state, factor)))
        with np.errstate(invalid="ignore"):
            falls = (trial.energy <= state.energy * (1.0 + 1e-12)) | ~open_
        going &= falls
        if going.all():
            state = trial
        else:
            keep = going[:, None]
            state = landscape.state([np.where(keep, a, b) for a, b in zip(trial.z, state.z, strict=True)])
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
