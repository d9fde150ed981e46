"""One layer on devices: its scale, its orientation, its two arrays, and what circuits see."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc import technology
from analog_pc.devices.pulsed import PRESETS
from analog_pc.errors import BadInput
from analog_pc.mapping import decode
from analog_pc.training.in_situ import (
    DeviceWeights,
    Exact,
    MixedPrecision,
    Scheme,
    TikiTaka,
    Trains,
    Transposed,
    weight_device,
)

RNG = np.random.default_rng(1)
W, B = RNG.uniform(-0.5, 0.5, (3, 5)), RNG.uniform(-0.5, 0.5, 3)
X, D = RNG.normal(size=(4, 5)), RNG.normal(size=(4, 3))
TECHNOLOGY = technology("cmos65-rram")


def layer(
    device: str,
    scheme: Scheme,
    transposed: Transposed = Transposed.SHARED,
    headroom: float = 4.0,
    seed: int = 0,
) -> DeviceWeights:
    return DeviceWeights(
        W, B, weight_device(device), scheme, headroom=headroom, transposed=transposed,
        seed=np.random.SeedSequence(seed),
    )  # fmt: skip


def test_exact_weights_are_those_given_and_written() -> None:
    found = layer("ideal", Exact())
    np.testing.assert_array_equal(found.W, W)
    assert found.b is not None
    np.testing.assert_array_equal(found.b, B)
    assert found.write(X, D, 0.1) == 0
    np.testing.assert_allclose(found.W, W + 0.1 * D.T @ X, rtol=0.0, atol=1e-15)
    np.testing.assert_allclose(found.b, B + 0.1 * D.sum(axis=0), rtol=0.0, atol=1e-15)


def test_the_range_of_a_device_stands_for_the_headroom() -> None:
    largest = max(np.abs(W).max(), np.abs(B).max())
    assert layer("gokmen-vlasov", Trains(), headroom=4.0).scale == pytest.approx(4.0 * largest)
    assert layer("ecram", Trains(), headroom=4.0).scale == pytest.approx(4.0 * largest / 0.8276)
    assert layer("pcm", Trains(), headroom=4.0).scale == pytest.approx(4.0 * largest / 1.5)
    # No device of 5 % bound spread is too small for a quarter of its range.
    np.testing.assert_allclose(layer("ecram", Trains()).W, W, rtol=0.0, atol=1e-14)


def test_a_layer_without_biases_has_no_bias_line() -> None:
    found = DeviceWeights(
        W, None, weight_device("ecram"), Trains(), headroom=4.0, transposed=Transposed.SHARED,
        seed=np.random.SeedSequence(0),
    )  # fmt: skip
    assert found.b is None
    assert found.synapses[0].shape == (5, 3)
    found.write(X, D, 0.01)
    assert found.pair(TECHNOLOGY, bias=False).plus.shape == (5, 3)


@pytest.mark.parametrize("device", PRESETS)
@pytest.mark.parametrize("scheme", [Trains(), TikiTaka(gamma=0.3), MixedPrecision()])
def test_circuits_see_the_weights(device: str, scheme: Scheme) -> None:
    found = layer(device, scheme, Transposed.SEPARATE)
    found.write(X, D, 0.05)
    pair = found.pair(TECHNOLOGY, bias=True)
    assert pair.plus.shape == (6, 3)
    tolerance = 1e-12 * found.scale
    np.testing.assert_allclose(decode(pair)[:, :5], found.W, rtol=0.0, atol=tolerance)
    np.testing.assert_allclose(decode(pair)[:, 5], found.b, rtol=0.0, atol=tolerance)
    np.testing.assert_allclose(
        decode(found.transposed_pair(TECHNOLOGY)), found.feedback.T, rtol=0.0, atol=tolerance
    )


def test_a_pair_is_one_object_until_it_is_written() -> None:
    """Relaxers keep what they computed of a pair, and ask whether it is the same."""
    found = layer("ecram", Trains())
    pair = found.pair(TECHNOLOGY, bias=True)
    assert found.pair(TECHNOLOGY, bias=True) is pair
    found.write(X, D, 0.05)
    assert found.pair(TECHNOLOGY, bias=True) is not pair


def test_a_shared_array_feeds_back_what_it_predicts_with() -> None:
    found = layer("reram-es", Trains())
    found.write(X, D, 0.05)
    np.testing.assert_array_equal(found.feedback, found.W)
    np.testing.assert_array_equal(
        found.transposed_pair(TECHNOLOGY).plus, found.pair(TECHNOLOGY, bias=True).plus[:5].T
    )


def test_a_separate_array_gets_the_same_pulses_and_drifts_away() -> None:
    found = layer("ecram", Trains(), Transposed.SEPARATE)
    np.testing.assert_allclose(found.feedback, found.W, rtol=0.0, atol=1e-14)
    distances = []
    for _ in range(30):
        found.write(X, D, 0.01)
        found.write(-X, D, 0.01)
        distances.append(np.abs(found.feedback - found.W).max())
    forward, backward = (s.arrays[0] for s in found.synapses)
    np.testing.assert_array_equal(forward.wear, backward.wear)  # the same trains
    assert distances[0] > 0.0  # other devices, other noise
    assert distances[-1] > 2.0 * distances[0]


@pytest.mark.parametrize("scheme", [Trains(), TikiTaka(), MixedPrecision()])
@pytest.mark.parametrize("transposed", Transposed)
def test_state_continues_bit_for_bit(scheme: Scheme, transposed: Transposed) -> None:
    first, second = layer("pcm", scheme, transposed), layer("pcm", scheme, transposed, seed=9)
    first.write(X, D, 0.05)
    second.restore(first.state())
    np.testing.assert_array_equal(first.W, second.W)
    for found in (first, second):
        found.write(X[::-1], D, 0.05)
        found.elapse(1.0)
    np.testing.assert_array_equal(first.W, second.W)
    np.testing.assert_array_equal(first.feedback, second.feedback)


@pytest.mark.parametrize("headroom", [0.0, -1.0, np.nan, np.inf])
def test_refused_headroom(headroom: float) -> None:
    with pytest.raises(BadInput, match="headroom"):
        layer("ecram", Trains(), headroom=headroom)


def test_a_second_array_may_start_at_random() -> None:
    """Learnt: both get the same change, so that the difference of exact numbers stays.  Random: no pulse."""
    start = RNG.uniform(-1.0, 1.0, W.shape)
    for transposed in (Transposed.LEARNT, Transposed.RANDOM):
        found = DeviceWeights(
            W, B, weight_device("ideal"), Exact(), headroom=4.0, transposed=transposed,
            seed=np.random.SeedSequence(0), feedback=start,
        )  # fmt: skip
        np.testing.assert_array_equal(found.feedback, start)
        found.write(X, D, 0.1)
        np.testing.assert_allclose(found.W, W + 0.1 * D.T @ X, rtol=0.0, atol=1e-15)
        moved = 0.0 if transposed is Transposed.RANDOM else 0.1 * D.T @ X
        np.testing.assert_allclose(found.feedback, start + moved, rtol=0.0, atol=1e-15)


def test_a_random_array_takes_no_pulse() -> None:
    found = DeviceWeights(
        W, B, weight_device("ecram"), Trains(), headroom=4.0, transposed=Transposed.RANDOM,
        seed=np.random.SeedSequence(0), feedback=W[::-1],
    )  # fmt: skip
    found.write(X, D, 0.1)
    forward, backward = found.synapses
    assert forward.arrays[0].statistics().pulses > 0
    assert backward.arrays[0].statistics().pulses == 0
    np.testing.assert_allclose(found.feedback, W[::-1], rtol=0.0, atol=1e-14)
