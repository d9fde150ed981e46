"""Settling by formula: closed forms, and a factor of 2 from the simulated transient."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analog_pc.compiler import compile_network
from analog_pc.cost import network_cost
from analog_pc.cost.formula import formula_settling, linear_settling, modal_settling, settled_lag
from analog_pc.pcn import random_network
from analog_pc.technology import IDEAL, TECHNOLOGIES, technology

NET = random_network((6, 5, 3), "tanh", seed=1)
RNG = np.random.default_rng(3)
X = RNG.normal(size=(2, 6))
T = RNG.normal(size=(2, 3))
GRID = 0.013  # two times of the formula are 1.2 % apart


def test_one_layer_decays_as_exp_of_minus_t() -> None:
    # Free outputs above a clamped input: H = 1, so that 1 % is left after ln(100) tau.
    network = random_network((4, 3), "tanh", seed=0)
    compiled = compile_network(network, IDEAL, X[:, :4])
    assert linear_settling(compiled) == pytest.approx(math.log(100.0), rel=GRID)


def test_the_move_is_one_of_voltages() -> None:
    """Two activities that do not see each other; the slow one counts by its volts."""
    hessian = np.diag([1.0, 0.2])
    move = np.array([1.0, 0.5])
    equal = modal_settling(hessian, move, np.array([0.1, 0.1]))
    assert equal == pytest.approx(math.log(0.5 / 0.01) / 0.2, rel=GRID)
    fast_alone = modal_settling(hessian, move, np.array([0.1, 1e-4]))
    assert fast_alone == pytest.approx(math.log(100.0), rel=GRID)
    assert math.isnan(modal_settling(np.diag([1.0, -0.2]), move, np.ones(2)))
    assert modal_settling(hessian, np.zeros(2), np.ones(2)) == 0.0


def test_lags_add_in_quadrature() -> None:
    chip = replace(technology("cmos65-rram"), node_capacitance=2e-13)
    compiled = compile_network(NET, chip, X, T)
    linear = compiled.scales.seconds * linear_settling(compiled)
    lag = settled_lag(compiled)
    assert lag > 0.1 * linear  # both count
    assert formula_settling(compiled) == pytest.approx(math.hypot(linear, lag))


@pytest.mark.parametrize("name", [name for name in TECHNOLOGIES if name != "ideal"])
def test_the_formula_is_within_a_factor_of_2_of_the_transient(name: str) -> None:
    found = network_cost(NET, technology(name), X, T, samples=2, phases=["predict", "learn"])
    for phase in found.phases.values():
        assert phase.method.startswith("transient")
        assert 0.5 < phase.formula_latency / phase.latency < 2.0
        assert 0.5 < phase.formula_energy / phase.energy < 2.0
