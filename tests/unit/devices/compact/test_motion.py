"""Motion against closed forms and quadrature: a hundred steps of 1e-10 of the range each are allowed.

A step that meets a jump of the rate to zero may be wrong by 154 times its tolerance (`test_a_jump`).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import exp1

from analog_pc.devices.compact import (
    STANFORD_PKU,
    VTEAM,
    YAKOPCIC,
    CompactModel,
    InSeries,
    Waveform,
    apply,
    hold,
    pulse_train,
    trajectory,
)
from analog_pc.errors import BadInput, SimulationFailed

YAK, TEAM, PKU = YAKOPCIC["microsiemens"], VTEAM["thresholded"], STANFORD_PKU["published"]
MODELS = {"yakopcic": (YAK, 1.5, 2e-5), "vteam": (TEAM, 1.2, 1e-7), "stanford": (PKU, 1.4, 1e-8)}
TOLERANCE = 1e-8  # of the range
JUMP = 154.1  # times the tolerance of a step


def span(model: CompactModel) -> float:
    return model.limits[1] - model.limits[0]


def test_yakopcic_upwards_in_closed_form() -> None:
    """Linear to x_p; from there (1 - x_p) e^(a (1 - x_p)) E1(a (1 - x)) grows by g t."""
    x, t, g = np.linspace(0.05, 0.95, 19), np.array([[1e-6], [3e-5], [1e-4], [1e-3]]), YAK.rate(1.5, 0.0)
    found = hold(YAK, x, 1.5, t)
    late = np.maximum(t - np.maximum(YAK.x_p - x, 0.0) / g, 0.0)
    start = np.maximum(x, YAK.x_p)

    def passed(state: np.ndarray) -> np.ndarray:
        a = YAK.alpha_p
        return (1.0 - YAK.x_p) * math.exp(a * (1.0 - YAK.x_p)) * exp1(a * (1.0 - state))

    straight = found < YAK.x_p
    wanted = np.broadcast_to(x + g * t, found.shape)
    np.testing.assert_allclose(found[straight], wanted[straight], rtol=0.0, atol=TOLERANCE)
    gone = passed(np.maximum(found, YAK.x_p)) - passed(start)
    # A state that is wrong by TOLERANCE is wrong in `passed` by that over the window, which is f.
    f = np.exp(-YAK.alpha_p * (found - YAK.x_p)) * (1.0 - found) / (1.0 - YAK.x_p)
    assert (np.abs(gone - g * late) * f <= TOLERANCE)[~straight].all()
    assert (~straight).sum() > 30
    assert straight.sum() >= 5


def test_yakopcic_downwards_in_closed_form() -> None:
    x, t = np.linspace(0.05, 0.5, 10), np.array([[1e-5], [1e-4], [1e-3]])
    g = -YAK.rate(-1.2, 1.0)
    found = hold(YAK, x, -1.2, t)
    scale = (1.0 - YAK.x_n) * math.exp(YAK.alpha_n * (1.0 - YAK.x_n))
    gone = scale * (exp1(YAK.alpha_n * found) - exp1(YAK.alpha_n * x))
    f = np.exp(YAK.alpha_n * (found + YAK.x_n - 1.0)) * found / (1.0 - YAK.x_n)
    assert (np.abs(gone - g * t) * f).max() <= TOLERANCE
    assert (found < x).all()


@pytest.mark.parametrize("t", [1e-8, 2e-7, 1e-5])
def test_vteam_in_closed_form(t: float) -> None:
    """With p = 1 x = tanh(atanh x0 + k t), and the same for 1 - x downwards."""
    x = np.linspace(0.0, 0.99, 12)
    off, on = TEAM.rate(1.2, 0.0), -TEAM.rate(-1.1, 1.0)
    np.testing.assert_allclose(hold(TEAM, x, 1.2, t), np.tanh(np.arctanh(x) + off * t), atol=TOLERANCE)
    down = 1.0 - np.tanh(np.arctanh(1.0 - x[1:]) + on * t)
    np.testing.assert_allclose(hold(TEAM, x[1:], -1.1, t), down, atol=TOLERANCE)


def test_stanford_by_quadrature() -> None:
    """t = integral of dgap / rate from the one gap to the other; a run-away set included."""
    for volts, start in ((1.4, 1.5e-9), (1.2, 1.0e-9), (-1.3, 0.3e-9)):
        rate = abs(float(PKU.rate(volts, start)))
        for t in (1e-3 * 1e-9 / rate, 0.05e-9 / rate):
            found = float(hold(PKU, start, volts, t))
            passed, _ = quad(lambda u: 1e-9 / float(PKU.rate(volts, u * 1e-9)), start * 1e9, found * 1e9)  # noqa: B023
            assert found != start
            assert abs(passed - t) * abs(float(PKU.rate(volts, found))) <= TOLERANCE * span(PKU)


@pytest.mark.parametrize("name", MODELS)
def test_a_ramp_by_quadrature_in_time(name: str) -> None:
    """Slow and small: the state hardly moves, and the integral of the rate at a fixed state is its motion."""
    model, volts, t = MODELS[name]
    x, short = 0.5 * sum(model.limits), 1e-5 * t
    ramp = Waveform([0.0, short], [-0.2 * volts, volts])
    wanted, _ = quad(
        lambda s: float(model.rate(volts * (1.2 * s - 0.2), x)) * short,
        0.0, 1.0, points=[(model.thresholds[1] / volts + 0.2) / 1.2],
    )  # fmt: skip
    moved = float(apply(model, x, ramp, tolerance=1e-14)) - x
    # Second order: the slope of the rate times the motion, of the motion.
    h = 1e-6 * span(model)
    slope = abs(float(model.rate(volts, x + h) - model.rate(volts, x - h))) / (2.0 * h)
    assert moved != 0.0
    assert abs(moved - wanted) <= abs(wanted) * slope * short + JUMP * 1e-14 * span(model)


@pytest.mark.parametrize("name", MODELS)
def test_a_long_motion_is_one_of_its_parts(name: str) -> None:
    model, volts, t = MODELS[name]
    x = np.linspace(*model.limits, 9)
    at_once = hold(model, x, volts, 12.0 * t)
    parts = x
    for _ in range(12):
        parts = hold(model, parts, volts, t)
    train = apply(model, x, pulse_train(np.full(12, volts), t, gap=t))
    for other in (parts, train):
        np.testing.assert_allclose(other, at_once, rtol=0.0, atol=12.0 * TOLERANCE * span(model))


@pytest.mark.parametrize("name", MODELS)
def test_no_state_leaves_the_limits(name: str) -> None:
    """But by the error of a step; and at either limit it comes to rest, and leaves it again."""
    model, volts, t = MODELS[name]
    low, high = model.limits
    x = np.linspace(low, high, 7)
    ends = []
    for sign in (1.0, -1.0):
        ends.append(hold(model, x, 1.5 * sign * volts, 1e5 * t))
        assert (ends[-1] >= low - JUMP * 1e-10 * span(model)).all()
        assert (ends[-1] <= high + JUMP * 1e-10 * span(model)).all()
        assert np.ptp(ends[-1]) < 1e-3 * span(model)
    assert abs(ends[0] - ends[1]).min() > 0.9 * span(model)
    back = hold(model, ends[0], -volts, 20.0 * t)
    assert (np.abs(back - ends[0]) > 1e-3 * span(model)).all()


def test_a_gate_that_closes_stops_the_gap() -> None:
    """A reset ends where gamma |V| / t_ox = f_min."""
    gap = float(hold(PKU, 0.3e-9, -1.2, 1.0))
    wanted = ((PKU.gamma0 - PKU.f_min * PKU.t_ox / 1.2) / PKU.beta) ** (1.0 / 3.0) * 1e-9
    assert gap == pytest.approx(wanted, abs=TOLERANCE * span(PKU))


def test_shares_and_points() -> None:
    wave = pulse_train([1.1, -1.1, 0.9], 1e-6, gap=1e-6, edge=1e-7)
    share = np.array([[1.0], [0.5], [-1.0]])
    x = np.array([0.2, 0.6])
    found = trajectory(YAK, x, wave, share)
    assert found.shape == (13, 3, 2)
    np.testing.assert_array_equal(found[0], np.broadcast_to(x, (3, 2)))
    np.testing.assert_array_equal(found[:, 1], np.broadcast_to(x, (13, 2)))  # half of it is below v_n
    np.testing.assert_array_equal(apply(YAK, x, wave, share), found[-1])
    assert found[4, 0, 0] > x[0] > found[4, 2, 0]


def test_a_resistance_in_series() -> None:
    """Kirchhoff, and a divider: with VTEAM fixed at its ends, u = V R / (R + r)."""
    for model, _, _ in MODELS.values():
        behind = InSeries(model, 300.0)
        v, x = np.linspace(-2.0, 2.0, 21)[:, None], np.linspace(*model.limits, 5)
        u = behind.device_volts(v, x)
        np.testing.assert_allclose(u + 300.0 * model.current(u, x), np.broadcast_to(v, u.shape), rtol=1e-14)
        np.testing.assert_array_equal(behind.current(v, x), model.current(u, x))
        np.testing.assert_array_equal(InSeries(model, 0.0).rate(v, x), model.rate(v, x))
    half = InSeries(TEAM, TEAM.r_on)
    limited = hold(InSeries(PKU, 300.0), 1.3e-9, 1.6, 1.0)  # trial steps go where no voltage is found
    later = hold(InSeries(PKU, 300.0), 1.3e-9, 1.6, 2.0)
    assert abs(later - limited) <= JUMP * 1e-10 * span(PKU)  # the resistance ended the set
    assert PKU.gap_min < limited < 1.0e-9
    with pytest.raises(SimulationFailed, match="stanford_pku in series with 300 Ohm: no voltage found"):
        InSeries(PKU, 300.0).current(1e4, 1e-9)
    assert half.device_volts(1.0, 0.0) == pytest.approx(0.5, rel=1e-14)
    assert hold(half, 0.0, 1.25, 1.0) == 0.0  # 0.625 V, below the threshold
    assert hold(half, 0.0, 1.35, 1.0) > 0.9


@pytest.mark.parametrize("name", MODELS)
def test_a_resistance_slows_down(name: str) -> None:
    model, volts, t = MODELS[name]
    x = 0.5 * sum(model.limits)
    ohms = 0.01 / float(model.conductance(x))
    moved = abs(hold(InSeries(model, ohms), x, volts, t) - x)
    assert 0.0 < moved < abs(hold(model, x, volts, t) - x)


class Stop:
    """A rate that jumps to zero at 0.5."""

    name, limits = "stop", (0.0, 1.0)

    def rate(self, volts: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.where(np.asarray(x) < 0.5, np.asarray(volts), 0.0)


class Stiff:
    """Follows half the voltage within a picosecond."""

    name, limits = "stiff", (0.0, 1.0)

    def rate(self, volts: np.ndarray, x: np.ndarray) -> np.ndarray:
        return 1e12 * (0.5 * np.asarray(volts) - np.asarray(x))


def test_a_jump() -> None:
    start = np.linspace(0.1, 0.4999, 5001)
    for tolerance in (1e-4, 1e-7):
        passed = hold(Stop(), start, 1.0, 1.0, tolerance) - 0.5
        assert -tolerance <= passed.min()
        assert tolerance < passed.max() <= JUMP * tolerance


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for make, message in (
        (lambda: hold(YAK, 1.2, 1.0, 1.0), "yakopcic: states must be within 0 ... 1, got 1.2"),
        (lambda: hold(YAK, 0.2, 1.0, -1.0), "yakopcic: volts and seconds must be finite, seconds >= 0"),
        (lambda: hold(YAK, 0.2, math.nan, 1.0), "yakopcic: volts and seconds must be finite"),
        (lambda: Waveform([0.0, 1.0], [0.0]), "waveform: 2 seconds and 1 volts, must be as many"),
        (lambda: Waveform([0.0, 1.0, 0.5], [0.0, 1.0, 0.0]), "waveform: seconds must not fall"),
        (lambda: Waveform([0.0, math.inf], [0.0, 1.0]), "waveform: seconds of shape (2,), must be a row"),
        (lambda: pulse_train([1.0], 0.0), "pulse train: width, gap, edge = (0.0, 0.0, 0.0) s"),
        (lambda: InSeries(YAK, -1.0), "yakopcic: ohms = -1.0 in series, must be finite and >= 0"),
    ):
        with pytest.raises(BadInput) as caught:
            make()
        assert str(caught.value).startswith(message)
    monkeypatch.setattr("analog_pc.devices.compact.motion.MOST", 1000)
    with pytest.raises(SimulationFailed, match="stiff: more than 1000 steps between two points"):
        apply(Stiff(), 0.2, Waveform([0.0, 1.0], [0.0, 1.0]))
    assert hold(Stiff(), 0.2, 1.0, 1.0) == pytest.approx(0.5, abs=1e-10)  # at rest long before


def test_a_pulse_train_has_four_points_a_pulse() -> None:
    t, v = pulse_train([1.0, -2.0], 3.0, gap=2.0, edge=0.5).points
    np.testing.assert_array_equal(t, [0.0, 0.5, 3.5, 4.0, 6.0, 6.5, 9.5, 10.0, 12.0])
    np.testing.assert_array_equal(v, [0.0, 1.0, 1.0, 0.0, 0.0, -2.0, -2.0, 0.0, 0.0])
