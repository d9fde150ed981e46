"""The smooth rising curve through readings: what it keeps, what it says of its error, and that it rises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from analog_pc.arrays import Floats
from analog_pc.devices.pulsed.monotone import fit_monotone

CURVES: dict[str, Callable[[Floats], Floats]] = {
    "line": lambda x: x,
    "saturating": lambda x: 1.0 - np.exp(-5.0 * x),
    "fast": lambda x: 1.0 - np.exp(-20.0 * x),
    "late": lambda x: np.exp(5.0 * (x - 1.0)),
    "s-shaped": lambda x: 1.0 / (1.0 + np.exp(-12.0 * (x - 0.5))),
}


@pytest.mark.parametrize("n", [5, 6, 8, 50, 70, 1000])
def test_a_straight_line_is_kept(n: int) -> None:
    """At uneven times: a line costs no penalty.  What is left is rounding of the normal equations."""
    t = np.cumsum(np.random.default_rng(n).integers(1, 20, n)).astype(np.float64)
    fit = fit_monotone(t, 3.0 + 2.0 * t / t[-1])
    between = np.linspace(t[0], t[-1], 333)
    np.testing.assert_allclose(fit.spline(between), 3.0 + 2.0 * between / t[-1], rtol=1e-10)


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("n", [20, 50, 256, 2000])
def test_without_noise_the_curve_is_met(name: str, n: int) -> None:
    """Up to 64 intervals there is a knot for every reading.  Beyond, an interval h holds 2/64 of the level at
    most, so that rate h <= 0.05 where the fast curve bends most: it leaves 0.05^4 / 384 and some, below 1e-4.
    20 readings are too few for the fast one, which makes half its way in one pulse.
    """
    x = np.linspace(0.0, 1.0, n)
    z = CURVES[name](x)
    fit = fit_monotone(n * x, z)
    assert np.abs(fit.spline(n * x) - z).max() < (1e-4 if n > 20 or name != "fast" else 0.05)


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("n", [50, 256])
def test_errors_are_as_large_as_it_says(name: str, n: int) -> None:
    """Over 40 seeds: ends off by their standard error, and noise of the size that was put in.

    The error allows for what is smoothed away, too (Wahba 1983), so that the ratio is about 1, of curves less
    smooth than a random one perhaps 2; were the errors wrong by a power of n it would be far from that.
    """
    x = np.linspace(0.0, 1.0, n)
    z = CURVES[name](x)
    rng = np.random.default_rng(n)
    fits = [fit_monotone(n * x, z + 0.02 * rng.normal(size=n)) for _ in range(40)]
    for error in (
        [(fit.high - z[-1]) / fit.high_error for fit in fits],
        [(fit.low - z[0]) / fit.low_error for fit in fits],
        [(fit.high - fit.low - z[-1] + z[0]) / fit.rise_error for fit in fits],
    ):
        assert 0.3 < np.sqrt(np.mean(np.square(error))) < 2.0
    sigma = np.array([fit.sigma for fit in fits])
    # sigma divides by n - 2: where f parameters are spent it is low by f / (2 n), and f is below 20.
    assert abs(sigma.mean() / 0.02 - 1.0) < 20.0 / (2.0 * n) + 6.0 / np.sqrt(2.0 * n * 40)


@pytest.mark.parametrize("seed", range(20))
def test_it_never_falls(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 300))
    t = np.cumsum(rng.integers(1, 50, n)).astype(np.float64)
    z = (t / t[-1]) ** rng.uniform(0.1, 8.0) + rng.uniform(0.0, 1.0) * rng.normal(size=n)
    fit = fit_monotone(t, z, lowest=0.0)
    at = fit.spline(np.linspace(t[0], t[-1], 2000))
    assert np.diff(at).min() >= -1e-14 * max(1.0, np.abs(at).max())
    assert at[0] >= -1e-14
    assert 0.0 < fit.freedom <= n + 1e-6


def test_pulses_spaced_over_many_decades() -> None:
    t = np.concatenate([[0.0], 10.0 ** np.arange(14)])
    fit = fit_monotone(t, np.arange(15.0))
    assert np.isfinite(fit.spline(t)).all()
    assert fit.high > fit.low
