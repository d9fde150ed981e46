"""Schemes: what they write of a change, what they keep, and what they count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.devices.pulsed import PRESETS, Constant, PulsedDevice, SoftBounds
from analog_pc.errors import BadInput
from analog_pc.training.in_situ import (
    SCHEMES,
    Counts,
    Exact,
    MixedPrecision,
    Signs,
    TikiTaka,
    Trains,
    WeightDevice,
    WriteVerify,
    weight_device,
    write_scheme,
)

RNG = np.random.default_rng(3)
SHAPE = (5, 4)
X, D = RNG.normal(size=(3, 5)), RNG.normal(size=(3, 4))
CHANGE = X.T @ D
STEP = 0.01
PLAIN = WeightDevice("plain", PulsedDevice(Constant(), step=STEP))
PULSED = {name: kind() for name, kind in SCHEMES.items() if name != "exact"}


def test_exact() -> None:
    writer = Exact().writer(weight_device("ideal"), SHAPE, 0, 0)
    writer.write(X, D, 0.1)
    writer.write(X, D, 0.1)
    np.testing.assert_allclose(writer.weights, 0.2 * CHANGE, rtol=0.0, atol=1e-15)
    with pytest.raises(FloatingPointError, match="not finite"), np.errstate(over="ignore", invalid="ignore"):
        writer.write(1e200 * X, 1e200 * D, 1.0)
    np.testing.assert_allclose(writer.weights, 0.2 * CHANGE, rtol=0.0, atol=1e-15)  # as before


def test_exact_is_for_exact_numbers_and_pulses_are_not() -> None:
    with pytest.raises(BadInput, match="scheme exact: device 'plain' is written by pulses"):
        Exact().writer(PLAIN, SHAPE, 0, 0)
    for scheme in PULSED.values():
        with pytest.raises(BadInput, match="'ideal' is exact numbers"):
            scheme.writer(weight_device("ideal"), SHAPE, 0, 0)


def test_trains_add_the_change_on_average() -> None:
    rate, times = 0.02, 300
    total = np.zeros(SHAPE)
    for seed in range(times):
        writer = Trains().writer(PLAIN, SHAPE, 0, seed)
        writer.write(X, D, rate)
        total += writer.weights
    # A device sees at most 31 slots a sample: the variance of its sum is below step |change|; 4.5 sigma.
    sigma = np.sqrt(STEP * rate * (np.abs(X).T @ np.abs(D)) / times)
    assert (np.abs(total / times - rate * CHANGE) < 4.5 * sigma).all()
    assert writer.synapses[0].write_count.periods == 31 * len(X)


def test_counts_are_rounded_to_steps() -> None:
    writer = Counts().writer(PLAIN, SHAPE, 0, 0)
    writer.write(X, D, 0.02)
    expected = np.rint(0.02 * CHANGE / STEP)
    np.testing.assert_allclose(writer.weights, STEP * expected, rtol=0.0, atol=1e-14)
    assert writer.synapses[0].write_count.periods == np.abs(expected).sum()
    writer = Counts().writer(PLAIN, SHAPE, 0, 0)
    writer.write(X, D, 0.4 * STEP / np.abs(CHANGE).max())  # below half a step: lost
    assert not writer.weights.any()


def test_counts_know_the_step_at_zero() -> None:
    """At 0 an exponential device takes another step than its nominal one, f = 1: that step counts."""
    spec = replace(PRESETS["reram-es"], step_c2c=0.0, write_noise=0.0, step_d2d=0.0, up_down_d2d=0.0,
                   w_max_d2d=0.0, w_min_d2d=0.0)  # fmt: skip
    writer = Counts().writer(WeightDevice("quiet", spec), SHAPE, 0, 0)
    writer.write(X, D, 0.001 / np.abs(CHANGE).max() * 20)
    mean = writer.synapses[0].step
    assert mean > 1.3 * spec.step
    up = np.abs(CHANGE) > 0.3 * np.abs(CHANGE).max()
    np.testing.assert_allclose(
        writer.weights[up] / (0.02 * CHANGE / np.abs(CHANGE).max())[up], 1.0, atol=0.25
    )


def test_signs_are_one_pulse_each() -> None:
    writer = Signs().writer(PLAIN, SHAPE, 0, 0)
    writer.write(X, D, 1e-9)
    np.testing.assert_allclose(writer.weights, STEP * np.sign(CHANGE), rtol=0.0, atol=1e-15)
    writer = Signs(threshold=0.5).writer(PLAIN, SHAPE, 0, 0)
    writer.write(X, D, 0.01)
    above = np.abs(0.01 * CHANGE) > 0.5 * STEP
    assert 0 < above.sum() < above.size
    np.testing.assert_allclose(writer.weights, STEP * np.sign(CHANGE) * above, rtol=0.0, atol=1e-15)


def test_write_verify_comes_within_its_tolerance() -> None:
    noisy = WeightDevice("noisy", PulsedDevice(SoftBounds(), step=STEP, step_d2d=0.3, step_c2c=0.3))
    writer = WriteVerify(tolerance=1.0, most=50).writer(noisy, SHAPE, 0, 0)
    writer.write(X, D, 0.05)
    assert np.abs(writer.weights - 0.05 * CHANGE).max() <= STEP * 1.001  # 4096 devices set the mean step
    assert writer.synapses[0].write_count.row_reads % SHAPE[0] == 0
    assert writer.synapses[0].write_count.row_reads > SHAPE[0]


def test_mixed_precision_loses_nothing() -> None:
    """Weights and chi together are the sum of all changes, however small they come."""
    writer = MixedPrecision().writer(PLAIN, SHAPE, 0, 0)
    for _ in range(100):
        writer.write(X, D, 0.0007)
    chi = writer.state()["chi"]
    np.testing.assert_allclose(writer.weights + chi, 0.07 * CHANGE, rtol=0.0, atol=1e-12)
    assert np.abs(chi).max() < STEP
    assert np.abs(writer.weights).max() > 5 * STEP


# --- Tiki-Taka


def test_a_takes_the_change_and_c_a_row_of_a() -> None:
    scheme = TikiTaka(gamma=0.0, transfer=0.5, every=3)
    writer = scheme.writer(PLAIN, SHAPE, 0, 0)
    writer.write(X, D, 0.05)  # three samples: one transfer, of row 1
    fast, slow = (s.weights for s in writer.synapses)
    assert np.abs(fast).max() > 0.0
    assert not np.delete(slow, 1, axis=0).any()
    # 31 slots of probability p q: the sum of a row's pulses is 0.5 A, within 5 sigma of its binomial.
    assert np.abs(slow[1] - 0.5 * fast[1]).max() < 5.0 * np.sqrt(STEP * 0.5 * np.abs(fast[1]).max())
    np.testing.assert_array_equal(writer.weights, slow)
    assert writer.synapses[0].write_count.row_reads == 1
    assert [s.write_count.periods for s in writer.synapses] == [93, 31]


def test_a_row_is_transferred_after_every_sample_if_nothing_else_is_said() -> None:
    writer = TikiTaka().writer(PLAIN, SHAPE, 0, 0)
    writer.write(X, D, 0.05)
    assert writer.synapses[0].write_count.row_reads == len(X)


def test_gamma_mixes_a_into_the_weight() -> None:
    writer = TikiTaka(gamma=0.4).writer(PLAIN, SHAPE, 0, 0)
    start = 0.2 * RNG.normal(size=SHAPE)
    writer.assign(start)
    np.testing.assert_allclose(writer.weights, start, rtol=0.0, atol=1e-14)
    writer.write(X, D, 0.05)
    fast, slow = (s.weights for s in writer.synapses)
    np.testing.assert_array_equal(writer.weights, 0.4 * fast + slow)


def test_pulses_of_both_signs_pull_a_to_zero_and_not_c() -> None:
    """The point of A's reference: without a gradient A forgets; C of the same devices leaves its own zero."""
    asymmetric = WeightDevice("asymmetric", PulsedDevice(SoftBounds(), step=0.05, up_down=0.3))
    writer = TikiTaka().writer(asymmetric, SHAPE, 0, 0)
    fast, slow = writer.synapses
    fast.assign(np.full(SHAPE, 0.4))
    for _ in range(200):
        for synapses in (fast, slow):
            synapses.pulse(np.ones(SHAPE, dtype=np.int64))
            synapses.pulse(-np.ones(SHAPE, dtype=np.int64))
    assert np.abs(fast.weights).max() < 0.05  # of the order of a step
    assert np.abs(slow.weights).min() > 0.2  # the symmetry point is at 0.3


# --- what all have


@pytest.mark.parametrize("name", PULSED)
@pytest.mark.parametrize("preset", ["ecram", "pcm"])
def test_state_continues_bit_for_bit(name: str, preset: str) -> None:
    scheme = PULSED[name]
    first, second = (scheme.writer(weight_device(preset), SHAPE, seed, seed) for seed in (1, 2))
    first.assign(0.1 * CHANGE)
    first.write(X, D, 0.05)
    first.elapse(1.0)
    second.restore(first.state())
    for writer in (first, second):
        writer.write(X[::-1], D, -0.05)
        writer.elapse(1.0)
    np.testing.assert_array_equal(first.weights, second.weights)
    for a, b in zip(first.synapses, second.synapses, strict=True):
        assert a.write_count == b.write_count
        assert [x.statistics() for x in a.arrays] == [x.statistics() for x in b.arrays]


@pytest.mark.parametrize("name", PULSED)
def test_no_samples_no_change(name: str) -> None:
    writer = PULSED[name].writer(PLAIN, SHAPE, 0, 0)
    writer.assign(0.1 * CHANGE)
    before = writer.weights
    writer.write(np.empty((0, 5)), np.empty((0, 4)), 0.1)
    np.testing.assert_array_equal(writer.weights, before)


@pytest.mark.parametrize(("text", "words"), [
    ("hebb", "unknown scheme 'hebb': use one of exact, trains"),
    ("trains:slots=32", "slots = 32, must be a whole number from 1 to 31"),
    ("trains:slots=ten", "slots = 'ten', must be a whole number"),
    ("trains:management=yes", "management = 'yes', must be true or false"),
    ("tiki-taka:fats=2", "'fats=2', expected NAME=VALUE of gamma, fast, transfer, every, slots"),
    ("tiki-taka:fast", "'fast', expected"),
    ("tiki-taka:fast=0", r"fast = 0\.0, must be finite and > 0"),
    ("tiki-taka:gamma=nan", "gamma = nan"),
    ("tiki-taka:every=0", "every = 0"),
    ("signs:threshold=-1", r"threshold = -1\.0"),
    ("write-verify:tolerance=0", r"tolerance = 0\.0"),
    ("write-verify:most=0", "most = 0"),
    ("exact:a=1", "it has no parameters"),
])  # fmt: skip
def test_refused_schemes(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        write_scheme(text)


def test_named_schemes() -> None:
    assert write_scheme("tiki-taka:fast=5,transfer=0.02,every=2") == TikiTaka(
        fast=5.0, transfer=0.02, every=2
    )
    assert write_scheme("trains:management=false") == Trains(management=False)
    assert write_scheme("mixed-precision") == MixedPrecision()
    assert {name: kind().name for name, kind in SCHEMES.items()} == {name: name for name in SCHEMES}
