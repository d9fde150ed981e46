"""Weights as differential pairs of conductances, and back.

A weight is the difference of two devices, read by the transimpedance amplifier of its column with feedback
R_f::

    W[post, pre] = R_f[post] (plus[pre, post] - minus[pre, post]),  R_f = scale[post] / (K (g_max - g_min))

A cell is K = `devices_per_weight` devices in parallel, one in most technologies.  `scale` is the weight that
a cell at K g_max stands for.  One cell of a pair carries the weight, the other stays at K g_min.  This is the
only place where [post, pre] of a weight becomes [row = word line, column = bit line] of a crossbar.

What a single large weight does, and what it costs to do better
-----------------------------------------------------------------
With one scale for an array, its largest weight takes all others to small conductances, where the spread of
programming is the same in siemens, and larger in weight.  A scale for each column (`column_scales`) confines
that to the column of the large weight, and lowers noise gains.  It costs no device, only a feedback resistor
of a value of its own, with 4 bits of trimming where weights change.  Clipping (`clipped`) costs no part, and
changes the network by an error that it states.  Several devices in a cell (`devices_per_weight` of a
technology) share a weight equally, with K times as many levels::

    sigma of a weight = R_f sqrt(K) sigma(G / K)        1 / sqrt(K) of one device's at the same G / K

because each is programmed for itself.  They cost K times the cells' area, writing and current of the arrays,
and the load of their amplifiers; noise gains stay as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.devices import fluctuating, program
from analog_pc.errors import BadInput
from analog_pc.numeric import numbers
from analog_pc.technology import Technology

RESISTOR_RANGE = 16.0  # largest over smallest feedback resistor of an array: four bits of trimming


@dataclass(frozen=True, eq=False)
class ConductancePair:
    """`plus`, `minus` [row = pre, column = post] in S; feedback resistors `ohms` [column]."""

    plus: Floats
    minus: Floats
    ohms: Floats

    def __init__(self, plus: Floats, minus: Floats, ohms: float | Floats) -> None:
        each = np.broadcast_to(np.asarray(ohms, dtype=np.float64), (plus.shape[1],))
        for name, value in (("plus", plus), ("minus", minus), ("ohms", each)):
            object.__setattr__(self, name, value)

    @property
    def transposed(self) -> ConductancePair:
        """The pair that computes W^T: rows and columns exchanged, of a pair with one feedback resistor.

        Raises
        ------
        BadInput
            Where columns have unlike resistors: then encode W^T instead.
        """
        if np.ptp(self.ohms) > 0.0:
            raise BadInput("unlike feedback resistors: an array read backwards has other weights, encode W^T")
        return ConductancePair(self.plus.T, self.minus.T, float(self.ohms[0]))

    def scaled(self, ratio: float) -> ConductancePair:
        """The pair behind other feedback resistors: its weights times `ratio`."""
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
    """The pair that programming leaves of a target pair, its slow fluctuations frozen as they are read.

    Parameters
    ----------
    pair
        Targets in S, [rows, columns].
    technology
        Levels, spread, faults and read noise of its devices.
    rng
        Random stream of the array.
    """
    plus, minus = rng.spawn(2)
    return ConductancePair(
        _written_cells(pair.plus, technology, plus), _written_cells(pair.minus, technology, minus), pair.ohms
    )


def _written_cells(target: Floats, technology: Technology, rng: np.random.Generator) -> Floats:
    """Conductances of cells whose devices are programmed and read one by one, S."""
    devices = shares(target, technology)
    streams = [rng] if len(devices) == 1 else rng.spawn(len(devices))
    found = [
        fluctuating(program(share, technology.programming, own), technology.read_noise, own)
        for share, own in zip(devices, streams, strict=True)
    ]
    return found[0] if len(found) == 1 else np.asarray(np.sum(found, axis=0))


def shares(target: Floats, technology: Technology) -> list[Floats]:
    """What each device of the cells is asked for, S.

    All the same, where a device takes any conductance.  With levels, device k of K of a cell that is level n
    of K (levels - 1) + 1 is level floor((n + k) / K): together they hold n.

    Parameters
    ----------
    target
        Conductances of whole cells, S.
    technology
        Its devices in a cell, their range and levels.
    """
    count = technology.devices_per_weight
    if count == 1 or technology.levels == 0:
        return [target / count] * count
    step = (technology.g_max - technology.g_min) / (technology.levels - 1)
    level = np.round((target - count * technology.g_min) / step)
    return [technology.g_min + step * np.floor((level + k) / count) for k in range(count)]


def mismatched(pair: ConductancePair, technology: Technology, rng: np.random.Generator) -> ConductancePair:
    """The pair with every cell off by the technology's mismatch of transposed arrays (log-normal).

    The mismatch of a cell of K devices is 1 / sqrt(K) of a device's.

    Parameters
    ----------
    pair
        Conductances in S, [rows, columns].
    technology
        Its `transposed_mismatch` is the relative standard deviation of a device.
    rng
        Random stream of the array.
    """
    off = technology.transposed_mismatch / math.sqrt(technology.devices_per_weight)
    return ConductancePair(fluctuating(pair.plus, off, rng), fluctuating(pair.minus, off, rng), pair.ohms)


def column_scales(weights: Floats) -> Floats:
    """The largest weight of each column, at least 1 / RESISTOR_RANGE of the largest of all; [post]."""
    largest = np.abs(weights).max(axis=1)
    return np.asarray(np.maximum(largest, largest.max() / RESISTOR_RANGE))


def clipped(weights: ArrayLike, quantile: float) -> tuple[Floats, float]:
    """Weights limited to a quantile of their magnitudes, and the relative error that this makes.

    Returns
    -------
    weights
        [post, pre].
    lost
        |W - clipped|_F / |W|_F: the relative rms change of predictions for white activities.

    Raises
    ------
    BadInput
        For weights that `encode` refuses, or unless 0 < quantile <= 1.
    """
    w = _matrix(weights)
    if not 0.0 < quantile <= 1.0:
        raise BadInput(f"quantile = {quantile!r}, must be above 0 and at most 1")
    limit = float(np.quantile(np.abs(w), quantile, method="inverted_cdf"))
    found = np.clip(w, -limit, limit)
    whole = float(np.linalg.norm(w))
    return found, float(np.linalg.norm(w - found)) / whole if whole else 0.0


def encode(
    weights: ArrayLike, technology: Technology, full_scale: float | Floats | None = None
) -> ConductancePair:
    """The pair of `weights` [post, pre]; where all are zero R_f = 1 / (K (g_max - g_min)).

    Parameters
    ----------
    full_scale
        The weight that a cell at K g_max stands for, > 0, one for all or [post], one for each column; None:
        the largest of the weights.

    Raises
    ------
    BadInput
        For a weight that is not finite or beyond the full scale, or a matrix without weights.
    """
    w = _matrix(weights)
    largest = np.abs(w).max(axis=1)
    scale = np.broadcast_to(largest.max() if full_scale is None else np.asarray(full_scale), largest.shape)
    beyond = largest > scale
    if beyond.any():
        worst = int(np.argmax(beyond))
        raise BadInput(f"a weight of {largest[worst]:g} is beyond the full scale of {scale[worst]:g}")
    scale = np.where(scale > 0.0, scale, 1.0)
    span = technology.cell_span
    least = technology.devices_per_weight * technology.g_min
    if not np.isfinite(scale / span).all():
        raise BadInput(f"a weight of {scale.max():g} needs a feedback resistor beyond the range of numbers")
    normal = w.T / scale
    plus = least + span * np.maximum(normal, 0.0)
    minus = least + span * np.maximum(-normal, 0.0)
    return ConductancePair(plus, minus, scale / span)


def _matrix(weights: ArrayLike) -> Floats:
    try:
        w = numbers(weights)
    except (TypeError, ValueError):
        raise BadInput("weights are not an array of numbers") from None
    if w.ndim != 2 or w.size == 0:
        raise BadInput(f"weights of shape {w.shape}: a crossbar needs a non-empty matrix [post, pre]")
    if not np.isfinite(w).all():
        where = [int(i) for i in np.argwhere(~np.isfinite(w))[0]]
        raise BadInput(f"weight{where} is {float(w[tuple(where)])}: no conductance stands for it")
    return w


def decode(pair: ConductancePair) -> Floats:
    """The weights [post, pre] of a pair: the inverse of `encode` up to the rounding of the conductances.

    |decode(encode(W)) - W| <= 4 eps g_max / (g_max - g_min) max|W|, eps = 2^-52.
    """
    return np.asarray((pair.ohms * (pair.plus - pair.minus)).T)
