"""The node capacitor: each bound alone, and the rule on networks whose modes are known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analog_pc.circuit import BOLTZMANN
from analog_pc.compiler import compile_network
from analog_pc.cost.sizing import (
    RULE,
    SizedRow,
    SizingRule,
    critical_lag,
    modes_at,
    size_node_capacitor,
    stable_capacitor,
    typical_noise_gain,
)
from analog_pc.cost.sizing import _from_rows as from_rows
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.simulators import Native
from analog_pc.technology import IDEAL, technology

REAL = technology("pcm")
NET = random_network((6, 5, 4, 3), "tanh", seed=1)
STRONG = replace(NET, weights=[4.0 * w for w in NET.W])
RNG = np.random.default_rng(3)
X, T = RNG.normal(size=(2, 6)), RNG.normal(size=(2, 3))


# Stability of long chains of scalar units, computed from their matrices: sigma^2 at r = 1, 0.3, 0.1, 0.02.
@pytest.mark.parametrize(("r", "strength"), [(1.0, 2.14), (0.3, 5.3), (0.1, 15.5), (0.02, 85.0)])
def test_the_verge_of_a_deep_chain(r: float, strength: float) -> None:
    assert critical_lag(strength) == pytest.approx(r, rel=0.03)


def test_weak_chains_never_ring_on() -> None:
    # The right-hand side falls from infinity to 1 - (2 + r) + (2 + r) + 1/2 / r -> 1 as r grows.
    assert critical_lag(0.5) == math.inf
    assert stable_capacitor(REAL, 0.5, 25.0) == 0.0
    assert stable_capacitor(IDEAL, 8.0, 25.0) == 0.0


def test_the_verge_is_where_the_simulated_chain_begins_to_ring_on() -> None:
    """A chain of 16 identity layers of one unit and weight sigma, at capacitors around the formula's."""
    chain = PredictiveCodingNetwork([[[2.5]]] * 16, activation="identity")
    part = replace(IDEAL, name="poles", opamp_gain=1e4, opamp_gain_bandwidth=1e9)
    compiled = compile_network(chain, part, [[1e-6]], [[1e-6]])
    gain = float(compiled.design.forward(1).noise_gain()[0])
    limit = stable_capacitor(part, 2.5**2, gain)
    # Two lags in series are not quite one of their sum: the verge was measured at 1.2 times the formula.
    for factor, stable in ((0.7, False), (1.6, True)):
        own = replace(part, node_capacitance=factor * limit)
        found = compile_network(chain, own, [[1e-6]], [[1e-6]])
        modes = Native().modes(found.circuit, found.operating_point((0,)))[0]
        assert modes.stable == stable


@pytest.mark.parametrize(("given", "bound"), [
    ({"strength": 1e-3, "noise": 1e-5}, "noise"),
    ({"strength": 1e-3}, "wires"),
    ({"strength": 8.0}, "stability"),
])  # fmt: skip
def test_the_largest_bound_counts(given: dict[str, float], bound: str) -> None:
    found = size_node_capacitor(REAL, rule=SizingRule(**given))
    assert found.bound == bound
    largest = {"noise": found.noise, "wires": found.wires, "stability": found.stability}[bound]
    assert largest == max(found.noise, found.wires, found.stability)
    assert largest <= found.farads <= 1.1 * largest  # rounded up to two digits
    assert found.text.startswith("sized by size_node_capacitor: ")
    assert len(found.text) < 200


def test_each_bound_is_its_formula() -> None:
    found = size_node_capacitor(REAL, rule=SizingRule(strength=8.0, noise_gain=20.0, noise=0.001, margin=2.0))
    assert found.noise == pytest.approx(BOLTZMANN * REAL.temperature / (0.001 * 0.1) ** 2)
    assert found.wires == pytest.approx(64 * (0.16e-15 + 0.46e-15))
    lag = (20.0 + 2.0) / (2.0 * math.pi * 100e6)
    assert found.stability == pytest.approx(2.0 * 5e-6 * lag / critical_lag(8.0))
    assert found.amplifier_merit == pytest.approx(0.2e-3 / 100e6)
    assert math.isnan(size_node_capacitor(IDEAL).amplifier_merit)


def test_the_noise_gain_is_that_of_the_on_off_ratio() -> None:
    assert typical_noise_gain(REAL) == pytest.approx(25.0 + 330.0 / 99.0)


def test_a_network_gets_the_smallest_damped_capacitor() -> None:
    found = size_node_capacitor(REAL, STRONG, X, T, rule=SizingRule(margin=1.0))
    assert found.bound == "stability"
    assert modes_at(found.apply(REAL), STRONG, X, T).damping > 0.0
    own = [row for row in found.rows if row.farads <= found.farads * 1.0001]
    assert own[-1].damping >= RULE.damping
    below = [row for row in found.rows if row.farads < 0.95 * found.farads]
    assert below[-1].damping < RULE.damping


def test_weak_weights_allow_a_small_one() -> None:
    found = size_node_capacitor(REAL, NET, X, T)
    assert found.farads < 0.1 * REAL.node_capacitance
    settling = {row.farads: row.settling for row in found.rows}
    assert settling[min(settling)] < settling[max(settling)]


def test_a_larger_capacitor_is_found_where_the_own_one_is_too_small() -> None:
    small = replace(REAL, node_capacitance=0.2 * REAL.node_capacitance)
    found = size_node_capacitor(small, STRONG, X, T, rule=SizingRule(margin=1.0))
    large = size_node_capacitor(REAL, STRONG, X, T, rule=SizingRule(margin=1.0))
    # Both brackets are halved twice: a factor of 2^(1/4) each, and two digits.
    assert found.farads == pytest.approx(large.farads, rel=0.25)


def test_nothing_is_enough_for_a_damping_beyond_reach() -> None:
    with pytest.raises(SimulationFailed, match=r"a damping of 1\.01 needs more than"):
        size_node_capacitor(REAL, STRONG, X, T, rule=SizingRule(damping=1.01))


def test_the_choice_among_rows() -> None:
    rows = tuple(SizedRow(c, t, d) for c, t, d in (
        (1.0, 9.0, 0.5), (2.0, 9.0, 0.1), (4.0, 9.5, 0.3), (8.0, 9.6, 0.4), (16.0, 20.0, 0.9),
    ))  # fmt: skip
    # 4 F is damped, and so are all above; an island at 1 F does not count.  8 F settles as soon as 4 F.
    assert from_rows(rows, 0.2, 1.2) == (8.0, "amplifiers")
    assert from_rows(rows, 0.2, 2.5) == (10.0, "stability")
    assert from_rows(rows[3:], 0.2, 1.2) == (8.0, "amplifiers")
    with pytest.raises(SimulationFailed, match="needs more than 16 F"):
        from_rows(rows, 0.95, 1.2)


@pytest.mark.parametrize("given", [
    {"strength": 0.0}, {"noise": -1.0}, {"margin": math.inf}, {"damping": math.nan}, {"noise_gain": 0.0},
])  # fmt: skip
def test_what_cannot_be_is_refused(given: dict[str, float]) -> None:
    with pytest.raises(BadInput, match="must be finite and > 0"):
        SizingRule(**given)


def test_no_samples_are_refused() -> None:
    with pytest.raises(BadInput, match="samples = 0, must be >= 1"):
        size_node_capacitor(REAL, NET, X, samples=0)


def test_a_network_needs_inputs() -> None:
    with pytest.raises(BadInput, match="needs inputs"):
        size_node_capacitor(REAL, NET)
