"""The current that ngspice may stop at, from the circuit's conductances and voltages."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.circuit import (
    VCCS,
    Amplifiers,
    Circuit,
    Crossbar,
    Resistors,
    StimulusSources,
    VoltageSources,
    Wire,
    grounds,
)
from analog_pc.circuit.elements import Element
from analog_pc.simulators.spice.precision import current_tolerance, operating_point_options

DRIVE = StimulusSources("u", ("u",), grounds(1))
RESISTORS = Resistors("r", ("u", "u"), grounds(2), [1e3, 1e6])


@pytest.mark.parametrize(
    ("element", "siemens"),
    [
        (RESISTORS, 1e-3),
        (Crossbar("g", ("u",), ("u",), [[2e-6]]), 2e-6),
        (Crossbar("g", ("u",), ("u",), [[2e-6]], wire=Wire(0.5, 4.0)), 2.0),
        (Amplifiers("a", ("u",), grounds(1), ("o",), 1e3), 0.0),
        (Amplifiers("a", ("u",), grounds(1), ("o",), 1e3, output_ohms=50.0), 0.02),
        (Amplifiers("a", ("u",), grounds(1), ("o",), 1e3, gain_bandwidth=1e6), 1e-3),  # the stage
        (VCCS("t", ("u",), ("u",), [1e-5]), 1e-5),
    ],
)
def test_of_the_largest_conductance(element: Element, siemens: float) -> None:
    circuit = Circuit("one", (DRIVE, element))
    assert current_tolerance(circuit, 2.0) == pytest.approx(siemens * (1e-9 * 2.0 + 1e-12))


def test_of_the_largest_voltage() -> None:
    supply = VoltageSources("v", ("s",), grounds(1), -3.0)
    circuit = Circuit("volts", (DRIVE, RESISTORS, supply))

    def amperes(*known: dict[str, object]) -> float:
        words = operating_point_options(circuit, *known).split()  # type: ignore[arg-type]
        return float(next(word for word in words if word.startswith("abstol=")).removeprefix("abstol="))

    assert amperes({"u": np.array([[0.1], [0.2]])}) == pytest.approx(3e-12, rel=0.02)
    assert amperes({"u": np.array([[-8.0]])}) == pytest.approx(8e-12, rel=0.02)
    assert amperes({"u": np.array([[0.1]])}, {"u": 5.0}) == pytest.approx(5e-12, rel=0.02)


def test_without_conductances() -> None:
    assert "abstol=1.0e-18" in operating_point_options(Circuit("none", (DRIVE,)), {"u": np.zeros(1)})
