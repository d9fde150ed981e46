"""Accuracy of chips on the same samples, and whether the network still works on them.

Samples without an operating point are never left out of a fraction: they may be right or wrong, so a result
with any of them is a pair of bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np

from analog_pc import pcn
from analog_pc.arrays import Bools, Ints
from analog_pc.nonideality.intervals import by_chance, chip_interval, loss_interval, sample_interval
from analog_pc.reporting.text import counted

WORKS = "works"
DEGRADED = "degraded"
AT_CHANCE = "at chance"
UNKNOWN = "unknown"
BUDGET = 0.02  # of accuracy lost: two points, what a user of a chip is held to put up with
NO_CLASS = -1  # of a sample without an operating point


@dataclass(frozen=True)
class ChipAccuracy(pcn.Accuracy):
    """One chip on all samples.

    `right` of its answers are those of the labels, `gained` of these where the ideal network is wrong;
    `changed` of the samples at rest are told another class than the ideal network tells; `commonest` is the
    largest share of a class among the answers; `message` says why samples are `unconverged`.
    """

    _: KW_ONLY
    seed: int
    changed: int
    gained: int = 0
    commonest: float = 0.0
    message: str = ""


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
    seed: int, predictions: Ints, converged: Bools, labels: Ints, ideal: Ints, message: str = ""
) -> ChipAccuracy:
    """Count the answers of one chip; all arrays [samples]."""
    answers = predictions[converged]
    shares = np.bincount(answers) / max(len(answers), 1)
    right = converged & (predictions == labels)
    return ChipAccuracy(
        int(right.sum()),
        int((~converged).sum()),
        len(labels),
        seed=seed,
        changed=int((answers != ideal[converged]).sum()),
        gained=int((right & (ideal != labels)).sum()),
        commonest=float(shares.max(initial=0.0)),
        message="" if converged.all() else message,
    )


def guess_of(labels: Ints, classes: int) -> float:
    """Chance level: accuracy 1 / classes of guessing, or the share of the commonest label, if larger."""
    return max(1.0 / classes, float(np.bincount(labels).max()) / len(labels))


def within_budget(lost: float, samples: int) -> bool:
    """Whether a loss of accuracy is at most `BUDGET`.

    An accuracy is a number of samples over their number, or the mean of a few such: a loss of exactly the
    budget comes out a rounding error above or below it.  The budget is taken as reached up to a thousandth of
    one sample, less than what any two means of up to a thousand chips are apart.
    """
    return lost <= BUDGET + 1e-3 / samples


@dataclass(frozen=True, kw_only=True)
class NetworkAccuracy:
    """The ideal network and chips on the same samples.

    Without labels the classes that the ideal network tells stand for them.

    Parameters
    ----------
    samples, classes
        How many samples, and outputs of the network.
    chips
        None where no chip was asked for predictions.
    ideal_right
        Samples that the ideal network gets right.
    labelled
        Whether there are labels.
    guess
        Chance level, see `guess_of`.
    unstable
        Checked operating points that the circuit leaves by itself.
    """

    samples: int
    classes: int
    chips: Accuracy | None = None
    ideal_right: int = 0
    labelled: bool = False
    guess: float = 1.0
    unstable: int = 0

    @property
    def ideal(self) -> float | None:
        """Accuracy of the ideal network; None without labels, as the following two."""
        return self.ideal_right / self.samples if self.labelled else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Mean accuracy of the chips with unconverged samples counted as wrong, and as right."""
        if self.chips is None or not self.labelled:
            return None
        return self.chips.lowest, self.chips.highest

    @property
    def mean(self) -> float | None:
        """Mean accuracy of the chips; None where a sample did not converge, or nothing is known."""
        return self.chips.mean if self.chips is not None and self.labelled else None

    @property
    def unconverged(self) -> int:
        """Samples without an operating point, over all chips."""
        return 0 if self.chips is None else self.chips.unconverged

    @property
    def changed(self) -> tuple[float, float] | None:
        """Fraction of the predictions that changed class: unconverged samples counted as same, as changed."""
        if self.chips is None:
            return None
        low = [chip.changed / chip.samples for chip in self.chips.chips]
        high = [(chip.changed + chip.unconverged) / chip.samples for chip in self.chips.chips]
        return float(np.mean(low)), float(np.mean(high))

    @property
    def chips_at_chance(self) -> int:
        """Chips whose right answers may be guessed."""
        chips = () if self.chips is None else self.chips.chips
        return sum(by_chance(chip.low, chip.samples, self.guess) for chip in chips)

    @property
    def lost(self) -> float:
        """Accuracy lost at most, a mean over the chips; without labels changed predictions bound it."""
        return 0.0 if self.chips is None else self.ideal_right / self.samples - self.chips.lowest

    @property
    def lost_interval(self) -> tuple[float, float] | None:
        """95 % interval of `lost` for other samples of this kind (`loss_interval`); None without chips."""
        if self.chips is None:
            return None
        gained = float(np.mean([chip.gained for chip in self.chips.chips])) / self.samples
        return loss_interval(self.ideal_right / self.samples, self.chips.lowest, gained, self.samples)

    @property
    def verdict(self) -> str:
        """WORKS, DEGRADED, AT_CHANCE, or UNKNOWN where the samples cannot say.

        DEGRADED where more than `BUDGET` is lost, and the interval of the loss excludes none.
        """
        if self.chips is None or self.lost_interval is None or self._too_few:
            return UNKNOWN
        if 2 * self.chips_at_chance >= len(self.chips.chips):
            return AT_CHANCE
        if self.unstable:
            return DEGRADED
        if within_budget(self.lost, self.samples):
            return WORKS
        return DEGRADED if self.lost_interval[0] > 0.0 else UNKNOWN

    @property
    def _too_few(self) -> bool:
        """Whether even an answer that is right everywhere may be guessed."""
        return self.classes < 2 or by_chance(1.0, self.samples, self.guess)

    @property
    def message(self) -> str:
        """What stands behind the verdict, in one sentence."""
        if self.chips is None:
            return "the chip was not asked for predictions"
        if self.classes < 2:
            return "one output has no classes"
        parts = [*self._against_labels(), *self._against_ideal()]
        if self.unconverged:
            total = counted(self.samples * len(self.chips.chips), "sample")
            parts.append(f"{self.unconverged} of {total} did not converge")
        if self.unstable:
            parts.append(f"{counted(self.unstable, 'unstable operating point')} among those checked")
        if self._too_few:
            parts.append("too few samples to tell from chance")
        elif self.chips_at_chance:
            every = counted(len(self.chips.chips), "chip")
            parts.append(f"{self.chips_at_chance} of {every} no better than chance")
            if by_chance(self.ideal_right / self.samples, self.samples, self.guess):
                parts.append("nor is the ideal network")
        elif self.verdict == UNKNOWN:
            parts.append("too few samples to tell from no change")
        return ", ".join(parts)

    def _against_labels(self) -> list[str]:
        if self.bounds is None or self.chips is None or self.ideal is None:
            return []
        chip = _range(self.bounds)
        fractions = [one.low for one in self.chips.chips]
        if len(fractions) > 1 and self.mean is not None:
            chip += f" (mean of {len(fractions)} chips, {_range((min(fractions), max(fractions)))})"
        return [f"accuracy {_range((self.ideal, self.ideal))} ideal, {chip} on the chip", *self._loss()]

    def _loss(self) -> list[str]:
        """The loss with its interval, where anything is lost."""
        if self.lost_interval is None or not self.lost > 0.0:
            return []
        low, high = (100.0 * end for end in self.lost_interval)
        return [f"{100.0 * self.lost:.1f} points lost (95 % interval {low:.1f} to {high:.1f})"]

    def _against_ideal(self) -> list[str]:
        if self.changed is None:
            return []
        said = f"{_range(self.changed)} of the predictions changed class"
        if self.labelled or self.lost_interval is None:
            return [said]
        return [f"{said} (95 % interval {_range((max(self.lost_interval[0], 0.0), self.lost_interval[1]))})"]


def network_accuracy(
    classes: int, chips: Sequence[tuple[int, Ints]], ideal: Ints, labels: Ints | None, unstable: int = 0
) -> NetworkAccuracy:
    """All chips (seed and predicted classes, `NO_CLASS` without) against the ideal network's [samples]."""
    told = ideal if labels is None else labels
    found = tuple(
        chip_accuracy(seed, predicted, predicted != NO_CLASS, told, ideal) for seed, predicted in chips
    )
    return NetworkAccuracy(
        samples=len(ideal),
        classes=classes,
        chips=Accuracy(found) if found else None,
        ideal_right=int((ideal == told).sum()),
        labelled=labels is not None,
        guess=guess_of(told, classes),
        unstable=unstable,
    )


def _range(bounds: tuple[float, float]) -> str:
    """Percent; one number where both bounds are equal."""
    low, high = (f"{100.0 * bound:.1f}" for bound in bounds)
    return f"{low} %" if low == high else f"{low} to {high} %"
