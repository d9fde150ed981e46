"""Updates of a random network against backpropagation, and how they grow with the delay of the write."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.moments import state_after
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.song2020.figures.write_window import COSINES
from analog_pc.pcn import PredictiveCodingNetwork, backprop_update, hebbian_update, random_network
from analog_pc.relaxers import IdealRelaxer, Relaxer

SIZES = (5, 7, 6, 4)
LAYERS = tuple(range(1, len(SIZES)))
FALLING = quantity("share of random networks whose cosines fall in every layer")


def cosine(delay: float, layer: int) -> Quantity:
    return quantity("cosine with backpropagation", t=delay, layer=layer)


def power(layer: int) -> Quantity:
    return quantity("power of t in |dW|", layer=layer)


def falls(layer: int) -> Quantity:
    return quantity("share of steps to a later delay at which the cosine falls", layer=layer)


def drawn_network(seed: int) -> tuple[PredictiveCodingNetwork, Floats, Floats]:
    """A random 5-7-6-4 network, an input [1, 5] and a target [1, 4] within the range of its outputs."""
    rng = np.random.default_rng(seed)
    network = random_network(SIZES, "tanh", seed=rng)
    return network, rng.normal(size=(1, SIZES[0])), rng.uniform(-1.0, 1.0, size=(1, SIZES[-1]))


def cosines(
    delays: Sequence[float], relaxer: Relaxer, seed: int = 0
) -> tuple[dict[Quantity, float], dict[Quantity, Array]]:
    """Updates of a random network against backpropagation, and how their size grows with the delay."""
    network, inputs, target = drawn_network(seed)
    reference = backprop_update(network, inputs, target).weights
    values: dict[Quantity, float] = {}
    found = []
    for delay in delays:
        changes = hebbian_update(network, state_after(network, relaxer, delay, inputs, target)).weights
        found.append([alignment(a, b) for a, b in zip(changes, reference, strict=True)])
        values |= {cosine(delay, layer): found[-1][layer - 1] for layer in LAYERS}
    rest = hebbian_update(network, relaxer.relax(network, inputs, target)).weights
    found.append([alignment(a, b) for a, b in zip(rest, reference, strict=True)])
    table = np.array(found)
    if len(delays) > 1:
        values |= {falls(k): float(np.mean(np.diff(table[:-1, k - 1]) < 0.0)) for k in LAYERS}
    return values, {COSINES: table}


def powers(delays: Sequence[float], relaxer: Relaxer, seed: int = 0) -> dict[Quantity, float]:
    """Slopes of log |dW| against log t, layer by layer."""
    if len(delays) < 2:
        return {}
    network, inputs, target = drawn_network(seed)
    sizes = []
    for delay in delays:
        changes = hebbian_update(network, state_after(network, relaxer, delay, inputs, target)).weights
        sizes.append([float(np.linalg.norm(change)) for change in changes])
    slopes = np.polyfit(np.log(delays), np.log(sizes), 1)[0]
    return {power(k): float(slopes[k - 1]) for k in LAYERS}


def alignment(a: Floats, b: Floats) -> float:
    """Cosine of the angle between two updates."""
    return float((a * b).sum() / (np.linalg.norm(a) * np.linalg.norm(b)))


def falling_networks(delays: Sequence[float], networks: int) -> dict[Quantity, float]:
    """That cosines fall with the delay is no theorem: the share of random networks in which they do."""
    if not networks:
        return {}
    ideal = IdealRelaxer()
    fall = []
    for seed in range(networks):
        network, inputs, target = drawn_network(seed)
        reference = backprop_update(network, inputs, target).weights
        states = [state_after(network, ideal, delay, inputs, target) for delay in delays]
        changes = [hebbian_update(network, state).weights for state in states]
        table = [[alignment(a, b) for a, b in zip(c, reference, strict=True)] for c in changes]
        fall.append(bool((np.diff(table, axis=0) < 0.0).all()))
    return {FALLING: float(np.mean(fall))}
