"""Read noise leaves the mean of a difference of squares as it is, and its deviation falls as 1 / beta."""

from __future__ import annotations

import numpy as np

from analog_pc.experiments.scellier2023.noise_tolerance import least_beta, most_noise
from analog_pc.experiments.scellier2023.read_noise import NoisyReading, with_noise
from analog_pc.mapping import Scales
from analog_pc.pcn.learning import Factors
from analog_pc.resistive import ContrastiveRule, contrastive_gradient, random_resistive_network

DRAWS = 200


def test_noise_of_an_estimate_is_unbiased_and_falls_with_beta() -> None:
    network = random_resistive_network((3, 6, 2), gain=5.0, seed=2)
    rng = np.random.default_rng(0)
    inputs = rng.uniform(size=(2, 3))
    targets = np.eye(2)
    deviation = []
    for beta in (0.02, 0.2):
        rule = ContrastiveRule("current", beta, (-1, 1))
        exact = contrastive_gradient(network, inputs, targets, rule).conductances[0]
        solver = NoisyReading(0.01, rng)
        draws = np.array(
            [
                contrastive_gradient(network, inputs, targets, rule, solver).conductances[0]
                for _ in range(DRAWS)
            ]
        )
        spread = draws.std(axis=0)
        # Within 5 standard errors of the mean, for 36 numbers.
        assert (np.abs(draws.mean(axis=0) - exact) < 5.0 * spread / np.sqrt(DRAWS)).all()
        deviation.append(spread.mean())
    np.testing.assert_allclose(deviation[0] / deviation[1], 10.0, rtol=0.15)


def test_noise_of_factors_is_volts_over_the_scale_and_spares_the_inputs() -> None:
    zeros = [np.zeros((4000, n)) for n in (2, 3, 4)]
    factors = Factors((zeros[1], zeros[2]), (zeros[0], zeros[1]), 0.0)
    scales = Scales((0.1, 0.1, 0.2), (0.1, 0.05), (0.1, 0.1), 1e-6)
    noisy = with_noise(factors, 1e-3, scales, np.random.default_rng(0))
    assert not noisy.pre[0].any()
    for found, expected in ((noisy.post[0], 0.01), (noisy.post[1], 0.005), (noisy.pre[1], 0.02)):
        np.testing.assert_allclose(found.std(), expected, rtol=0.05)


def test_crossings_are_found_between_the_points_of_the_grid() -> None:
    grid = [1.0, 10.0, 100.0]
    assert least_beta(grid, np.array([0.0, 0.8, 1.0])) == 10.0 * np.sqrt(10.0)
    assert np.isnan(least_beta(grid, np.array([0.0, 0.1, 0.2])))
    assert np.isclose(most_noise(grid, np.array([1.0, 0.8, 0.1])), np.sqrt(10.0))
    assert np.isnan(most_noise(grid, np.ones(3)))
