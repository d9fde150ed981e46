"""Weights as pairs of conductances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.mapping import (
    RESISTOR_RANGE,
    clip_network,
    clipped,
    column_scales,
    decode,
    encode,
    shares,
    written,
)
from analog_pc.pcn import random_network
from analog_pc.technology import IDEAL, Technology


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


def several(count: int, **values: object) -> Technology:
    """Ideal parts, so many devices a cell."""
    return replace(IDEAL, devices_per_weight=count, **values)  # type: ignore[arg-type]


def test_several_devices_in_a_cell_are_the_same_weights() -> None:
    w = np.array([[2.0, -1.0], [0.5, 0.0]])
    pair = encode(w, several(3))
    np.testing.assert_allclose(pair.plus, 3.0 * encode(w, IDEAL).plus, rtol=1e-12)
    np.testing.assert_allclose(pair.ohms, encode(w, IDEAL).ohms / 3.0, rtol=1e-12)
    np.testing.assert_allclose(pair.noise_gain(), encode(w, IDEAL).noise_gain(), rtol=1e-12)
    found = written(pair, several(3), np.random.default_rng(0))
    np.testing.assert_allclose(decode(found), w, atol=1e-12)


def test_several_devices_average_their_spread() -> None:
    """1 / sqrt(K): each is programmed and read for itself.  20000 draws tell a sigma to 0.5 %."""
    w = np.full((200, 100), 0.5)
    spread = ((1e-6, 2e-6), (1e-4, 2e-6))
    off = {}
    for count in (1, 4):
        made = several(count, programming_spread=spread, read_noise=0.02)
        pair = encode(w, made, 1.0)
        off[count] = float((decode(written(pair, made, np.random.default_rng(1))) - w).std())
    assert off[4] == pytest.approx(off[1] / 2.0, rel=0.03)


def test_several_devices_have_the_levels_between() -> None:
    """Two devices of 3 levels hold 5; one alone is half a level off."""
    w = np.array([[0.0, 0.25, 0.5, 0.75, 1.0]])
    two = several(2, levels=3)
    found = written(encode(w, two), two, np.random.default_rng(0))
    np.testing.assert_allclose(decode(found), w, atol=1e-12)
    one = several(1, levels=3)
    alone = decode(written(encode(w, one), one, np.random.default_rng(0)))
    np.testing.assert_allclose(np.abs(alone - w), [[0.0, 0.25, 0.0, 0.25, 0.0]], atol=1e-12)
    each = shares(encode(w, two).plus, two)
    assert all(((g >= IDEAL.g_min) & (g <= IDEAL.g_max + 1e-18)).all() for g in each)


def test_a_cell_has_at_least_one_whole_device() -> None:
    for wrong in (0, -1, 1.5, 65):
        with pytest.raises(BadInput, match="devices_per_weight"):
            several(wrong)  # type: ignore[arg-type]


def test_a_clipped_network_says_what_it_lost() -> None:
    network = random_network((10, 20, 3), "tanh", seed=0)
    weights = [w.copy() for w in network.W]
    weights[0][0, 0] = 50.0
    given = network.with_parameters(weights, network.b)
    found, layers = clip_network(given, 0.99)
    assert [layer.count for layer in layers] == [2, 0]
    assert layers[0].limit == np.abs(found.W[0]).max() < 5.0
    expected = np.linalg.norm(given.W[0] - found.W[0]) / np.linalg.norm(given.W[0])
    assert layers[0].lost == pytest.approx(expected)
    np.testing.assert_array_equal(found.W[1], given.W[1])
    np.testing.assert_array_equal(found.b[0], given.b[0])
