"""Whether a training went the wrong way, and which learning rates a linear read-out bears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.pcn.learning import forward_pass


@dataclass(frozen=True)
class Rise:
    """A training whose energy rose.

    Attributes
    ----------
    since
        What had the lower energy: ``in epoch 1`` or ``before training``.
    before, after, zero
        Energy per sample then, in the last epoch, and of weights that are all 0.
    """

    since: str
    before: float
    after: float
    zero: float


def rise(
    history: Sequence[Mapping[str, Any]], start: PredictiveCodingNetwork, inputs: Floats, targets: Floats
) -> Rise | None:
    """Whether the energy rose, and ends above what weights of zero have.

    With all W = 0 and b = 0 nothing is predicted, and hidden layers rest without error::

        E_zero = 1/2 precision_L <|target|^2>

    is what any training has to beat.  Below it, epochs differ by the noise of devices and by the order of the
    samples, and a rise is no divergence.  The beginning is the first of several epochs; or the network before
    training, whose loss E_start = 1/2 precision_L <|target - output|^2> is an upper bound of its energy: the
    forward pass is a state without errors in hidden layers, and the equilibrium has no more energy.  Both
    hold for the loss too, which the history has for backpropagation and equilibrium propagation.

    Parameters
    ----------
    history
        Of `TrainingRun`; an epoch without any equilibrium has no energy, and is not compared.
    start
        The network before training.
    inputs, targets
        Of the training part, [samples, n_0] and [samples, n_L].

    Returns
    -------
    Rise or None
        None where the energy did not rise, or is not known.
    """
    after = history[-1]["energy"] if history else None
    zero = _loss(start, targets)
    if after is None or after <= zero:
        return None
    first = history[0]["energy"]
    if len(history) > 1 and first is not None and after >= first:
        return Rise("in epoch 1", first, after, zero)
    before = _loss(start, targets - forward_pass(start, inputs)[-1])
    return Rise("before training", before, after, zero) if after > before else None


def read_out_rate(network: PredictiveCodingNetwork, inputs: Floats) -> float | None:
    """Half of the largest stable learning rate of a network without hidden layer.

    Its loss is quadratic in the weights, and gradient descent on the mean over the samples contracts for::

        lr < 2 / (precision_1 lambda),        lambda = largest eigenvalue of <g g^T>,   g = (f(x_0), 1)

    where the 1 stands for the bias; without one, larger rates are stable.  At half of the bound, the error
    along the largest eigenvector goes in one step; the other half is for batches, whose eigenvalues differ.

    Parameters
    ----------
    network
        Its first layer is read.
    inputs
        [samples, n_0].

    Returns
    -------
    float or None
        None for a network with hidden layers, whose loss is not quadratic.
    """
    if network.depth > 1:
        return None
    seen = network.activation_of(0).f(inputs)
    seen = np.hstack([seen, np.ones((len(seen), 1))])
    largest = float(np.linalg.eigvalsh(seen.T @ seen / len(seen))[-1])
    return 1.0 / (network.precision_of(1) * largest)


def _loss(network: PredictiveCodingNetwork, error: Floats) -> float:
    """1/2 precision_L |error|^2, mean over the samples."""
    return 0.5 * network.precision_of(network.depth) * float((error**2).sum()) / len(error)
