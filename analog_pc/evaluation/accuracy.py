"""Accuracy of chips, with what did not come to rest counted beside it and never hidden in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Bools, Ints
from analog_pc.evaluation.intervals import by_chance, chip_interval, sample_interval


@dataclass(frozen=True, kw_only=True)
class ChipAccuracy:
    """One chip on all samples.

    `right` of the samples at rest have their label as the largest output; `unconverged` have no valid
    equilibrium, `message` says why; `changed` of the samples at rest are told another class than the ideal
    network tells; `commonest` is the largest share of a class among the answers.
    """

    seed: int
    samples: int
    right: int
    unconverged: int
    changed: int
    commonest: float
    message: str = ""

    @property
    def accuracy(self) -> float | None:
        """Fraction of right answers; None where a sample has no answer."""
        return None if self.unconverged else self.right / self.samples

    @property
    def low(self) -> float:
        """With every sample that has no answer counted wrong."""
        return self.right / self.samples

    @property
    def high(self) -> float:
        """With every sample that has no answer counted right."""
        return (self.right + self.unconverged) / self.samples


@dataclass(frozen=True)
class Accuracy:
    """Several chips of one kind on the same samples."""

    chips: tuple[ChipAccuracy, ...]

    @property
    def samples(self) -> int:
        return self.chips[0].samples

    @property
    def unconverged(self) -> int:
        """Samples without an answer, over all chips."""
        return sum(chip.unconverged for chip in self.chips)

    @property
    def mean(self) -> float | None:
        """Over the chips; None where a sample has no answer."""
        return None if self.unconverged else self.lowest

    @property
    def lowest(self) -> float:
        """Mean with every sample that has no answer counted wrong."""
        return float(np.mean([chip.low for chip in self.chips]))

    @property
    def highest(self) -> float:
        """Mean with every sample that has no answer counted right."""
        return float(np.mean([chip.high for chip in self.chips]))

    @property
    def spread(self) -> float | None:
        """Standard deviation over the chips (n - 1); None for one chip or where a sample has no answer."""
        if self.unconverged or len(self.chips) < 2:
            return None
        return float(np.std([chip.low for chip in self.chips], ddof=1))

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % t interval of the mean over chips; with unanswered samples from the lower end of all wrong to
        the upper end of all right; None for one chip."""
        low = chip_interval([chip.low for chip in self.chips])
        high = chip_interval([chip.high for chip in self.chips])
        return None if low is None or high is None else (low[0], high[1])

    @property
    def sample_interval(self) -> tuple[float, float]:
        """95 % Wilson interval for the samples, with the same reading of unanswered ones."""
        low = sample_interval(self.lowest, self.samples)
        high = sample_interval(self.highest, self.samples)
        return low[0], high[1]

    def by_chance(self, guess: float) -> bool:
        """Whether even with every unanswered sample right it is no better than guessing."""
        return by_chance(self.highest, self.samples, guess)


def chip_accuracy(
    seed: int, predictions: Ints, converged: Bools, labels: Ints, ideal: Ints, message: str
) -> ChipAccuracy:
    """Count the answers of one chip; all arrays [samples]."""
    answers = predictions[converged]
    shares = np.bincount(answers) / max(len(answers), 1)
    return ChipAccuracy(
        seed=seed,
        samples=len(labels),
        right=int((answers == labels[converged]).sum()),
        unconverged=int((~converged).sum()),
        changed=int((answers != ideal[converged]).sum()),
        commonest=float(shares.max(initial=0.0)),
        message="" if converged.all() else message,
    )


def guess_of(labels: Ints, classes: int) -> float:
    """Accuracy of guessing: 1 / classes, or the share of the commonest label, if larger."""
    return max(1.0 / classes, float(np.bincount(labels).max()) / len(labels))


def mean_lost(ideal: float, accuracy: Accuracy) -> float:
    """Accuracy lost against the ideal network; unanswered samples count as lost."""
    return ideal - accuracy.lowest
