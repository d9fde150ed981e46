"""A network as padded arrays, which compiled functions take, and its free activities as one vector.

Layer l = 1 ... L: ``mu_l = W_l f(x_{l-1}) + b_l``; layers 1 ... `last` are free, those above are clamped.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.pcn import PredictiveCodingNetwork


class Chain(NamedTuple):
    """W [L + 1, widest, widest] (``W[l]`` is W_l), b and pi likewise, first [L + 2] and sizes [L + 1].

    ``first[l]`` is the place of layer l in the vector of layers 1 ... L, whose first ``first[last + 1]``
    entries are free.
    """

    W: Floats
    b: Floats
    pi: Floats
    sizes: Ints
    first: Ints
    last: int


def make_chain(network: PredictiveCodingNetwork, outputs_free: bool) -> Chain:
    depth = len(network.W)
    sizes = np.array([network.W[0].shape[1], *(len(w) for w in network.W)])
    widest = int(sizes.max())
    W = np.zeros((depth + 1, widest, widest))
    b = np.zeros((depth + 1, widest))
    pi = np.zeros(depth + 1)
    for layer in range(1, depth + 1):
        post, pre = network.W[layer - 1].shape
        W[layer, :post, :pre] = network.W[layer - 1]
        b[layer, :post] = network.b[layer - 1]
        pi[layer] = network.pi[layer - 1]
    first = np.concatenate([[0, 0], np.cumsum(sizes[1:])])
    return Chain(W, b, pi, sizes, first, depth if outputs_free else depth - 1)
