"""Does the network still work on the chip?  Accuracy against labels, changed predictions, and chance.

A chip is at chance where a binomial test does not tell its number of right answers from guessing:
P(X >= right) > 5 % for X ~ Binomial(samples, 1 / classes).  Samples without an operating point are never
left out of a fraction: they may be right or wrong, so a result with any of them is a pair of bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from analog_pc.arrays import Ints
from analog_pc.reporting.text import counted

WORKS = "works"
DEGRADED = "degraded"
AT_CHANCE = "at chance"
UNKNOWN = "unknown"
MOST_LOST = 2  # percentage points; a network that loses more accuracy is degraded
SIGNIFICANCE = 0.05
NO_CLASS = -1  # of a sample without an operating point


@dataclass(frozen=True)
class ChipAccuracy:
    """How many of the samples one chip solves, gets right and puts in the same class as the ideal network.

    `right` is None where there are no labels.
    """

    seed: int
    samples: int
    solved: int
    right: int | None
    same: int

    @property
    def unconverged(self) -> int:
        return self.samples - self.solved


@dataclass(frozen=True)
class Accuracy:
    """Ideal network and chips on the same samples.

    Parameters
    ----------
    classes
        Outputs of the network.
    ideal_right
        Samples that the ideal network gets right, None without labels.
    chips
        One entry for each seed; empty where the chip was not asked for predictions.
    unstable
        Checked operating points that the circuit leaves by itself.
    """

    samples: int
    classes: int
    ideal_right: int | None
    chips: tuple[ChipAccuracy, ...]
    unstable: int = 0

    @property
    def ideal(self) -> float | None:
        """Accuracy of the ideal network."""
        return None if self.ideal_right is None else self.ideal_right / self.samples

    @property
    def unconverged(self) -> int:
        """Samples without an operating point, over all chips."""
        return sum(chip.unconverged for chip in self.chips)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Mean accuracy of the chips with unconverged samples counted as wrong, and as right."""
        if not self.chips or self.ideal_right is None:
            return None
        low = [(chip.right or 0) / chip.samples for chip in self.chips]
        high = [((chip.right or 0) + chip.unconverged) / chip.samples for chip in self.chips]
        return float(np.mean(low)), float(np.mean(high))

    @property
    def mean(self) -> float | None:
        """Mean accuracy of the chips; None where a sample did not converge, or nothing is known."""
        return None if self.bounds is None or self.unconverged else self.bounds[0]

    @property
    def changed(self) -> tuple[float, float] | None:
        """Fraction of the predictions that changed class: unconverged samples counted as same, as changed."""
        if not self.chips:
            return None
        low = [(chip.solved - chip.same) / chip.samples for chip in self.chips]
        high = [(chip.samples - chip.same) / chip.samples for chip in self.chips]
        return float(np.mean(low)), float(np.mean(high))

    @property
    def chips_at_chance(self) -> int:
        """Chips whose right answers (or, without labels, unchanged predictions) may be guessed."""
        hits = [chip.same if chip.right is None else chip.right for chip in self.chips]
        return sum(guessed(hit, self.samples, self.classes) for hit in hits)

    @property
    def verdict(self) -> str:
        """WORKS, DEGRADED, AT_CHANCE, or UNKNOWN where the samples cannot say."""
        if not self.chips or self.classes < 2 or guessed(self.samples, self.samples, self.classes):
            return UNKNOWN
        if 2 * self.chips_at_chance >= len(self.chips):
            return AT_CHANCE
        if self.unstable or 100 * self._lost > MOST_LOST * self.samples * len(self.chips):
            return DEGRADED
        return WORKS

    @property
    def _lost(self) -> int:
        """Right answers lost at most, over all chips; changed predictions bound it without labels."""
        if self.ideal_right is None:
            return sum(chip.samples - chip.same for chip in self.chips)
        return sum(self.ideal_right - (chip.right or 0) for chip in self.chips)

    @property
    def message(self) -> str:
        """What stands behind the verdict, in one sentence."""
        if not self.chips:
            return "the chip was not asked for predictions"
        if self.classes < 2:
            return "one output has no classes"
        parts = [*self._against_labels(), *self._against_ideal()]
        if self.unconverged:
            total = sum(chip.samples for chip in self.chips)
            parts.append(f"{self.unconverged} of {counted(total, 'sample')} did not converge")
        if self.unstable:
            parts.append(f"{counted(self.unstable, 'unstable operating point')} among those checked")
        if guessed(self.samples, self.samples, self.classes):
            parts.append("too few samples to tell from chance")
        elif self.chips_at_chance:
            every = counted(len(self.chips), "chip")
            parts.append(f"{self.chips_at_chance} of {every} no better than chance")
            if self.ideal_right is not None and guessed(self.ideal_right, self.samples, self.classes):
                parts.append("nor is the ideal network")
        return ", ".join(parts)

    def _against_labels(self) -> list[str]:
        if self.bounds is None:
            return []
        chip = _range(self.bounds)
        fractions = [(c.right or 0) / c.samples for c in self.chips]
        if len(self.chips) > 1 and self.mean is not None:
            chip += f" (mean of {len(self.chips)} chips, {_range((min(fractions), max(fractions)))})"
        return [f"accuracy {_range((self.ideal or 0.0, self.ideal or 0.0))} ideal, {chip} on the chip"]

    def _against_ideal(self) -> list[str]:
        return [] if self.changed is None else [f"{_range(self.changed)} of the predictions changed class"]


def guessed(right: int, samples: int, classes: int) -> bool:
    """Whether so many right answers may be chance: a one-sided binomial test against 1 / classes."""
    return float(binom.sf(right - 1, samples, 1.0 / classes)) > SIGNIFICANCE


def chip_accuracy(seed: int, classes: Ints, ideal: Ints, labels: Ints | None) -> ChipAccuracy:
    """One chip's predicted classes [samples], `NO_CLASS` where it has none, against the ideal network's."""
    solved = classes != NO_CLASS
    right = None if labels is None else int((solved & (classes == labels)).sum())
    return ChipAccuracy(seed, len(classes), int(solved.sum()), right, int((classes == ideal).sum()))


def network_accuracy(
    classes: int, chips: Sequence[tuple[int, Ints]], ideal: Ints, labels: Ints | None, unstable: int = 0
) -> Accuracy:
    """All chips (seed and predicted classes) against the classes of the ideal network [samples]."""
    right = None if labels is None else int((ideal == labels).sum())
    found = tuple(chip_accuracy(seed, predicted, ideal, labels) for seed, predicted in chips)
    return Accuracy(len(ideal), classes, right, found, unstable)


def _range(bounds: tuple[float, float]) -> str:
    """Percent; one number where both bounds are equal."""
    low, high = (f"{100.0 * bound:.1f}" for bound in bounds)
    return f"{low} %" if low == high else f"{low} to {high} %"
