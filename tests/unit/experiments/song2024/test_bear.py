"""The bear against the published numbers, on every relaxer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analog_pc.experiments.framework.collect import collect
from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result_cache import NoCache
from analog_pc.experiments.song2024.bear import BEAR, Config, learn, run
from analog_pc.relaxers import Relaxer

RULES = {"ideal": "pc", "native": "pc", "ngspice": "pc", "backprop": "bp"}
# Circuits of ideal parts are off by some 1e-8 a relaxation; the published numbers have four decimals.
DIGITS = 6e-5


@pytest.mark.parametrize("column", RULES)
def test_the_first_update_and_the_lowest_smell(
    relaxers: dict[str, Relaxer], published: dict[str, Any], column: str
) -> None:
    want, rule = published["bear"], RULES[column]
    found = learn(0.2, 2.0, relaxers[column])
    predictions = found["predictions"]
    np.testing.assert_allclose(predictions[1], want["after_one_update"][rule], atol=DIGITS)
    assert abs(predictions[:, 1].min() - want["lowest_smell"]["0.2"][rule]) < DIGITS
    assert abs(found["hidden"][0] - (want["hidden_at_rest"] if rule == "pc" else 1.0)) < DIGITS


@pytest.mark.parametrize(("column", "agreement"), [("native", 1e-7), ("ngspice", 1e-7)])
def test_circuits_learn_as_the_ideal_does(
    relaxers: dict[str, Relaxer], column: str, agreement: float
) -> None:
    """Noise gain (at most 5) / amplifier gain (1e9), over ten updates that do not amplify it."""
    ideal, circuit = (learn(0.2, 2.0, relaxers[c])["predictions"] for c in ("ideal", column))
    np.testing.assert_allclose(circuit, ideal, atol=agreement)


@pytest.mark.parametrize("lr", [0.1, 0.05, 0.005])
def test_the_dip_at_other_learning_rates(
    relaxers: dict[str, Relaxer], published: dict[str, Any], lr: float
) -> None:
    want = published["bear"]["lowest_smell"][f"{lr:g}"]
    dips = {}
    for column, rule in (("ideal", "pc"), ("backprop", "bp")):
        smell = learn(lr, 1.6, relaxers[column])["predictions"][:, 1]
        assert abs(smell.min() - want[rule]) < DIGITS
        dips[rule] = 1.0 - smell.min()
    assert dips["pc"] <= published["bear"]["largest_ratio_of_dips"] * dips["bp"]


def test_the_smells_weight_is_untouched_by_backpropagation_alone(relaxers: dict[str, Relaxer]) -> None:
    assert learn(0.2, 0.2, relaxers["backprop"])["first"][1] == 0.0
    assert abs(learn(0.2, 0.2, relaxers["ideal"])["first"][1] - 0.2 * 2.0 / 9.0) < 1e-9


def test_the_result_agrees_and_its_figure_is_drawn(relaxers: dict[str, Relaxer]) -> None:
    result = collect(BEAR, Config((0.2,), 2.0), {"ideal": relaxers["ideal"]})
    assert result.passed
    assert len(BEAR.draw(result).axes) == 3


def test_every_learning_rate_has_its_part(relaxers: dict[str, Relaxer]) -> None:
    outcome = run(Config((0.2, 0.5), 0.5), relaxers["ideal"], NoCache())
    assert outcome.arrays[quantity("predictions", lr=0.5)].shape == (2, 2)
