"""Deep networks of leaky rectifiers: what is run, what is published, what a short run leaves open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analog_pc.experiments import NoCache, Outcome, collect, quantity
from analog_pc.experiments.framework.result import NOT_SHOWN
from analog_pc.experiments.song2024 import depth, images
from analog_pc.experiments.song2024.depth import DEPTH, Config
from analog_pc.experiments.song2024.figures import depth as figure
from analog_pc.relaxers import FixedPrediction, IdealRelaxer

SMALL = Config(grid=((1, (0.005, 0.01)), (3, (0.02,))), per_class=6, epochs=2, width=8)


def test_the_published_numbers_are_those_of_the_reference(published: dict[str, Any]) -> None:
    table = published["depth"]
    rows = dict(zip(table["layers"], zip(table["pc"], table["bp"], strict=True), strict=True))
    assert rows == depth.PUBLISHED
    assert [layers for layers, _ in DEPTH.full.grid] == table["layers"]


def test_networks_are_leaky_rectifiers_of_xavier_normal_weights() -> None:
    one = images.learner(IdealRelaxer(), (400, 300, 10), 0.1, 0, normal=True, activation="leaky_relu")
    assert one.network.activation == "leaky_relu"
    assert not one.network.has_biases
    first = one.network.W[0]  # 120000 numbers: four standard deviations of their mean square
    assert abs(first.var() * 700 / 2 - 1.0) < 4.0 * np.sqrt(2.0 / first.size)


def test_one_layer_is_the_delta_rule_under_both_rules() -> None:
    result = collect(DEPTH, SMALL, {"ideal": IdealRelaxer()})
    rows = {row.label: row for row in result.rows}
    assert rows["mean error, 1 layers"].ideal == rows["mean error, 1 layers"].backprop
    assert rows["mean error, 3 layers"].ideal != rows["mean error, 3 layers"].backprop
    assert 0.0 < (rows["mean error, 1 layers"].ideal or 0.0) < 0.9  # better than guessing
    assert rows[str(images.LOST)].ideal == 0.0


def test_a_short_run_is_not_held_against_deep_networks() -> None:
    result = collect(DEPTH, SMALL, {"ideal": IdealRelaxer()})
    for claimed in (depth.DEEP_WINS, depth.GAP_GROWS):
        row = next(row for row in result.rows if row.quantity == claimed)
        assert (row.ideal, row.verdict) == (None, NOT_SHOWN)
    checked = {c.quantity: c.tolerance for c in DEPTH.claims(DEPTH.full)}
    assert checked[depth.DEEP_WINS] == checked[depth.GAP_GROWS] == 0.0


@pytest.mark.parametrize(("deep", "wins", "grows"), [(0.3, 1.0, 1.0), (0.49, 1.0, 0.0), (0.6, 0.0, 0.0)])
def test_what_deep_networks_would_show(deep: float, wins: float, grows: float) -> None:
    def outcome(shallow: float, deepest: float, spread: float) -> Outcome:
        each = {2: shallow, 15: deepest}
        seeds = spread * np.array([-1.0, 0.0, 1.0])
        means = {figure.MEAN.at(layers=d): error + seeds for d, error in each.items()}
        return Outcome({}, {figure.DEPTHS: np.array([2, 15]), **means})

    found = DEPTH.compare(outcome(0.25, deep, 0.01), outcome(0.3, 0.5, 0.02))
    assert (found[depth.DEEP_WINS], found[depth.GAP_GROWS]) == (wins, grows)


def test_a_training_that_diverges_is_wrong_on_every_image() -> None:
    config = replace(SMALL, grid=((1, (5.0,)),), seeds=1)
    found = depth.run(config, FixedPrediction(), NoCache())
    assert found.values[images.DIVERGED] == 1.0
    assert found.values[quantity(depth.MEAN_ERROR, layers=1)] == 1.0


def test_the_figure_names_the_data() -> None:
    drawn = DEPTH.draw(collect(DEPTH, SMALL, {"ideal": IdealRelaxer()}))
    assert drawn.axes[0].get_title() == "digits"
