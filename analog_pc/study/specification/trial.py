"""Is a technology good enough?  Chips are added until the answer is certain enough.

The loss of a chip is the accuracy of the ideal network less the chip's, on the same samples, so that what is
difficult for both cancels.  Losses l_1 ... l_m of m chips, drawn at random, bound their mean by Student's t::

    mean(l) +- t(m - 1, 1 - alpha) s / sqrt(m),        s = max(standard deviation, 1 / (n sqrt(m)))

n samples.  The second term of s is the smallest spread but none that m chips can show: one of them differs
from the others by one sample.  Without it chips that happen to agree would prove what few chips cannot.

Looking k times at growing numbers of chips, at v values of a field, a wrong answer has k v chances.  Each
look has alpha = (1 - confidence) / (k v), so that all answers of a field are right together with at least
that confidence (Boole's inequality).

A spread may draw a chip that cannot be built, such as one with a gate of negative gain.  It counts as a chip
that gets every sample wrong: it is no part of the yield.  An answer that does not converge counts as wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy import stats

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.evaluation import Answers, Bench
from analog_pc.technology import Technology

LOOKS = (4, 8, 16, 32, 64, 128)  # chips at which the losses are looked at
ROUNDING = 1e-3  # of one sample: what means of so many chips are apart at least


class Verdict(Enum):
    """Whether the loss is within the budget."""

    KEPT = "kept"
    EXCEEDED = "exceeded"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Accuracy lost by chips of one kind, against the ideal network on the same samples.

    Parameters
    ----------
    each
        Of every chip, [chips].
    of_samples
        Of every sample, a mean over the chips, [samples].
    not_built
        Chips among them that cannot be built, and so get every sample wrong.
    unconverged
        Answers of the others that did not converge, and so are wrong.
    """

    each: Floats
    of_samples: Floats
    not_built: int = 0
    unconverged: int = 0

    @property
    def mean(self) -> float:
        """Over chips and samples."""
        return float(self.each.mean())

    @property
    def chips(self) -> int:
        """How many there are."""
        return len(self.each)

    def half_width(self, alpha: float) -> float:
        """Half of the one-sided interval of the mean over chips (see the head of this file); 0 for one."""
        m = self.chips
        if m < 2:
            return 0.0
        least = 1.0 / (len(self.of_samples) * math.sqrt(m))
        spread = max(float(self.each.std(ddof=1)), least)
        return float(stats.t.ppf(1.0 - alpha, m - 1)) * spread / math.sqrt(m)

    def accuracy_interval(self, ideal: float, alpha: float) -> tuple[float, float]:
        """Interval of the mean accuracy over chips, `alpha` on either side.

        Student's t interval of the loss, taken from the ideal accuracy, and its part within 0 ... 1: a mean
        of accuracies lies there, so what is cut off takes no coverage away.
        """
        accuracy = ideal - self.mean
        half = self.half_width(alpha)
        return max(accuracy - half, 0.0), min(accuracy + half, 1.0)

    def sample_interval(self, confidence: float) -> tuple[float, float]:
        """What the same chips might lose on other samples of the same kind: normal, over samples."""
        n = len(self.of_samples)
        least = 1.0 / n  # one sample alone: as above
        spread = max(float(self.of_samples.std(ddof=1)), least / math.sqrt(n)) if n > 1 else 1.0
        half = float(stats.norm.ppf(0.5 + confidence / 2.0)) * spread / math.sqrt(n)
        return self.mean - half, self.mean + half


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One value of a field: what was lost there, and whether that is within the budget.

    Parameters
    ----------
    value
        Of the field.
    loss, low, high
        Mean over the chips, and its interval.
    chips
        How many; 0 where no technology can have the value.
    verdict
        Whether the loss is within the budget.
    remark
        What was found in place of a loss.
    not_built, unconverged
        See `Loss`.
    """

    value: float
    loss: float
    low: float
    high: float
    chips: int
    verdict: Verdict
    remark: str = ""
    not_built: int = 0
    unconverged: int = 0


def lost(bench: Bench, technology: Technology, seeds: Iterable[int]) -> Loss:
    """The losses of some chips."""
    ideal = (bench.ideal_predictions == bench.data.labels).astype(np.float64)
    found = [_answers(bench, technology, seed) for seed in seeds]
    built = [one for one in found if one is not None]
    differences = np.array([ideal if one is None else ideal - one.right for one in found])
    return Loss(
        each=differences.mean(axis=1),
        of_samples=differences.mean(axis=0),
        not_built=len(found) - len(built),
        unconverged=sum(int(np.count_nonzero(~one.converged)) for one in built),
    )


def _answers(bench: Bench, technology: Technology, seed: int) -> Answers | None:
    """The answers of a chip; None where it cannot be built."""
    try:
        return bench.answers(technology, seed)
    except BadInput:
        return None


def together(one: Loss, other: Loss) -> Loss:
    """The losses of both."""
    parts = one.chips * one.of_samples + other.chips * other.of_samples
    return Loss(
        each=np.concatenate([one.each, other.each]),
        of_samples=parts / (one.chips + other.chips),
        not_built=one.not_built + other.not_built,
        unconverged=one.unconverged + other.unconverged,
    )


def tried(
    bench: Bench, technology: Technology, value: float, budget: float, seeds: range, alpha: float
) -> Trial:
    """Add chips until the bound of their mean loss lies on one side of the budget, or they are used up.

    Parameters
    ----------
    bench
        Network, data, scales.
    technology
        The one that is tried.
    value
        Of the field, for the record.
    budget
        Accuracy that may be lost.
    seeds
        Of the chips; a single one where all chips are the same, and the loss is what it is.
    alpha
        Chance of a wrong answer that each look may have.
    """
    found: Loss | None = None
    verdict = Verdict.UNDECIDED
    allowed = budget + ROUNDING / bench.data.samples
    looks = [n for n in LOOKS if n <= len(seeds)] or [len(seeds)]
    done = 0
    for count in looks:
        more = lost(bench, technology, seeds[done:count])
        found = more if found is None else together(found, more)
        done = count
        half = found.half_width(alpha)
        if found.mean + half <= allowed:
            verdict = Verdict.KEPT
        elif found.mean - half > allowed:
            verdict = Verdict.EXCEEDED
        if verdict is not Verdict.UNDECIDED:
            break
    assert found is not None
    half = found.half_width(alpha)
    return Trial(
        value=value,
        loss=found.mean,
        low=found.mean - half,
        high=found.mean + half,
        chips=found.chips,
        verdict=verdict,
        not_built=found.not_built,
        unconverged=found.unconverged,
    )
