"""What programming makes of a target."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analog_pc.devices import Programming, program
from analog_pc.errors import BadInput

LOW, HIGH = 1e-6, 1e-4
N = 200_000


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def targets(n: int = N) -> np.ndarray:
    return rng(99).uniform(LOW, HIGH, size=n)


def test_an_ideal_device_is_its_target() -> None:
    target = targets(100)
    np.testing.assert_array_equal(program(target, Programming(LOW, HIGH), rng()), target)


def test_levels_are_even_and_the_nearest_is_taken() -> None:
    """Three levels: 1, 50.5 and 100 uS; the borders lie at 25.75 and 75.25 uS."""
    how = Programming(LOW, HIGH, levels=3)
    found = program(np.array([1.0, 25.7, 25.8, 75.2, 75.3, 100.0]) * 1e-6, how, rng())
    # Roundings of a quotient near 1.
    np.testing.assert_allclose(found * 1e6, [1.0, 1.0, 50.5, 50.5, 100.0, 100.0], rtol=1e-14)


@pytest.mark.parametrize("levels", [2, 16, 256])
def test_a_level_is_at_most_half_a_step_away(levels: int) -> None:
    target = targets(1000)
    found = program(target, Programming(LOW, HIGH, levels), rng())
    step = (HIGH - LOW) / (levels - 1)
    assert np.abs(found - target).max() <= 0.5 * step * (1.0 + 1e-12)  # rounding at a border
    assert len(np.unique(found)) <= levels


def test_one_seed_one_array() -> None:
    how = Programming(LOW, HIGH, 16, ((LOW, 1e-6), (HIGH, 2e-6)), 0.01, 0.02, 0.03)
    target = targets(1000).reshape(50, 20)
    first = program(target, how, rng(7))
    np.testing.assert_array_equal(first, program(target, how, rng(7)))
    assert first.shape == target.shape
    assert (first != program(target, how, rng(8))).mean() > 0.5


def test_sigma_is_interpolated_and_constant_beyond_the_table() -> None:
    how = Programming(LOW, HIGH, spread=((2e-5, 1e-6), (6e-5, 3e-6)))
    found = how.sigma(np.array([1e-6, 2e-5, 4e-5, 6e-5, 1e-4]))
    np.testing.assert_allclose(found * 1e6, [1.0, 1.0, 2.0, 3.0, 3.0], rtol=1e-14)  # roundings
    np.testing.assert_array_equal(Programming(LOW, HIGH).sigma(targets(3)), 0.0)


def test_the_spread_has_the_deviation_of_the_table() -> None:
    """A target 20 sigma from either limit, so that nothing is cut: mean and deviation of N draws.

    Standard errors sigma/sqrt(N) and sigma/sqrt(2 N), six of which are allowed (2e-9 of being beyond).
    """
    middle, sigma = 4e-5, 1e-6
    how = Programming(LOW, HIGH, spread=((middle, sigma),))
    found = program(np.full(N, middle), how, rng(1))
    assert abs(found.mean() - middle) <= 6.0 * sigma / math.sqrt(N)
    assert abs(found.std() - sigma) <= 6.0 * sigma / math.sqrt(2 * N)


def test_a_device_stops_at_its_limit() -> None:
    """At a target of g_max half of a normal distribution is cut: P(G = g_max) = 1/2, and the mean is lower
    by sigma / sqrt(2 pi), of a standard error sigma sqrt((1/2 - 1/(2 pi)) / N)."""
    sigma = 1e-6
    found = program(np.full(N, HIGH), Programming(LOW, HIGH, spread=((HIGH, sigma),)), rng(2))
    assert found.max() == HIGH
    assert abs((found == HIGH).mean() - 0.5) <= 6.0 * 0.5 / math.sqrt(N)
    expected = HIGH - sigma / math.sqrt(2.0 * math.pi)
    spread = sigma * math.sqrt(0.5 - 0.5 / math.pi)
    assert abs(found.mean() - expected) <= 6.0 * spread / math.sqrt(N)


def test_the_spread_is_around_the_level_and_not_the_target() -> None:
    how = Programming(LOW, HIGH, 3, ((LOW, 1e-8), (HIGH, 1e-8)))
    found = program(np.full(1000, 6e-5), how, rng(3))
    assert np.abs(found - 5.05e-5).max() < 6.0 * 1e-8  # the level is 50.5 uS, 950 sigma from the target


def test_stuck_and_open_cells_have_their_shares() -> None:
    """Each share is binomial: six standard errors sqrt(p (1 - p) / N)."""
    how = Programming(LOW, HIGH, stuck_on=0.01, stuck_off=0.03, open_cells=0.02)
    target = np.full(N, 4e-5)
    found = program(target, how, rng(4))
    for value, share in ((HIGH, 0.01), (LOW, 0.03), (0.0, 0.02), (4e-5, 0.94)):
        assert abs((found == value).mean() - share) <= 6.0 * math.sqrt(share * (1.0 - share) / N)
    assert set(found.tolist()) == {HIGH, LOW, 0.0, 4e-5}


def test_faults_leave_the_other_devices_as_drawn() -> None:
    spread = ((LOW, 1e-6),)
    sound = program(targets(1000), Programming(LOW, HIGH, 0, spread), rng(5))
    faulty = program(targets(1000), Programming(LOW, HIGH, 0, spread, open_cells=0.1), rng(5))
    alive = faulty > 0.0
    assert 0 < (~alive).sum() < 200
    np.testing.assert_array_equal(faulty[alive], sound[alive])


def test_all_cells_may_be_lost() -> None:
    how = Programming(LOW, HIGH, stuck_on=0.5, stuck_off=0.25, open_cells=0.25)
    assert set(program(targets(1000), how, rng(6)).tolist()) == {HIGH, LOW, 0.0}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"levels": 1}, r"levels = 1, must be 0 \(any\) or 2 ... 2147483648"),
        ({"levels": -2}, "levels = -2"),
        ({"levels": 2.5}, "levels = 2.5"),
        ({"stuck_on": -0.1}, r"= \(-0.1, 0.0, 0.0\), must be >= 0"),
        ({"stuck_on": 0.6, "open_cells": 0.5}, "in all <= 1"),
        ({"stuck_off": np.nan}, "in all <= 1"),
        ({"spread": ((2e-5, 1e-6), (1e-5, 1e-6))}, "with rising G"),
        ({"spread": ((1e-5, -1e-6),)}, "must be pairs"),
        ({"spread": ((1e-5, np.nan),)}, "must be pairs"),
    ],
)
def test_refused(fields: dict, message: str) -> None:
    with pytest.raises(BadInput, match=f"programming: .*{message}"):
        Programming(LOW, HIGH, **fields)
