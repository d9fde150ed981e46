"""One device without spread or noise against the closed form of its characteristic."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analog_pc.devices.pulsed import (
    Constant,
    DeviceArray,
    Exponential,
    Linear,
    Piecewise,
    Power,
    PulsedDevice,
    SoftBounds,
)
from analog_pc.errors import BadInput

EPS = np.finfo(np.float64).eps


def after(device: PulsedDevice, pulses: int, start: float = 0.0, one_by_one: bool = False) -> float:
    array = DeviceArray(device, (1, 1), seed=0)
    array.assign([[start]])
    for count in [np.sign(pulses)] * abs(pulses) if one_by_one else [pulses]:
        array.pulse([[count]])
    return float(array.weights[0, 0])


BURSTS = pytest.mark.parametrize("one_by_one", [False, True])
COUNTS = pytest.mark.parametrize("pulses", [1, 2, 7, 31, 32, 100, -1, -5, -31, -77])


@BURSTS
@COUNTS
def test_constant_steps_add_up(pulses: int, one_by_one: bool) -> None:
    """Up 1.25, down 0.75 steps of 1/256: exact in binary."""
    device = PulsedDevice(Constant(), step=1 / 256, up_down=0.25)
    assert after(device, pulses, 0.0, one_by_one) == pulses * (1.25 if pulses > 0 else 0.75) / 256


@BURSTS
@COUNTS
def test_soft_bounds_are_approached_geometrically(pulses: int, one_by_one: bool) -> None:
    """b - w_n = (b - w_0) (1 - D / b)^n, each pulse with a few roundings."""
    device = PulsedDevice(SoftBounds(), step=0.01, w_max=1.25, w_min=-0.75)
    bound = 1.25 if pulses > 0 else -0.75
    expected = bound - (bound - 0.3) * (1.0 - 0.01 / abs(bound)) ** abs(pulses)
    assert after(device, pulses, 0.3, one_by_one) == pytest.approx(expected, abs=8 * abs(pulses) * EPS)


@BURSTS
@COUNTS
def test_linear_steps_have_a_closed_form(pulses: int, one_by_one: bool) -> None:
    """u = 1 - s w shrinks by 1 - D s a pulse, s = g / w_max upwards and g / w_min downwards."""
    device = PulsedDevice(Linear(up=0.4, down=0.7), step=0.005, w_max=1.2, w_min=-0.8)
    slope, step = (0.4 / 1.2, 0.005) if pulses > 0 else (0.7 / -0.8, -0.005)
    expected = (1.0 - (1.0 - slope * 0.1) * (1.0 - step * slope) ** abs(pulses)) / slope
    # u is 1 minus a small number, and its rounding is divided by s.
    assert after(device, pulses, 0.1, one_by_one) == pytest.approx(expected, abs=16 * abs(pulses) * EPS)


@pytest.mark.parametrize("pulses", [1, 10, 60, -1, -10, -60])
def test_exponential_steps_follow_their_recursion(pulses: int) -> None:
    characteristic = Exponential(up=0.3, down=0.2, up_rate=1.5, down_rate=2.0, slope=0.5, offset=-0.1)
    w = 0.2
    for _ in range(abs(pulses)):
        z = 2.0 * 0.5 * w / 2.0 - 0.1
        w += (
            0.01 * (1.0 - 0.3 * math.exp(1.5 * z)) if pulses > 0 else -0.01 * (1.0 - 0.2 * math.exp(-2.0 * z))
        )
    assert after(PulsedDevice(characteristic, step=0.01), pulses, 0.2) == pytest.approx(
        w, abs=8 * abs(pulses) * EPS
    )


def test_exponential_steps_nearly_solve_their_differential_equation() -> None:
    """dw/dn = D (1 - A e^(g w)): w = -ln(A + (e^(-g w_0) - A) e^(-g D n)) / g.

    Euler's rule is off by at most n D^2 max|f f'| / 2 = 2000 (5e-4)^2 0.7 0.6 / 2 ~ 1e-4 (|f| <= 0.7 with
    w >= 0 and A = 0.3, |f'| = g A e^(g w) <= g).
    """
    characteristic = Exponential(up=0.3, down=0.3, up_rate=2.0, down_rate=2.0, slope=1.0)
    n, step, g = 2000, 5e-4, 2.0
    exact = -math.log(0.3 + 0.7 * math.exp(-g * step * n)) / g
    found = after(PulsedDevice(characteristic, step=step), n)
    assert abs(found - exact) < n * step**2 * 0.7 * g / 2.0
    assert found > 0.2  # and it went somewhere


def test_a_power_of_one_is_soft_bounds_of_half_the_slope() -> None:
    """(b - w) / (2 b) = (1 - w / b) / 2: the same device as soft bounds of half the step."""
    power = after(PulsedDevice(Power(1.0), step=0.02), 25, 0.1)
    assert power == pytest.approx(after(PulsedDevice(SoftBounds(), step=0.01), 25, 0.1), abs=8 * 25 * EPS)


def test_a_power_of_two_follows_its_recursion() -> None:
    w = 0.1
    for _ in range(40):
        w -= 0.05 * ((w + 1.0) / 2.0) ** 1.5
    device = PulsedDevice(Power(2.0, asymmetry=0.25), step=0.05)
    assert after(device, -40, 0.1) == pytest.approx(w, abs=8 * 40 * EPS)


def test_a_straight_piecewise_law_is_a_linear_one() -> None:
    """Nodes 1.4, 1, 0.6 on -1 ... 1 are 1 - 0.4 w."""
    piecewise = PulsedDevice(Piecewise((1.4, 1.0, 0.6), (0.6, 1.0, 1.4)), step=0.01)
    linear = PulsedDevice(Linear(up=0.4, down=0.4), step=0.01)
    for pulses in (50, -50):
        # The factor is (share - k) times a difference, of a few roundings.
        assert after(piecewise, pulses, 0.2) == pytest.approx(after(linear, pulses, 0.2), abs=16 * 50 * EPS)


def test_a_piecewise_law_is_its_nodes() -> None:
    device = PulsedDevice(Piecewise((2.0, 0.5, 1.0), (1.0, 1.0, 3.0)), step=1 / 64)
    for start, up, down in ((-1.0, 2.0, 0.0), (-0.5, 1.25, 1.0), (0.0, 0.5, 1.0), (0.5, 0.75, 2.0)):
        assert after(device, 1, start) - start == up / 64
        assert start - after(device, -1, start) == down / 64


def test_a_piecewise_law_has_its_nodes_where_it_says() -> None:
    """Against numpy's interpolation, at the nodes, between them and at the bounds."""
    at = (0.0, 1e-9, 0.001, 0.4, 0.41, 1.0)
    up, down = (1.0, 3.0, 0.5, 2.0, 0.0, 1.5), (0.5, 0.5, 4.0, 1.0, 1.0, 0.0)
    device = PulsedDevice(Piecewise(up, down, at), step=1e-4)
    for share in (*at, 5e-10, 1e-4, 0.2, 0.405, 0.7, 0.99):
        start = 2.0 * share - 1.0
        risen = min(start + 1e-4 * np.interp(share, at, up), 1.0)
        fallen = max(start - 1e-4 * np.interp(share, at, down), -1.0)
        # A weight near -1 has a rounding of eps, which between nodes 1e-9 apart is 1e-7 of a step.
        assert after(device, 1, start) == pytest.approx(risen, abs=1e-10)
        assert after(device, -1, start) == pytest.approx(fallen, abs=1e-10)


def test_equal_distances_may_be_written_out() -> None:
    plain = Piecewise((2.0, 0.5, 1.0), (1.0, 1.0, 3.0))
    assert plain.places == (0.0, 0.5, 1.0)
    placed = PulsedDevice(Piecewise(plain.up, plain.down, plain.places), step=0.01)
    for pulses in (30, -30):
        assert after(placed, pulses, 0.1) == after(PulsedDevice(plain, step=0.01), pulses, 0.1)


@pytest.mark.parametrize(
    "characteristic", [Constant(), SoftBounds(), Linear(0.1, 0.1), Power(0.5), Exponential(0, 0, 1, 1, 1)]
)
def test_bounds_are_hard(characteristic: object) -> None:
    device = PulsedDevice(characteristic, step=0.3, w_max=0.5, w_min=-0.7)  # type: ignore[arg-type]
    assert after(device, 60) == pytest.approx(0.5, abs=1e-7)  # soft bounds: 0.5 * 0.4^60
    assert after(device, -60) == pytest.approx(-0.7, abs=1e-7)


def test_a_step_larger_than_the_bound_stops_there() -> None:
    device = PulsedDevice(SoftBounds(), step=1.5, w_max=1.0, w_min=-1.0)
    assert after(device, 1) == 1.0
    assert after(device, 2) == 1.0  # 1 - D s < 0 never brings it back


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Linear(-0.1, 0.1), "linear step"),
        (lambda: Linear(0.1, math.nan), "linear step"),
        (lambda: SoftBounds(-1.0), "soft bounds"),
        (lambda: Exponential(1.0, math.inf, 1.0, 1.0, 1.0), "exponential step.*finite"),
        (lambda: Power(-1.0), "power step"),
        (lambda: Power(1.0, asymmetry=1.5), "asymmetry = 1.5"),
        (lambda: Piecewise((1.0,), (1.0,)), "1 factors up"),
        (lambda: Piecewise((1.0, 1.0), (1.0, 1.0, 1.0)), "2 factors up, 3 down"),
        (lambda: Piecewise((1.0, -1.0), (1.0, 1.0)), "finite and >= 0"),
        (lambda: Piecewise((1.0, 1.0), (1.0, 1.0), (0.0, 0.5, 1.0)), "2 factors at 3 places"),
        (lambda: Piecewise((1.0, 1.0), (1.0, 1.0), (0.0, 0.5)), "rise from 0 to 1"),
        (lambda: Piecewise((1.0,) * 3, (1.0,) * 3, (0.0, 0.0, 1.0)), "rise from 0 to 1"),
        (lambda: Piecewise((1.0,) * 3, (1.0,) * 3, (0.0, math.nan, 1.0)), "rise from 0 to 1"),
    ],
)
def test_refused(make, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        make()
