"""Springs and amplifiers by rule: the equations, and what the sized parts do in a circuit."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analog_pc.compiler import compile_network
from analog_pc.cost import SizingRule, process_of, size_amplifier, size_node_capacitor, size_spring
from analog_pc.cost.sizing import critical_lag
from analog_pc.errors import BadInput
from analog_pc.pcn import random_network, relax
from analog_pc.relaxers import EffectiveRelaxer
from analog_pc.technology import IDEAL, TECHNOLOGIES, technology

REAL = technology("pcm")
NAMES = [name for name in TECHNOLOGIES if name != "ideal"]


def node_area(name: str, siemens: float, tau: float) -> float:
    process = process_of(technology(name))
    return tau * siemens / process.value("capacitor_density") + 1.0 / siemens / process.value(
        "resistor_density"
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_sized_spring_has_the_least_area_that_noise_and_wires_allow(name: str) -> None:
    found = size_spring(technology(name))
    sized = found.apply(technology(name))
    capacitor = size_node_capacitor(sized)
    floor = max(capacitor.noise, capacitor.wires)
    tau = capacitor.stability / found.siemens
    assert capacitor.stability >= 0.9 * floor  # the spring has two digits
    assert sized.spring_conductance * sized.opamp_output_resistance <= 0.1
    here = node_area(name, found.siemens, tau)
    assert here < node_area(name, 2.0 * found.siemens, tau)
    if found.bound == "area":
        assert here < node_area(name, 0.5 * found.siemens, tau)
    else:
        assert found.bound == "capacitor"
        assert capacitor.stability == pytest.approx(floor, rel=0.1)


def test_a_noisier_node_needs_a_larger_spring() -> None:
    found = size_spring(REAL, rule=SizingRule(noise=5e-4))
    assert found.bound == "capacitor"
    assert found.siemens > size_spring(REAL).siemens


def test_an_output_resistance_bounds_the_spring() -> None:
    found = size_spring(replace(REAL, opamp_output_resistance=1e9))
    assert found.bound == "loading"
    assert found.siemens == pytest.approx(1e-10)
    with pytest.raises(BadInput, match="neither pole nor output resistance"):
        size_spring(IDEAL)


@pytest.mark.parametrize("name", NAMES)
def test_the_sized_technology_settles_in_the_latency(name: str) -> None:
    """A mode of the slowest eigenvalue, with the spring and the capacitor of the same rule."""
    rule = SizingRule()
    found = size_amplifier(technology(name), 1e-6)
    sized = found.apply(technology(name))
    sized = size_spring(sized).apply(sized)
    assert found.short(sized) in ((), ("opamp_offset",))
    lag = (rule.gain_of(sized) + 2.0) / (2.0 * math.pi * sized.opamp_gain_bandwidth)
    tau = rule.margin * lag / critical_lag(rule.strength)
    assert math.log(100.0) * tau / rule.slowest == pytest.approx(1e-6)
    assert found.power / found.gain_bandwidth == pytest.approx(
        technology(name).opamp_power / technology(name).opamp_gain_bandwidth
    )
    assert size_amplifier(technology(name), 0.5e-6).power == pytest.approx(2.0 * found.power)


def test_the_own_bandwidth_is_kept_without_a_latency() -> None:
    found = size_amplifier(REAL)
    assert found.gain_bandwidth == pytest.approx(REAL.opamp_gain_bandwidth)
    assert found.power == pytest.approx(REAL.opamp_power)
    assert size_amplifier(REAL, found.latency).gain_bandwidth == pytest.approx(REAL.opamp_gain_bandwidth)


@pytest.mark.parametrize("error", [0.1, 0.01])
def test_the_gain_keeps_the_error_of_a_stage(error: float) -> None:
    """One layer of real gain and output resistance, all else ideal: predictions are off by the budget."""
    network = random_network((8, 4), "identity", seed=0)
    inputs = np.random.default_rng(1).uniform(0.5, 1.0, (5, 8))
    # With an activation of the input, its drivers are amplifiers too, as those of hidden layers.
    bare = replace(IDEAL, g_min=REAL.g_min, g_max=REAL.g_max, opamp_output_resistance=1e3)
    compiled = compile_network(network, bare, inputs)
    rule = SizingRule(noise_gain=float(compiled.design.forward(1).noise_gain().max()), gain_error=error)
    sized = replace(bare, opamp_gain=_gain(rule))
    found = EffectiveRelaxer(sized).relax(network, inputs).output
    wanted = relax(network, inputs).output
    off = np.abs(found - wanted).max() / np.abs(wanted).max()
    assert 0.05 * error < off < error * (1.0 + error)


def _gain(rule: SizingRule) -> float:
    """For an output resistance of 1 kOhm and 4 columns."""
    part = replace(REAL, opamp_output_resistance=1e3, spring_conductance=IDEAL.spring_conductance)
    return size_amplifier(part, rule=rule, width=4).gain


@pytest.mark.parametrize("latency", [0.0, -1.0, math.inf, math.nan])
def test_a_latency_has_to_be_positive(latency: float) -> None:
    with pytest.raises(BadInput, match="must be finite and > 0, or None"):
        size_amplifier(REAL, latency)


def test_what_has_no_answer_is_refused() -> None:
    with pytest.raises(BadInput, match="have no pole"):
        size_amplifier(IDEAL, 1e-6)
    with pytest.raises(BadInput, match="stable at any lag"):
        size_amplifier(REAL, rule=SizingRule(strength=0.5))
