"""Nonlinear devices between wires: against a root of the full nodal equations, and slopes by differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from scipy.optimize import root

from analog_pc.arrays import Floats
from analog_pc.crossbar import NonlinearArray, dissipation, nonlinear, port_admittance, with_access
from analog_pc.crossbar.array import WiredArray
from analog_pc.crossbar.network import Network
from analog_pc.errors import BadInput


class TransferFunction(NamedTuple):
    value: Callable[[Floats], Floats]
    derivative: Callable[[Floats], Floats]


class Case(NamedTuple):
    rows: int
    columns: int
    r_word: float
    r_bit: float
    access: float
    law: str

    @property
    def wires(self) -> tuple[float, float]:
        return self.r_word, self.r_bit


LAWS = {
    "sinh": TransferFunction(lambda v: np.sinh(2.0 * v) / 2.0, lambda v: np.cosh(2.0 * v)),
    "steep": TransferFunction(lambda v: np.sinh(8.0 * v) / 8.0, lambda v: np.cosh(8.0 * v)),
    "cubic": TransferFunction(lambda v: v + 0.5 * v**3, lambda v: 1.0 + 1.5 * v**2),
    "saturating": TransferFunction(np.tanh, lambda v: 1.0 / np.cosh(v) ** 2),
    "uneven": TransferFunction(lambda v: 0.3 * np.expm1(v / 0.4), lambda v: 0.75 * np.exp(v / 0.4)),
}
CASES = {
    "weak wires": Case(3, 4, 1.0, 2.0, 0.0, "sinh"),
    "strong wires": Case(4, 3, 300.0, 200.0, 0.0, "cubic"),
    "ideal": Case(3, 2, 0.0, 0.0, 0.0, "steep"),
    "ideal, access": Case(2, 4, 0.0, 0.0, 3e3, "steep"),
    "ideal word lines": Case(3, 3, 0.0, 50.0, 0.0, "sinh"),
    "ideal bit lines, access": Case(3, 3, 50.0, 0.0, 1e3, "uneven"),
    "access": Case(2, 5, 3.0, 5.0, 1e4, "steep"),
    "saturating": Case(4, 4, 20.0, 20.0, 1e2, "saturating"),
    "exponential, strong wires": Case(4, 3, 300.0, 500.0, 0.0, "steep"),
    "one": Case(1, 1, 1e3, 1e3, 0.0, "uneven"),
}


def example(case: Case) -> tuple[Floats, NonlinearArray, Floats]:
    """Devices with one open cell, their array, and two samples of port voltages within 1 V."""
    rng = np.random.default_rng(case.rows + 10 * case.columns)
    g = rng.uniform(1e-5, 1e-3, (case.rows, case.columns))
    if g.size > 1:
        g[-1, 0] = 0.0
    array = NonlinearArray(g, *case.wires, case.access, *LAWS[case.law])
    return g, array, rng.uniform(-1.0, 1.0, (2, case.rows + case.columns))


def by_nodes(g: Floats, case: Case, ports: Floats) -> tuple[Floats, Floats]:
    """Currents into the ports and device voltages from Kirchhoff's laws at every node, to rounding."""
    rows, columns = g.shape
    law = LAWS[case.law].value

    def misfit(x: Floats) -> Floats:
        w, b, u = x.reshape(3, rows, columns)
        current = g * law(u)
        left = np.concatenate([ports[:rows, None], w[:, :-1]], axis=1)
        into = np.pad(left - w, ((0, 0), (0, 1)))
        below = np.concatenate([b[1:], ports[None, rows:]])
        out = np.pad(b - below, ((1, 0), (0, 0)))
        words = into[:, :-1] - into[:, 1:] - case.r_word * current
        bits = out[1:] - out[:-1] - case.r_bit * current
        return np.stack([words, bits, w - b - u - case.access * current]).ravel()

    found = root(misfit, np.zeros(3 * g.size), method="hybr", tol=1e-15)
    assert np.abs(misfit(found.x)).max() < 1e-14, found.message
    u = found.x.reshape(3, rows, columns)[2]
    current = g * law(u)
    return np.concatenate([current.sum(axis=1), -current.sum(axis=0)]), u


@pytest.mark.parametrize("name", CASES)
def test_full_nodal_equations(name: str) -> None:
    """Device voltages to 1e-11 V: ten times what the search leaves of 1 V; currents to their share of it."""
    case = CASES[name]
    g, array, ports = example(case)
    delta, u, converged = array.evaluate(ports)
    assert converged.all()
    assert np.abs(delta).max() > 1e-3 * np.abs(ports @ array.admittance).max()  # the law matters
    for k in range(len(ports)):
        currents, expected = by_nodes(g, case, ports[k])
        np.testing.assert_allclose(u[k], expected, rtol=0.0, atol=1e-11)
        got, size = ports[k] @ array.admittance + delta[k], (g * LAWS[case.law].derivative(expected)).sum()
        np.testing.assert_allclose(got, currents, rtol=0.0, atol=1e-11 * size)


@pytest.mark.parametrize("name", CASES)
def test_slopes_by_differences(name: str) -> None:
    """Central differences of step h are off by (8 h)^2 / 6 = 1e-7 for the sharpest law, sinh(8 v)."""
    _, array, ports = example(CASES[name])
    h, n, u = 1e-4, ports.shape[1], array.evaluate(ports)[1]
    slopes = array.slopes(u)
    for k in range(len(ports)):
        start = np.repeat(u[k : k + 1], n, axis=0)
        up, _, up_found = array.evaluate(ports[k] + h * np.eye(n), start)
        down, _, down_found = array.evaluate(ports[k] - h * np.eye(n), start)
        assert (up_found & down_found).all()
        size = np.abs(slopes[k] + array.admittance).max()
        np.testing.assert_allclose((up - down) / (2.0 * h), slopes[k].T, rtol=0.0, atol=1e-6 * size)


@pytest.mark.parametrize("name", CASES)
def test_small_signals_and_the_start(name: str) -> None:
    case = CASES[name]
    g, array, ports = example(case)
    slope = float(LAWS[case.law].derivative(np.zeros(1))[0])
    np.testing.assert_allclose(
        array.admittance, port_admittance(with_access(g * slope, case.access), *case.wires), rtol=1e-13
    )
    delta, u, converged = array.evaluate(np.zeros_like(ports))
    assert converged.all()
    np.testing.assert_array_equal(delta, 0.0)
    np.testing.assert_array_equal(u, 0.0)
    np.testing.assert_allclose(array.slopes(u), 0.0, atol=1e-15 * array.admittance.max())
    cold, cells, _ = array.evaluate(ports)
    for start in (cells[::-1].copy(), np.full_like(cells, np.nan), np.full_like(cells, 50.0)):
        warm, _, found = array.evaluate(ports, start)
        assert found.all()
        size = (g * LAWS[case.law].derivative(cells)).sum()
        np.testing.assert_allclose(warm, cold, rtol=0.0, atol=1e-11 * size)


@pytest.mark.parametrize("name", CASES)
def test_watts(name: str) -> None:
    """Devices and wires together dissipate what enters the ports, nowhere less than nothing."""
    _, array, ports = example(CASES[name])
    delta, u, _ = array.evaluate(ports)
    watts = array.dissipation(u)
    assert all((part >= 0.0).all() for part in watts)
    entering = (ports * (ports @ array.admittance + delta)).sum(axis=1)
    np.testing.assert_allclose(sum(part.sum(axis=(1, 2)) for part in watts), entering, rtol=1e-9)


def test_a_straight_law_is_the_linear_array() -> None:
    rng = np.random.default_rng(3)
    g, ports = rng.uniform(1e-5, 1e-3, (6, 4)), rng.normal(size=(3, 10))
    array = NonlinearArray(g, 10.0, 20.0, 0.0, lambda v: v, np.ones_like)
    delta, u, converged = array.evaluate(ports)
    assert converged.all()
    np.testing.assert_allclose(delta, 0.0, atol=1e-15 * np.abs(ports).max() * g.sum())
    for got, expected in zip(array.dissipation(u), dissipation(g, ports, 10.0, 20.0), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-20)


def test_both_ways_of_the_search_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weak wires need no factorisation at the slopes; strong ones under an exponential law do."""
    made: list[int] = []

    class Counted(Network):
        def __init__(self, array: WiredArray) -> None:
            made.append(1)
            super().__init__(array)

    monkeypatch.setattr(nonlinear, "Network", Counted)
    for name, newton in (("weak wires", False), ("exponential, strong wires", True)):
        _, array, ports = example(CASES[name])
        made.clear()
        assert array.evaluate(ports)[2].all()
        assert bool(made) is newton


def test_what_was_not_found_is_said() -> None:
    """A law without a value above 1 V has no answer for 3 V, and one for the sample beside it."""
    array = NonlinearArray(
        [[1e-3]], 1.0, 1.0, 0.0, lambda v: np.where(np.abs(v) < 1.0, v, np.nan), np.ones_like
    )
    delta, _, converged = array.evaluate([[3.0, 0.0], [0.5, 0.0]])
    assert converged.tolist() == [False, True]
    np.testing.assert_allclose(delta[1], 0.0, atol=1e-15)


def test_refused() -> None:
    given = [[1e-3]], 1.0, 1.0
    with pytest.raises(BadInput, match=r"access_ohms is -1.0 Ohm, must be 0 \(no transistor\)"):
        NonlinearArray(*given, -1.0, *LAWS["sinh"])
    with pytest.raises(BadInput, match=r"the device law is 1.0 V at 0 V, must be 0"):
        NonlinearArray(*given, 0.0, np.exp, np.exp)
    with pytest.raises(BadInput, match=r"the device law has slope 0.0 at 0 V, must be > 0"):
        NonlinearArray(*given, 0.0, lambda v: v**3, lambda v: 3.0 * v**2)
    with pytest.raises(BadInput, match=r"port_voltages has shape \(1, 3\)"):
        NonlinearArray(*given, 0.0, *LAWS["sinh"]).evaluate([[1.0, 2.0, 3.0]])


@pytest.mark.parametrize("wire", [0.0, 1.0])
def test_no_inputs_give_no_currents(wire: float) -> None:
    array = NonlinearArray(np.full((9, 4), 1e-3), wire, wire, 10.0, np.sinh, np.cosh)
    delta, volts, converged = array.evaluate(np.zeros((0, 13)))
    assert (delta.shape, volts.shape, converged.shape) == ((0, 13), (0, 9, 4), (0,))
    assert array.slopes(volts).shape == (0, 13, 13)
    assert [part.shape for part in array.dissipation(volts)] == [(0, 9, 4)] * 3


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("warm", [False, True])
def test_a_sample_does_not_depend_on_its_batch(
    name: str, warm: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samples at 0 V among others, more than are searched at once, on several cores.

    A search that gains a fifth an iteration ends within five last moves, of 1e-12 each; so do both.
    """
    g, array, ports = example(CASES[name])
    drives = np.linspace(-1.0, 1.0, 7)
    batch = (drives[:, None, None] * ports).reshape(-1, ports.shape[1])
    start = array.evaluate(0.9 * batch)[1] if warm else None
    monkeypatch.setattr(nonlinear, "CACHED", 3 * g.nbytes)
    delta, cells, converged = array.evaluate(batch, start)
    assert converged.all()
    assert not delta[~batch.any(axis=1)].any()
    for k, volts in enumerate(batch):
        own, own_cells, _ = array.evaluate(volts[None], None if start is None else start[k : k + 1])
        largest = np.abs(volts).max()
        assert np.abs(cells[k] - own_cells[0]).max() <= 1e-11 * largest
        assert np.abs(delta[k] - own[0]).max() <= 1e-11 * largest * g.sum()


def test_currents_beyond_float64_are_not_called_converged() -> None:
    array = NonlinearArray(np.full((3, 4), 1e-4), 3.0, 3.0, 0.0, *LAWS["steep"])
    delta, _, converged = array.evaluate(np.full((1, 7), 1e18))
    assert not converged[0] or np.isfinite(delta).all()


@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 4, 3), (3, 4)], ids=str)
def test_a_start_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    array = NonlinearArray(np.full((3, 4), 1e-4), 3.0, 3.0, 0.0, *LAWS["sinh"])
    with pytest.raises(BadInput, match=r"start has shape .*, expected \(1, 3, 4\)"):
        array.evaluate(np.ones((1, 7)), np.zeros(shape))
