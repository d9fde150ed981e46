"""Confidence intervals of an accuracy, and whether it is one at all."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


def chip_interval(accuracies: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Student's t interval of the mean accuracy over chips, all on the same samples.

    ::

        mean +- t(n - 1, (1 + confidence) / 2) s / sqrt(n)        within [0, 1]

    Chips are the sampling unit: what differs from one reading to the next is the chip, drawn at random, and
    not the samples, which all chips share.  So n is the number of chips, however many samples each has.

    None for one chip, of which no spread is known.
    """
    n = len(accuracies)
    if n < 2:
        return None
    mean = float(np.mean(accuracies))
    spread = float(np.std(accuracies, ddof=1))
    half = float(stats.t.ppf(0.5 + confidence / 2.0, n - 1)) * spread / math.sqrt(n)
    return max(mean - half, 0.0), min(mean + half, 1.0)


def sample_interval(accuracy: float, samples: int) -> tuple[float, float]:
    """Wilson's score interval: what the same chips might reach on other samples of the same kind.

    ::

        (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n),    z = 1.96

    For a mean over chips `accuracy` samples is no whole number, which Clopper and Pearson's interval needs.
    n counts the samples once although every chip reads them: chips err on the same difficult samples, and
    counting each reading as one of its own would make the interval too narrow.

    Source: E. B. Wilson, J. Am. Stat. Assoc. 22:209 (1927).
    """
    z = float(stats.norm.ppf(0.5 + CONFIDENCE / 2.0))
    spread = z / (1.0 + z * z / samples)
    centre = (accuracy + z * z / (2.0 * samples)) / (1.0 + z * z / samples)
    half = spread * math.sqrt(accuracy * (1.0 - accuracy) / samples + (z / (2.0 * samples)) ** 2)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def loss_interval(before: float, after: float, gained: float, samples: int) -> tuple[float, float]:
    """Newcombe's interval of the accuracy lost, before - after, on the same samples.

    ::

        d - sqrt(a^2 - 2 phi a b + b^2)    to    d + sqrt(e^2 - 2 phi e f + f^2)

    with the Wilson intervals of both: a, e from `before` to its lower and upper end, b, f from `after` to its
    upper and lower end; phi the correlation of right answers before and after (0 where one of them does not
    vary).

    Parameters
    ----------
    before, after
        Accuracies.
    gained
        Fraction of the samples that are right after alone.

    Source: R. G. Newcombe, Statist. Med. 17:2635 (1998), method 10.
    """
    low_before, high_before = sample_interval(before, samples)
    low_after, high_after = sample_interval(after, samples)
    both = after - gained
    varies = before * (1.0 - before) * after * (1.0 - after)
    phi = (both - before * after) / math.sqrt(varies) if varies > 0.0 else 0.0
    lost = before - after
    low = _joint(before - low_before, high_after - after, phi)
    high = _joint(high_before - before, after - low_after, phi)
    return lost - low, lost + high


def _joint(one: float, other: float, phi: float) -> float:
    """Length of two correlated deviations together; rounding may leave a square of 0 below it."""
    return math.sqrt(max(one * one - 2.0 * phi * one * other + other * other, 0.0))


def by_chance(accuracy: float, samples: int, guess: float) -> bool:
    """Whether an accuracy is no better than guessing right with probability `guess`.

    One-sided binomial test: true unless as many right answers, or more, come by guessing in less than 5 % of
    all trials.
    """
    right = math.floor(accuracy * samples + 1e-9)  # a mean of whole counts, up to rounding
    return float(stats.binom.sf(right - 1, samples, guess)) >= 1.0 - CONFIDENCE


def exact_interval(successes: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Clopper and Pearson's interval of a probability, which holds for any probability and number of trials.

    Source: C. J. Clopper and E. S. Pearson, Biometrika 26:404 (1934); `scipy.stats.binomtest`.
    """
    found = stats.binomtest(successes, trials).proportion_ci(confidence, method="exact")
    return float(found.low), float(found.high)
