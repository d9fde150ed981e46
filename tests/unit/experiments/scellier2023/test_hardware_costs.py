"""Costs of a resistive network against closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.circuit import BOLTZMANN
from analog_pc.experiments.scellier2023.hardware_costs import nudging_amplifiers, resistive_costs
from analog_pc.resistive import CONTRASTIVE_RULES, ContrastiveRule, ResistiveNetwork, random_resistive_network
from analog_pc.technology import technology

CHIP = replace(technology("cmos130-rram"), bit_line_capacitance=1e-15, word_line_capacitance=0.0)


def test_a_divider_has_the_power_and_the_time_of_a_divider() -> None:
    """+-0.1 V behind g_max and g_max / 2 into one output: 2 x 0.1 V over both in series, C of two cells."""
    network = ResistiveNetwork([[[1.0, 0.5]]])
    rule = ContrastiveRule("current", 1e-9, (0, 1))
    costs = resistive_costs(network, CHIP, 0.1, np.ones((1, 1)), np.zeros((1, 1)), rule)
    series = CHIP.g_max / 3.0
    settling = np.log(100.0) * 2e-15 / (1.5 * CHIP.g_max)
    assert costs.settling == pytest.approx(2.0 * settling, rel=1e-12)
    assert costs.arrays == pytest.approx(0.2**2 * series * costs.latency, rel=1e-6)
    assert costs.thermal == pytest.approx(np.sqrt(BOLTZMANN * CHIP.temperature / 2e-15), rel=1e-12)
    assert costs.amplifiers == 1.0


def test_what_rules_need() -> None:
    """Positive springs are resistors and a clamp at the target is a source; all other nudges are active."""
    active = {rule for rule, one in CONTRASTIVE_RULES.items() if nudging_amplifiers(one, 10)}
    assert active == {"n-ep", "c-ep", "p-cpl", "n-cpl", "c-cpl"}
    network = random_resistive_network((3, 32, 2), seed=0)
    inputs = np.random.default_rng(0).uniform(size=(2, 3))
    found = {
        rule: resistive_costs(network, CHIP, 0.1, inputs, np.eye(2), one)
        for rule, one in CONTRASTIVE_RULES.items()
    }
    assert {rule: costs.phases for rule, costs in found.items()} == {
        **dict.fromkeys(CONTRASTIVE_RULES, 2.0),
        "c-cpl": 3.0,
    }
    devices = network.devices
    assert found["c-ep"].memories == devices
    assert found["c-cpl"].memories == devices + 2  # o* is held
    assert found["c-cpl"].latency > found["n-cpl"].latency


def test_a_negative_spring_slows_the_outputs() -> None:
    network = random_resistive_network((3, 32, 2), seed=0)
    inputs = np.full((1, 3), 0.5)
    targets = np.zeros((1, 2))
    positive, negative = (
        resistive_costs(network, CHIP, 0.1, inputs, targets, ContrastiveRule("spring", 0.3, signs))
        for signs in ((0, 1), (-1, 0))
    )
    assert negative.settling > positive.settling
