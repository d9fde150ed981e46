"""Circuits with diodes on the native simulator: the one solution of a passive network, or a line why not."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.circuit import (
    Amplifiers,
    Capacitors,
    Circuit,
    Diodes,
    IdealDiodes,
    Noise,
    OperatingPoint,
    Outcome,
    Resistors,
    StimulusSources,
    Transient,
    VoltageSources,
    grounds,
    thermal_voltage,
)
from analog_pc.errors import BadInput
from analog_pc.simulators import SIMULATORS, Native, Ngspice

OHMS = 1e4
SLOPE = thermal_voltage()
SOURCE = StimulusSources("u", ("u",), grounds(1))
RESISTOR = Resistors("r", ("u",), ("a",), OHMS)


def at(volts: list[float]) -> OperatingPoint:
    return OperatingPoint({"u": np.array(volts)[:, None]})


@pytest.mark.parametrize("drop", [0.0, 0.3])
def test_an_ideal_diode_is_complementary(drop: float) -> None:
    circuit = Circuit("ideal", (SOURCE, RESISTOR, IdealDiodes("d", ("a",), grounds(1), drop)))
    volts = np.array([-2.0, 0.0, 0.1, 0.3, 0.5, 100.0])
    solution = Native().simulate(circuit, at(volts.tolist()))
    assert solution.status.outcome is Outcome.CONVERGED
    np.testing.assert_allclose(solution.voltage(("a",))[:, 0], np.minimum(volts, drop), rtol=0.0, atol=1e-14)


def test_ideal_diodes_in_a_bridge_rectify() -> None:
    """V(p) - V(n) = |u| R_l / (R + R_l) - drops of two diodes' share, of a bridge behind R."""
    load = 3e4
    bridge = IdealDiodes("d", ("a", "0", "n", "n"), ("p", "p", "a", "0"), 0.2)
    circuit = Circuit("bridge", (SOURCE, RESISTOR, bridge, Resistors("l", ("p",), ("n",), load)))
    volts = np.array([-5.0, -0.3, 0.1, 2.0, 5.0])
    solution = Native().simulate(circuit, at(volts.tolist()))
    across = (solution.voltage(("p",)) - solution.voltage(("n",)))[:, 0]
    expected = np.maximum(np.abs(volts) - 0.4, 0.0) * load / (OHMS + load)
    np.testing.assert_allclose(across, expected, rtol=0.0, atol=1e-13)


def test_a_node_that_blocked_ideal_diodes_leave_free_is_not_answered() -> None:
    """Between two diodes that block, any voltage will do; Shockley's diodes leak, and share the voltage."""
    nodes = ("a", "m"), ("m", "0")
    ideal = Circuit("chain", (SOURCE, RESISTOR, IdealDiodes("d", *nodes)))
    solution = Native().simulate(ideal, at([1.0, -1.0]))
    assert solution.status.each(2)[0] is Outcome.CONVERGED
    assert solution.status.each(2)[1] is Outcome.UNDETERMINED
    assert "sample 1: nothing determines the voltage of node 'm' while diodes block" in str(solution.status)
    real = Circuit("chain", (SOURCE, RESISTOR, Diodes("d", *nodes, 1e-9, SLOPE)))
    assert Native().simulate(real, at([1.0, -1.0])).status.outcome is Outcome.CONVERGED


def test_currents_that_parallel_ideal_diodes_share_leave_no_voltage_free() -> None:
    circuit = Circuit("parallel", (SOURCE, RESISTOR, IdealDiodes("d", ("a", "a"), grounds(2), 0.1)))
    solution = Native().simulate(circuit, at([1.0, -1.0, 0.1]))
    assert solution.status.outcome is Outcome.CONVERGED
    np.testing.assert_allclose(solution.voltage(("a",))[:, 0], [0.1, -1.0, 0.1], atol=1e-14)


def test_no_voltage_runs_away() -> None:
    """Two diodes in series from 40 V to ground would carry e^773 I_s: no answer, instead of a wrong one."""
    chain = Diodes("d", ("a", "m"), ("m", "0"), 1e-9, SLOPE)
    circuit = Circuit("shorted", (VoltageSources("v", ("a",), grounds(1), 40.0), chain))
    solution = Native().simulate(circuit, OperatingPoint({}))
    assert solution.status.outcome is Outcome.NOT_CONVERGED
    assert "misses Kirchhoff's law by" in str(solution.status)


def test_the_preset_of_a_network_is_its_own_solution() -> None:
    circuit = Circuit("rectifier", (SOURCE, RESISTOR, Diodes("d", ("a",), grounds(1), 1e-9, SLOPE)))
    native = Native()
    point = OperatingPoint({"u": np.array([[1.0]])}, preset={"u": np.array([[-1.0]])})
    solution = native.simulate(circuit, point)
    np.testing.assert_allclose(
        solution.preset_voltage(("a",)), native.simulate(circuit, at([-1.0])).voltage(("a",)), rtol=1e-14
    )


def peak_detector() -> Circuit:
    return Circuit(
        "peak",
        (
            SOURCE,
            RESISTOR,
            Diodes("d", ("a",), ("b",), 1e-14, SLOPE, 10.0),
            Resistors("l", ("b",), grounds(1), 1e6),
            Capacitors("c", ("a", "b"), grounds(2), 1e-10),
        ),
    )


def test_the_parts_of_the_power_are_what_the_source_delivers() -> None:
    circuit = peak_detector()
    native = Native()
    solution = native.simulate(circuit, at([5.0, 0.7, -1.0]))
    parts = native.dissipation(circuit, solution)
    u = solution.voltage(("u",))[:, 0]
    delivered = u * (u - solution.voltage(("a",))[:, 0]) / OHMS
    assert set(parts) == {"r", "d", "l"}
    np.testing.assert_allclose(sum(parts.values()), delivered, rtol=1e-9, atol=1e-18)


def test_a_capacitor_is_charged_through_a_diode_as_in_ngspice() -> None:
    circuit = peak_detector()
    analysis = Transient({"u": np.array([5.0])}, {"a": 0.0, "b": 0.0}, 1e-5, 1e-7)
    ours = Native().simulate(circuit, analysis)
    theirs = Ngspice().simulate(circuit, analysis)
    late = ours.axis > 1e-6  # steps are then short enough for straight lines between them: 1e-5 of 5 V
    for node in ("a", "b"):
        there = np.interp(ours.axis[late], theirs.axis, theirs.voltage((node,))[:, 0])
        assert np.abs(ours.voltage((node,))[late, 0] - there).max() < 5e-5


def test_modes_are_those_of_the_slope_of_the_diode() -> None:
    """C dv/dt = -(g + 1/R) v."""
    diode = Diodes("d", ("a",), grounds(1), 1e-9, SLOPE)
    circuit = Circuit("rc", (SOURCE, RESISTOR, diode, Capacitors("c", ("a",), grounds(1), 1e-9)))
    native = Native()
    point = at([1.0])
    v = native.simulate(circuit, point).voltage(("a",))[0, 0]
    slope = 1e-9 * np.exp(v / SLOPE) / SLOPE
    (modes,) = native.modes(circuit, point)
    np.testing.assert_allclose(modes.eigenvalues.real, -(slope + 1.0 / OHMS) / 1e-9, rtol=1e-9)
    solution = Ngspice().simulate(circuit, point)
    (jacobian,) = native.jacobians(circuit, solution)
    np.testing.assert_allclose(jacobian, modes.eigenvalues.real[None], rtol=1e-6)


def test_a_diode_in_the_loop_of_an_amplifier() -> None:
    """Above 0 V the output follows u to 1 / gain; below, the diode blocks, the amplifier is at its rail."""
    amplifier = Amplifiers("amp", ("u",), ("y",), ("o",), 1e5, saturation=10.0, output_ohms=100.0)
    diode = Diodes("d", ("o",), ("y",), 1e-14, SLOPE)
    circuit = Circuit("rectifier", (SOURCE, amplifier, diode, Resistors("l", ("y",), grounds(1), OHMS)))
    solution = Native().simulate(circuit, at([1.0, 2.0, -1.0]))
    assert solution.status.samples == (Outcome.CONVERGED, Outcome.CONVERGED, Outcome.SATURATED)
    np.testing.assert_allclose(solution.voltage(("y",))[:, 0], [1.0, 2.0, 0.0], atol=5e-5)


def test_what_is_not_modelled_is_said_in_one_line() -> None:
    native = Native()
    with pytest.raises(BadInput, match="native: d: the noise of diodes"):
        native.noise(peak_detector(), Noise({"u": np.array([1.0])}, ("b",), 1.0, 1e3))
    ideal = Circuit("ideal", (SOURCE, RESISTOR, IdealDiodes("d", ("a",), grounds(1), 0.3)))
    for simulator in ("ngspice", "vacask"):
        with pytest.raises(BadInput, match=f"{simulator}: d: ideal diodes have no finite slope"):
            SIMULATORS[simulator]().simulate(ideal, at([1.0]))
    with pytest.raises(BadInput, match="d: voltages alone do not give the power"):
        native.dissipation(ideal, native.simulate(ideal, at([1.0])))
