"""The three models against their published equations, written out a second time."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from analog_pc.devices import Yakopcic
from analog_pc.devices.compact import (
    STANFORD_PKU,
    VTEAM,
    YAKOPCIC,
    CompactModel,
    StanfordPku,
    Vteam,
    memristor_model,
    model_file,
)
from analog_pc.errors import BadInput

V = np.linspace(-2.0, 2.0, 81)
NAMED = {**YAKOPCIC, **VTEAM, **STANFORD_PKU}
ROUNDINGS = 1e-13  # relative, of a dozen operations and differences that keep two digits and more


def states(model: CompactModel, count: int = 41) -> np.ndarray:
    return np.linspace(*model.limits, count)


def yakopcic_rate(m: Yakopcic, v: float, x: float) -> float:
    """As the author's own subcircuit has it, IF by IF."""
    if v > m.v_p:
        g = m.a_p * (math.exp(v) - math.exp(m.v_p))
    elif v < -m.v_n:
        g = -m.a_n * (math.exp(-v) - math.exp(m.v_n))
    else:
        g = 0.0
    f = 1.0
    if m.eta * v >= 0.0 and x >= m.x_p:
        f = math.exp(-m.alpha_p * (x - m.x_p)) * (m.x_p / (1 - m.x_p) - x / (1 - m.x_p) + 1.0)
    elif m.eta * v < 0.0 and x <= 1.0 - m.x_n:
        f = math.exp(m.alpha_n * (x + m.x_n - 1.0)) * x / (1.0 - m.x_n)
    return m.eta * g * f


def vteam_rate(m: Vteam, v: float, x: float) -> float:
    if v > m.v_off:
        return m.k_off * (v / m.v_off - 1.0) ** m.alpha_off * (1.0 - x ** (2 * m.p))
    if v < m.v_on:
        return m.k_on * (v / m.v_on - 1.0) ** m.alpha_on * (1.0 - (1.0 - x) ** (2 * m.p))
    return 0.0


def stanford_rate(m: StanfordPku, v: float, gap: float) -> float:
    """As published, in joules and coulombs; stopped at the limits."""
    k, q = 1.380649e-23, 1.602176634e-19
    gamma = m.gamma0 - m.beta * (gap / 1e-9) ** 3
    if gamma * abs(v) / m.t_ox < m.f_min:
        gamma = 0.0
    kelvin = m.ambient + abs(v * m.i0 * math.exp(-gap / m.g0) * math.sinh(v / m.v0)) * m.r_th
    field = gamma * m.a0 / m.t_ox * q * v / k / kelvin
    speed = -m.velocity * math.exp(-q * m.e_a / k / kelvin) * math.sinh(field)
    out = (gap <= m.gap_min and speed < 0.0) or (gap >= m.gap_max and speed > 0.0)
    return 0.0 if out else speed


CASES = {
    **{name: (model, yakopcic_rate) for name, model in YAKOPCIC.items()},
    "reversed": (dataclasses.replace(YAKOPCIC["author"], eta=-1.0), yakopcic_rate),
    **{name: (model, vteam_rate) for name, model in VTEAM.items()},
    "hard": (dataclasses.replace(VTEAM["thresholded"], p=7, resistance="exponential"), vteam_rate),
    **{name: (model, stanford_rate) for name, model in STANFORD_PKU.items()},
    "ungated": (dataclasses.replace(STANFORD_PKU["published"], f_min=0.0), stanford_rate),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rate_is_as_published(name: str) -> None:
    model, by_hand = CASES[name]
    x = states(model)
    wanted = [[by_hand(model, v, s) for s in x] for v in V.tolist()]
    found = model.rate(V[:, None], x)
    assert np.abs(found).max() > 0.0
    np.testing.assert_allclose(
        found, wanted, rtol=ROUNDINGS, atol=ROUNDINGS * np.abs(found).max(axis=1).min()
    )


def test_currents_by_hand() -> None:
    jo = YAKOPCIC["jo"]
    assert jo.current(2.0, 0.4) == pytest.approx(3.7e-7 * 0.4 * math.sinh(1.4), rel=1e-14)
    assert jo.current(-2.0, 0.4) == pytest.approx(-4.35e-7 * 0.4 * math.sinh(1.4), rel=1e-14)
    linear = VTEAM["thresholded"]
    assert linear.current(0.3, 0.25) == pytest.approx(0.3 / (40e3 + 0.25 * 960e3), rel=1e-14)
    bent = dataclasses.replace(linear, resistance="exponential")
    assert bent.current(0.3, 0.25) == pytest.approx(0.3 / (40e3 * 25.0**0.25), rel=1e-14)
    pku = STANFORD_PKU["published"]
    assert pku.current(0.1, 1.2e-9) == pytest.approx(1e-3 * math.exp(-4.8) * math.sinh(0.4), rel=1e-14)
    assert pku.temperature(1.0, 0.5e-9) == pytest.approx(298.0 + 2.1 * math.exp(-2.0) * math.sinh(4.0))


def test_published_numbers() -> None:
    """Ranges that the sources give, to the digits that they have."""
    pku = STANFORD_PKU["published"]
    assert 0.1 / pku.current(0.1, pku.gap_min) == pytest.approx(542.0, rel=1e-3)
    assert 0.1 / pku.current(0.1, pku.gap_max) == pytest.approx(218586.0, rel=1e-5)
    assert YAKOPCIC["microsiemens"].conductance(1.0) == pytest.approx(25e-6, rel=1e-14)
    assert YAKOPCIC["author"].conductance(1.0) == pytest.approx(8.5e-3, rel=1e-14)


@pytest.mark.parametrize("name", NAMED)
def test_nothing_moves_within_the_thresholds_and_all_moves_beyond(name: str) -> None:
    model = NAMED[name]
    x = states(model)[1:-1]
    low, high = model.thresholds
    assert (model.rate(np.linspace(low, high, 31)[1:-1, None], x) == 0.0).all()
    for v in (1.001 * low, 1.001 * high):
        assert np.abs(model.rate(v, x)).max() > 0.0
    signs = np.sign(model.rate(2.0 * high, x)), np.sign(model.rate(2.0 * low, x))
    np.testing.assert_array_equal(signs[0], -signs[1])


@pytest.mark.parametrize("name", NAMED)
def test_windows_end_at_the_limits(name: str) -> None:
    """At a limit nothing moves outwards, and something inwards."""
    model = NAMED[name]
    for limit, inwards in zip(model.limits, (1.0, -1.0), strict=True):
        rates = model.rate(np.array([3.0, -3.0]), limit) * inwards
        assert rates.min() == pytest.approx(0.0, abs=1e-12 * rates.max())
        assert rates.max() > 0.0


@pytest.mark.parametrize("name", NAMED)
def test_a_conductance_has_its_state(name: str) -> None:
    model = NAMED[name]
    x = states(model)
    # Rounding of G, over the slope of log G: 1e-3 relative of the range of the steepest model.
    np.testing.assert_allclose(model.state_of(model.conductance(x)), x, rtol=1e-12, atol=1e-13 * x.max())
    least, most = np.sort(model.conductance(np.array(model.limits)))
    for outside in (0.99 * least - 1e-12, 1.01 * most):
        with pytest.raises(BadInput, match=f"{model.name}: conductance = .* S, must be within"):
            model.state_of(outside)


@pytest.mark.parametrize("name", NAMED)
def test_laws_and_slopes(name: str) -> None:
    """f(0) = 0, f'(0) = 1; slopes are those of differences (third order of 1e-4 V: 1e-8 of the curvature)."""
    model = NAMED[name]
    assert (model.iv_shape(0.0), model.iv_slope(0.0)) == (0.0, 1.0)
    v, x, h = V[V != 0.0][:, None], states(model, 5)[1:], 1e-4
    difference = (model.current(v + h, x) - model.current(v - h, x)) / (2.0 * h)
    np.testing.assert_allclose(model.slope(v, x), difference, rtol=1e-6)


@pytest.mark.parametrize("name", NAMED)
def test_devices_are_passive(name: str) -> None:
    """I V > 0 and dI/dV > 0 wherever something conducts."""
    model = NAMED[name]
    v, x = V[V != 0.0][:, None], states(model)[1:]
    assert (v * model.current(v, x) > 0.0).all()
    assert (model.slope(v, x) > 0.0).all()
    assert (model.current(0.0, x) == 0.0).all()


@pytest.mark.parametrize("name", NAMED)
def test_arrays_broadcast(name: str) -> None:
    model = NAMED[name]
    x = states(model, 6).reshape(2, 3)
    for function in (model.current, model.rate, model.slope):
        assert function(V[:, None, None], x).shape == (81, 2, 3)
        assert function(1.2, x).shape == (2, 3)
        np.testing.assert_array_equal(function(V[:, None, None], x)[7], function(V[7], x))
    assert model.source


@pytest.mark.parametrize("name", NAMED)
def test_numbers_of_numpy_are_kept_as_plain_ones(name: str) -> None:
    """Their repr would stand in a netlist."""
    model = NAMED[name]
    given = {
        field.name: np.float64(getattr(model, field.name))
        for field in dataclasses.fields(model)
        if field.type == "float"
    }
    assert repr(dataclasses.replace(model, **given)) == repr(model)
    narrow = {key: np.float32(value) for key, value in given.items()}
    assert "np." not in repr(dataclasses.replace(model, **narrow))


def test_a_whole_number_of_numpy_is_one() -> None:
    model = dataclasses.replace(VTEAM["thresholded"], p=np.int64(2))  # type: ignore[arg-type]
    assert type(model.p) is int


@pytest.mark.parametrize(
    ("model", "change", "message"),
    [
        (YAKOPCIC["author"], {"a1": 0.0}, "yakopcic: a1 = 0.0, must be > 0"),
        (YAKOPCIC["author"], {"v_p": math.nan}, "yakopcic: v_p = nan, must be a finite number"),
        (YAKOPCIC["author"], {"x_p": 1.0}, "yakopcic: x_p = 1.0, must be within 0 ... 1"),
        (YAKOPCIC["author"], {"eta": 0.5}, "yakopcic: eta = 0.5, must be 1 or -1"),
        (YAKOPCIC["author"], {"alpha_n": -1.0}, "yakopcic: alpha_n = -1.0, must be >= 0"),
        (VTEAM["thresholded"], {"r_off": 40e3}, "vteam: r_off = 40000.0, must be > 40000"),
        (VTEAM["thresholded"], {"k_on": 1.0}, "vteam: k_on = 1.0, must be < 0"),
        (VTEAM["thresholded"], {"alpha_on": 0.5}, "vteam: alpha_on = 0.5, must be >= 1"),
        (VTEAM["thresholded"], {"p": 0}, "vteam: p = 0, must be a whole number >= 1"),
        (VTEAM["thresholded"], {"resistance": "odd"}, "vteam: resistance = 'odd', use one of linear, exp"),
        (STANFORD_PKU["published"], {"gap_max": 1e-10}, "stanford_pku: gap_max = 1e-10, must be > 2e-10"),
        (STANFORD_PKU["published"], {"beta": 4.0}, "stanford_pku: beta = 4.0, must leave gamma > 0"),
        (STANFORD_PKU["published"], {"g0": True}, "stanford_pku: g0 = True, must be a finite number"),
    ],
)
def test_what_is_refused(model: CompactModel, change: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput) as caught:
        dataclasses.replace(model, **change)  # type: ignore[type-var]
    assert str(caught.value).startswith(message)


def test_a_model_of_ones_own_has_no_subcircuit() -> None:
    class Own(CompactModel):
        name = "own"
        limits = thresholds = (0.0, 1.0)
        conductance = state_of = iv_shape = iv_slope = rate = abs

    for write in (model_file, memristor_model):
        with pytest.raises(BadInput, match="own: has no subcircuit"):
            write(Own())
