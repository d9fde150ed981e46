"""Question A for wires beyond what ngspice can do: arrays in VACASK, natively, and in `solve_crossbar`.

Bit lines end in resistors of ten segments' length, because VACASK saves voltages.  `solve_crossbar` grounds
bit lines at once, so it gets ten more rows of open cells: ten more segments of each bit line, no more.
"""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc import solve_crossbar
from analog_pc.circuit import (
    Circuit,
    Crossbar,
    OperatingPoint,
    Resistors,
    StimulusSources,
    Wire,
    bus,
    grounds,
)
from analog_pc.simulators import Native, Vacask

SEGMENT, LONGER = 1.0, 10  # Ohm, segments


def array(size: int) -> tuple[np.ndarray, np.ndarray, Circuit]:
    """R ~ U(1k, 100k); bit lines end in resistors to ground."""
    rng = np.random.default_rng(size)
    g, volts = 1.0 / rng.uniform(1e3, 1e5, (size, size)), rng.uniform(0.0, 0.2, (1, size))
    lines, feet = bus("w", size), bus("c", size)
    elements = (
        StimulusSources("u", lines, grounds(size)),
        Crossbar("array", lines, feet, g, Wire(SEGMENT, SEGMENT)),
        Resistors("foot", feet, grounds(size), LONGER * SEGMENT),
    )
    return g, volts, Circuit("array", elements)


def currents(g: np.ndarray, volts: np.ndarray) -> np.ndarray:
    """Currents out of the bit lines by `solve_crossbar`, [batch, columns]."""
    longer = np.concatenate([g, np.zeros((LONGER, g.shape[1]))])
    driven = np.concatenate([volts, np.zeros((len(volts), LONGER))], axis=1)
    solved = solve_crossbar(
        longer, driven, word_line_resistance=SEGMENT, bit_line_resistance=SEGMENT, tolerance=1e-13
    )
    return solved.currents


def check(size: int) -> None:
    """Linear, and all solve to rounding: 1e-9 is VACASK's stopping rule."""
    g, volts, circuit = array(size)
    analysis = OperatingPoint({"u": volts}, save=bus("c", size))
    expected = currents(g, volts)
    scale = np.abs(expected).max()
    for simulator in (Vacask(), Native()):
        found = simulator.simulate(circuit, analysis).volts / (LONGER * SEGMENT)
        worst = np.abs(found - expected).max() / scale
        print(f"{size} x {size}: {simulator.name} against solve_crossbar {worst:.1e}")
        assert worst <= 1e-9
    assert np.abs(expected - volts @ g).max() > 0.1 * scale  # the wires do matter here


def test_wired_array() -> None:
    check(64)


@pytest.mark.slow
@pytest.mark.parametrize("size", [128, 256])
def test_larger_wired_array(size: int) -> None:
    check(size)
