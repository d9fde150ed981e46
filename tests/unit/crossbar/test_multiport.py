"""The port admittance against Schur complements of the nodal matrix, the driven solver and closed forms."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from analog_pc.arrays import Floats
from analog_pc.crossbar import (
    effective_conductance,
    port_admittance,
    solve_crossbar,
    with_access,
)
from analog_pc.errors import BadInput

EPS = float(np.finfo(np.float64).eps)

# rows, columns, r_word, r_bit, largest conductance
CASES = {
    "square": (16, 16, 1.0, 1.0, 1e-3),
    "wide": (5, 33, 2.0, 1.0, 1e-3),
    "tall": (41, 6, 1.0, 3.0, 1e-3),
    "row": (1, 9, 1.0, 1.0, 1e-2),
    "column": (9, 1, 1.0, 1.0, 1e-2),
    "by halves": (60, 56, 3.0, 1.0, 1e-2),
    "strong": (24, 40, 100.0, 100.0, 1e-2),
    "very strong": (24, 20, 1e4, 1e2, 1e-2),
    "unequal": (17, 19, 1e-1, 1e3, 1e-3),
}


def example(name: str) -> tuple[Floats, float, float]:
    """A random array with a fifth of its cells open."""
    rows, columns, r_word, r_bit, most = CASES[name]
    rng = np.random.default_rng(rows + columns)
    g = rng.uniform(0.0, most, (rows, columns)) * (rng.random((rows, columns)) > 0.2)
    return g, r_word, r_bit


def nodal(g: Any, word: Any, bit: Any) -> dict[tuple[int, int], Any]:
    """Full nodal matrix from wire conductances, nodes inside first, ports last; any kind of number."""
    rows, columns = len(g), len(g[0])
    ports = 2 * rows * columns
    matrix: dict[tuple[int, int], Any] = {}

    def between(p: int, q: int, conductance: Any) -> None:
        for x, y in ((p, q), (q, p)):
            matrix[x, x] = matrix.get((x, x), 0) + conductance
            matrix[x, y] = -conductance

    for i in range(rows):
        for j in range(columns):
            w, b = i * columns + j, (rows + i) * columns + j
            between(w, b, g[i][j])
            between(w, w - 1 if j else ports + i, word)
            between(b, b + columns if i + 1 < rows else ports + rows + j, bit)
    return matrix


def exact(g: Floats, r_word: float, r_bit: float) -> Floats:
    """The Schur complement in rational numbers: no rounding at all."""
    devices = [[Fraction(float(x)) for x in row] for row in g]
    inner, size = 2 * g.size, 2 * g.size + sum(g.shape)
    a = [[Fraction(0)] * size for _ in range(size)]
    for (p, q), value in nodal(devices, 1 / Fraction(r_word), 1 / Fraction(r_bit)).items():
        a[p][q] = value
    for k in range(inner):
        for i in range(k + 1, size):
            if a[i][k]:
                share = a[i][k] / a[k][k]
                a[i] = [x - share * y if y else x for x, y in zip(a[i], a[k], strict=True)]
    return np.array([[float(x) for x in row[inner:]] for row in a[inner:]])


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 4), (4, 2), (9, 1), (1, 5)])
@pytest.mark.parametrize(("r_word", "r_bit"), [(1.0, 3.0), (1e-6, 1e-3), (1e5, 1e2), (1e8, 1e8)])
def test_every_entry_to_some_roundings(shape: tuple[int, int], r_word: float, r_bit: float) -> None:
    """Without cancellation an entry takes a few roundings a node, whatever its size and whatever r G."""
    rng = np.random.default_rng(shape[0])
    g = 10.0 ** rng.uniform(-8.0, -3.0, shape)
    g[rng.random(shape) < 0.2] = 0.0
    got, expected = port_admittance(g, r_word, r_bit), exact(g, r_word, r_bit)
    assert np.count_nonzero(expected) > 0 or not g.any()
    np.testing.assert_allclose(got, expected, rtol=8 * EPS * 2 * g.size, atol=0.0)


@pytest.mark.parametrize("name", CASES)
def test_schur_complement_of_the_nodal_matrix(name: str) -> None:
    """Rounding of the nodal solve: eps a node of the largest conductance in it, the wire's."""
    g, r_word, r_bit = example(name)
    entries, inner = nodal(g, 1.0 / r_word, 1.0 / r_bit), 2 * g.size
    a = coo_array((list(entries.values()), np.array(list(entries)).T)).tocsc()
    within = splu(a[:inner, :inner]).solve(a[:inner, inner:].toarray())
    expected = a[inner:, inner:].toarray() - a[inner:, :inner] @ within
    slack = EPS * inner * max(1.0 / r_word, 1.0 / r_bit, g.max())
    np.testing.assert_allclose(port_admittance(g, r_word, r_bit), expected, rtol=0.0, atol=slack)


@pytest.mark.parametrize("name", CASES)
def test_driven_array(name: str) -> None:
    """Feet grounded: the currents out of them, relative to the largest, as the iteration finds them."""
    g, *wires = example(name)
    rows = len(g)
    v = np.random.default_rng(1).normal(size=(3, rows))
    y = port_admittance(g, *wires)
    expected = solve_crossbar(g, v, *wires, method="pcg", tolerance=1e-14, full=True)
    assert expected.word_line_currents is not None
    size = np.abs(expected.currents).max()
    np.testing.assert_allclose(-v @ y[:rows, rows:], expected.currents, rtol=0.0, atol=1e-12 * size)
    drawn = expected.word_line_currents[:, :, 0]
    np.testing.assert_allclose(v @ y[:rows, :rows], drawn, rtol=0.0, atol=1e-12 * np.abs(drawn).max())


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("ideal", [(1.0, 0.0), (0.0, 1.0)])
def test_one_ideal_line_is_the_limit(name: str, ideal: tuple[float, float]) -> None:
    """1e-9 Ohm a segment in place of 0 take less than 1e-9 n^2 G of the currents of a line of n devices."""
    g, *wires = example(name)
    kept = [r * k for r, k in zip(wires, ideal, strict=True)]
    near = [r or 1e-9 for r in kept]
    got = port_admittance(g, *kept)
    rows, columns = g.shape
    change = 1e-9 * g.max() * max(g.shape) ** 2
    np.testing.assert_allclose(got, port_admittance(g, *near), rtol=0.0, atol=change * np.abs(got).max())
    np.testing.assert_allclose(
        -got[:rows, rows:], effective_conductance(g, *kept), rtol=8 * EPS * (rows + columns)
    )


def test_one_device_is_a_chain() -> None:
    y = 1.0 / (2.0 + 3.0 + 1.0 / 0.25)
    np.testing.assert_allclose(port_admittance([[0.25]], 2.0, 3.0), [[y, -y], [-y, y]], rtol=4 * EPS)
    np.testing.assert_allclose(
        port_admittance([[0.25]], 2.0), np.array([[1, -1], [-1, 1]]) / 6.0, rtol=4 * EPS
    )


def test_ideal_lines_are_the_devices() -> None:
    g = np.array([[1.0, 2.0, 4.0], [0.0, 8.0, 16.0]])
    y = port_admittance(g)
    np.testing.assert_array_equal(y[:2, 2:], -g)
    np.testing.assert_array_equal(y[:2, :2], np.diag([7.0, 24.0]))
    np.testing.assert_array_equal(y[2:, 2:], np.diag([1.0, 10.0, 20.0]))
    np.testing.assert_array_equal(y, y.T)


def test_open_cells_carry_nothing() -> None:
    for wires in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 2.0)):
        y = port_admittance(np.zeros((3, 2)), *wires)
        np.testing.assert_array_equal(y, 0.0)
        assert not np.signbit(y).any()


def test_access_is_in_series() -> None:
    np.testing.assert_allclose(with_access([[1e-3, 0.0]], 1e3), [[0.5e-3, 0.0]], rtol=2 * EPS)
    np.testing.assert_array_equal(with_access([[1e-3]], 0.0), [[1e-3]])
    with pytest.raises(
        BadInput, match=r"access resistance is -1.0 Ohm, must be 0 \(no transistor\) or 1e-100"
    ):
        with_access([[1e-3]], -1.0)
    with pytest.raises(BadInput, match=r"conductance\[0, 1\] is -1.0 S, must be >= 0"):
        with_access([[1e-3, -1.0]], 1.0)


def test_refused() -> None:
    with pytest.raises(BadInput, match=r"conductance\[0, 0\] is -1.0 S"):
        port_admittance([[-1.0]])
    with pytest.raises(BadInput, match="bit_line_resistance is nan Ohm"):
        port_admittance([[1.0]], 1.0, np.nan)
