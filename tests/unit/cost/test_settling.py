"""Settling times of circuits whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import analog_pc.cost.settling as settling
from analog_pc.circuit import Solution
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.cost.settling import Settled, crossing, margin, settle
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.simulators import Native
from analog_pc.technology import IDEAL, technology

ONE = PredictiveCodingNetwork([[[2.0]]], activation="identity")


def settled(compiled: CompiledNetwork) -> Settled:
    native = Native()
    solution: Solution = native.simulate(compiled.circuit, compiled.operating_point(every_node=True))
    return settle(native, compiled.circuit, compiled, solution, np.arange(compiled.clamps.samples))


def test_a_lone_node_settles_as_its_time_constant_says() -> None:
    found = settled(compile_network(ONE, IDEAL, [[0.5]]))
    # One exponential from zero: 1 % is left after ln(100) tau; truncation is a hundredth of that 1 %.
    assert found.seconds == pytest.approx(np.log(100.0) * IDEAL.seconds_per_unit, rel=0.01)
    assert found.method.startswith("transient to 1% of the move")


def test_modes_say_the_same_of_a_lone_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "TRANSIENT_STATES", 0)
    found = settled(compile_network(ONE, IDEAL, [[0.5]]))
    assert found.seconds == pytest.approx(np.log(100.0) * IDEAL.seconds_per_unit, rel=1e-6)
    assert found.bound
    assert found.text.startswith("at most ")
    assert found.method == "linear bound: ln(100) / margin of all modes at the operating point"


def test_the_slowest_sample_counts() -> None:
    net = random_network((3, 4, 2), "tanh", seed=1)
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(3, 3)), rng.normal(size=(3, 2))
    real = technology("cmos130-rram")
    each = [settled(compile_network(net, real, x[[k]], t[[k]])).seconds for k in range(3)]
    # Steps of the transients differ with their duration alone, which moves a crossing by a part of 1 %.
    assert settled(compile_network(net, real, x, t)).seconds == pytest.approx(max(each), rel=0.01)


def test_a_circuit_that_oscillates_does_not_settle() -> None:
    slow = replace(IDEAL, name="slow", opamp_gain=1e4, opamp_gain_bandwidth=1e6)
    net = random_network((4, 3, 2), "tanh", seed=1)
    strong = replace(net, weights=[4.0 * w for w in net.W])
    rng = np.random.default_rng(3)
    compiled = compile_network(strong, slow, rng.normal(size=(6, 4)), rng.normal(size=(6, 2)))
    native = Native(check_stability=False)
    solution = native.simulate(compiled.circuit, compiled.operating_point(every_node=True))
    found = settle(native, compiled.circuit, compiled, solution, np.arange(6))
    assert found.seconds == np.inf
    assert "a mode of sample" in found.method


def test_the_slowest_modes_are_those_of_the_whole_spectrum(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    matrix = -np.diag(np.geomspace(1.0, 1e6, 80)) + 0.1 * rng.normal(size=(80, 80))
    every = margin(matrix)
    monkeypatch.setattr(settling, "EVERY_MODE_STATES", 10)
    assert margin(matrix) == pytest.approx(every, rel=1e-9)


def test_a_crossing_between_two_points_is_an_exponential() -> None:
    times = np.linspace(0.0, 10.0, 21)
    volts = 1.0 - np.exp(-times)[:, None]
    assert crossing(times, volts, np.array([1.0])) == pytest.approx(np.log(100.0), rel=1e-12)
    assert crossing(times, np.ones((21, 1)), np.array([1.0])) == 0.0
    assert np.isnan(crossing(times, volts, np.array([2.0])))
