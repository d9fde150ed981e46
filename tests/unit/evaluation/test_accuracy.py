"""Counting answers: what is not at rest is never part of a plain accuracy."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.evaluation.accuracy import Accuracy, ChipAccuracy, chip_accuracy, guess_of

LABELS = np.array([0, 1, 2, 2])
ALL = np.ones(4, dtype=bool)


def chip(right: int, unconverged: int = 0, seed: int = 0) -> ChipAccuracy:
    return ChipAccuracy(seed=seed, samples=10, right=right, unconverged=unconverged, changed=0, commonest=0.1)


def test_all_at_rest() -> None:
    found = chip_accuracy(3, np.array([0, 1, 2, 0]), ALL, LABELS, np.array([0, 1, 1, 0]), "at rest")
    assert (found.accuracy, found.low, found.high) == (0.75, 0.75, 0.75)
    assert (found.changed, found.commonest, found.message) == (1, 0.5, "")


def test_unconverged_samples_leave_bounds() -> None:
    converged = np.array([True, False, True, True])
    found = chip_accuracy(0, np.array([0, 1, 2, 0]), converged, LABELS, LABELS, "not at rest")
    assert found.accuracy is None
    assert (found.low, found.high, found.unconverged) == (0.5, 0.75, 1)
    assert found.message == "not at rest"


def test_no_sample_at_rest() -> None:
    found = chip_accuracy(0, np.zeros(4, dtype=int), ~ALL, LABELS, LABELS, "astray")
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
    one = ChipAccuracy(seed=0, samples=500, right=52, unconverged=0, changed=450, commonest=1.0)
    assert Accuracy((one,)).by_chance(0.104)
    assert not Accuracy((one,)).by_chance(0.05)
