"""Pulses: a product of both factors, and never a motion by one line alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.devices.compact import YAKOPCIC
from analog_pc.errors import BadInput
from analog_pc.testbench import PulseEncoding

DEVICE = YAKOPCIC["microsiemens"]
# The windows of the device are open from 0.05 to 0.95, so that nothing but the pulses shapes a motion.
OPEN = replace(DEVICE, x_p=0.95, x_n=0.95)


@pytest.mark.parametrize("polarity", [1, -1])
def test_speed_is_linear_in_the_rate(polarity: int) -> None:
    encoding = PulseEncoding(OPEN, rate_scale=2.0, eps_scale=0.5)
    rates = np.linspace(0.0, 2.0, 9)
    volts = polarity * (encoding.level(rates) + encoding.column(polarity))
    speed = OPEN.rate(volts, 0.5)
    # The threshold cancels out of exp(V) - exp(V_t): rounding of numbers near 2, of a speed near 1.
    np.testing.assert_allclose(
        speed, polarity * rates / 2.0 * encoding.speed(polarity, 0.5), rtol=1e-12, atol=1e-10
    )
    assert encoding.speed(polarity, 0.5) > 3000.0


def test_widths_and_levels_are_one_sided_and_bounded() -> None:
    encoding = PulseEncoding(DEVICE, rate_scale=2.0, eps_scale=0.5)
    np.testing.assert_allclose(encoding.width([-1.0, 0.0, 0.25, 0.5, 9.0]), [0.0, 0.0, 0.5, 1.0, 1.0])
    low, high = encoding.base, encoding.base + encoding.swing
    np.testing.assert_allclose(encoding.level([-1.0, 0.0, 2.0, 9.0]), [low, low, high, high])


def test_one_line_alone_moves_nothing() -> None:
    """Rows at their largest, with columns at rest or at their pulse of no rate; and the reverse."""
    encoding = PulseEncoding(DEVICE)
    x = np.linspace(0.0, 1.0, 11)
    for polarity in (1, -1):
        row = polarity * (encoding.base + encoding.swing)
        column = polarity * encoding.column(polarity)
        for volts in (row, column, polarity * encoding.base + column, -row, -column):
            # At the threshold itself: its rounding, of a speed of 1e3 and more.
            assert np.abs(DEVICE.rate(volts, x)).max() <= 1e-11
        assert np.abs(DEVICE.rate(row + column, 0.5)) > 1e3


def test_phases_serve_every_sign_once() -> None:
    encoding = PulseEncoding(DEVICE)
    unsigned, signed = (encoding.phases(0.1, 0.5, s) for s in (False, True))
    assert [(p.polarity, p.sign) for p in unsigned] == [(1, 1), (-1, 1)]
    assert sorted((p.sign, p.columns) for p in signed) == [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    assert all(p.polarity == p.sign * p.columns for p in signed)  # SET where the product is positive
    assert [p.name for p in signed] == ["set +", "reset +", "set -", "reset -"]


def test_phases_last_as_long_as_the_change_takes() -> None:
    encoding = PulseEncoding(DEVICE)
    for phase in encoding.phases(0.1, 0.5, False):
        assert phase.seconds * encoding.speed(phase.polarity, 0.5) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate_scale": 0.0}, "rate_scale = 0.0"),
        ({"eps_scale": np.inf}, "eps_scale = inf"),
        ({"base": -0.1}, "base = -0.1"),
        ({"swing": 0.5}, "alone would move devices with thresholds -0.56 and 0.65 V"),
        ({"base": 0.05}, "a column of 0.6 V alone would move"),
        ({"device": replace(DEVICE, eta=-1.0)}, "eta = -1.0"),
        ({"device": YAKOPCIC["oblea"]}, "alone would move devices with thresholds -0.15 and 0.16 V"),
    ],
)
def test_pulses_that_cannot_be(change: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        replace(PulseEncoding(DEVICE), **change)  # type: ignore[arg-type]
