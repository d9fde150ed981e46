"""Z-IL: synchronous relaxation steps whose weight updates are those of backpropagation.

All layers step at once, from the forward state with the target clamped (k layers below the output)::

    x_l <- x_l + gamma (mu_l + f'(x_l) W_{l+1}^T F_{l+1} / pi_l - x_l)         F = pi eps, pi: precision
    dW_{L-k} = F_{L-k} f(x_{L-k-1})^T      after k steps: the moment at which the error has come so far

F_{L-k} is then gamma^k times the delta of backpropagation, exactly, because layers below have not moved.
Source: Song, Lukasiewicz, Xu, Bogacz, NeurIPS 2020 (gamma = 1).
"""

from __future__ import annotations

import math

import numpy as np

from analog_pc.arrays import ArrayLike
from analog_pc.errors import BadInput
from analog_pc.pcn.clamps import make_clamps
from analog_pc.pcn.learning.protocol import Factors, Update, forward_pass
from analog_pc.pcn.network import PredictiveCodingNetwork


def z_il_update(
    network: PredictiveCodingNetwork, inputs: ArrayLike, targets: ArrayLike, gamma: float = 1.0
) -> Update:
    """The update of zero-divergence inference learning, summed over the samples.

    Parameters
    ----------
    network
        The network.
    inputs, targets
        [samples, n_0] and [samples, n_L].
    gamma
        Size of a step, 0 < gamma <= 1; 1 is exact backpropagation.

    Returns
    -------
    Update
        Layer L - k has gamma^k times the update of backpropagation.

    Raises
    ------
    BadInput
        For a gamma outside (0, 1], and clamps of wrong shapes.
    """
    if not (math.isfinite(gamma) and 0.0 < gamma <= 1.0):
        raise BadInput(f"z_il_update: gamma = {gamma!r}, must be > 0 and <= 1")
    held = make_clamps(network, inputs, targets).values
    x = [*forward_pass(network, held[0])[:-1], held[-1]]
    depth = network.depth
    post = [np.empty(0)] * depth
    pre = [np.empty(0)] * depth
    for steps in range(depth):
        rates = [network.activation_of(layer).f(x[layer]) for layer in range(depth)]
        force = [
            pi * (a - rate @ w.T - b)
            for pi, a, rate, w, b in zip(network.pi, x[1:], rates, network.W, network.b, strict=True)
        ]
        written = depth - 1 - steps
        post[written] = force[written]
        pre[written] = rates[written]
        for layer in range(1, depth):
            pull = network.activation_of(layer).slope(x[layer]) * (force[layer] @ network.W[layer])
            x[layer] = x[layer] + gamma / network.precision_of(layer) * (pull - force[layer - 1])
    return Factors(tuple(post), tuple(pre), 0.0).update()
