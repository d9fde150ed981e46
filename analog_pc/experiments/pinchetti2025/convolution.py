"""One small convolutional predictive coding network on digits, unrolled to a crossbar, devices counted.

Beside a perceptron and beside backpropagation in the same networks.  It is modest: images of 8 x 8, one
layer of convolution.  Published convolutional networks of this kind (VGG-5 and deeper on CIFAR) are out of
reach of a circuit simulator; none of their numbers is comparable.

Each network learns on the mathematics; the circuit then classifies the test images with the trained weights
in the conductances of the unrolled convolution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from analog_pc.errors import SimulationFailed
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.pinchetti2025.digits import (
    COPIES,
    HIDDEN,
    KERNEL,
    KINDS,
    PERCEPTRON,
    Learning,
    as_graph,
    error_of,
    initial,
    kernel_positions,
    learned,
)
from analog_pc.experiments.pinchetti2025.figures.convolution import draw
from analog_pc.experiments.pinchetti2025.quantities import CONVOLUTION, DENSE, DEVICES, ERROR, ONE_ARRAY
from analog_pc.pcn import PredictiveCodingNetwork, count_weights
from analog_pc.relaxers import CircuitRelaxer, FixedPrediction, IdealRelaxer, Relaxer
from analog_pc.training.datasets import Dataset, load_dataset

SOURCE = "Pinchetti et al., ICLR 2025 (PCX), whose networks and data are larger: no comparable number"
PAIR = 2  # devices of a weight
STEPS = quantity("positions that one array of the kernel is used at")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Trainings of each network, and how they learn."""

    seeds: Count = 3
    learning: Learning = field(default_factory=Learning)


@cache
def digits(seed: int) -> Dataset:
    """scikit-learn's digits, split anew for each seed."""
    return load_dataset("digits", seed)


@cache
def trained(kind: str, learning: Learning, seed: int, backpropagation: bool) -> PredictiveCodingNetwork:
    """Trained once for all columns of a rule."""
    relaxer = FixedPrediction() if backpropagation else IdealRelaxer()
    return learned(kind, learning, digits(seed), relaxer, seed)


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Test errors of all networks; devices where no circuit is asked."""
    names = [f"{kind} {seed}" for kind in KINDS for seed in range(config.seeds)]
    found = dict(zip(names, cache.compute(names, lambda n: _error(config, n, relaxer)), strict=True))
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {}
    for kind in KINDS:
        each = np.array([float(found[f"{kind} {seed}"]["error"]) for seed in range(config.seeds)])
        values[error(kind)] = float(each.mean())
        arrays[quantity(ERROR, network=kind)] = each
    if isinstance(relaxer, CircuitRelaxer) or relaxer.backpropagates:
        return Outcome(values, arrays)
    values |= _devices(config)
    counts = {q: np.array([v]) for q, v in values.items() if q.name == DEVICES}
    return Outcome(values, arrays | counts, _notes(values))


def _notes(values: Mapping[Quantity, float]) -> tuple[str, ...]:
    both = values[error(CONVOLUTION)], values[error(PERCEPTRON)]
    better = "the convolution" if both[0] < both[1] else "the perceptron"
    return (
        f"On these small images {better} errs less: convolution {both[0]:.1f} %, perceptron {both[1]:.1f} %.",
        *FACTS,
    )


FACTS = (
    "Channels and epochs are those of the least error on a validation part of the training images "
    "(analysis/convolution_selection.py); no test image of the same split was looked at. It is the error of "
    "the convolution that decided: 'copies' and the perceptron learn for as many epochs.",
    "Devices cannot share a value: an unrolled convolution holds each kernel weight once for every position. "
    "The row 'convolution' sums the updates of all copies, digitally or in one array of the kernel that is "
    "used position after position; 'copies' learns each of them by its own local product.",
    "Trained on the mathematics; circuits classify the test images with the trained weights.",
)


def _error(config: Config, name: str, relaxer: Relaxer) -> Mapping[str, Array]:
    kind, seed = name.split(" ")
    data = digits(int(seed))
    network = trained(kind, config.learning, int(seed), relaxer.backpropagates)
    graph = as_graph(kind, network, config.learning.channels)
    if isinstance(relaxer, CircuitRelaxer):
        equilibrium = relaxer.relax(graph, clamps={"input": data.test_inputs})
    else:
        equilibrium = relaxer.relax(network, data.test_inputs)
    if not equilibrium.relaxation.all_converged:
        raise SimulationFailed(f"{relaxer.name}: no equilibrium: {equilibrium.relaxation.message}")
    return {"error": np.array(error_of(equilibrium.output, data.test_labels))}


def _devices(config: Config) -> dict[Quantity, float]:
    """Devices of the forward array of the first layer; the clamped input needs no transposed one."""
    learning = config.learning
    found: dict[Quantity, float] = {}
    for kind in KINDS:
        network = initial(kind, learning, digits(0).classes, 0)
        counts = count_weights(as_graph(kind, network, learning.channels))
        found[devices(kind)] = float(PAIR * counts[HIDDEN].devices)
    weight, pattern = kernel_positions(learning.channels)
    found[devices(DENSE)] = float(PAIR * weight.size)
    found[devices(ONE_ARRAY)] = float(PAIR * (pattern.max() + 1))
    found[STEPS] = float(len(weight) // learning.channels)
    return found


def error(kind: str) -> Quantity:
    return quantity(f"{ERROR}, {{network}}", network=kind)


def devices(how: str) -> Quantity:
    return quantity(DEVICES, array=how)


def claims(config: Config) -> Sequence[Claim]:
    """Nothing comparable was published: circuits classify as the mathematics, images in doubt aside."""
    smallest = 100.0 / len(digits(0).test_labels)
    found = [Claim(error(kind), None, smallest, id=f"error@{kind}") for kind in KINDS]
    named = (CONVOLUTION, COPIES, PERCEPTRON, DENSE, ONE_ARRAY)
    found += [Claim(devices(how), None, None, id=f"devices@{how.replace(' ', '-')}") for how in named]
    return [*found, Claim(STEPS, None, None, id="steps@one-array")]


CONVOLUTIONAL = Experiment(
    "convolution",
    f"A convolution of {KERNEL} x {KERNEL} kernels, unrolled to a crossbar",
    run,
    Config(),
    Config(seeds=10),
    claims,
    draw,
    source=SOURCE,
    columns=("ideal", "native"),
)
