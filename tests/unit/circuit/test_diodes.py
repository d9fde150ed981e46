"""Diodes as elements: what is refused, and the current in closed form."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from analog_pc.circuit import (
    ROOM,
    Diodes,
    IdealDiodes,
    diode_current,
    grounds,
    saturation_current,
    thermal_voltage,
)
from analog_pc.errors import BadInput

SLOPE = 0.05
SATURATION = 1e-9
EPS = np.finfo(np.float64).eps


@pytest.mark.parametrize("ohms", [1e-3, 1.0, 1e3, 1e9])
def test_the_current_with_a_resistance_satisfies_the_law(ohms: float) -> None:
    """V of a current is known in closed form; a current moves by its own slope times the rounding of V."""
    current = np.concatenate(
        [-SATURATION * np.linspace(0.0, 0.99, 12), SATURATION * np.geomspace(1e-3, 1e9, 40)]
    )
    volts = ohms * current + SLOPE * np.log1p(current / SATURATION)
    found = diode_current(volts, SATURATION, SLOPE, ohms)
    slope = 1.0 / (ohms + SLOPE / (current + SATURATION))
    rounding = 64 * EPS * (np.abs(volts) + ohms * SATURATION + SLOPE) * slope + 64 * EPS * SATURATION
    assert (np.abs(found - current) <= rounding).all()


def test_without_a_resistance_it_is_shockleys() -> None:
    volts = np.linspace(-1.0, 0.8, 30)
    np.testing.assert_allclose(
        diode_current(volts, SATURATION, SLOPE),
        SATURATION * (np.exp(volts / SLOPE) - 1.0),
        atol=1e-24,
        rtol=1e-9,
    )
    near = diode_current(volts, SATURATION, SLOPE, 1e-9)
    np.testing.assert_allclose(near, diode_current(volts, SATURATION, SLOPE), rtol=1e-5)


def test_a_bank_has_the_current_of_each_diode() -> None:
    bank = Diodes("d", ("a", "b"), grounds(2), [1e-9, 2e-9], SLOPE, 10.0)
    found = bank.current(np.array([[0.3, 0.3]]))
    expected = [diode_current(0.3, i, SLOPE, 10.0) for i in (1e-9, 2e-9)]
    np.testing.assert_array_equal(found[0], expected)


def test_what_no_diode_has_is_refused() -> None:
    with pytest.raises(BadInput, match=r"d: series_ohms = -1\.0"):
        Diodes("d", ("a",), grounds(1), 1e-9, SLOPE, -1.0)
    with pytest.raises(BadInput, match=r"d: slope_volts = 0\.0"):
        Diodes("d", ("a",), grounds(1), 1e-9, 0.0)
    with pytest.raises(BadInput, match=r"d: drop\[0\] = -0\.1"):
        IdealDiodes("d", ("a",), grounds(1), -0.1)


@pytest.mark.parametrize(("celsius", "emission"), [(126.85, 1.906), (-20.0, 1.0)])
def test_the_saturation_current_by_temperature_is_that_of_ngspice(
    tmp_path: Path, celsius: float, emission: float
) -> None:
    """A current of I_s exp(V / n V_t) at its own .temp; its k / q is 3.5e-7 off, and exponents reach 32."""
    deck = tmp_path / "diode.cir"
    deck.write_text(
        f"* a diode at {celsius} C\nV1 a 0 0.5\nD1 a 0 dm\n.model dm D IS=1e-12 N={emission} EG=1.11 XTI=3\n"
        f".options gmin=1e-20 reltol=1e-9\n.temp {celsius}\n.op\n"
        ".control\nset numdgt=12\nrun\nprint i(V1)\n.endc\n.end\n"
    )
    answer = subprocess.run(
        ["ngspice", "-b", str(deck)], capture_output=True, text=True, timeout=60, check=False
    ).stdout
    (line,) = (text for text in answer.splitlines() if text.startswith("i(v1)"))
    kelvin = celsius + 273.15
    saturation = saturation_current(1e-12, kelvin, emission)
    expected = diode_current(0.5, saturation, emission * thermal_voltage(kelvin))
    assert -float(line.split("=")[1]) == pytest.approx(float(expected), rel=3e-5)


def test_the_saturation_current_at_its_own_temperature() -> None:
    assert saturation_current(1e-9, ROOM) == 1e-9
