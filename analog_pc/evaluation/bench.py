"""A network and its test data, to be measured on any chip of any technology."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.errors import BadInput
from analog_pc.evaluation.data import TestData
from analog_pc.mapping import Scales
from analog_pc.nonideality.accuracy import Accuracy, ChipAccuracy, chip_accuracy, guess_of
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, make_clamps
from analog_pc.relaxers import EffectiveRelaxer
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import RANDOM, present
from analog_pc.training import predict

Tick = Callable[[str], None]  # called before each piece of work, with what it is


class Answers(NamedTuple):
    """Which samples a chip tells right, and which converged, [samples] each."""

    right: Bools
    converged: Bools


@dataclass(frozen=True, eq=False)
class Bench:
    """Predictions of the ideal network and of chips, on the same samples in the same scales.

    Parameters
    ----------
    technology
        The one that is evaluated: its scales hold for all variants of it that are measured.
    seeds
        Of the chips.
    """

    network: PredictiveCodingNetwork
    technology: Technology
    data: TestData
    seeds: tuple[int, ...]

    @cached_property
    def ideal_outputs(self) -> Floats:
        """x_L of the ideal network with the input clamped, [samples, n_L]; `BadInput` for an overflow."""
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = predict(self.network, self.data.inputs)
        if not np.isfinite(outputs).all():
            raise BadInput("the forward pass of this network overflows: no prediction can be made of it")
        return outputs

    @cached_property
    def ideal_predictions(self) -> Ints:
        """Largest output of the ideal network, [samples]."""
        return np.asarray(self.ideal_outputs.argmax(axis=1), dtype=np.int64)

    @cached_property
    def ideal_accuracy(self) -> float:
        """Fraction of samples that the ideal network tells right."""
        return float((self.ideal_predictions == self.data.labels).mean())

    @cached_property
    def undecided(self) -> int:
        """Samples in which several outputs of the ideal network are the largest: all units off, say."""
        largest = self.ideal_outputs.max(axis=1, keepdims=True)
        return int(((self.ideal_outputs == largest).sum(axis=1) > 1).sum())

    @property
    def guess(self) -> float:
        """Chance level, see `guess_of`."""
        return guess_of(self.data.labels, self.network.sizes[-1])

    @cached_property
    def scales(self) -> Scales:
        """The scales of the technology for these inputs, as `compile_network` chooses them."""
        clamps = make_clamps(self.network, self.data.inputs)
        return EffectiveRelaxer(self.technology).scales(self.network, clamps)

    def equilibrium(self, technology: Technology, seed: int) -> Equilibrium:
        """The chip at rest with the inputs clamped, in closed form (`EffectiveRelaxer`)."""
        if technology is self.technology and seed == self.seeds[0]:
            return self.first_chip
        return self._relaxed(technology, seed)

    @cached_property
    def first_chip(self) -> Equilibrium:
        """The first chip of the technology itself, which several steps ask for."""
        return self._relaxed(self.technology, self.seeds[0])

    def _relaxed(self, technology: Technology, seed: int) -> Equilibrium:
        relaxer = EffectiveRelaxer(technology, seed, volts_per_unit=self.scales)
        return relaxer.relax(self.network, self.data.inputs)

    def chip(self, technology: Technology, seed: int) -> ChipAccuracy:
        """Accuracy of one chip."""
        return self.count(self.equilibrium(technology, seed), seed)

    def count(self, equilibrium: Equilibrium, seed: int) -> ChipAccuracy:
        """Accuracy of the outputs of one chip: argmax of x_L."""
        answers = np.asarray(equilibrium.output.argmax(axis=1), dtype=np.int64)
        message = equilibrium.relaxation.message
        return chip_accuracy(
            seed, answers, _converged(equilibrium), self.data.labels, self.ideal_predictions, message
        )

    def answers(self, technology: Technology, seed: int) -> Answers:
        """What a chip answers; a sample without convergence is not right."""
        found = self.equilibrium(technology, seed)
        converged = _converged(found)
        right = np.asarray(converged & (found.output.argmax(axis=1) == self.data.labels))
        return Answers(right=right, converged=converged)

    def chips(self, technology: Technology, most: int | None = None) -> Accuracy:
        """Accuracy of several chips, at most so many; of one where a seed draws nothing: all are the same."""
        return Accuracy(tuple(self.chip(technology, seed) for seed in self.seeds_of(technology)[:most]))

    def seeds_of(self, technology: Technology) -> tuple[int, ...]:
        """The seeds that tell chips of a technology apart: the first one alone where nothing is drawn."""
        return self.seeds if RANDOM & set(present(technology)) else self.seeds[:1]


def _converged(equilibrium: Equilibrium) -> Bools:
    """Which samples have an answer, [samples]."""
    return np.asarray(equilibrium.relaxation.converged & np.isfinite(equilibrium.output).all(axis=1))
