"""Clocked circuits between two edges."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.circuit import (
    Capacitors,
    Circuit,
    ClockSources,
    Instance,
    Multiplexers,
    Resistors,
    Subcircuit,
    Switches,
    VoltageSources,
    at_phase,
    grounds,
)
from analog_pc.errors import BadInput

CLOCK = ClockSources("clock", ("c", "d"), grounds(2), [1e-6, 2e-6], [[0.0, 1.0], [2.0, -1.0]])


def test_switches_become_resistors_and_clocks_sources() -> None:
    """Controls are within 0 ... 1 V, and reach into instances through their ports."""
    block = Subcircuit(
        "b",
        ("s", "a"),
        (Switches("k", ("a",), ("x",), ("s",), 1e-3, 1e-9), Capacitors("x", ("x",), ("0",), 1e-12)),
    )
    circuit = Circuit(
        "clocked",
        (CLOCK, VoltageSources("u", ("in",), grounds(1), 1.0)),
        (Instance("one", block, ("c", "in")), Instance("two", block, ("d", "in"))),
    )
    for time, first, second in (
        (0.0, 1e-9, 1e-3),
        (1.5e-6, 1e-9 + 0.5 * (1e-3 - 1e-9), 0.5 * 1e-3 + 0.5e-9),
        (5e-6, 1e-3, 1e-9),
    ):
        still = at_phase(circuit, time)
        sources = still.elements[0]
        assert isinstance(sources, VoltageSources)
        np.testing.assert_allclose(
            sources.volts, [np.interp(time, CLOCK.times, line) for line in CLOCK.volts]
        )
        found = [i.subcircuit.elements[0] for i in still.instances]
        assert all(isinstance(e, Resistors) for e in found)
        np.testing.assert_allclose([1.0 / e.ohms[0] for e in found], [first, second], rtol=1e-12)


def test_a_switch_without_a_clock_is_refused() -> None:
    loose = Circuit("loose", (CLOCK, Switches("k", ("a",), ("0",), ("b",), 1e-3, 1e-9)))
    with pytest.raises(BadInput, match="k: control 'b' is driven by no clock against ground"):
        at_phase(loose, 0.0)


def test_what_never_stands_still_is_refused() -> None:
    circuit = Circuit("m", (CLOCK, Multiplexers("m", ("c",), ("d",), ("y",))))
    with pytest.raises(
        BadInput, match="m: has no phase that stands still; simulate the clocked circuit in ngspice"
    ):
        at_phase(circuit, 0.0)
