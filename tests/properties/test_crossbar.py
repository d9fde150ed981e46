"""Laws of any network of resistors, on random crossbars with wires."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.arrays import Floats
from analog_pc.crossbar import effective_conductance, solve_crossbar

few = settings(max_examples=40, deadline=None, derandomize=True)


class Case(NamedTuple):
    g: Floats
    v: Floats
    r_word: float
    r_bit: float


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Up to 12 x 12, conductances over several decades, open cells, wires from ideal to dominating."""
    rows, columns = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    g = 10.0 ** rng.uniform(-6.0, -3.0, (rows, columns))
    g[rng.random(g.shape) < draw(st.sampled_from([0.0, 0.3, 0.9]))] = 0.0
    wire = st.one_of(st.just(0.0), st.floats(-3.0, 5.0).map(lambda x: 10.0**x))
    return Case(g, rng.normal(size=(2, rows)), draw(wire), draw(wire))


@few
@given(cases())
def test_reciprocity(case: Case) -> None:
    """Driving the feet of the bit lines and reading the word lines gives the transposed matrix."""
    forth = effective_conductance(case.g, case.r_word, case.r_bit)
    back = effective_conductance(case.g.T[::-1, ::-1], case.r_bit, case.r_word)
    np.testing.assert_allclose(back.T[::-1, ::-1], forth, rtol=0.0, atol=1e-9 * max(forth.max(), 1e-30))


@few
@given(cases(), st.floats(-3.0, 3.0))
def test_superposition(case: Case, factor: float) -> None:
    both = np.stack([*case.v, case.v[0] + factor * case.v[1]])
    got = solve_crossbar(case.g, both, case.r_word, case.r_bit, method="pcg").currents
    size = (1.0 + abs(factor)) * max(np.abs(got).max(), 1e-30)
    np.testing.assert_allclose(got[2], got[0] + factor * got[1], rtol=0.0, atol=1e-9 * size)


@few
@given(cases())
def test_passivity(case: Case) -> None:
    """What the sources deliver is what devices and wires dissipate, and neither is negative."""
    got = solve_crossbar(case.g, case.v, case.r_word, case.r_bit, method="pcg", full=True)
    assert got.word_line_voltages is not None
    assert got.bit_line_voltages is not None
    assert got.device_currents is not None
    assert got.word_line_currents is not None
    assert got.bit_line_currents is not None
    delivered = (case.v * got.word_line_currents[:, :, 0]).sum(axis=1)
    across = got.word_line_voltages - got.bit_line_voltages
    axes = (1, 2)
    dissipated = (
        (across * got.device_currents).sum(axes)
        + case.r_word * (got.word_line_currents**2).sum(axes)
        + case.r_bit * (got.bit_line_currents**2).sum(axes)
    )
    assert (dissipated >= 0.0).all()
    np.testing.assert_allclose(delivered, dissipated, rtol=1e-8, atol=1e-30)


@few
@given(cases())
def test_wires_only_take_away(case: Case) -> None:
    """With voltages >= 0 no current is negative, or above what ideal wires would carry."""
    v = np.abs(case.v)
    got = solve_crossbar(case.g, v, case.r_word, case.r_bit, method="pcg").currents
    ideal = v @ case.g
    slack = 1e-9 * max(float(ideal.max()), 1e-30)
    assert (got >= -slack).all()
    assert (got <= ideal + slack).all()


@few
@given(cases())
def test_voltages_lie_between_ground_and_the_sources(case: Case) -> None:
    got = solve_crossbar(case.g, case.v, case.r_word, case.r_bit, method="pcg", full=True)
    assert got.word_line_voltages is not None
    assert got.bit_line_voltages is not None
    low, high = min(case.v.min(), 0.0) - 1e-8, max(case.v.max(), 0.0) + 1e-8
    for nodes in (got.word_line_voltages, got.bit_line_voltages):
        assert low <= nodes.min()
        assert nodes.max() <= high
