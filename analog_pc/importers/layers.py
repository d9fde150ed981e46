"""One dense layer of a model, and figures of its weights for a circuit designer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Bools, Floats
from analog_pc.errors import BadInput

QUANTILE = 0.999  # of |w|: one weight in a thousand lies above
SIGMAS = 6.0  # root mean squares beyond which a weight is called an outlier


@dataclass(frozen=True, eq=False, kw_only=True)
class DenseLayer:
    """``mu = weights @ f(x) + bias``.

    Parameters
    ----------
    name
        What the model calls the weights.
    weights
        [post, pre].
    bias
        [post]; None where the layer has none.
    dtype
        Type of the weights in the model, such as "float32".
    """

    name: str
    weights: Floats
    bias: Floats | None
    dtype: str


@dataclass(frozen=True, kw_only=True)
class LayerReport:
    """The weights of one layer against the range of conductances that has to hold them.

    Parameters
    ----------
    name, shape, dtype, has_bias
        What the model calls the weights, [post, pre], their type in the model, whether there are biases.
    largest
        max |w|, which the whole range of a device is given to.
    quantile
        99.9 % of the weights have a magnitude of at most this.
    range_used
        quantile / largest: the part of the range that 99.9 % of the weights share; 1 for a layer of zeros.
    outliers
        Weights beyond 6 root mean squares of the layer; a Gaussian has two in 10^9.
    """

    name: str
    shape: tuple[int, int]
    dtype: str
    has_bias: bool
    largest: float
    quantile: float
    range_used: float
    outliers: int


def report(layer: DenseLayer) -> LayerReport:
    """Figures of one layer."""
    magnitude = np.abs(layer.weights)
    largest = float(magnitude.max())
    quantile = float(np.quantile(magnitude, QUANTILE))
    post, pre = layer.weights.shape
    return LayerReport(
        name=layer.name,
        shape=(post, pre),
        dtype=layer.dtype,
        has_bias=layer.bias is not None,
        largest=largest,
        quantile=quantile,
        range_used=quantile / largest if largest > 0.0 else 1.0,
        outliers=count_outliers(layer.weights),
    )


def count_outliers(weights: Floats) -> int:
    """Weights of a layer beyond 6 of their root mean squares."""
    return int(np.count_nonzero(_are_outliers(weights)))


def count_kept_outliers(weights: Floats, limited: Floats) -> int:
    """Outliers of a layer that are the same among its limited weights."""
    return int(np.count_nonzero(_are_outliers(weights) & (limited == weights)))


def _are_outliers(weights: Floats) -> Bools:
    magnitude = np.abs(weights)
    largest = float(magnitude.max())
    # Relative to the largest one, so that no square overflows or vanishes.
    relative = magnitude / largest if largest > 0.0 else magnitude
    root_mean_square = float(np.sqrt(np.mean(relative**2)))
    return np.asarray(relative > SIGMAS * root_mean_square)


def matrix(name: str, values: ArrayLike) -> Floats:
    """Weights as float64; `BadInput` for what is no matrix of finite floats."""
    return _floats(name, values, 2, "a matrix of weights (convolutions and the like cannot be mapped)")


def vector(name: str, values: ArrayLike) -> Floats:
    """Biases as float64 [post]; a row or column of a matrix counts as a vector."""
    raw = np.asarray(values)
    flat = raw.reshape(-1) if raw.ndim == 2 and 1 in raw.shape else raw
    return _floats(name, flat, 1, "a vector of biases")


def _floats(name: str, values: ArrayLike, dimensions: int, expected: str) -> Floats:
    raw = np.asarray(values)
    if raw.dtype.kind in "biu":
        raise BadInput(f"{name} holds {raw.dtype}, expected floats: quantised weights need their scales")
    if raw.dtype.kind != "f":
        raise BadInput(f"{name} holds {raw.dtype}, expected floats")
    if raw.ndim != dimensions or raw.size == 0:
        raise BadInput(f"{name} has shape {list(raw.shape)}, expected {expected}")
    with np.errstate(over="ignore"):  # a longer float beyond float64 becomes inf, which is refused
        found = np.ascontiguousarray(raw, dtype=np.float64)
    if not np.isfinite(found).all():
        where = [int(k) for k in np.argwhere(~np.isfinite(found))[0]]
        raise BadInput(f"{name}{where} is {found[tuple(where)]}, every value must be finite")
    return found
