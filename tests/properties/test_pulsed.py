"""Whatever pulses do, a device stays within its bounds, and its pulses are counted."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.devices.pulsed import (
    Constant,
    DeviceArray,
    Exponential,
    Linear,
    Piecewise,
    Power,
    PulsedDevice,
    SoftBounds,
    counts_for,
    write_verify,
)

FEW = settings(max_examples=100, deadline=None, derandomize=True)
SMALL = st.floats(0.0, 2.0)
ANY = st.floats(-3.0, 3.0)
CHARACTERISTICS = st.one_of(
    st.just(Constant()),
    st.builds(Linear, SMALL, SMALL, SMALL, SMALL),
    st.builds(SoftBounds, SMALL, SMALL),
    st.builds(Exponential, ANY, ANY, ANY, ANY, ANY, ANY),
    st.builds(Power, SMALL, SMALL),
    st.lists(st.tuples(SMALL, SMALL), min_size=2, max_size=9).map(
        lambda pairs: Piecewise(tuple(p[0] for p in pairs), tuple(p[1] for p in pairs))
    ),
)
DEVICES = st.builds(
    PulsedDevice,
    characteristic=CHARACTERISTICS,
    step=st.floats(1e-6, 3.0),
    w_max=st.floats(0.1, 3.0),
    w_min=st.floats(-3.0, -0.1),
    up_down=st.floats(-0.9, 0.9),
    step_d2d=SMALL,
    up_down_d2d=SMALL,
    w_max_d2d=SMALL,
    w_min_d2d=SMALL,
    lognormal=st.booleans(),
    step_c2c=st.floats(0.0, 10.0),
    additive=st.booleans(),
    c2c_offset=SMALL,
    c2c_slope=SMALL,
    write_noise=st.floats(0.0, 10.0),
    reference=ANY,
    stuck=st.sampled_from([0.0, 0.3, 1.0]),
    lifetime=st.floats(0.1, 1e6),
    drift=SMALL,
    endurance=st.sampled_from([3.0, 1e9]),
    reset=ANY,
    reset_c2c=SMALL,
)
SEEDS = st.integers(0, 2**32 - 1)


def inside(array: DeviceArray) -> bool:
    return bool(((array.hidden >= array.parameters.lower) & (array.hidden <= array.parameters.upper)).all())


@FEW
@given(DEVICES, SEEDS, st.floats(-10.0, 10.0), st.integers(1, 31))
def test_bounds_are_never_left(device: PulsedDevice, seed: int, rate: float, slots: int) -> None:
    array = DeviceArray(device, (4, 5), seed)
    rng = np.random.default_rng(seed)
    assert inside(array)
    array.assign(rng.normal(size=(4, 5)))
    assert inside(array)
    array.pulse(rng.integers(-40, 40, size=(4, 5)))
    assert inside(array)
    array.outer(rng.normal(size=4), rng.normal(size=5), rate, slots)
    assert inside(array)
    array.elapse(rng.uniform(0.0, 10.0))
    assert inside(array)
    array.reset()
    assert inside(array)


@FEW
@given(DEVICES, SEEDS)
def test_every_pulse_is_counted_once(device: PulsedDevice, seed: int) -> None:
    array = DeviceArray(device, (4, 5), seed)
    counts = np.random.default_rng(seed).integers(-40, 40, size=(4, 5))
    array.pulse(counts)
    array.outer(np.ones(4), np.ones(5), 0.01)
    got = array.statistics()
    assert got.pulses == array.wear.sum() >= np.abs(counts).sum()
    stays = array.retention.stuck
    fresh = DeviceArray(device, (4, 5), seed)
    np.testing.assert_array_equal(array.hidden[stays], fresh.hidden[stays])


@FEW
@given(DEVICES, SEEDS)
def test_a_seed_is_a_chip_and_a_history(device: PulsedDevice, seed: int) -> None:
    first, second = (DeviceArray(device, (3, 4), seed) for _ in range(2))
    for array in (first, second):
        array.outer([1.0, -0.5, 0.2], [0.1, -0.7, 1.0, 0.0], 0.3)
        array.pulse(np.arange(12).reshape(3, 4) - 6)
    np.testing.assert_array_equal(first.weights, second.weights)


@FEW
@given(DEVICES, SEEDS, st.integers(1, 8))
def test_write_and_verify_says_what_it_did(device: PulsedDevice, seed: int, most: int) -> None:
    array = DeviceArray(device, (3, 4), seed)
    target = np.random.default_rng(seed).normal(size=(3, 4))
    got = write_verify(array, target, 0.05, most)
    assert (got.pulses <= most).all()
    assert got.pulses.sum() == array.statistics().pulses
    np.testing.assert_array_equal(got.reached, np.abs(target - array.weights) <= 0.05)
    assert (counts_for(array, np.zeros((3, 4))) == 0).all()
