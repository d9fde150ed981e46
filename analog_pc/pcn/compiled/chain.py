"""The part of a network that can move, as arrays for compiled code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analog_pc.activations import IDENTITY
from analog_pc.activations.compiled import Pieces, code_of, pieces_of
from analog_pc.arrays import Floats, Ints
from analog_pc.pcn.clamps import Clamps
from analog_pc.pcn.network import PredictiveCodingNetwork


class Chain(NamedTuple):
    """The moving part of a network: K layers of at most `width` activities.

    Arrays hold one row per layer, padded with zeros, so that compiled loops count from 0: only then does the
    compiler make them SIMD.
    """

    sizes: Ints  # n_k, [K]
    weights: Floats  # W_k, [K, most rows of any, width]; none for k = 0
    back: Floats  # F_k, what stands for W_k on the way back
    gate: float  # constant in place of f' on the way back; 0: f'
    symmetric: bool  # whether F = W and the gate is f': the flow is a gradient flow
    bias: Floats  # b_k, [K, width]
    pi: Floats  # precisions, [K]
    free: Floats  # 1 where an activity moves, 0 where it is clamped, [K, width]
    closed: bool  # whether all of two layers is: the lower free, or partly so, and the upper clamped
    codes: Ints  # of the activations, [K]
    pieces: Pieces  # of all activations with kinks, which are equal
    softness: float  # the smallest precision, the unit of shifts
    unit: float  # the scale on which the activations change their slope; 0 where they have no such scale


def chain_of(
    net: PredictiveCodingNetwork,
    clamps: Clamps,
    feedback: Sequence[Floats] | None = None,
    gate: float | None = None,
) -> Chain:
    """The chain of a network under clamps.

    Parameters
    ----------
    net, clamps
        What relaxes.
    feedback
        What stands for W_1 ... W_L on the way back, each [post, pre]; None: W.
    gate
        Constant in place of f' on the way back; None: f'.
    """
    first = 1 if clamps.input_is_clamped else 0
    sizes = net.sizes[first:]
    layers = len(sizes)
    width = max(sizes)
    shape = (layers, max(sizes[1:], default=0), width)
    weights = _padded(net.W[first:], shape)
    bias = np.zeros((layers, width))
    free = np.zeros((layers, width))
    for k, n in enumerate(sizes):
        free[k, :n] = clamps.free[first + k]
        if k > 0:
            bias[k, :n] = net.b[first + k - 1]
    symmetric = feedback is None and gate is None
    activations = [net.activation_of(k) for k in range(first, net.depth)]
    return Chain(
        sizes=np.array(sizes, dtype=np.int64),
        weights=weights,
        back=weights if feedback is None else _padded(feedback[first:], shape),
        gate=gate or 0.0,
        symmetric=symmetric,
        bias=bias,
        pi=np.array([net.precision_of(first + k) for k in range(layers)]),
        free=free,
        closed=layers == 2 and symmetric and not free[1].any(),
        codes=np.array([*(code_of(f) for f in activations), 0], dtype=np.int64),
        pieces=pieces_of(next((f for f in activations if f.kinks), IDENTITY)),
        softness=float(net.pi.min()),
        unit=max((net.activation_of(k).unit for k in range(net.depth)), default=0.0),
    )


def _padded(matrices: Sequence[Floats], shape: tuple[int, int, int]) -> Floats:
    """Matrices of the layers from 1 on, [K, rows, width]."""
    found = np.zeros(shape)
    for k, matrix in enumerate(matrices, 1):
        found[k, : matrix.shape[0], : matrix.shape[1]] = matrix
    return found
