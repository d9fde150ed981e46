"""Weights survive their conductances."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from analog_pc.mapping import Ranges, choose_scales, decode, encode
from analog_pc.pcn import random_network
from analog_pc.technology import IDEAL

EPS = np.finfo(np.float64).eps
FEW = settings(max_examples=60, deadline=None, derandomize=True)
# Magnitudes far from overflow and from subnormal numbers, or zero.
NUMBERS = st.floats(-1e9, 1e9).map(lambda v: v if abs(v) > 1e-9 else 0.0)
WEIGHTS = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=NUMBERS)
RANGES = st.tuples(st.floats(1e-9, 1e-3), st.floats(1.01, 1e4))


@FEW
@given(WEIGHTS, RANGES)
def test_decode_undoes_encode(weights: np.ndarray, span: tuple[float, float]) -> None:
    low, ratio = span
    technology = dataclasses.replace(IDEAL, g_min=low, g_max=low * ratio)
    pair = encode(weights, technology)
    bound = 4.0 * EPS * technology.g_max / (technology.g_max - technology.g_min) * np.abs(weights).max()
    assert np.abs(decode(pair) - weights).max() <= bound  # the bound that `decode` documents
    for g in (pair.plus, pair.minus):
        assert g.shape == weights.T.shape
        assert g.min() >= technology.g_min
        # g_min + (g_max - g_min) may round one unit in the last place above g_max.
        assert g.max() <= technology.g_max * (1.0 + EPS)


@FEW
@given(WEIGHTS, st.floats(1e-3, 1e3))
def test_a_common_factor_goes_into_the_feedback_resistor(weights: np.ndarray, factor: float) -> None:
    one, other = encode(weights, IDEAL), encode(factor * weights, IDEAL)
    # One rounding of the factor, relative; conductances are at least g_min = 1e-6.
    np.testing.assert_allclose(other.plus, one.plus, rtol=1e-13)
    np.testing.assert_allclose(other.minus, one.minus, rtol=1e-13)
    if weights.any():
        np.testing.assert_allclose(other.ohms, factor * one.ohms, rtol=1e-13)


@FEW
@given(st.lists(st.floats(0.0, 1e9), min_size=12, max_size=12), st.sampled_from(["identity", "tanh"]))
def test_every_signal_fits_the_supply(peaks: list[float], activation: str) -> None:
    ranges = Ranges(
        tuple(peaks[:3]), tuple(peaks[3:6]), tuple(peaks[6:8]), tuple(peaks[8:10]), tuple(peaks[10:])
    )
    scales = choose_scales(random_network((1, 2, 1), activation), IDEAL, ranges)
    for units, largest in (
        (scales.activity, ranges.activity),
        (scales.activity, ranges.eps),
        (scales.rate, ranges.rate),
        (scales.feedback, ranges.feedback),
    ):
        for unit, peak in zip(units, largest, strict=True):
            assert 0.0 < unit <= IDEAL.volts_per_unit
            assert unit * peak <= IDEAL.supply  # with head-room, far beyond rounding
