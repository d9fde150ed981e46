"""Concept drift: what drifts, what is known before, and what a short run leaves open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analog_pc.experiments import NoCache, Outcome, Result, collect
from analog_pc.experiments.framework.adam import Adam
from analog_pc.experiments.framework.result import NOT_SHOWN
from analog_pc.experiments.song2024 import concept_drift
from analog_pc.experiments.song2024.concept_drift import CONCEPT_DRIFT, Config, knowledge, late, permuted
from analog_pc.experiments.song2024.figures import concept_drift as figure
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.relaxers import FixedPrediction, IdealRelaxer

SMALL = Config(rates=(0.02, 0.05), per_class=6, interval=3, epochs=7, learned=300)


@pytest.fixture(scope="module")
def small() -> Result:
    return collect(CONCEPT_DRIFT, SMALL, {"ideal": IdealRelaxer()})


def test_the_published_numbers_are_those_of_the_reference(published: dict[str, Any]) -> None:
    table = published["concept_drift"]
    rows = dict(zip(table["rates"], zip(table["pc"], table["bp"], strict=True), strict=True))
    assert rows == concept_drift.PUBLISHED
    assert set(CONCEPT_DRIFT.full.rates) == set(table["rates"])
    assert (table["late"]["pc"], table["late"]["bp"]) == concept_drift.LATE


def test_the_first_classes_keep_their_labels() -> None:
    rng = np.random.default_rng(0)
    drawn = [permuted(10, rng) for _ in range(40)]
    for labels in drawn:
        np.testing.assert_array_equal(labels[:5], np.arange(5))
        np.testing.assert_array_equal(np.sort(labels), np.arange(10))
    assert len({tuple(labels) for labels in drawn}) > 20  # of 120


def test_adam_on_one_weight() -> None:
    """A first step is the rate, whatever the slope; further ones as its equations say."""
    adam, w, mean, square = Adam(0.1), 1.0, 0.0, 0.0
    net = PredictiveCodingNetwork([[[w]]])
    for t, d in enumerate((3.0, -1.0, 0.5), 1):
        net = adam.updated(net, [np.array([[d]])])
        mean, square = 0.9 * mean + 0.1 * d, 0.999 * square + 0.001 * d * d
        w += 0.1 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
        assert net.W[0][0, 0] == pytest.approx(w, rel=1e-12)
        if t == 1:
            assert w == pytest.approx(1.1, abs=1e-8)


def test_what_is_known_before_is_learned_and_of_the_seed() -> None:
    known, again, longer = (knowledge(replace(SMALL, learned=n), 0) for n in (100, 100, 1000))
    np.testing.assert_array_equal(known["W1"], again["W1"])
    assert longer["error"] < known["error"]
    assert longer["error"] < 0.1


def test_every_rule_starts_from_the_same_knowledge(small: Result) -> None:
    row = next(row for row in small.rows if row.quantity == concept_drift.BEFORE)
    assert row.ideal == row.backprop
    assert small.data["ideal"][figure.CURVE.at(lr=0.02)].shape == (7,)
    np.testing.assert_array_equal(small.data["ideal"][figure.DRIFTS], [0, 3, 6])


def test_a_drift_is_felt_and_learning_answers() -> None:
    """One drift in 120 changes nothing (none of this seed's); errors fall again until the next one."""
    config = replace(SMALL, rates=(0.005,), per_class=60, interval=12, epochs=36, learned=1000, seeds=1)
    found = concept_drift.run(config, FixedPrediction(), NoCache())
    curve = found.arrays[figure.CURVE.at(lr=0.005)].reshape(3, 12)
    assert (curve[:, 0] > curve[:, -1]).all()
    assert curve[0, 0] > found.values[concept_drift.BEFORE]


def test_errors_late_in_a_run() -> None:
    config = Config(interval=2, epochs=8)
    assert late(config, np.arange(16.0).reshape(2, 8)) == np.mean([5, 7, 13, 15])


def test_a_short_run_is_measured_and_not_checked(small: Result) -> None:
    row = next(row for row in small.rows if row.quantity == concept_drift.FOLLOWS)
    assert row.ideal in (0.0, 1.0)
    assert row.verdict == NOT_SHOWN
    claims = {c.quantity: c.tolerance for c in CONCEPT_DRIFT.claims(CONCEPT_DRIFT.full)}
    assert claims[concept_drift.FOLLOWS] == 0.0


@pytest.mark.parametrize(("gap", "follows"), [(0.06, 1.0), (0.04, 0.0), (-0.1, 0.0)])
def test_ahead_by_five_points(gap: float, follows: float) -> None:
    def outcome(error: float, spread: float) -> Outcome:
        means = error + spread * np.array([-1.0, 0.0, 1.0])
        rates = np.array([0.01])
        of_rate = figure.MEAN.at(lr=0.01)
        return Outcome({}, {figure.RATES: rates, of_rate: means, concept_drift.BEST_MEAN: means})

    found = CONCEPT_DRIFT.compare(outcome(0.3, 0.01), outcome(0.3 + gap, 0.02))
    assert found[concept_drift.FOLLOWS] == follows
    assert found[concept_drift.BEST_GAP] == pytest.approx(gap)
    assert 0.0 < found[concept_drift.BEST_P] < 1.0


def test_the_figure_names_the_data(small: Result) -> None:
    assert CONCEPT_DRIFT.draw(small).axes[0].get_title().startswith("digits, lr ")
