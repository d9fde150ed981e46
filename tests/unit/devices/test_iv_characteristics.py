"""Device laws by name."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.devices import IV_CHARACTERISTICS, iv_characteristic
from analog_pc.errors import BadInput

V = np.linspace(-0.5, 0.5, 41)


def test_a_linear_device_has_no_law() -> None:
    assert iv_characteristic("linear", 0.0) is None
    assert iv_characteristic("linear", 3.0) is None  # a linear device has no coefficient


@pytest.mark.parametrize("name", IV_CHARACTERISTICS)
def test_a_coefficient_of_zero_is_linear(name: str) -> None:
    assert iv_characteristic(name, 0.0) is None


def test_by_hand() -> None:
    # Roundings of the same formula.
    np.testing.assert_allclose(iv_characteristic("sinh", 2.0).value(V), np.sinh(2.0 * V) / 2.0, rtol=1e-15)
    np.testing.assert_allclose(iv_characteristic("cubic", -0.4).value(V), V - 0.4 * V**3, rtol=1e-14)


@pytest.mark.parametrize("name", ["sinh", "cubic"])
def test_every_law_is_odd_with_a_slope_of_one(name: str) -> None:
    characteristic = iv_characteristic(name, 1.5)
    np.testing.assert_array_equal(characteristic.value(-V), -characteristic.value(V))
    assert (characteristic.value(np.array(0.0)), characteristic.derivative(np.array(0.0))) == (0.0, 1.0)


def test_both_laws_leave_the_straight_line_at_the_third_order() -> None:
    """sinh(b v)/b = v + b^2 v^3 / 6 + b^4 v^5 / 120: a cubic of k = b^2 / 6, up to the fifth order."""
    b, small = 2.0, V[np.abs(V) <= 0.1]
    apart = np.abs(
        iv_characteristic("sinh", b).value(small) - iv_characteristic("cubic", b**2 / 6.0).value(small)
    )
    assert apart.max() <= 1.01 * b**4 * 0.1**5 / 120.0  # the seventh order is (b v)^2 / 42 = 0.1 % of it
    assert apart.max() > 0.0


def test_an_unknown_law_lists_the_known_ones() -> None:
    with pytest.raises(BadInput, match="unknown I-V characteristic 'diode': use one of linear, sinh, cubic"):
        iv_characteristic("diode", 1.0)
