"""Volts per unit and seconds per unit; technologies that cannot be."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.mapping import choose_scales
from analog_pc.technology import IDEAL, TECHNOLOGIES, technology


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


WIRES = {"word_line_resistance": "word_line_ohms", "bit_line_resistance": "bit_line_ohms"}
NUMBERS = [f.name for f in dataclasses.fields(IDEAL) if f.name not in ("name", "source", *WIRES)]


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_impossible_technology(field: str, value: float) -> None:
    with pytest.raises(BadInput, match=f"technology 'ideal': {field} = .*, must be finite and > 0"):
        dataclasses.replace(IDEAL, **{field: value})


@pytest.mark.parametrize("field", WIRES)
@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_impossible_wires(field: str, value: float) -> None:
    with pytest.raises(BadInput, match=f"{WIRES[field]} = .*, must be finite and >= 0"):
        dataclasses.replace(IDEAL, **{field: value})


def test_a_device_needs_a_range() -> None:
    with pytest.raises(BadInput, match=r"g_min = 0\.0001 S must be below g_max = 0\.0001 S"):
        dataclasses.replace(IDEAL, g_min=IDEAL.g_max)


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_every_technology_has_its_name_and_source(name: str) -> None:
    assert technology(name).name == name
    assert len(technology(name).source) > 20


def test_unknown_technology_lists_the_known() -> None:
    with pytest.raises(BadInput, match="unknown technology 'cmos': use one of ideal"):
        technology("cmos")
