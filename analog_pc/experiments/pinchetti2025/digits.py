"""Three small networks for 8 x 8 digits, one of them convolutional, and how they learn.

::

    convolution   64 --[ 3 x 3 kernels, stride 2, padding 1: 32 channels of 4 x 4 ]-- 512 --[ dense ]-- 10
    copies        the same connections, each position with weights of its own
    perceptron    64 --[ dense ]-- 32 --[ dense ]-- 10

A crossbar holds a convolution unrolled: a device pair for every position that a kernel weight is used at.
Devices cannot share a value.  "convolution" gives all copies of a weight the sum of their updates, which
needs a digital sum, or one array of the kernel alone that is used position after position; "copies" lets
every device learn its own product, which is local, and is no convolution any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.errors import SimulationFailed
from analog_pc.experiments.framework.adam import Adam
from analog_pc.experiments.framework.fields import Count, Positive
from analog_pc.pcn import (
    Population,
    PredictiveCodingGraph,
    PredictiveCodingNetwork,
    Projection,
    hebbian_update,
    unrolled_convolution,
)
from analog_pc.relaxers import Relaxer
from analog_pc.training.datasets import Dataset

CONVOLUTION = "convolution"
COPIES = "copies"
PERCEPTRON = "perceptron"
KINDS = (CONVOLUTION, COPIES, PERCEPTRON)
IMAGE = (8, 8)
PIXELS = IMAGE[0] * IMAGE[1]
KERNEL = 3
STRIDE = 2
PADDING = 1
ACTIVATION = "sigmoid"
HIDDEN = "input->hidden"


@dataclass(frozen=True, kw_only=True)
class Learning:
    """Channels of the convolution, hidden units of the perceptron, and how weights are learned (Adam).

    Channels and epochs were chosen on validation images (`analysis/convolution_selection.py`).
    """

    channels: Count = 32
    hidden: Count = 32
    epochs: Count = 40
    batch: Count = 32
    rate: Positive = 0.01


def kernel_positions(channels: int) -> tuple[Floats, Ints]:
    """A convolution of zeros, unrolled, and its pattern: entries of one number are copies of one weight."""
    zeros = np.zeros((channels, 1, KERNEL, KERNEL))
    unrolled = unrolled_convolution(zeros, IMAGE, stride=STRIDE, padding=PADDING)
    return unrolled.weight, unrolled.pattern


def initial(kind: str, learning: Learning, classes: int, seed: int) -> PredictiveCodingNetwork:
    """The untrained network, a chain without biases; normal weights of variance 1 / inputs."""
    rng = np.random.default_rng(seed)
    if kind == PERCEPTRON:
        first = rng.normal(size=(learning.hidden, PIXELS)) / np.sqrt(PIXELS)
    else:
        pattern = kernel_positions(learning.channels)[1]
        drawn = rng.normal(size=pattern.shape if kind == COPIES else pattern.max() + 1) / KERNEL
        spread = drawn if kind == COPIES else drawn[pattern]
        first = np.where(pattern >= 0, spread, 0.0)
    second = rng.normal(size=(classes, len(first))) / np.sqrt(len(first))
    return PredictiveCodingNetwork([first, second], activation=ACTIVATION)


def learned(
    kind: str, learning: Learning, data: Dataset, relaxer: Relaxer, seed: int
) -> PredictiveCodingNetwork:
    """The network after some passes through the training images; what is relaxed decides the rule."""
    network = initial(kind, learning, data.classes, seed)
    pattern = None if kind == PERCEPTRON else kernel_positions(learning.channels)[1]
    rng = np.random.default_rng([seed, 1])
    adam = Adam(learning.rate)
    targets = data.one_hot(data.train_labels)
    for _ in range(learning.epochs):
        order = rng.permutation(len(targets))
        for begin in range(0, len(order), learning.batch):
            chosen = order[begin : begin + learning.batch]
            equilibrium = relaxer.relax(network, data.train_inputs[chosen], targets[chosen])
            if not equilibrium.relaxation.all_converged:
                raise SimulationFailed(f"{relaxer.name}: no equilibrium: {equilibrium.relaxation.message}")
            first, second = (w / len(chosen) for w in hebbian_update(network, equilibrium).weights)
            if pattern is not None:
                first = shared(first, pattern) if kind == CONVOLUTION else np.where(pattern >= 0, first, 0.0)
            network = adam.updated(network, [first, second])
    return network


def shared(update: Floats, pattern: Ints) -> Floats:
    """The sum of the updates of all copies, at each of them; 0 where there is no device."""
    sums = np.bincount(pattern[pattern >= 0], weights=update[pattern >= 0])
    return np.where(pattern >= 0, sums[pattern], 0.0)


def as_graph(kind: str, network: PredictiveCodingNetwork, channels: int) -> PredictiveCodingGraph:
    """The same network as a graph, whose compiled crossbar has devices only where the kernel is."""
    first, second = network.W
    sizes = {"input": first.shape[1], "hidden": first.shape[0], "output": second.shape[0]}
    activations = {"input": "identity", "hidden": ACTIVATION, "output": "identity"}
    populations = [Population(name=n, size=s, activation=activations[n]) for n, s in sizes.items()]
    options: Mapping[str, object] = {}
    if kind == CONVOLUTION:
        options = {"kind": "convolution", "pattern": kernel_positions(channels)[1]}
    elif kind == COPIES:
        options = {"kind": "convolution"}
    projections = [
        Projection(source="input", target="hidden", weight=first, **options),  # type: ignore[arg-type]
        Projection(source="hidden", target="output", weight=second),
    ]
    return PredictiveCodingGraph(populations, projections)


def error_of(outputs: Floats, labels: Ints) -> float:
    """Share of images whose largest output is not their label, in %."""
    return float(100.0 * np.mean(outputs.argmax(axis=1) != labels))
