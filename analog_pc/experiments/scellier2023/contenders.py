"""The contenders: rules on a resistive network or on a predictive coding network, trained on one chip.

Both networks have the same number of hidden nodes, learn the same images in the same batches for the same
number of passes, and are written by the same pulses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.devices.pulsed import PRESETS
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.scellier2023.non_idealities import (
    DROP,
    PERFECT,
    AsMadeBackend,
    DroppedDiodes,
    NonIdeality,
    resistive_as_made,
)
from analog_pc.experiments.scellier2023.read_noise import NoisyFactors, NoisyReading
from analog_pc.experiments.scellier2023.resistive_devices import ResistiveDevices, WriteTotals
from analog_pc.mapping import Scales, choose_scales, forward_ranges
from analog_pc.pcn import PredictiveCodingNetwork, make_clamps, random_network
from analog_pc.pcn.learning import LearningRule, learning_rule
from analog_pc.resistive import (
    CONTRASTIVE_RULES,
    Gradient,
    ResistiveNetwork,
    adjoint_gradient,
    contrastive_gradient,
    random_resistive_network,
    settle,
)
from analog_pc.resistive.contrastive import Solver
from analog_pc.technology import Technology
from analog_pc.training import Dataset, Trainer, TrainingConfig, load_dataset
from analog_pc.training.in_situ import DeviceBackend, weight_device, write_scheme

IDEAL = "ideal"
EXACT = "exact"  # gradient of the resistive network, by its adjoint circuit
PROPAGATED = "pcn-c-ep"  # C-EP of the predictive coding network
LAYERED = ("pc", "bp", PROPAGATED)  # rules of predictive coding networks; all others are of resistive ones
HELD_OUT = 0.2  # of the training images
DECAY = 0.95  # of the learning rate, an epoch


class Condition(NamedTuple):
    """A rule on a device, how it is written ("exact" for ideal ones), the read noise in V, rms, and what else
    is not ideal; both of ideal devices only."""

    rule: str
    device: str
    scheme: str
    noise: float = 0.0
    non_ideality: NonIdeality = PERFECT

    @property
    def resistive(self) -> bool:
        """Whether the network is a resistive one."""
        return self.rule not in LAYERED


class Budget(NamedTuple):
    """What every contender gets: passes, images a batch, hidden nodes, and the chip's technology; `gain` of a
    resistive network's inputs; `data`: a name or a file, see `load_dataset`."""

    epochs: int
    batch: int
    hidden: int
    gain: float
    technology: Technology
    data: str = "digits"


class Choice(NamedTuple):
    """What is chosen on held-out images."""

    rate: float
    headroom: float


class Learner(Protocol):
    """A network on devices that learns batch after batch."""

    def step(self, inputs: Floats, targets: Floats, rate: float) -> None:
        """One update; `rate` is of the mean over the batch."""
        ...

    def wrong(self, inputs: Floats, labels: Ints) -> float:
        """Share of images that it takes for another."""
        ...

    def totals(self) -> WriteTotals:
        """What writing has cost."""
        ...

    def parameters(self) -> Mapping[str, Array]:
        """The matrices "1", "2", ... and biases "b1", ..., where it has them."""
        ...


class ResistiveLearner:
    """A resistive network; a constant input of 1 stands in place of bias currents, so that devices are all
    that learns."""

    def __init__(
        self, condition: Condition, budget: Budget, choice: Choice, seed: int, ends: tuple[int, int]
    ) -> None:
        device = weight_device(condition.device)
        technology = budget.technology
        inputs, outputs = ends
        self.rule = condition.rule
        self.non_ideality = condition.non_ideality
        self.seed = seed
        self.devices = ResistiveDevices(
            random_resistive_network((inputs + 1, budget.hidden, outputs), gain=budget.gain, seed=seed),
            device,
            write_scheme(condition.scheme),
            headroom=choice.headroom,
            floor=technology.g_min / technology.g_max,
            seed=seed,
        )
        volts = resistive_volts(technology, budget.gain)
        self.solver: Solver = settle
        if condition.noise:
            self.solver = NoisyReading(condition.noise / volts, np.random.default_rng([seed, 1]))
        elif condition.non_ideality.kind == DROP:
            self.solver = DroppedDiodes(condition.non_ideality.value / volts)

    @property
    def network(self) -> ResistiveNetwork:
        """The network that the chip computes."""
        network = self.devices.network
        if self.non_ideality == PERFECT:
            return network
        return resistive_as_made(network, self.non_ideality, self.seed, self.devices.most)

    def step(self, inputs: Floats, targets: Floats, rate: float) -> None:
        """See `Learner`."""
        gradient = self._gradient(with_constant(inputs), targets)
        self.devices.descend(gradient.conductances, rate / len(inputs))
        if self.non_ideality.floor:
            self.devices.raise_to(self.non_ideality.floor)

    def _gradient(self, inputs: Floats, targets: Floats) -> Gradient:
        network = self.network
        if self.rule == EXACT:
            return adjoint_gradient(network, inputs, targets)
        return contrastive_gradient(network, inputs, targets, CONTRASTIVE_RULES[self.rule], self.solver)

    def wrong(self, inputs: Floats, labels: Ints) -> float:
        """See `Learner`."""
        return resistive_errors(self.network, inputs, labels, self._noiseless)

    @property
    def _noiseless(self) -> Solver:
        """The solver without read noise, which tests are read without."""
        return settle if isinstance(self.solver, NoisyReading) else self.solver

    def totals(self) -> WriteTotals:
        """See `Learner`."""
        return self.devices.totals()

    def parameters(self) -> Mapping[str, Array]:
        """See `Learner`."""
        return {f"{k}": g for k, g in enumerate(self.devices.network.G, 1)}


class LayeredLearner:
    """A predictive coding network of sigmoids, as `analog-pc train --device` trains it."""

    def __init__(
        self, condition: Condition, budget: Budget, choice: Choice, seed: int, ends: tuple[int, int]
    ) -> None:
        self.batch = budget.batch
        self.technology = budget.technology
        self.backend = DeviceBackend(
            random_network((ends[0], budget.hidden, ends[1]), "sigmoid", seed=seed),
            weight_device(condition.device),
            write_scheme(condition.scheme),
            seed=seed,
            headroom=choice.headroom,
        )
        if condition.non_ideality != PERFECT:
            self.backend = AsMadeBackend(self.backend, condition.non_ideality)
        self.rule: LearningRule = learning_rule(condition.rule.removeprefix("pcn-"))
        self.seen: Floats | None = None  # inputs of this batch
        if condition.noise:
            rng = np.random.default_rng([seed, 1])
            self.rule = NoisyFactors(self.rule, condition.noise, self._scales, rng)

    def _scales(self) -> Scales:
        assert self.seen is not None
        return layered_scales(self.backend.network, self.technology, self.seen)

    def step(self, inputs: Floats, targets: Floats, rate: float) -> None:
        """See `Learner`."""
        self.seen = inputs
        config = TrainingConfig(rule=self.rule, batch=self.batch, lr=rate)
        Trainer(self.backend, config).step(inputs, targets)

    def wrong(self, inputs: Floats, labels: Ints) -> float:
        """See `Learner`."""
        return float((self.backend.predict(inputs).argmax(axis=1) != labels).mean())

    def totals(self) -> WriteTotals:
        """See `Learner`; the transposed copies of W_2, W_3, ... get the pulses of their originals."""
        pulses = 0.0
        joules = 0.0 if self.backend.device.energy else np.nan
        devices = 0
        wear = 0
        for k, layer in enumerate(self.backend.layers):
            copies = 2 if k else 1
            # A device against a reference that is never written, or a pair; copies have no bias line.
            devices += 2 * (len(layer.W) * (layer.pre + 1) + (copies - 1) * layer.W.size)
            for array in [array for one in layer.synapses for array in one.arrays]:
                found = array.statistics()
                pulses += copies * found.pulses
                joules += copies * (np.nan if found.joules is None else found.joules)
                wear = max(wear, found.most_wear)
        costs = self.backend.costs(0, 0)
        seconds = np.nan if costs.seconds is None else costs.seconds
        return WriteTotals(pulses, joules, seconds, float(wear), float(devices))

    def parameters(self) -> Mapping[str, Array]:
        """See `Learner`."""
        network = self.backend.network
        weights = {f"{k}": w for k, w in enumerate(network.W, 1)}
        return weights | {f"b{k}": b for k, b in enumerate(network.b, 1)}


def train(
    budget: Budget, condition: Condition, choice: Choice, seed: int, *, held_out: bool = False
) -> Mapping[str, Array]:
    """Errors after every epoch, on held-out training images or on the test images; writing; parameters.

    "dead" is True where training ended early: a node without conductance, or numbers that grew without bound;
    the errors of the epochs that are missing are 1.
    """
    data = load_dataset(budget.data, seed)
    inputs, labels, test_inputs, test_labels = _split(data, held_out)
    targets = data.one_hot(labels)
    kind = ResistiveLearner if condition.resistive else LayeredLearner
    learner: Learner = kind(condition, budget, choice, seed, (inputs.shape[1], data.classes))
    rng = np.random.default_rng(seed)
    errors = np.ones(budget.epochs)
    dead = False
    for epoch in range(budget.epochs):
        order = rng.permutation(len(inputs))
        try:
            for start in range(0, len(order), budget.batch):
                some = order[start : start + budget.batch]
                learner.step(inputs[some], targets[some], choice.rate * DECAY**epoch)
        except FloatingPointError:
            dead = True
            break
        errors[epoch] = learner.wrong(test_inputs, test_labels)
    images = len(inputs) * budget.epochs
    found = {"errors": errors, "dead": np.array(dead), "writes": np.array(learner.totals()), "images": images}
    if condition.device == IDEAL and not held_out:
        found |= learner.parameters()
    return {name: np.asarray(value) for name, value in found.items()}


def _split(data: Dataset, held_out: bool) -> tuple[Floats, Ints, Floats, Ints]:
    """Images and labels to learn, and to test."""
    if not held_out:
        return data.train_inputs, data.train_labels, data.test_inputs, data.test_labels
    kept = round((1.0 - HELD_OUT) * len(data.train_inputs))
    return (
        data.train_inputs[:kept],
        data.train_labels[:kept],
        data.train_inputs[kept:],
        data.train_labels[kept:],
    )


def resistive_errors(
    network: ResistiveNetwork, inputs: Floats, labels: Ints, solver: Solver = settle
) -> float:
    """Share of images that a resistive network takes for another; without an equilibrium counts as wrong."""
    state = solver(network, with_constant(inputs), None, None)
    return float(((state.output.argmax(axis=1) != labels) | ~state.relaxation.converged).mean())


def with_constant(inputs: Floats) -> Floats:
    """Inputs of a resistive network: a constant 1 behind the pixels."""
    return np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1)


def resistive_volts(technology: Technology, gain: float) -> float:
    """Volts of 1 on a resistive network whose sources, `gain` units at a white pixel, use the supply."""
    return technology.supply / gain


def layered_scales(network: PredictiveCodingNetwork, technology: Technology, inputs: Floats) -> Scales:
    """Volts per unit that the compiler chooses for a predictive coding network on this technology."""
    return choose_scales(network, technology, forward_ranges(network, make_clamps(network, inputs)))


def resistive_of(part: Mapping[str, Array], gain: float) -> ResistiveNetwork:
    """The resistive network of a finished training."""
    return ResistiveNetwork([part["1"], part["2"]], None, gain)


def layered_of(part: Mapping[str, Array]) -> PredictiveCodingNetwork:
    """The predictive coding network of a finished training."""
    return PredictiveCodingNetwork([part["1"], part["2"]], [part["b1"], part["b2"]], activation="sigmoid")


def possible(condition: Condition) -> bool:
    """Whether the network can be made of the device: a one-sided one needs a pair, which has a sign; and has
    the non-ideality: only resistive networks have diodes."""
    if condition.non_ideality.kind == DROP and not condition.resistive:
        return False
    one_sided = condition.device != IDEAL and PRESETS[condition.device].one_sided
    return not (condition.resistive and one_sided)
