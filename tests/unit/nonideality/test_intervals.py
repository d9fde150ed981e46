"""Intervals against published values and against their own coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analog_pc.nonideality.intervals import by_chance, chip_interval, loss_interval, sample_interval


def test_chip_interval_of_three() -> None:
    low, high = chip_interval([0.90, 0.92, 0.94])  # type: ignore[misc]
    half = 4.303 * 0.02 / np.sqrt(3.0)  # t(2, 0.975) of any table
    assert (low, high) == pytest.approx((0.92 - half, 0.92 + half), abs=1e-5)


def test_one_chip_has_no_spread() -> None:
    assert chip_interval([0.9]) is None


def test_chip_interval_stays_a_fraction() -> None:
    assert chip_interval([1.0, 0.9]) == (pytest.approx(0.95 - 0.6353102368087363), 1.0)


def test_chip_interval_covers() -> None:
    rng = np.random.default_rng(1)
    draws = 0.8 + 0.03 * rng.normal(size=(2000, 5))
    covered = [low < 0.8 < high for low, high in (chip_interval(d.tolist()) for d in draws)]  # type: ignore[misc]
    # 95 % of 2000, within four standard deviations of that count
    assert abs(np.sum(covered) - 1900) < 4.0 * np.sqrt(2000 * 0.95 * 0.05)


@pytest.mark.parametrize(("right", "samples"), [(0, 10), (3, 10), (481, 500), (500, 500)])
def test_sample_interval_is_wilsons(right: int, samples: int) -> None:
    expected = stats.binomtest(right, samples).proportion_ci(method="wilson")
    assert sample_interval(right / samples, samples) == pytest.approx(
        (expected.low, expected.high), abs=1e-12
    )


@pytest.mark.parametrize(
    ("accuracy", "guess", "chance"),
    [(0.10, 0.1, True), (0.12, 0.1, True), (0.13, 0.1, False), (0.02, 0.1, True), (0.9, 0.1, False)],
)
def test_by_chance(accuracy: float, guess: float, chance: bool) -> None:
    assert by_chance(accuracy, 500, guess) is chance  # 61 right or more come in 5.5 %, 65 in 1.7 % of trials


def test_a_gain_is_a_negative_loss() -> None:
    low, high = loss_interval(0.9, 0.8, 0.04, 100)
    assert loss_interval(0.8, 0.9, 0.14, 100) == pytest.approx((-high, -low))


def test_answers_that_change_together_narrow_the_loss() -> None:
    """The same accuracies: 10 of 100 lost and none gained, or 18 lost and 8 gained."""
    together = loss_interval(0.9, 0.8, 0.0, 100)
    apart = loss_interval(0.9, 0.8, 0.08, 100)
    assert apart[0] < together[0] < 0.1 < together[1] < apart[1]


def test_loss_interval_covers() -> None:
    """Pairs with a known loss of 5 points; the coverage of the method is within 92 to 98 % for 200 pairs."""
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(2000):
        both, lost, gained, _ = rng.multinomial(200, [0.8, 0.09, 0.04, 0.07]) / 200
        low, high = loss_interval(both + lost, both + gained, gained, 200)
        covered += low < 0.05 < high
    assert 0.92 < covered / 2000 < 0.98
