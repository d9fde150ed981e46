"""Trials to start with."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.pcn import PredictiveCodingNetwork, random_network, relax
from analog_pc.training import TrainingConfig, load_dataset, train


class Example(NamedTuple):
    """A network, what it is shown, and a learning rate that moves its prediction most of the way."""

    network: PredictiveCodingNetwork
    inputs: Floats
    target: Floats
    lr: float


def bear() -> Example:
    """1-1-2, linear, all weights 1: sees the river, does not hear it, smells the fish.

    Source: Song et al., Nature Neuroscience 27, 348 (2024), Fig. 1.
    """
    network = PredictiveCodingNetwork([[[1.0]], [[1.0], [1.0]]], activation="identity")
    return Example(network, np.array([1.0]), np.array([0.0, 1.0]), 1.0)


def signed() -> Example:
    """8-6-3 with tanh and biases: rates, weighted errors and weights of both signs."""
    rng = np.random.default_rng(1)
    network = random_network((8, 6, 3), "tanh", seed=1)
    network = network.with_parameters(network.W, [rng.normal(0.0, 0.2, n) for n in (6, 3)])
    return Example(network, rng.normal(size=8), np.array([1.0, -1.0, 0.0]), 0.5)


def digits() -> Example:
    """64-32-10 sigmoid after ten passes over handwritten digits, and a test digit that it mistakes."""
    data = load_dataset("digits", 0)
    config = TrainingConfig(epochs=10)
    network = train(
        random_network((64, 32, 10), "sigmoid", seed=0), data, config, lambda _epoch, _energy: None
    )
    said = relax(network, data.test_inputs, follow=False).output.argmax(axis=1)
    wrong = int(np.flatnonzero(said != data.test_labels)[0])
    target = np.eye(data.classes)[data.test_labels[wrong]]
    return Example(network, data.test_inputs[wrong], target, 0.15)


EXAMPLES: dict[str, Callable[[], Example]] = {"bear": bear, "8-6-3": signed, "digits": digits}
