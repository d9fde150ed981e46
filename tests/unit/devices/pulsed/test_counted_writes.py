"""Deterministic writes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analog_pc.devices.pulsed import (
    PRESETS,
    DeviceArray,
    PulsedDevice,
    SoftBounds,
    counts_for,
    sign_counts,
    write_verify,
)
from analog_pc.errors import BadInput


def test_counts_are_the_nearest() -> None:
    array = DeviceArray(PulsedDevice(step=0.25), (1, 5), seed=0)
    np.testing.assert_array_equal(counts_for(array, [[0.0, 0.3, -0.3, 0.4, -1.0]]), [[0, 1, -1, 2, -4]])


def test_counts_written_are_within_half_a_step() -> None:
    array = DeviceArray(PulsedDevice(step=0.01), (20, 30), seed=0)
    wanted = np.random.default_rng(0).uniform(-0.9, 0.9, (20, 30))
    array.pulse(counts_for(array, wanted))
    assert np.abs(array.weights - wanted).max() <= 0.005 * (1 + 1e-12)  # roundings of a quotient


def test_the_manhattan_rule_is_one_pulse() -> None:
    array = DeviceArray(PulsedDevice(step=0.01), (1, 4), seed=0)
    np.testing.assert_array_equal(sign_counts(array, [[-0.5, 0.0, 1e-9, 0.2]]), [[-1, 0, 1, 1]])
    np.testing.assert_array_equal(sign_counts(array, [[-0.5, 0.0, 1e-9, 0.2]], 0.3), [[-1, 0, 0, 0]])


def test_write_and_verify_takes_as_many_pulses_as_it_must() -> None:
    """Constant steps of 1/64 from 0 until at most 1/128 is left: as many as fit, and one for the rest."""
    array = DeviceArray(PulsedDevice(step=1 / 64), (1, 4), seed=0)
    got = write_verify(array, [[0.0, 0.5, -0.25, 0.1]], tolerance=1 / 128, max_pulses=100)
    np.testing.assert_array_equal(got.pulses, [[0, 32, 16, 6]])
    np.testing.assert_array_equal(got.weights, [[0.0, 0.5, -0.25, 6 / 64]])
    assert got.reached.all()
    assert array.statistics().pulses == 54


def test_soft_bounds_reach_their_target_within_a_step() -> None:
    device = PulsedDevice(SoftBounds(), step=0.02, step_d2d=0.2, w_max_d2d=0.1, w_min_d2d=0.1)
    array = DeviceArray(device, (30, 30), seed=0)
    target = np.random.default_rng(0).uniform(-0.5, 0.5, (30, 30))
    got = write_verify(array, target, tolerance=0.03, max_pulses=200)  # a step is below 0.06 = 2 tolerances
    assert got.reached.all()
    assert (np.abs(got.weights - target) <= 0.03).all()


def test_what_is_out_of_reach_is_said() -> None:
    array = DeviceArray(PulsedDevice(step=0.01, w_max=0.5), (1, 3), seed=0)
    got = write_verify(array, [[0.9, 0.2, 0.2]], tolerance=0.006, max_pulses=70)
    np.testing.assert_array_equal(got.reached, [[False, True, True]])
    assert got.pulses[0, 0] == 70
    assert got.weights[0, 0] == 0.5
    few = write_verify(array, [[0.0, -0.2, 0.0]], tolerance=0.006, max_pulses=3)
    np.testing.assert_array_equal(few.pulses, [[3, 3, 3]])


def test_a_one_sided_device_is_not_brought_down() -> None:
    array = DeviceArray(PRESETS["pcm"], (10, 10), seed=0)
    array.assign(np.full((10, 10), 1.0))
    got = write_verify(array, np.full((10, 10), 0.5), tolerance=0.1, max_pulses=5)
    assert got.pulses.sum() == 0
    assert not got.reached.all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: counts_for(a, [[1.0]]), "changes of shape"),
        (lambda a: counts_for(a, [[1e9, 0.0]]), "1e.12 steps"),
        (lambda a: sign_counts(a, [[1.0, math.nan]]), "finite"),
        (lambda a: sign_counts(a, [[1.0, 1.0]], -1.0), "threshold = -1.0"),
        (lambda a: write_verify(a, [[1.0, 1.0]], 0.0, 5), "tolerance = 0.0"),
        (lambda a: write_verify(a, [[1.0, 1.0]], 0.1, 0), "max_pulses = 0"),
        (lambda a: write_verify(a, [[1.0, 1.0]], 0.1, 1.5), "max_pulses = 1.5"),
    ],
)
def test_refused(call, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        call(DeviceArray(PulsedDevice(), (1, 2), seed=0))
