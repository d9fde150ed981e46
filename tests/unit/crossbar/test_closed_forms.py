"""Crossbars small or ideal enough to be solved by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.crossbar import effective_conductance, solve_crossbar

METHODS = ["pcg", "direct", "effective", "auto"]


@pytest.mark.parametrize("method", METHODS)
def test_one_cell_is_three_resistors_in_series(method: str) -> None:
    got = solve_crossbar([[1e-3]], [2.0], 30.0, 70.0, method=method)
    np.testing.assert_allclose(got.currents, [2.0 / (30.0 + 1000.0 + 70.0)], rtol=1e-12)
    assert got.status.name == "CONVERGED"
    assert got.message == got.status.value


@pytest.mark.parametrize("method", METHODS)
def test_one_row_is_a_ladder(method: str) -> None:
    """Two cells on one word line: V - r - (R0 + rb to ground) - r - (R1 + rb)."""
    r, rb, r0, r1, v = 5.0, 2.0, 100.0, 300.0, 1.5
    right = 1.0 / (1.0 / (r0 + rb) + 1.0 / (r + r1 + rb))
    first = v * right / (r + right)
    expected = [first / (r0 + rb), first / (r + r1 + rb)]
    got = solve_crossbar([[1 / r0, 1 / r1]], [v], r, rb, method=method)
    np.testing.assert_allclose(got.currents, expected, rtol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_one_column_is_a_ladder_with_two_sources(method: str) -> None:
    """Rows 0 (top) and 1 on one bit line: nodal equations of its two nodes."""
    r, rb, g = 5.0, 2.0, np.array([1e-2, 2e-2])
    v = np.array([1.0, -0.3])
    series = 1.0 / (r + 1.0 / g)
    matrix = np.array([[series[0] + 1 / rb, -1 / rb], [-1 / rb, series[1] + 2 / rb]])
    bits = np.linalg.solve(matrix, series * v)
    got = solve_crossbar(g[:, None], v, r, rb, method=method)
    np.testing.assert_allclose(got.currents, [bits[1] / rb], rtol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_ideal_wires_are_the_dot_product(method: str) -> None:
    rng = np.random.default_rng(1)
    g, v = rng.uniform(0.0, 1e-3, (5, 3)), rng.normal(size=(7, 5))
    got = solve_crossbar(g, v, method=method)
    np.testing.assert_array_equal(got.currents, v @ g)
    assert got.method == "ideal"
    assert got.residual == 0.0


@pytest.mark.parametrize(("r_word", "r_bit"), [(10.0, 0.0), (0.0, 10.0)])
def test_one_ideal_line_is_the_limit_of_small_resistance(r_word: float, r_bit: float) -> None:
    rng = np.random.default_rng(2)
    g, v = rng.uniform(0.0, 1e-2, (6, 4)), rng.normal(size=(3, 6))
    ideal = solve_crossbar(g, v, r_word, r_bit, full=True)
    near = solve_crossbar(g, v, r_word or 1e-9, r_bit or 1e-9, full=True, method="pcg", tolerance=1e-12)
    np.testing.assert_allclose(ideal.currents, near.currents, rtol=0.0, atol=1e-10)
    for name in ("word_line_voltages", "bit_line_voltages"):
        np.testing.assert_allclose(getattr(ideal, name), getattr(near, name), rtol=0.0, atol=1e-8)
    np.testing.assert_allclose(ideal.currents, v @ effective_conductance(g, r_word, r_bit), rtol=1e-12)
    np.testing.assert_allclose(ideal.currents, solve_crossbar(g, v, r_word, r_bit).currents, rtol=1e-12)


def test_both_lines_ideal_with_branches() -> None:
    g = np.array([[1e-3, 2e-3], [3e-3, 0.0]])
    got = solve_crossbar(g, [1.0, 2.0], full=True)
    np.testing.assert_array_equal(got.word_line_voltages, [[1.0, 1.0], [2.0, 2.0]])
    np.testing.assert_array_equal(got.bit_line_voltages, np.zeros((2, 2)))
    np.testing.assert_array_equal(got.device_currents, [[1e-3, 2e-3], [6e-3, 0.0]])
    assert got.word_line_currents is not None
    assert got.bit_line_currents is not None
    np.testing.assert_allclose(got.word_line_currents, [[3e-3, 2e-3], [6e-3, 0.0]], rtol=1e-15)
    np.testing.assert_allclose(got.bit_line_currents, [[1e-3, 2e-3], [7e-3, 2e-3]], rtol=1e-15)


def test_open_and_unpowered_arrays_carry_nothing() -> None:
    for g, v in ((np.zeros((3, 4)), np.ones(3)), (np.ones((3, 4)), np.zeros(3))):
        for method in ("pcg", "direct", "effective"):
            got = solve_crossbar(g, v, 1.0, 1.0, method=method)
            np.testing.assert_array_equal(got.currents, np.zeros(4))
            assert got.converged
