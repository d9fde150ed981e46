"""A sampled value node against its closed form, and a network of them against synchronous steps.

ngspice runs the clock in one transient; native and VACASK, which have no clocks, run it phase by phase.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.arrays import Floats
from analog_pc.cells import ComponentSampler, TwoPhaseClock, feedback_gate, sampled_node
from analog_pc.circuit import (
    Circuit,
    ClockSources,
    Instance,
    Subcircuit,
    Transient,
    VoltageSources,
    at_phase,
    grounds,
)
from analog_pc.pcn import backprop_update, random_network, relax
from analog_pc.simulators import Native, Ngspice, Simulator, Vacask
from analog_pc.simulators.phased import ClockPhase, simulate_phases
from analog_pc.technology import technology
from analog_pc.testbench.clocked import ClockedTestbench, clocked_circuit, run_clocked
from analog_pc.testbench.clocked.testbench import ramp_part

G = 1e-5
ON = 1e-3
FARADS = 1e-12
MU = np.array([0.2, -0.1])
BACK = np.array([0.05, 0.3])
START = np.array([-0.02, 0.0])
EDGE = 1e-9
COPY = 3e-8
TRANSIENT = 2.0 * 1e-5 * 0.3  # V: the truncation error of two transients a step, 1e-5 of the full scale each


def stepped(simulator: Simulator, periods: float) -> Floats:
    """Volts of two masters [2 steps, 2 nodes] under a constant prediction and feedback."""
    block_ports = ("mu_0", "mu_1", "back_0", "back_1", "sample", "copy", "x_0", "x_1")
    sampler = ComponentSampler(technology("ideal"))
    clock = TwoPhaseClock("sample", "copy", ON, 1e-12)
    x = ("x_0", "x_1")
    node, pull = sampled_node("node", x, ("mu_0", "mu_1"), G, FARADS, clock, sampler)
    gate = feedback_gate("fb", x, ("back_0", "back_1"), pull, G, None, sampler)
    block = Subcircuit("cell", block_ports, (*node, *gate))
    slave = FARADS * (1.0 / G + 1.0 / ON)
    flat = periods * slave - 2.0 * EDGE * ramp_part(G / ON)
    stride = flat + COPY + 7.0 * EDGE
    times = [0.0]
    volts = [[0.0], [0.0]]
    phases = []
    for begin in (EDGE, EDGE + stride):
        fall = begin + EDGE + flat
        rise = fall + 2.0 * EDGE
        times += [begin, begin + EDGE, fall, fall + EDGE, rise, rise + EDGE, rise + EDGE + COPY]
        times += [rise + 2.0 * EDGE + COPY]
        volts[0] += [0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        volts[1] += [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0]
        phases += [ClockPhase(begin + EDGE + 0.5 * flat, periods * slave)]
        phases += [ClockPhase(rise + EDGE + 0.5 * COPY, COPY + EDGE)]
    sources = VoltageSources("u", ("m_0", "m_1", "b_0", "b_1"), grounds(4), [*MU, *BACK])
    lines = ClockSources("clock", ("s", "c"), grounds(2), times, volts)
    outer = ("m_0", "m_1", "b_0", "b_1", "s", "c", "y_0", "y_1")
    circuit = Circuit("sampled", (sources, lines), (Instance("cell", block, outer),))
    nodes = ("y_0", "y_1", "cell.node_slave_0", "cell.node_slave_1")
    start = dict(zip(nodes, [*START, *START], strict=True))
    duration = times[-1] + EDGE
    analysis = Transient({}, start, duration, duration, nodes, stiff=True, precision=1e-8)
    if simulator.supports.timed:
        whole = simulator.simulate(circuit, analysis)
        moments = np.searchsorted(whole.axis, [times[8] + 0.5 * EDGE, duration], side="right") - 1
        return np.asarray(whole.voltage(("y_0", "y_1"))[moments])
    parts = simulate_phases(simulator, circuit, analysis, phases)
    return np.array([part.voltage(("y_0", "y_1"))[-1] for part in parts[1::2]])


@pytest.mark.parametrize("simulator", [Ngspice, Native, Vacask])
@pytest.mark.parametrize("periods", [3.0, 7.0])
def test_a_period_is_a_step_of_one_minus_its_exponential(simulator: type, periods: float) -> None:
    """x_1 = x_0 + gamma (x* - x_0), x* = mu + back, gamma = 1 - e^-n; and so again."""
    gamma = -np.expm1(-periods)
    rest = MU + BACK
    first = START + gamma * (rest - START)
    exact = np.array([first, first + gamma * (rest - first)])
    assert np.abs(stepped(simulator(), periods) - exact).max() <= TRANSIENT


@pytest.mark.parametrize(("simulator", "close"), [(Native, 1e-5), (Ngspice, 1e-4)])
def test_a_clocked_network_writes_powers_of_gamma(simulator: type, close: float) -> None:
    """The clamp leaves 1e-6 of an output's error; ngspice's truncation error is that of a transient."""
    rng = np.random.default_rng(0)
    network = random_network((3, 4, 3, 2), "tanh", seed=rng, precision=[1.0, 2.0, 1.0])
    inputs = rng.normal(size=3)
    target = rng.uniform(-1.0, 1.0, size=2)
    bench = ClockedTestbench(network=network, inputs=inputs, target=target, period=3.0)
    reading = run_clocked(bench, simulator())
    reference = backprop_update(network, inputs[None], target[None]).weights
    expected = np.cumprod([1.0, bench.gamma(2), bench.gamma(1)])[::-1]
    for found, exact, factor in zip(reading.update.weights, reference, expected, strict=True):
        np.testing.assert_allclose(found, factor * exact, atol=close * np.abs(exact).max())


def test_a_transparent_network_is_the_relaxing_one() -> None:
    """All lines high: it rests in the equilibrium of predictive coding, to the clamp's 1e-6 of an error."""
    rng = np.random.default_rng(0)
    network = random_network((3, 4, 3, 2), "tanh", seed=rng)
    inputs = rng.normal(size=3)
    target = rng.uniform(-1.0, 1.0, size=2)
    bench = ClockedTestbench(network=network, inputs=inputs, target=target)
    compiled = clocked_circuit(bench)
    high = ClockSources("clock", ("sample", "copy", "clamp"), grounds(3), [0.0], [[1.0]] * 3)
    elements = (high, *compiled.circuit.elements[1:])
    whole = at_phase(replace(compiled.circuit, elements=elements), 0.0)
    duration = 60.0 * bench.tau
    charged = [node for nodes in (*compiled.activities[1:], *compiled.slaves) for node in nodes]
    stimuli = {"input": bench.volts * inputs, "goal": bench.volts * target}
    analysis = Transient(stimuli, dict.fromkeys(charged, 0.0), duration, duration, compiled.nodes, stiff=True)
    solution = Native().simulate(whole, analysis)
    rest = relax(network, inputs[None], target[None])
    for nodes, exact in zip(compiled.eps[1:], rest.eps[1:], strict=True):
        np.testing.assert_allclose(solution.voltage(nodes)[-1] / bench.volts, exact[0], atol=1e-5)
