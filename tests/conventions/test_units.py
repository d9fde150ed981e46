"""Energy is half the power in the springs; the unit of time is C / g_s."""

from __future__ import annotations

import dataclasses

import numpy as np

from analog_pc.circuit import Resistors
from analog_pc.compiler import CompileOptions, compile_network
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.simulators import SIMULATORS
from analog_pc.technology import IDEAL


def test_energy_is_half_the_power_in_the_springs() -> None:
    net = random_network([3, 4, 2], "tanh", seed=1, precision=[2.0, 0.5])
    compiled = compile_network(
        net, IDEAL, [[0.3, -0.4, 0.5]], [[0.9, -0.6]], options=CompileOptions(volts_per_unit=0.2)
    )
    solution = SIMULATORS["ngspice"]().simulate(compiled.circuit, compiled.operating_point())
    power = 0.0
    for _, spring in compiled.circuit.banks():
        if isinstance(spring, Resistors) and spring.name == "node_spring":
            drop = solution.voltage(spring.a) - solution.voltage(spring.b)
            power += float((drop**2 / spring.ohms).sum())
    unit = IDEAL.spring_conductance * compiled.scales.activity[0] ** 2  # W per unit of energy
    assert power > 0.0
    # Both sides from the same voltages; sensing amplifiers are exact in the ideal technology.
    np.testing.assert_allclose(compiled.decode(solution).energy, 0.5 * power / unit, rtol=1e-6)


def test_one_unit_of_time_is_c_over_g() -> None:
    """A free output node released from 0 V: x = mu (1 - exp(-t g_s / C)), t in seconds."""
    technology = dataclasses.replace(IDEAL, node_capacitance=3e-12, spring_conductance=2e-5)
    net = PredictiveCodingNetwork([[[2.0]]], activation="identity")
    compiled = compile_network(net, technology, [[0.5]])
    assert compiled.scales.seconds == 3e-12 / 2e-5
    analysis = compiled.transient(0, start="zero", duration=6.0, max_step=0.01)
    solution = SIMULATORS["ngspice"]().simulate(compiled.circuit, analysis)
    np.testing.assert_allclose(solution.axis[-1], 6.0 * 3e-12 / 2e-5, rtol=1e-9)
    wave = compiled.decode_waveform(solution)
    # Trapezoidal rule at steps h <= 0.01: h^2 / 12 e^-1 < 1e-5; ngspice's reltol 1e-6 or better adds less.
    np.testing.assert_allclose(wave.activities[1][:, 0], 1.0 - np.exp(-wave.times), rtol=0.0, atol=2e-5)
    assert len(wave.times) >= 600


def test_precision_multiplies_the_speed_of_a_lone_node() -> None:
    net = PredictiveCodingNetwork([[[1.0]]], activation="identity", precision=[4.0])
    compiled = compile_network(net, IDEAL, [[1.0]])
    solution = SIMULATORS["ngspice"]().simulate(
        compiled.circuit, compiled.transient(0, start="zero", duration=2.0, max_step=0.0025)
    )
    wave = compiled.decode_waveform(solution)
    # As above, with 4 h = 0.01.
    np.testing.assert_allclose(wave.activities[1][:, 0], 1.0 - np.exp(-4.0 * wave.times), rtol=0.0, atol=2e-5)
    # E decays at twice the rate of eps.
    np.testing.assert_allclose(wave.energy, 2.0 * np.exp(-8.0 * wave.times), rtol=0.0, atol=2e-4)
