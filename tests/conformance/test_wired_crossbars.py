"""Question A for wires: the same array in ngspice and in `solve_crossbar`.

The bit lines end in transimpedance amplifiers of gain 1e11: their input impedance R_f / A = 1e-8 Ohm in
series with a bit line of some 10 mS shifts its current by 1e-10, below the 1e-9 that is asserted.
"""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc import solve_crossbar
from analog_pc.circuit import (
    Amplifiers,
    Circuit,
    Crossbar,
    OperatingPoint,
    Resistors,
    StimulusSources,
    Wire,
    bus,
    grounds,
)
from analog_pc.simulators import Ngspice

OHMS, GAIN = 1e3, 1e11


def currents_in_ngspice(g: np.ndarray, volts: np.ndarray, wire: Wire) -> np.ndarray:
    """Currents into the virtual grounds, [batch, columns]."""
    rows, columns = g.shape
    lines, out = bus("c", columns), bus("out", columns)
    circuit = Circuit(
        "array",
        (
            StimulusSources("u", bus("w", rows), grounds(rows)),
            Crossbar("array", bus("w", rows), lines, g, wire),
            Resistors("rf", lines, out, OHMS),
            Amplifiers("amp", grounds(columns), lines, out, GAIN),
        ),
    )
    return -Ngspice().simulate(circuit, OperatingPoint({"u": volts})).voltage(out) / OHMS


@pytest.mark.parametrize(
    ("rows", "columns", "word", "bit"),
    [(4, 3, 1.0, 1.0), (5, 9, 10.0, 2.0), (9, 5, 0.0, 5.0), (6, 6, 5.0, 0.0), (24, 24, 1.0, 1.0)],
)
def test_wired_array(rows: int, columns: int, word: float, bit: float) -> None:
    rng = np.random.default_rng(rows)
    g, volts = 1.0 / rng.uniform(1e3, 1e5, (rows, columns)), rng.uniform(-0.1, 0.1, (2, rows))
    expected = solve_crossbar(g, volts, word_line_resistance=word, bit_line_resistance=bit, tolerance=1e-12)
    found = currents_in_ngspice(g, volts, Wire(word, bit))
    ideal = volts @ g
    assert np.abs(found - expected.currents).max() <= 1e-9 * np.abs(expected.currents).max()
    assert np.abs(found - ideal).max() > 1e-4 * np.abs(ideal).max()  # the wires do matter here


@pytest.mark.slow
@pytest.mark.parametrize("size", [32, 48])
def test_larger_wired_array(size: int) -> None:
    test_wired_array(size, size, 1.0, 1.0)
