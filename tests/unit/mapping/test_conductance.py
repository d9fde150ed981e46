"""Weights as pairs of conductances."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.mapping import RESISTOR_RANGE, clipped, column_scales, decode, encode
from analog_pc.technology import IDEAL


def test_by_hand() -> None:
    """W = [[2, -1]]: one post, two pre; the largest takes the whole range 1-100 uS."""
    pair = encode([[2.0, -1.0]], IDEAL)
    # Roundings of numbers near 1e-4.
    np.testing.assert_allclose(pair.plus, [[1e-4], [1e-6]], rtol=1e-12)
    np.testing.assert_allclose(pair.minus, [[1e-6], [1e-6 + 99e-6 / 2.0]], rtol=1e-12)
    np.testing.assert_allclose(pair.ohms, 2.0 / 99e-6, rtol=1e-12)
    np.testing.assert_allclose(decode(pair), [[2.0, -1.0]], rtol=1e-12)
    # 1 + R_f (G summed over both devices of both rows)
    np.testing.assert_allclose(pair.noise_gain(), 1.0 + 2.0 / 99e-6 * (101e-6 + 51.5e-6), rtol=1e-12)


def test_one_device_of_each_pair_rests() -> None:
    pair = encode(np.random.default_rng(0).normal(size=(3, 4)), IDEAL)
    np.testing.assert_array_equal(np.minimum(pair.plus, pair.minus), IDEAL.g_min)


def test_no_weight_at_all() -> None:
    pair = encode(np.zeros((2, 3)), IDEAL)
    np.testing.assert_array_equal(pair.plus, IDEAL.g_min)
    np.testing.assert_array_equal(pair.minus, IDEAL.g_min)
    np.testing.assert_array_equal(pair.ohms, 1.0 / (IDEAL.g_max - IDEAL.g_min))
    np.testing.assert_array_equal(decode(pair), 0.0)


def test_transposed_computes_the_transposed() -> None:
    w = np.arange(6.0).reshape(2, 3) - 2.5
    np.testing.assert_allclose(decode(encode(w, IDEAL).transposed), w.T, rtol=1e-12)  # roundings


def test_a_scale_for_each_column() -> None:
    """The outlier of the first neuron leaves the second one its whole range; the third is at the floor."""
    w = np.array([[8.0, -1.0], [0.5, 1.0], [1e-3, 0.0]])
    scales = column_scales(w)
    np.testing.assert_array_equal(scales, [8.0, 1.0, 8.0 / RESISTOR_RANGE])
    pair = encode(w, IDEAL, scales)
    np.testing.assert_allclose(pair.ohms, scales / 99e-6, rtol=1e-12)
    assert pair.plus[1, 1] == pytest.approx(IDEAL.g_max, rel=1e-15)
    np.testing.assert_allclose(decode(pair), w, rtol=0.0, atol=1e-14)
    assert (pair.noise_gain() <= encode(w, IDEAL).noise_gain()).all()
    with pytest.raises(BadInput, match="unlike feedback resistors"):
        _ = pair.transposed
    np.testing.assert_array_equal(column_scales(np.zeros((2, 3))), 0.0)
    np.testing.assert_array_equal(decode(encode(np.zeros((2, 3)), IDEAL, np.zeros(2))), 0.0)


def test_clipping_states_its_error() -> None:
    w = np.array([[3.0, -4.0], [1.0, 0.5]])
    found, lost = clipped(w, 0.75)
    np.testing.assert_array_equal(found, [[3.0, -3.0], [1.0, 0.5]])
    assert lost == pytest.approx(1.0 / np.linalg.norm(w))
    same, nothing = clipped(w, 1.0)
    np.testing.assert_array_equal(same, w)
    assert nothing == 0.0
    assert clipped([[0.0]], 0.5)[1] == 0.0
    with pytest.raises(BadInput, match="quantile = 2"):
        clipped(w, 2.0)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([[1.0, np.nan]], r"weight\[0, 1\] is nan: no conductance"),
        ([[1.0], [np.inf]], r"weight\[1, 0\] is inf"),
        ([1.0, 2.0], r"weights of shape \(2,\): a crossbar needs a non-empty matrix"),
        (np.empty((0, 3)), r"weights of shape \(0, 3\)"),
    ],
)
def test_refused(weights: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        encode(weights, IDEAL)


def test_a_full_scale_is_what_a_device_at_g_max_stands_for() -> None:
    t = IDEAL
    pair = encode([[0.5, -2.0]], t, full_scale=2.0)
    assert pair.minus[1, 0] == pytest.approx(t.g_max, rel=1e-15)
    np.testing.assert_allclose(decode(pair), [[0.5, -2.0]], rtol=0.0, atol=1e-14)
    np.testing.assert_array_equal(encode([[0.5]], t, full_scale=2.0).ohms, pair.ohms)
    np.testing.assert_array_equal(encode([[0.0]], t, full_scale=2.0).ohms, pair.ohms)
    with pytest.raises(BadInput, match="weight of 3 is beyond the full scale of 2"):
        encode([[3.0]], t, full_scale=2.0)
