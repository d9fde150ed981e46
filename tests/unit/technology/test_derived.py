"""Derived figures, against numbers worked out by hand."""

from __future__ import annotations

import dataclasses
import math

import pytest

from analog_pc.technology import IDEAL, TECHNOLOGIES, Technology, technology
from analog_pc.technology.derived import derived_values


def of(found: Technology, noise_gain: float = 10.0) -> dict[str, float]:
    return {figure.name: figure.value for figure in derived_values(found, noise_gain)}


def test_figures_of_a_tl072_board() -> None:
    # C / g_s = 0.85 nF 10 kOhm; NG / (2 pi 4 MHz); 2 * 8.5 us / 0.398 us; 10 / 200010; 10 * 3 mV; 100;
    # 1 / 99 uS; sqrt(k 300.15 K / 0.85 nF).
    want = {
        "unit of time": 8.5e-6,
        "amplifier lag": 3.9789e-7,
        "stable up to": 42.726,
        "gain error": 4.99975e-5,
        "offset at output": 0.03,
        "on/off ratio": 100.0,
        "feedback resistor": 10101.01,
        "thermal noise": 2.2080e-6,
    }
    board = technology("breadboard")
    assert board.temperature == 300.15
    assert of(board) == pytest.approx(want, rel=1e-4)


def test_a_noise_gain_slows_and_multiplies() -> None:
    board = technology("breadboard")
    ten, hundred = of(board), of(board, 100.0)
    for name, factor in (("amplifier lag", 10.0), ("offset at output", 10.0), ("stable up to", 0.1)):
        assert hundred[name] == pytest.approx(factor * ten[name], rel=1e-12)
    assert hundred["gain error"] == pytest.approx(100.0 / 200100.0, rel=1e-12)


def test_amplifiers_without_a_pole_are_always_stable() -> None:
    found = of(IDEAL)
    assert found["amplifier lag"] == 0.0
    assert found["stable up to"] == math.inf


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_figures_say_what_they_are(name: str) -> None:
    found = derived_values(technology(name))
    assert len({figure.name for figure in found}) == len(found)
    assert [f for f in found if not f.meaning or math.isnan(f.value) or f.value < 0.0] == []


def test_a_warmer_circuit_is_noisier() -> None:
    warm = dataclasses.replace(IDEAL, temperature=4.0 * IDEAL.temperature)
    assert of(warm)["thermal noise"] == pytest.approx(2.0 * of(IDEAL)["thermal noise"], rel=1e-12)
