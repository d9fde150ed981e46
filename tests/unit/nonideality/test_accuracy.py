"""Whether a network still works: by counting, against a binomial test that is done by hand."""

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
    guessed,
    network_accuracy,
)

LABELS = np.arange(100) % 10


def chips(*wrong: int, unconverged: int = 0, labels: bool = True, unstable: int = 0) -> Accuracy:
    """Ten classes, an ideal network that is always right, and a chip for each number of wrong answers."""
    found = []
    for seed, many in enumerate(wrong):
        classes = LABELS.copy()
        classes[:many] = (classes[:many] + 1) % 10
        classes[len(classes) - unconverged :] = NO_CLASS
        found.append((seed, classes))
    return network_accuracy(10, found, LABELS, LABELS if labels else None, unstable)


def test_a_guess_is_what_the_binomial_tail_says() -> None:
    """Two classes, four samples: P(X >= 4) = 1/16 > 5 %, five samples: 1/32."""
    assert guessed(4, 4, 2)
    assert not guessed(5, 5, 2)
    assert guessed(4, 5, 2)  # P(X >= 4) = 6/32


def test_mean_over_chips() -> None:
    found = chips(10, 20, 30)
    assert found.ideal == 1.0
    assert found.mean == pytest.approx(0.8)
    assert found.changed == pytest.approx((0.2, 0.2))
    assert found.verdict == DEGRADED
    assert "80.0 % (mean of 3 chips, 70.0 to 90.0 %) on the chip" in found.message


@pytest.mark.parametrize(("wrong", "verdict"), [(0, WORKS), (2, WORKS), (3, DEGRADED), (84, AT_CHANCE)])
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


def test_what_is_unstable_does_not_work() -> None:
    assert chips(0, unstable=1).verdict == DEGRADED


def test_without_labels_unchanged_predictions_speak() -> None:
    found = chips(1, labels=False)
    assert found.ideal is None
    assert found.mean is None
    assert found.message == "1.0 % of the predictions changed class"


def test_what_cannot_be_told() -> None:
    assert network_accuracy(10, [], LABELS, LABELS).verdict == UNKNOWN
    few = np.array([0, 1])
    found = network_accuracy(2, [(0, few)], few, few)
    assert found.verdict == UNKNOWN
    assert "too few samples" in found.message
    assert Accuracy(3, 1, None, ()).message == "the chip was not asked for predictions"
