"""Voltages and losses inside an array: against the driven solve, and one device worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.crossbar import cell_voltages, dissipation, solve_crossbar
from analog_pc.errors import BadInput


@pytest.mark.parametrize("shape", [(16, 16), (5, 33), (41, 6), (1, 9), (9, 1)])
@pytest.mark.parametrize("wires", [(1.0, 1.0), (100.0, 3e3), (1e-2, 1e2), (0.0, 50.0), (50.0, 0.0)])
def test_cells_of_the_driven_array(shape: tuple[int, int], wires: tuple[float, float]) -> None:
    """Feet grounded, every device's voltage and every loss is that of the driven solve."""
    rng = np.random.default_rng(shape[0])
    g = rng.uniform(0.0, 1e-3, shape) * (rng.random(shape) > 0.2)
    v = rng.normal(size=(2, len(g)))
    ports = np.pad(v, ((0, 0), (0, g.shape[1])))
    full = solve_crossbar(g, v, *wires, method="pcg", tolerance=1e-14, full=True)
    assert full.word_line_voltages is not None
    assert full.bit_line_voltages is not None
    assert full.word_line_currents is not None
    assert full.bit_line_currents is not None
    across = full.word_line_voltages - full.bit_line_voltages
    got = cell_voltages(g, ports, *wires)
    np.testing.assert_allclose(got, across, rtol=0.0, atol=1e-12 * np.abs(v).max())
    np.testing.assert_array_equal(cell_voltages(g, ports[1], *wires), cell_voltages(g, ports[1:], *wires)[0])
    watts = dissipation(g, ports, *wires)
    slack = 1e-11 * float((v**2).sum() * np.abs(g).sum())
    for part, expected in zip(
        watts,
        (g * across**2, wires[0] * full.word_line_currents**2, wires[1] * full.bit_line_currents**2),
        strict=True,
    ):
        np.testing.assert_allclose(part, expected, rtol=1e-9, atol=slack)
    assert dissipation(g, ports[0], *wires).devices.shape == g.shape


def test_one_device_by_hand() -> None:
    """2 + 4 + 3 Ohm between 18 V and 9 V: 1 A; two nodes near 14 V differ by 4 V, which is squared."""
    np.testing.assert_allclose(cell_voltages([[0.25]], [18.0, 9.0], 2.0, 3.0), [[4.0]], rtol=5e-15)
    watts = dissipation([[0.25]], [18.0, 9.0], 2.0, 3.0)
    np.testing.assert_allclose(np.ravel(watts), [4.0, 2.0, 3.0], rtol=1e-14)


def test_refused() -> None:
    with pytest.raises(BadInput, match=r"port_voltages has shape \(3,\), expected \(2,\) or \(batch, 2\)"):
        cell_voltages([[1.0]], [1.0, 2.0, 3.0])
    with pytest.raises(BadInput, match=r"port_voltages\[1\] is inf"):
        dissipation([[1.0]], [1.0, np.inf])


@pytest.mark.parametrize("wire", [0.0, 1.0])
def test_no_inputs_give_no_volts_and_no_watts(wire: float) -> None:
    g = np.full((9, 4), 1e-3)
    assert cell_voltages(g, np.zeros((0, 13)), wire, wire).shape == (0, 9, 4)
    assert [part.shape for part in dissipation(g, np.zeros((0, 13)), wire, wire)] == [(0, 9, 4)] * 3
