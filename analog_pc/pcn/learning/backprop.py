"""Backpropagation on the same network: the yardstick."""

from __future__ import annotations

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
    delta: Floats = network.pi[-1] * (np.asarray(targets, dtype=np.float64) - state.x[-1])
    weights: list[Floats] = []
    biases: list[Floats] = []
    for layer in range(network.depth, 0, -1):
        weights.append(lr * delta.T @ state.rate[layer - 1])
        biases.append(lr * delta.sum(axis=0))
        if layer > 1:
            delta = (delta @ network.W[layer - 1]) * state.gate[layer - 1]
    return Update(tuple(reversed(weights)), tuple(reversed(biases)))
