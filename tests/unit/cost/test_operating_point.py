"""A start in closed form: where the iteration begins, and that it ends at the same operating point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.arrays import Floats
from analog_pc.circuit import OperatingPoint
from analog_pc.compiler import compile_network
from analog_pc.cost.operating_point import closed_form, started_at
from analog_pc.pcn import random_network
from analog_pc.simulators import Native
from analog_pc.technology import technology

RNG = np.random.default_rng(4)
X = RNG.normal(size=(3, 6))
T = RNG.normal(size=(3, 3))
# Wires a thousand times as long as they are move the equilibrium far from the forward state.
WIRED = technology("cmos65-rram")
WIRED = replace(
    WIRED,
    word_line_resistance=1e3 * WIRED.word_line_resistance,
    bit_line_resistance=1e3 * WIRED.bit_line_resistance,
)


def start(analysis: OperatingPoint, node: str) -> Floats:
    return np.asarray(analysis.guess[node], dtype=np.float64)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_both_starts_end_at_the_same_operating_point(activation: str) -> None:
    compiled = compile_network(random_network((6, 5, 3), activation, seed=1), WIRED, X)
    equilibrium = closed_form(compiled, WIRED)
    forward = compiled.operating_point((0, 2))
    started = started_at(compiled, forward, equilibrium, np.array([0, 2]))
    unit = compiled.scales.activity[2]
    for number, node in enumerate(compiled.probes.activities[2]):
        assert np.array_equal(start(started, node), unit * equilibrium.activities[2][[0, 2], number])
    assert max(np.abs(start(started, n) - start(forward, n)).max() for n in forward.guess) > 1e-3
    native = Native(check_stability=False)
    one = native.simulate(compiled.circuit, forward)
    two = native.simulate(compiled.circuit, started)
    assert one.status.converged(2).all()
    assert two.status.converged(2).all()
    nodes = compiled.probes.activities[2]
    assert one.voltage(nodes) == pytest.approx(two.voltage(nodes), abs=1e-9)


def test_a_sample_without_equilibrium_keeps_its_start() -> None:
    compiled = compile_network(random_network((6, 5, 3), "tanh", seed=1), WIRED, X)
    equilibrium = closed_form(compiled, WIRED)
    equilibrium.activities[1][0] = np.nan
    forward = compiled.operating_point()
    started = started_at(compiled, forward, equilibrium, np.arange(3))
    for node in compiled.probes.activities[1]:
        assert start(started, node)[0] == start(forward, node)[0]


def test_learning_has_a_start_of_its_own() -> None:
    compiled = compile_network(random_network((6, 5, 3), "tanh", seed=1), WIRED, X, T)
    analysis = compiled.operating_point()
    assert started_at(compiled, analysis, closed_form(compiled, WIRED), np.arange(3)) is analysis
