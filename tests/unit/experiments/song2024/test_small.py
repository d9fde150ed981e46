"""Energy machine, fear, reversal and motor against the published numbers, on every relaxer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analog_pc.experiments.song2024 import energy_machine, fear, motor, reversal
from analog_pc.relaxers import Relaxer

RULES = {"ideal": "pc", "native": "pc", "ngspice": "pc", "backprop": "bp"}
CIRCUITS = {"native": 1e-4, "ngspice": 1e-3}


@pytest.mark.parametrize("column", RULES)
def test_outputs_of_the_energy_machine(
    relaxers: dict[str, Relaxer], published: dict[str, Any], column: str
) -> None:
    want, rule = published["energy_machine"], RULES[column]
    outputs = energy_machine.learn(want["rates"][rule], 8, relaxers[column])["outputs"]
    np.testing.assert_allclose(outputs[1:5], want["outputs"][rule], atol=6e-5)
    overshoot = np.abs(outputs[1:, 1] - 1.0).max()
    assert abs(overshoot - want["largest_overshoot"][rule]) < 5e-4


def test_the_closed_form_of_the_energy_machine(relaxers: dict[str, Relaxer]) -> None:
    w, gains = np.zeros(2), np.array(energy_machine.GAINS)
    found = energy_machine.learn(0.5, 5, relaxers["ideal"])
    for k in range(5):
        h = (w + gains) / (1.0 + gains**2)
        np.testing.assert_allclose(found["hidden"][k], h, atol=1e-9)
        w = w + 0.5 * (h - w)
        np.testing.assert_allclose(found["outputs"][k + 1], gains * w, atol=1e-9)


def test_small_steps_of_predictive_coding_go_straighter(relaxers: dict[str, Relaxer]) -> None:
    ways = [energy_machine.detour(energy_machine.learn(lr, 60, relaxers[c])["outputs"])
            for c, lr in (("ideal", 0.05), ("backprop", 0.015))]  # fmt: skip
    assert 1.0 <= ways[0] < ways[1]


@pytest.mark.parametrize("column", ["ideal", "backprop"])
def test_fear_of_the_animals(relaxers: dict[str, Relaxer], published: dict[str, Any], column: str) -> None:
    """Eight rats as published, but other ones: 3 sqrt(2 / 8) times the spread of a rat, and half a digit."""
    want, rule = published["fear"], RULES[column]
    rats = [fear.rat(fear.Config(), seed, relaxers[column]) for seed in range(8)]
    mean = np.mean([[rat[group][-1] for group in want["groups"]] for rat in rats], axis=0)
    fitted, squared = fear.fit_to_animals(mean)
    spreads = (fear.PC_FIT if rule == "pc" else fear.BP_FIT).values()
    for got, value, (_, spread) in zip(
        (*fitted, squared), (*want["fitted"][rule], want["squared"][rule]), spreads, strict=True
    ):
        assert abs(got - value) < 0.15 + 1.5 * spread


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rates", [(0.001, 0.001, 1.0), (0.1, 0.1, 0.1), (1.0, 0.01, 0.5)])
def test_backpropagation_cannot_revalue_what_is_absent(
    relaxers: dict[str, Relaxer], seed: int, rates: tuple[float, float, float]
) -> None:
    part = fear.rat(fear.Config(*rates, trials=8), seed, relaxers["backprop"])
    assert part["LN+,L-"][-1] == part["LN+"][-1]
    part = fear.rat(fear.Config(trials=8), seed, relaxers["ideal"])
    assert part["LN+,L-"][-1] > part["LN+"][-1] + 0.01


@pytest.mark.parametrize(("column", "agreement"), CIRCUITS.items())
def test_fear_on_circuits(relaxers: dict[str, Relaxer], column: str, agreement: float) -> None:
    config = fear.Config(trials=8)
    ideal, circuit = (fear.rat(config, 0, relaxers[c]) for c in ("ideal", column))
    for group in fear.GROUPS:
        np.testing.assert_allclose(circuit[group], ideal[group], atol=agreement)


@pytest.mark.parametrize("column", RULES)
def test_the_demonstration_of_reversal(
    relaxers: dict[str, Relaxer], published: dict[str, Any], column: str
) -> None:
    want, rule = published["reversal"], RULES[column]
    found = reversal.demonstration(reversal.Config(), relaxers[column])
    np.testing.assert_allclose(found["weights"][want["after"], 0], want["belief"][rule], atol=6e-4)
    np.testing.assert_allclose(found["weights"][want["after"], 1], want["punished"][rule], atol=6e-4)
    np.testing.assert_array_equal(found["weights"][:, 2], -1.0)  # the other arm was never clamped
    if rule == "pc":
        assert found["values"][-1, 1] > 0.6


@pytest.mark.parametrize(("column", "agreement"), CIRCUITS.items())
def test_the_task_of_reversal_on_circuits(
    relaxers: dict[str, Relaxer], column: str, agreement: float
) -> None:
    config = reversal.Config(trials=40, analysed=0)
    ideal, circuit = (reversal.task(config, 1, relaxers[c]) for c in ("ideal", column))
    np.testing.assert_allclose(circuit["next"], ideal["next"], atol=agreement)
    np.testing.assert_array_equal(circuit["stays"], ideal["stays"])


def test_punishment_changes_the_value_of_the_next_choice(
    relaxers: dict[str, Relaxer], published: dict[str, Any]
) -> None:
    """Means over 12 runs, within three standard deviations of such a mean and of the published one of 200."""
    config = reversal.Config(seeds=12)
    for column, spreads in (("ideal", reversal.PC_CHANGES), ("backprop", reversal.BP_CHANGES)):
        runs = [reversal.task(config, seed, relaxers[column]) for seed in range(config.seeds)]
        step = np.concatenate([r["next"] - r["punished"] for r in runs])
        stays = np.concatenate([r["stays"] for r in runs])
        for what, chosen in (("stay", stays), ("switch", ~stays)):
            want = published["reversal"]["changes"][RULES[column]][what]
            spread = spreads[what][1] * np.sqrt(1 / 12 + 1 / 200)
            assert abs(step[chosen].mean() - want) < 3.0 * spread


def test_motor_learning_by_backpropagation(relaxers: dict[str, Relaxer], published: dict[str, Any]) -> None:
    adaptation = motor.person(motor.Config(), 0, relaxers["backprop"])["adaptation"]
    np.testing.assert_allclose(adaptation / adaptation[0], published["motor"]["ratios"]["bp"], atol=0.01)


@pytest.mark.slow
def test_motor_learning_by_predictive_coding(relaxers: dict[str, Relaxer], published: dict[str, Any]) -> None:
    """48 people against the published 24: three standard deviations of the difference of such means."""
    people = [motor.person(motor.Config(), seed, relaxers["ideal"])["adaptation"] for seed in range(48)]
    mean = np.mean(people, axis=0)
    for k, probe in enumerate(motor.PROBES):
        spread = motor.PC_RATIOS[probe][1] * np.sqrt(1.0 + 24 / 48)
        assert abs(mean[k] / mean[0] - published["motor"]["ratios"]["pc"][k]) < 3.0 * spread + 1e-9
    # The absent cue adapts, which it does not under backpropagation: three spreads of a mean of 48 above 0.
    # That it adapts *less* than the cue itself is not for 48 people to show: 0.91 of 400, spread 0.06.
    assert mean[1] / mean[0] > 3.0 * motor.PC_RATIOS["2+"][1] * np.sqrt(24 / 48)


@pytest.mark.parametrize(("column", "agreement"), CIRCUITS.items())
def test_motor_learning_on_circuits(relaxers: dict[str, Relaxer], column: str, agreement: float) -> None:
    config = motor.Config(training=1, testing=1)
    ideal, circuit = (motor.person(config, 0, relaxers[c])["adaptation"] for c in ("ideal", column))
    np.testing.assert_allclose(circuit, ideal, atol=agreement * np.abs(ideal).max())


def test_the_sequence_of_motor_trials() -> None:
    codes = motor.training(np.random.default_rng(0), 1)
    assert codes.count("1+") == codes.count("2-") == 17
    assert set(codes[:2]) == {"10", "20"}
    triplets = [codes[k - 1 : k + 2] for k in range(36, len(codes)) if codes[k][1] != "0"]
    assert sorted(t[1] for t in triplets) == ["1+", "2-"]
    assert all(t[0] == t[2] == "10" for t in triplets)
