"""Cells of graphs: their parts; their answers are in tests/conformance/cases/graph_cells.py."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.cells import leak, two_phase_clock
from analog_pc.circuit import Resistors, VoltageSources
from analog_pc.errors import BadInput


def test_no_leak_no_resistor() -> None:
    assert leak("node", ("x_0", "x_1"), np.zeros(2), np.ones(2)) == ()


def test_a_prior_of_zero_is_ground_and_another_has_a_source() -> None:
    resistors, sources = leak(
        "node", ("x_0", "x_1", "x_2"), np.array([1e-6, 0.0, 2e-6]), np.array([0.0, 0.3, 0.5])
    )
    assert isinstance(resistors, Resistors)
    assert isinstance(sources, VoltageSources)
    assert resistors.a == ("x_0", "x_2")
    assert resistors.b == ("0", "node_prior_0")
    np.testing.assert_allclose(resistors.ohms, [1e6, 5e5])
    np.testing.assert_array_equal(sources.volts, [0.5])


def test_the_phases_of_a_clock_never_overlap() -> None:
    clock = two_phase_clock("clock", ("p", "q"), 1e-6, 3, 1e-8)
    times = np.linspace(0.0, 3e-6, 3001)
    master, slave = (np.interp(times, clock.times, volts) for volts in np.asarray(clock.volts))
    assert (np.minimum(master, slave) == 0.0).all()
    assert [int(((v[1:] == 1.0) & (v[:-1] < 1.0)).sum()) for v in (master, slave)] == [3, 3]
    assert times[np.argmax(master)] < times[np.argmax(slave)]


@pytest.mark.parametrize(("period", "steps", "rise"), [(1e-6, 0, 1e-8), (1e-6, 2, 1e-7), (1e-6, 2, 0.0)])
def test_a_clock_that_cannot_be_is_refused(period: float, steps: int, rise: float) -> None:
    with pytest.raises(BadInput, match="must be 0 < rise < period / 10 and steps >= 1"):
        two_phase_clock("clock", ("p", "q"), period, steps, rise)
