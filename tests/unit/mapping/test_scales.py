"""Volts per unit and seconds per unit."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.mapping import choose_scales
from analog_pc.technology import IDEAL


def test_nominal_volts() -> None:
    scales = choose_scales(IDEAL, peak=3.0)
    assert scales.volts == IDEAL.volts_per_unit
    assert scales.seconds == IDEAL.node_capacitance / IDEAL.spring_conductance


def test_a_large_peak_lowers_the_volts() -> None:
    assert choose_scales(IDEAL, peak=1000.0).volts == IDEAL.supply / 1000.0


def test_given_volts_are_kept_up_to_the_supply() -> None:
    assert choose_scales(IDEAL, 4.0, 2.5).volts == 2.5  # 4 x 2.5 V is the supply itself
    assert choose_scales(IDEAL, 0.0, 100.0).volts == 100.0


def test_too_many_volts_are_refused_with_their_numbers() -> None:
    with pytest.raises(
        BadInput, match=r"volts_per_unit = 5\.0 takes an activity of 4 to 20 V, above the 10 V.*at most 2\.5"
    ):
        choose_scales(IDEAL, 4.0, 5.0)


@pytest.mark.parametrize("volts", [0.0, -1.0, np.nan, np.inf])
def test_impossible_volts(volts: float) -> None:
    with pytest.raises(BadInput, match=r"volts_per_unit = .*, must be finite and > 0"):
        choose_scales(IDEAL, 1.0, volts)
