"""A network whose largest weights are limited, so that its other weights use more of the devices' range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.mapping.conductance import clipped
from analog_pc.pcn import PredictiveCodingNetwork


@dataclass(frozen=True)
class ClippedLayer:
    """What clipping made of the weights of a layer.

    Parameters
    ----------
    limit
        Largest magnitude that is left.
    count
        Weights that were beyond it.
    lost
        |W - clipped|_F / |W|_F.
    """

    limit: float
    count: int
    lost: float


def clip_network(
    network: PredictiveCodingNetwork, quantile: float
) -> tuple[PredictiveCodingNetwork, tuple[ClippedLayer, ...]]:
    """The network with the weights of each layer limited to a quantile of their magnitudes; biases stay.

    Parameters
    ----------
    quantile
        Above 0, at most 1; 0.999 limits one weight in a thousand.

    Returns
    -------
    network, layers
        Layers 1 ... L.

    Raises
    ------
    BadInput
        For another quantile.
    """
    weights = []
    layers = []
    for w in network.W:
        found, lost = clipped(w, quantile)
        weights.append(found)
        layers.append(ClippedLayer(float(np.abs(found).max()), int(np.count_nonzero(found != w)), lost))
    return network.with_parameters(weights, network.b), tuple(layers)
