"""Exponential and logarithm of compiled code against those of numpy."""

from __future__ import annotations

import numpy as np

from analog_pc.compiled.elementary import exponential, logarithm

EPS = np.finfo(np.float64).eps


def test_exponential() -> None:
    x = np.concatenate([np.linspace(-700.0, 0.0, 2001), -np.geomspace(1e-18, 1.0, 200)])
    power, q = np.transpose([exponential(v) for v in x])
    # r is exact to a rounding error of x, and the last addition has another
    np.testing.assert_allclose(power * q + power, np.exp(x), rtol=2 * EPS)
    small = x > -0.1
    np.testing.assert_allclose(
        q[small] * power[small] + (power[small] - 1.0), np.expm1(x[small]), rtol=2 * EPS
    )
    assert np.isnan(exponential(np.nan)[1])


def test_logarithm() -> None:
    rng = np.random.default_rng(0)
    powers = 2.0 ** np.arange(-1022, 1024)
    z = np.concatenate(
        [powers, powers * rng.uniform(1.0, 2.0, len(powers)), 1.0 + np.geomspace(EPS, 1.0, 200)]
    )
    found = np.array([logarithm(v) for v in z])
    np.testing.assert_allclose(found, np.log(z), rtol=3 * EPS)
    assert logarithm(1.0) == 0.0
