"""ADC models against numbers that were computed from their sources by hand."""

from __future__ import annotations

import pytest

from analog_pc.cost.components import shipped
from analog_pc.cost.converters import neurosim_adc, survey_adc
from analog_pc.cost.parts import adc
from analog_pc.errors import BadInput

PICO, MICRO2 = 1e-12, 1e-12


@pytest.mark.parametrize(("nanometres", "bits", "energy", "area"), [
    (65, 4, 3.5, 4.3e3), (65, 6, 4.0, 4.5e3), (65, 8, 6.5, 5.2e3), (65, 10, 12.5, 6.3e3),
    (130, 4, 12.9, 12.6e3), (130, 10, 46.0, 18.5e3), (28, 8, 1.3, 1.4e3),
])  # fmt: skip
def test_the_survey_at_a_million_conversions(nanometres: int, bits: int, energy: float, area: float) -> None:
    found = survey_adc(bits, nanometres * 1e-9, 1e6)
    assert found.energy / PICO == pytest.approx(energy, rel=0.03)
    assert found.area / MICRO2 == pytest.approx(area, rel=0.03)


@pytest.mark.parametrize(("nanometres", "bits", "energy"), [
    (130, 4, 0.39), (130, 6, 0.64), (130, 8, 0.94), (65, 8, 0.43), (45, 6, 0.19), (22, 8, 0.10),
])  # fmt: skip
def test_neurosims_fit_at_50_kilohm(nanometres: int, bits: int, energy: float) -> None:
    assert neurosim_adc(bits, nanometres * 1e-9) / PICO == pytest.approx(energy, abs=0.006)


def test_a_fast_converter_takes_more() -> None:
    assert survey_adc(8, 65e-9, 5e9).energy > 1.2 * survey_adc(8, 65e-9, 1e8).energy
    assert survey_adc(8, 65e-9, 1e8).energy == survey_adc(8, 65e-9, 1e6).energy


def test_the_other_model_stands_beside() -> None:
    one, source, grade = adc(shipped("cmos65"), 8)
    assert one.energy / PICO == pytest.approx(6.5, rel=0.03)
    assert "0.432 pJ" in source
    assert grade == "B"
    assert adc(shipped("board"), 8)[0].energy == shipped("board").value("adc_energy")


@pytest.mark.parametrize("given", [(0, 65e-9, 1e6), (8, 0.0, 1e6), (8, 65e-9, 0.0), (8, float("nan"), 1e6)])
def test_what_no_converter_has_is_refused(given: tuple[int, float, float]) -> None:
    with pytest.raises(BadInput, match="ADC of"):
        survey_adc(*given)
    with pytest.raises(BadInput, match="ADC of"):
        neurosim_adc(given[0], given[1], given[2])
