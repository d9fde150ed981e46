"""Laws of any network of resistors seen from its ports, on random crossbars with wires."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analog_pc.arrays import Floats
from analog_pc.crossbar import NonlinearArray, cell_voltages, dissipation, port_admittance

few = settings(max_examples=40, deadline=None, derandomize=True)
EPS = float(np.finfo(np.float64).eps)


class Case(NamedTuple):
    g: Floats
    r_word: float
    r_bit: float
    ports: Floats

    @property
    def admittance(self) -> Floats:
        return port_admittance(self.g, self.r_word, self.r_bit)

    @property
    def rounding(self) -> float:
        """Amperes: an eps a node of the current that the devices would carry between ideal lines."""
        return float(4 * EPS * 2 * self.g.size * np.abs(self.ports).max() * self.g.sum())


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Up to 12 x 12, conductances over several decades, open cells, wires from ideal to dominating."""
    rows, columns = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    g = 10.0 ** rng.uniform(-6.0, -3.0, (rows, columns))
    g[rng.random(g.shape) < draw(st.sampled_from([0.0, 0.3, 0.9]))] = 0.0
    wire = st.one_of(st.just(0.0), st.floats(-3.0, 5.0).map(lambda x: 10.0**x))
    return Case(g, draw(wire), draw(wire), rng.normal(size=(2, rows + columns)))


@few
@given(cases())
def test_reciprocity_is_exact(case: Case) -> None:
    np.testing.assert_array_equal(case.admittance, case.admittance.T)


@few
@given(cases())
def test_kirchhoff(case: Case) -> None:
    """What enters leaves: rows sum to nothing, up to the rounding of a sum of positive numbers."""
    y = case.admittance
    np.testing.assert_allclose(y.sum(axis=1), 0.0, atol=len(y) * EPS * y.diagonal().max())
    off = y - np.diag(y.diagonal())
    assert (off <= 0.0).all()


@few
@given(cases())
def test_passivity(case: Case) -> None:
    """No voltages draw power out, and what enters is what devices and wires dissipate."""
    y = case.admittance
    assert np.linalg.eigvalsh(y).min() >= -len(y) * EPS * np.trace(y)
    entering = np.einsum("bi,ij,bj->b", case.ports, y, case.ports)
    watts = dissipation(case.g, case.ports, case.r_word, case.r_bit)
    assert all((part >= 0.0).all() for part in watts)
    total = sum(part.sum(axis=(1, 2)) for part in watts)
    slack = case.rounding * np.abs(case.ports).max()
    np.testing.assert_allclose(total, entering, rtol=1e-9, atol=slack)


@few
@given(cases())
def test_exchange_symmetry(case: Case) -> None:
    """The same circuit from its other ends: word lines for bit lines, both counted from their far ends."""
    turned = port_admittance(case.g.T[::-1, ::-1], case.r_bit, case.r_word)[::-1, ::-1]
    np.testing.assert_allclose(turned, case.admittance, rtol=8 * EPS * 2 * case.g.size, atol=0.0)


@few
@given(cases(), st.floats(-3.0, 3.0))
def test_superposition_and_port_currents(case: Case, factor: float) -> None:
    """Cell voltages are linear in the ports', and the currents of a line's devices add up to its port's."""
    wires = case.r_word, case.r_bit
    both = np.stack([*case.ports, case.ports[0] + factor * case.ports[1]])
    cells = cell_voltages(case.g, both, *wires)
    slack = 4 * EPS * 2 * case.g.size * (1.0 + abs(factor)) * np.abs(case.ports).max()
    np.testing.assert_allclose(cells[2], cells[0] + factor * cells[1], rtol=0.0, atol=slack)
    currents = case.g * cells[:2]
    into = np.concatenate([currents.sum(axis=2), -currents.sum(axis=1)], axis=1)
    np.testing.assert_allclose(case.ports @ case.admittance, into, rtol=0.0, atol=case.rounding)


@few
@given(cases(), st.floats(0.1, 10.0))
def test_no_device_takes_away(case: Case, factor: float) -> None:
    """Rayleigh's monotonicity law: a larger conductance draws no less power at any port voltages."""
    larger = case.g.copy()
    larger[0, -1] += factor * 1e-4
    change = port_admittance(larger, case.r_word, case.r_bit) - case.admittance
    assert np.linalg.eigvalsh(change).min() >= -len(change) * EPS * 8 * (np.trace(case.admittance) + 1e-4)


@few
@given(cases(), st.floats(0.3, 3.0), st.sampled_from([0.0, 1e3]))
def test_nonlinear_devices(case: Case, per_volt: float, access: float) -> None:
    """An odd law answers opposite voltages oppositely; no current is lost; a common voltage does nothing."""
    assume(case.g.any())
    array = NonlinearArray(
        case.g,
        case.r_word,
        case.r_bit,
        access,
        lambda v: np.sinh(per_volt * v) / per_volt,
        lambda v: np.cosh(per_volt * v),
    )
    delta, cells, converged = array.evaluate(np.concatenate([case.ports, -case.ports, case.ports + 0.25]))
    assert converged.all()
    # The search leaves 1e-12 of the port voltages, at the slope of the devices.
    slack = 1e-11 * np.abs(case.ports).max() * (case.g * np.cosh(per_volt * cells)).sum()
    forth, back, lifted = np.split(delta, 3)
    np.testing.assert_allclose(back, -forth, rtol=0.0, atol=slack)
    np.testing.assert_allclose(lifted, forth, rtol=0.0, atol=slack)
    np.testing.assert_allclose(delta.sum(axis=1), 0.0, atol=slack)
    slopes = array.slopes(cells)
    np.testing.assert_array_equal(slopes, slopes.transpose(0, 2, 1))
    assert np.linalg.eigvalsh(slopes).min() >= -1e-12 * (array.admittance.max() + slopes.max())
