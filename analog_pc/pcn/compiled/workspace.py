"""Arrays of a batch: the state of each sample, and the scratch of a step."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.compiled.kernel import INNER, kernel
from analog_pc.pcn.compiled.chain import Chain

PAIRS_FROM = 8  # samples, from which s_1 of all is one product of matrices
MOST_PAIRS = 2**19  # numbers in that matrix, which has to stay in the cache


class BatchState(NamedTuple):
    """States of the samples of a batch; arrays [K, samples, width], per layer [K, samples], or [samples]."""

    x: Floats
    f: Floats
    slope: Floats  # f', as predictions see it
    curvature: Floats
    weighted_error: Floats  # lambda
    feedback: Floats  # h
    gate: Floats  # of the feedback
    gradient: Floats
    moving: Floats  # 1 where free and not on a kink that holds it
    delta: Floats  # rounding of x - mu, [K, samples]
    error_norm: Floats  # ||lambda_k||, [K, samples]
    total: Floats  # rows ENERGY, NOISE, SLOPE, RATIO (below), [4, samples]


ENERGY, NOISE, SLOPE, RATIO = range(4)  # E, its rounding, ||dE/dx||, largest ||dE/dx_k|| / limit_k


class Workspace(NamedTuple):
    """Scratch of a step; rows: most activities of a layer above the lowest."""

    dx: Floats  # [K, samples, width]
    particular: Floats  # p_k, [K, samples, width]
    compliance: Floats  # gate_0 P_0 (diagonal), [samples, width]
    wide: Floats  # [samples, width]
    narrow: Floats  # [samples, rows]
    pairs: Floats  # W_1[i] F_1[j] of every pair, [pairs, width]; none where the batch is too small
    packed: Floats  # s_1 of all samples, or their lower triangles, [samples, pairs]
    norms: Floats  # [2, samples]
    weight_norms: Floats  # Frobenius' norm of W_k, [K]
    back_norms: Floats  # Frobenius' norm of F_k, [K]
    bias_norms: Floats  # [K]
    spread: Floats  # (P_{k-1} B_k^T)^T of one sample, shaped as the weights
    change: Floats  # dlambda of one sample, [K, width]
    s: Floats  # [rows, rows]
    a: Floats  # [rows, rows]
    row: Floats  # [width]
    pivots: Ints  # [rows]


@kernel(**INNER)
def new_batch_state(chain: Chain, samples: int) -> BatchState:
    """States of a batch, not yet evaluated."""
    layers, _, width = chain.weights.shape
    parts = np.zeros((9, layers, samples, width))
    return BatchState(
        parts[0],
        parts[1],
        parts[2],
        parts[3],
        parts[4],
        parts[5],
        parts[6],
        parts[7],
        parts[8],
        np.zeros((layers, samples)),
        np.zeros((layers, samples)),
        np.zeros((4, samples)),
    )


@kernel(**INNER)
def _pairs(n: int, symmetric: bool) -> int:
    """Pairs of n rows; of one triangle where they are symmetric."""
    return n * (n + 1) // 2 if symmetric else n * n


@kernel(**INNER)
def _row_pairs(weights: Floats, back: Floats, n: int, symmetric: bool) -> Floats:
    """Products of rows i of W and j of F, i >= j where they are symmetric, [pairs, width]."""
    out = np.empty((_pairs(n, symmetric), weights.shape[1]))
    at = 0
    for i in range(n):
        for j in range(i + 1 if symmetric else n):
            for m in range(weights.shape[1]):
                out[at, m] = weights[i, m] * back[j, m]
            at += 1
    return out


@kernel(**INNER)
def _norm(matrix: Floats) -> float:
    """Frobenius' norm."""
    total = 0.0
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            total += matrix[i, j] * matrix[i, j]
    return math.sqrt(total)


@kernel(**INNER)
def workspace(chain: Chain, samples: int) -> Workspace:
    """Scratch for the steps of a batch."""
    layers, rows, width = chain.weights.shape
    pairs = np.empty((0, width))
    if layers > 1 and samples >= PAIRS_FROM:
        n = chain.sizes[1]
        if _pairs(n, chain.symmetric) * width <= MOST_PAIRS:
            pairs = _row_pairs(chain.weights[1], chain.back[1], n, chain.symmetric)
    return Workspace(
        np.zeros((layers, samples, width)),
        np.zeros((layers, samples, width)),
        np.zeros((samples, width)),
        np.zeros((samples, width)),
        np.zeros((samples, rows)),
        pairs,
        np.zeros((samples, len(pairs))),
        np.zeros((2, samples)),
        np.array([_norm(chain.weights[k]) for k in range(layers)]),
        np.array([_norm(chain.back[k]) for k in range(layers)]),
        np.array([_norm(chain.bias[k : k + 1]) for k in range(layers)]),
        np.zeros((layers, rows, width)),
        np.zeros((layers, width)),
        np.zeros((rows, rows)),
        np.zeros((rows, rows)),
        np.zeros(width),
        np.zeros(rows, dtype=np.int64),
    )
