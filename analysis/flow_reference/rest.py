"""Where the gradient flow of a network rests: the definition of its circuit's operating point.

Shares no code with `analog_pc.pcn.relax` and none with a simulator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn import PredictiveCodingNetwork
from flow_reference import kinked, smooth
from flow_reference.chain import Chain, make_chain

SMOOTH = {"tanh": smooth.TANH, "sigmoid": smooth.SIGMOID, "identity": smooth.IDENTITY}
# Position of the kinks, slopes between them, f at the first kink.
KINKED = {
    "relu": ((0.0,), (0.0, 1.0), 0.0),
    "leaky_relu": ((0.0,), (0.01, 1.0), 0.0),
    "hard_sigmoid": ((-3.0, 3.0), (0.0, 1.0 / 6.0, 0.0), 0.0),
}
APART = 1e-6  # of the largest activity: starts this far to both sides of the forward state must end together
PAIRS = 2


@dataclass(frozen=True, eq=False)
class FlowRest:
    """Activities of layers 1 ... L one after the other, [samples, n].

    `decided` [samples]: the flow came to rest, and so did the flows from starts moved by `APART`, at the
    same point.  Where they part the start lies on the border of two basins, and what a circuit does
    there is decided by its rounding errors.
    """

    x: Floats
    decided: Bools


def flow_rest(network: PredictiveCodingNetwork, inputs: Floats, targets: Floats | None) -> FlowRest:
    """Rest of the flow tau dx/dt = -dE/dx from the forward state, inputs and targets clamped."""
    start = forward_state(network, inputs, targets)
    x, rests = follow(network, inputs, start, targets is None)
    size = np.maximum(1.0, np.abs(x).max(axis=1, keepdims=True))
    free = free_activities(network, targets is None)
    rng = np.random.default_rng(0)
    decided = rests
    for _ in range(PAIRS):
        away = APART * size * rng.choice((-1.0, 1.0), size=x.shape) * (np.arange(x.shape[1]) < free)
        for moved in (start + away, start - away):
            other, arrives = follow(network, inputs, moved, targets is None)
            decided = decided & arrives & (np.abs(other - x) <= APART * size).all(axis=1)
    return FlowRest(x, decided)


def free_activities(network: PredictiveCodingNetwork, outputs_free: bool) -> int:
    """How many of the activities of layers 1 ... L move: the first ones."""
    sizes = [len(b) for b in network.b]
    return sum(sizes) if outputs_free else sum(sizes[:-1])


def forward_state(network: PredictiveCodingNetwork, inputs: Floats, targets: Floats | None) -> Floats:
    """Every free activity is its prediction from the input alone; outputs are the targets if given."""
    rate = inputs
    layers = []
    for W, b in zip(network.W, network.b, strict=True):
        x = rate @ W.T + b
        layers.append(x)
        rate = activation(network.activation, x)
    if targets is not None:
        layers[-1] = targets
    return np.concatenate(layers, axis=1)


def activation(name: str, x: Floats) -> Floats:
    """f(x)."""
    if name == "identity":
        return x
    if name == "tanh":
        return np.tanh(x)
    if name == "sigmoid":
        return np.asarray(expit(x))
    if name == "hard_sigmoid":
        return np.clip(x / 6.0 + 0.5, 0.0, 1.0)
    return np.where(x > 0.0, x, KINKED[name][1][0] * x)


def follow(
    network: PredictiveCodingNetwork, inputs: Floats, starts: Floats, outputs_free: bool
) -> tuple[Floats, Bools]:
    """The flow from every start [samples, n] to its rest, and whether it came there."""
    if network.activate_input:
        inputs = activation(network.activation, inputs)
    chain = make_chain(network, outputs_free)
    x = starts.copy()
    rests = np.ones(len(x), dtype=np.bool_)
    if chain.first[chain.last + 1] == 0:
        return x, rests
    for k, start in enumerate(starts):
        x[k], rests[k] = _follow_one(chain, network.activation, inputs[k], start)
    return x, rests


def _follow_one(chain: Chain, name: str, inputs: Floats, start: Floats) -> tuple[Floats, bool]:
    inputs = np.ascontiguousarray(inputs)
    if name in SMOOTH:
        return smooth.rest(chain, SMOOTH[name], inputs, start)
    at, slopes, value = KINKED[name]
    kinks = kinked.Kinks(np.array(at), np.array(slopes), _intercepts(at, slopes, value))
    return kinked.rest(chain, kinks, inputs, start)


def _intercepts(at: tuple[float, ...], slopes: tuple[float, ...], value: float) -> Floats:
    """Intercepts of the pieces of a continuous f that is `value` at its first kink."""
    found = [value - slopes[0] * at[0]]
    for kink, left, right in zip(at, slopes, slopes[1:], strict=False):
        found.append(found[-1] + (left - right) * kink)
    return np.array(found)
