"""Weights as differential pairs of conductances, and back.

A weight is the difference of two devices read by one transimpedance amplifier with feedback R_f::

    W[post, pre] = R_f (plus[pre, post] - minus[pre, post]),    R_f = max|W| / (g_max - g_min)

One device of a pair carries the weight, the other stays at g_min.  This is the only place where
[post, pre] of a weight becomes [row = word line, column = bit line] of a crossbar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.devices import fluctuating, program
from analog_pc.errors import BadInput
from analog_pc.numeric import numbers
from analog_pc.technology import Technology


@dataclass(frozen=True, eq=False)
class ConductancePair:
    """`plus`, `minus` [row = pre, column = post] in S, and the feedback resistor `ohms` of each column."""

    plus: Floats
    minus: Floats
    ohms: float

    @property
    def transposed(self) -> ConductancePair:
        """The pair that computes W^T: rows and columns exchanged."""
        return ConductancePair(self.plus.T, self.minus.T, self.ohms)

    def scaled(self, ratio: float) -> ConductancePair:
        """The pair behind another feedback resistor: its weights times `ratio`."""
        return ConductancePair(self.plus, self.minus, ratio * self.ohms)

    def noise_gain(self) -> Floats:
        """1 + R_f sum(G) of the amplifier of each column, [columns]."""
        return np.asarray(1.0 + self.ohms * (self.plus + self.minus).sum(axis=0))


@dataclass(frozen=True, eq=False)
class NetworkArrays:
    """The conductances of a whole network, layers 1 ... L.

    `forward[l - 1]` holds [W_l, b_l] (the bias is its last word line, where there are biases);
    `transposed[l - 1]` holds W_l^T without the bias.
    """

    forward: tuple[ConductancePair, ...]
    transposed: tuple[ConductancePair, ...]


def written(pair: ConductancePair, technology: Technology, rng: np.random.Generator) -> ConductancePair:
    """The pair that programming leaves of a target pair, its slow fluctuations frozen as they are read."""
    found = []
    for target, own in zip((pair.plus, pair.minus), rng.spawn(2), strict=True):
        found.append(fluctuating(program(target, technology.programming, own), technology.read_noise, own))
    return ConductancePair(found[0], found[1], pair.ohms)


def mismatched(pair: ConductancePair, technology: Technology, rng: np.random.Generator) -> ConductancePair:
    """The pair with every device off by the technology's mismatch of transposed arrays (log-normal)."""
    off = technology.transposed_mismatch
    return ConductancePair(fluctuating(pair.plus, off, rng), fluctuating(pair.minus, off, rng), pair.ohms)


def encode(weights: ArrayLike, technology: Technology, full_scale: float | None = None) -> ConductancePair:
    """The pair of `weights` [post, pre]; all zeros map to R_f = 1 / (g_max - g_min).

    Parameters
    ----------
    full_scale
        The weight that a device at g_max stands for, > 0; None: the largest of the weights.

    Raises
    ------
    BadInput
        For a weight that is not finite or beyond the full scale, or a matrix without weights.
    """
    try:
        w = numbers(weights)
    except (TypeError, ValueError):
        raise BadInput("weights are not an array of numbers") from None
    if w.ndim != 2 or w.size == 0:
        raise BadInput(f"weights of shape {w.shape}: a crossbar needs a non-empty matrix [post, pre]")
    if not np.isfinite(w).all():
        where = [int(i) for i in np.argwhere(~np.isfinite(w))[0]]
        raise BadInput(f"weight{where} is {float(w[tuple(where)])}: no conductance stands for it")
    largest = float(np.abs(w).max()) or 1.0
    if full_scale is not None:
        if not largest <= full_scale and w.any():
            raise BadInput(f"a weight of {largest:g} is beyond the full scale of {full_scale:g}")
        largest = full_scale
    span = technology.g_max - technology.g_min
    if not np.isfinite(largest / span):
        raise BadInput(f"a weight of {largest:g} needs a feedback resistor beyond the range of numbers")
    normal = w.T / largest
    plus = technology.g_min + span * np.maximum(normal, 0.0)
    minus = technology.g_min + span * np.maximum(-normal, 0.0)
    return ConductancePair(plus, minus, largest / span)


def decode(pair: ConductancePair) -> Floats:
    """The weights [post, pre] of a pair: the inverse of `encode` up to the rounding of the conductances.

    |decode(encode(W)) - W| <= 4 eps g_max / (g_max - g_min) max|W|, eps = 2^-52.
    """
    return np.asarray((pair.ohms * (pair.plus - pair.minus)).T)
