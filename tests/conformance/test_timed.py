"""Clocks, switches, multiplexers and memristors in ngspice, against closed forms; who refuses them."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.arrays import Floats
from analog_pc.cells import ComponentSampler, sample_and_hold, two_phase_clock
from analog_pc.circuit import (
    Amplifiers,
    Capacitors,
    Circuit,
    ClockSources,
    Element,
    Instance,
    Memristors,
    Multiplexers,
    Noise,
    OperatingPoint,
    Resistors,
    Solution,
    Subcircuit,
    Switches,
    Transient,
    VoltageSources,
    grounds,
)
from analog_pc.devices.compact import YAKOPCIC, memristor_model
from analog_pc.errors import BadInput
from analog_pc.simulators import Native, Ngspice, NgspiceShared, Vacask
from analog_pc.technology import IDEAL

NGSPICE = pytest.mark.parametrize("simulator", [Ngspice, NgspiceShared])
DEVICE = YAKOPCIC["microsiemens"]
# The truncation error that the step control is set to is 1e-5 of the full scale (tests/conformance/cases).
TRANSIENT = 1e-5


def solve(
    simulator: type[Ngspice] | type[NgspiceShared],
    elements: tuple[Element, ...],
    initial: dict[str, float],
    duration: float,
    *nodes: str,
    stiff: bool = True,
) -> Solution:
    circuit = Circuit("timed", elements)
    analysis = Transient({}, initial, duration, duration, nodes, stiff=stiff, precision=1e-8)
    return simulator().simulate(circuit, analysis)


@NGSPICE
def test_a_clock_is_straight_between_its_points(simulator: type[Ngspice]) -> None:
    times, volts = [1e-6, 2e-6, 2.5e-6, 6e-6], [[0.0, 1.0, 1.0, -2.0], [3.0, 3.0, 3.0, 3.0]]
    clocks = ClockSources("clock", ("a", "b"), grounds(2), times, volts)
    found = solve(simulator, (clocks, Resistors("r", ("a", "b"), grounds(2), 1e3)), {}, 8e-6, "a", "b")
    exact = np.stack([np.interp(found.axis, times, v) for v in volts], axis=1)
    # ngspice interpolates between times of its own, which round to 1e-16 s or less.
    np.testing.assert_allclose(found.volts, exact, rtol=0.0, atol=1e-9)
    for bend in times:
        assert np.abs(found.axis - bend).min() < 1e-15


@NGSPICE
@pytest.mark.parametrize("stiff", [True, False])
def test_a_switch_charges_a_capacitor(simulator: type[Ngspice], stiff: bool) -> None:
    """V = u (1 - exp(-Q)), Q the integral of its conductance over C, while the clock rises and after."""
    on, off, farads, u, rise = 1e-5, 1e-8, 1e-12, 0.1, (0.2e-6, 0.25e-6)
    elements = (
        VoltageSources("u", ("u",), grounds(1), u),
        ClockSources("clock", ("c",), grounds(1), rise, [[0.0, 1.0]]),
        Switches("s", ("u",), ("x",), ("c",), on, off),
        Capacitors("x", ("x",), grounds(1), farads),
    )
    found = solve(simulator, elements, {"x": 0.0}, 1e-6, "x", stiff=stiff)

    def closed(t: Floats) -> Floats:
        """The integral of the clock."""
        part = np.clip(t - rise[0], 0.0, rise[1] - rise[0])
        return 0.5 * part**2 / (rise[1] - rise[0]) + np.maximum(t - rise[1], 0.0)

    exact = u * (1.0 - np.exp(-(off * found.axis + (on - off) * closed(found.axis)) / farads))
    assert np.abs(found.volts[:, 0] - exact).max() <= TRANSIENT * u
    assert exact[-1] > 0.099  # it was charged


@NGSPICE
def test_a_sample_and_hold_shows_the_input_of_the_period_before(simulator: type[Ngspice]) -> None:
    """Two units follow staircases; each step appears when the slave has taken it over, and stays."""
    period, rise, steps = 1e-6, 1e-8, 4
    rng = np.random.default_rng(2)
    inputs = 0.1 * rng.normal(size=(2, steps))
    edges = period * np.arange(1, steps)
    times = np.sort(np.concatenate([edges - rise, edges]))
    stairs = np.repeat(inputs, 2, axis=1)[:, 1:-1]
    elements = (
        ClockSources("signal", ("u", "v"), grounds(2), times, stairs),
        two_phase_clock("clock", ("p", "q"), period, steps, rise),
        *sample_and_hold("node", ("u", "v"), ("y", "z"), ("p", "q"), 1e-12, ComponentSampler(IDEAL)),
        Resistors("load", ("y", "z"), grounds(2), 1e5),
    )
    initial = {f"node_{part}_{i}": 0.0 for part in ("master", "slave") for i in range(2)}
    found = solve(simulator, elements, initial, steps * period, "y", "z")
    # From the end of the slave's pulse to its next one, and the first half before any pulse at 0 V.
    for step in range(steps):
        held = (found.axis > (step + 1.0) * period) & (found.axis < (step + 1.55) * period)
        expected = np.broadcast_to(inputs[:, step], (int(held.sum()), 2))
        # 0.4 us of 1 ns settle to below rounding; C / OFF is 1 s, so half a period leaks 1e-6 of the step.
        np.testing.assert_allclose(found.volts[held], expected, rtol=0.0, atol=TRANSIENT * 0.3)
    assert np.abs(found.volts[found.axis < 0.55 * period]).max() < TRANSIENT * 0.3


@NGSPICE
def test_a_multiplexer_adds_what_its_lines_select(simulator: type[Ngspice]) -> None:
    """Three lines, two outputs; a line at -1 V inverts, and the output bears any load."""
    times = [1e-6, 2e-6]
    elements = (
        VoltageSources("in", ("p", "q", "r"), grounds(3), [0.3, -0.2, 0.7]),
        ClockSources("select", ("s", "t", "v"), grounds(3), times, [[1.0, 0.0], [0.0, -1.0], [0.0, 0.5]]),
        Multiplexers("m", ("s", "t", "v"), ("p", "q", "q", "r", "0", "p"), ("y", "z")),
        Resistors("load", ("y", "z"), grounds(2), 1.0),
    )
    found = solve(simulator, elements, {}, 3e-6, "y", "z")
    s, t, v = (np.interp(found.axis, times, line) for line in ([1.0, 0.0], [0.0, -1.0], [0.0, 0.5]))
    exact = np.stack([0.3 * s - 0.2 * t, -0.2 * s + 0.7 * t + 0.3 * v], axis=1)
    np.testing.assert_allclose(found.volts, exact, rtol=0.0, atol=1e-9)


@NGSPICE
def test_a_memristor_moves_and_is_read(simulator: type[Ngspice]) -> None:
    """-0.9 V moves it at a constant speed while x > 1 - x_n; its current, through 1 kOhm, follows its state.

    A second one at half of that, below its threshold, does not move at all.
    """
    volts, x0, duration = -0.9, 0.9, 1.2e-4
    law = memristor_model(DEVICE)
    block = Subcircuit(
        "pair",
        ("drive", "half", "y"),
        (
            Memristors("cell", ("drive", "half"), ("sum", "0"), ("s_0", "s_1"), law, [x0, 0.4]),
            Resistors("rf", ("sum",), ("y",), 1e3),
            Amplifiers("amp", grounds(1), ("sum",), ("y",), 1e9),
        ),
    )
    circuit = Circuit(
        "memristor",
        (VoltageSources("u", ("drive", "half"), grounds(2), [volts, 0.5 * volts]),),
        (Instance("pair", block, ("drive", "half", "y")),),
    )
    nodes = ("pair.s_0", "pair.s_1", "y")
    analysis = Transient({}, {}, duration, duration, nodes, stiff=True, precision=1e-8)
    found = simulator().simulate(circuit, analysis)
    exact = x0 + found.axis * float(DEVICE.rate(volts, x0))
    assert 1.0 - DEVICE.x_n < exact[-1] < 0.2 + 1.0 - DEVICE.x_n  # it moved, within the law's constant part
    np.testing.assert_allclose(found.volts[:, 0], exact, rtol=0.0, atol=1e-6)
    assert np.ptp(found.volts[:, 1]) <= np.finfo(float).eps  # rounding of the solver, no rate
    current = DEVICE.current(volts, found.volts[:, 0])
    np.testing.assert_allclose(found.volts[:, 2], -1e3 * current, rtol=1e-8)


@NGSPICE
def test_initial_volts_of_the_analysis_come_before_the_bank(simulator: type[Ngspice]) -> None:
    """A state given by the analysis, as after an earlier transient."""
    elements = (
        VoltageSources("u", ("a",), grounds(1), 0.1),
        Memristors("cell", ("a",), grounds(1), ("s",), memristor_model(DEVICE), 0.2),
    )
    assert solve(simulator, elements, {}, 1e-6, "s").volts[-1, 0] == pytest.approx(0.2, abs=1e-12)
    assert solve(simulator, elements, {"s": 0.6}, 1e-6, "s").volts[-1, 0] == pytest.approx(0.6, abs=1e-12)


def test_what_has_no_state_of_rest_is_refused() -> None:
    cell = Memristors("cell", ("a",), grounds(1), ("s",), memristor_model(DEVICE), 0.2)
    circuit = Circuit("rest", (VoltageSources("u", ("a",), grounds(1), 0.1), cell))
    with pytest.raises(BadInput, match="cell: memristors have no operating point"):
        Ngspice().simulate(circuit, OperatingPoint({}))
    with pytest.raises(BadInput, match="cell: memristors have no operating point"):
        Ngspice().noise(circuit, Noise({}, ("a",), 1.0, 1e6))


@pytest.mark.parametrize("simulator", [Native, Vacask])
@pytest.mark.parametrize("inside", [False, True])
def test_other_simulators_refuse_in_one_line(simulator: type[Native] | type[Vacask], inside: bool) -> None:
    timed: tuple[Element, ...] = (
        ClockSources("clock", ("a",), grounds(1), [0.0], [[1.0]]),
        Resistors("r", ("a",), grounds(1), 1.0),
    )
    block = Instance("part", Subcircuit("part", (), timed), ())
    circuit = Circuit("timed", (), (block,)) if inside else Circuit("timed", timed)
    with pytest.raises(BadInput) as refused:
        simulator().simulate(circuit, Transient({}, {}, 1e-6, 1e-6))
    place = "part.clock" if inside else "clock"
    assert str(refused.value) == f"{simulator.name}: {place}: has no ClockSources; use ngspice"
