"""Accuracy of chips by counting; whether a network still works, against tests that are done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.nonideality.accuracy import (
    AT_CHANCE,
    DEGRADED,
    NO_CLASS,
    UNKNOWN,
    WORKS,
    Accuracy,
    ChipAccuracy,
    NetworkAccuracy,
    chip_accuracy,
    guess_of,
    network_accuracy,
)

LABELS = np.arange(100) % 10
FOUR = np.array([0, 1, 2, 2])
EVERY = np.ones(4, dtype=bool)


def chips(*wrong: int, unconverged: int = 0, labels: bool = True, unstable: int = 0) -> NetworkAccuracy:
    """Ten classes, an ideal network that is always right, and a chip for each number of wrong answers."""
    found = []
    for seed, many in enumerate(wrong):
        classes = LABELS.copy()
        classes[:many] = (classes[:many] + 1) % 10
        classes[len(classes) - unconverged :] = NO_CLASS
        found.append((seed, classes))
    return network_accuracy(10, found, LABELS, LABELS if labels else None, unstable)


def chip(right: int, unconverged: int = 0, seed: int = 0) -> ChipAccuracy:
    return ChipAccuracy(right, unconverged, 10, seed=seed, changed=0, commonest=0.1)


def test_all_at_rest() -> None:
    found = chip_accuracy(3, np.array([0, 1, 2, 0]), EVERY, FOUR, np.array([0, 1, 1, 0]), "at rest")
    assert (found.value, found.low, found.high) == (0.75, 0.75, 0.75)
    assert (found.changed, found.commonest, found.message) == (1, 0.5, "")


def test_unconverged_samples_leave_bounds() -> None:
    converged = np.array([True, False, True, True])
    found = chip_accuracy(0, np.array([0, 1, 2, 0]), converged, FOUR, FOUR, "not at rest")
    assert found.value is None
    assert (found.low, found.high, found.unconverged) == (0.5, 0.75, 1)
    assert found.message == "not at rest"


def test_no_sample_at_rest() -> None:
    found = chip_accuracy(0, np.zeros(4, dtype=int), ~EVERY, FOUR, FOUR, "astray")
    assert (found.low, found.high, found.commonest) == (0.0, 1.0, 0.0)


def test_mean_and_spread() -> None:
    found = Accuracy((chip(8), chip(9), chip(10)))
    assert found.mean == pytest.approx(0.9)
    assert found.spread == pytest.approx(0.1)
    assert found.unconverged == 0


def test_one_unconverged_sample_of_one_chip_takes_the_mean() -> None:
    found = Accuracy((chip(8), chip(8, 1)))
    assert found.mean is None
    assert found.spread is None
    assert (found.lowest, found.highest) == (pytest.approx(0.8), pytest.approx(0.85))
    low, high = found.interval  # type: ignore[misc]
    assert low == pytest.approx(0.8)  # both chips alike with the sample wrong
    assert high == 1.0  # and 0.8, 0.9 with it right: 0.85 +- 0.64, which no accuracy reaches


def test_one_chip_has_an_interval_for_samples_only() -> None:
    found = Accuracy((chip(9),))
    assert found.interval is None
    assert 0.5 < found.sample_interval[0] < 0.9 < found.sample_interval[1] < 1.0


def test_guessing_knows_the_commonest_label() -> None:
    assert guess_of(np.array([0, 1, 2, 3]), 4) == 0.25
    assert guess_of(np.array([1, 1, 1, 0]), 2) == 0.75


def test_a_collapsed_chip_is_at_chance() -> None:
    one = ChipAccuracy(52, 0, 500, seed=0, changed=450, commonest=1.0)
    assert Accuracy((one,)).by_chance(0.104)
    assert not Accuracy((one,)).by_chance(0.05)


def test_mean_over_chips() -> None:
    found = chips(10, 20, 30)
    assert found.ideal == 1.0
    assert found.mean == pytest.approx(0.8)
    assert found.changed == pytest.approx((0.2, 0.2))
    assert found.verdict == DEGRADED
    assert "80.0 % (mean of 3 chips, 70.0 to 90.0 %) on the chip" in found.message


@pytest.mark.parametrize(
    ("wrong", "verdict"),
    [(0, WORKS), (2, WORKS), (3, UNKNOWN), (4, UNKNOWN), (5, DEGRADED), (84, AT_CHANCE)],
)
@pytest.mark.parametrize("labels", [True, False])
def test_verdict(wrong: int, verdict: str, labels: bool) -> None:
    """P(X >= 16) = 4 % and P(X >= 15) = 7 % of 100 guesses among 10 classes."""
    found = chips(wrong + (wrong == 84), labels=labels)
    assert found.verdict == verdict
    assert chips(84, labels=labels).verdict == DEGRADED


def test_unconverged_samples_leave_bounds_and_no_accuracy() -> None:
    found = chips(10, unconverged=5)
    assert found.mean is None
    assert found.bounds == pytest.approx((0.85, 0.9))
    assert found.changed == pytest.approx((0.1, 0.15))
    assert "85.0 to 90.0 % on the chip" in found.message
    assert "5 of 100 samples did not converge" in found.message
    assert chips(0, unconverged=5).verdict == DEGRADED, "what did not converge may be wrong"


def test_few_predictions_degrade_nothing() -> None:
    """One of 20 lost is five points, and may be none.

    Wilson's intervals are 83.89 to 100 % and 76.39 to 99.11 %: 5 - sqrt(16.11^2 + 4.11^2) to 5 + 18.61.
    """
    labels = LABELS[:20]
    one = labels.copy()
    one[0] += 1
    found = network_accuracy(10, [(0, one)], labels, labels)
    low, high = found.lost_interval  # type: ignore[misc]
    assert low < 0.0 < found.lost < high
    assert found.verdict == UNKNOWN
    assert "5.0 points lost (95 % interval -11.6 to 23.6)" in found.message
    assert found.message.endswith("too few samples to tell from no change")


def test_chance_is_the_commonest_label() -> None:
    """A chip that always tells the class of 60 of 100 samples has learned nothing."""
    labels = np.repeat([1, 0], [60, 40])
    found = network_accuracy(2, [(0, np.ones(100, dtype=int))], labels, labels)
    assert found.guess == 0.6
    assert found.verdict == AT_CHANCE


def test_what_is_unstable_does_not_work() -> None:
    assert chips(0, unstable=1).verdict == DEGRADED


def test_without_labels_unchanged_predictions_speak() -> None:
    found = chips(1, labels=False)
    assert found.ideal is None
    assert found.mean is None
    assert found.message == "1.0 % of the predictions changed class (95 % interval 0.0 to 5.4 %)"


def test_what_cannot_be_told() -> None:
    assert network_accuracy(10, [], LABELS, LABELS).verdict == UNKNOWN
    few = np.array([0, 1])
    found = network_accuracy(2, [(0, few)], few, few)
    assert found.verdict == UNKNOWN
    assert "too few samples" in found.message
    assert NetworkAccuracy(samples=3, classes=1).message == "the chip was not asked for predictions"
