"""Backpropagation on the same network: the yardstick."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.pcn.clamps import make_clamps
from analog_pc.pcn.learning.update import Update
from analog_pc.pcn.network import PredictiveCodingNetwork
from analog_pc.pcn.state import Landscape


def backprop_update(
    network: PredictiveCodingNetwork, inputs: ArrayLike, targets: ArrayLike, lr: float = 1.0
) -> Update:
    """-lr times the gradient of ``1/2 sum_s precision_L |y_s - t_s|^2``, y the forward output.

    Same summed loss and same sign as `hebbian_update`, so that one learning rate means one thing.
    """
    landscape = Landscape(network, make_clamps(network, inputs))
    state = landscape.state(landscape.forward())
    top = network.pi[-1] * (np.asarray(targets, dtype=np.float64) - state.x[-1])
    back = deltas(network.W, state.gate, top)
    return Update(
        tuple(lr * d.T @ rate for d, rate in zip(back, state.rate, strict=True)),
        tuple(lr * d.sum(axis=0) for d in back),
    )


def deltas(feedback: Sequence[Floats], slopes: Sequence[Floats], top: Floats) -> list[Floats]:
    """d_1 ... d_L with d_L = `top` [samples, n_L] and d_l = f'(x_l) * W_{l+1}^T d_{l+1}.

    `feedback` are W_1 ... W_L [post, pre], or what stands for them on the way back; `slopes` f'(x_l) of
    layers 0 ... L - 1, [samples, n_l].
    """
    found = [top]
    for layer in range(len(feedback) - 1, 0, -1):
        found.insert(0, (found[0] @ feedback[layer]) * slopes[layer])
    return found
