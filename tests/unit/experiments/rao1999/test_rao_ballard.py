"""End-stopping on the ideal network and on circuits, and what a result of it shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analog_pc.experiments import collect
from analog_pc.experiments.framework.collect import DEVIATION
from analog_pc.experiments.framework.result import DIFFERS
from analog_pc.experiments.rao1999.end_stopping import (
    curves,
    end_stopping,
    long_over_peak,
    response,
    zeroed_curves,
)
from analog_pc.experiments.rao1999.hierarchy import MIDDLE, Hierarchy, Training, trained
from analog_pc.experiments.rao1999.photographs import bars
from analog_pc.experiments.rao1999.rao_ballard import FADED, HIGH, RAO_BALLARD, Config
from analog_pc.relaxers import CircuitRelaxer, IdealRelaxer, Relaxer
from analog_pc.technology import technology

# Circuits of ideal parts: noise gain (some 10) / amplifier gain (1e9), of activities up to 3.
PARTS = 1e-6
LIVELY = Training(alone=20, together=20, batch=30)


@pytest.fixture(scope="module")
def model() -> Hierarchy:
    return trained(8, LIVELY, seed=0)


def test_the_network_at_rest_is_the_closed_form(model: Hierarchy) -> None:
    images = bars()[1]
    found = curves(model, IdealRelaxer())
    for k, feedback in (("on", True), ("cut", False)):
        wanted = np.abs(model.errors(images, feedback)[:, MIDDLE])
        np.testing.assert_allclose(found[k], wanted, atol=1e-9)


@pytest.mark.parametrize("column", ["native", "ngspice"])
def test_one_circuit_shows_both_curves(model: Hierarchy, relaxers: dict[str, Relaxer], column: str) -> None:
    """Pixels in the basis of the features; the switch between the levels is one clamp."""
    found = curves(model, relaxers[column], compressed=True)
    for k, feedback in (("on", True), ("cut", False)):
        wanted = np.abs(model.errors(bars()[1], feedback)[:, MIDDLE])
        np.testing.assert_allclose(found[k], wanted, atol=PARTS)


def test_prediction_errors_fire_first_and_fall_when_level_2_settles(relaxers: dict[str, Relaxer]) -> None:
    """The spline through steps of 1/1500 of 6 units, at rates up to 43: (1/384) (0.004 43)^4 < 1e-5."""
    times = 6.0 * np.linspace(0.0, 1.0, 13) ** 2
    small = trained(8, LIVELY, seed=0)
    ideal = response(small, IdealRelaxer(), times)
    assert ideal[0] == 0.0
    assert ideal.max() > 1.2 * ideal[-1]
    np.testing.assert_allclose(response(small, relaxers["native"], times), ideal, atol=2e-5)


def test_measures_of_a_known_curve() -> None:
    rising = np.linspace(0.1, 1.0, len(bars()[0]))
    fading = np.concatenate([rising[:6], np.full(len(rising) - 6, 0.2)])
    eps = np.stack([rising] * 24 + [fading] * 8, axis=1)
    driven = np.repeat([1.0, 2.0], [24, 8])
    assert end_stopping(eps, driven) == pytest.approx(1.0 - 0.2 / rising[5])
    assert long_over_peak(eps[:, :24]) == 1.0


def test_a_bottleneck_end_stops_and_cutting_feedback_ends_it() -> None:
    """One training at full length, in closed form: what circuits agree with."""
    chosen = trained(32, Training(), seed=0)
    images = bars()[1]
    on, cut = (np.abs(chosen.errors(images, feedback)[:, MIDDLE]) for feedback in (True, False))
    assert long_over_peak(on) < FADED
    assert long_over_peak(cut) > HIGH
    assert 8 <= bars()[0][on.mean(axis=1).argmax()] <= 16
    assert end_stopping(on, cut[-1]) > 0.5
    assert end_stopping(cut, cut[-1]) < 0.12


def test_a_small_result_is_drawn(relaxers: dict[str, Relaxer]) -> None:
    config = Config(seeds=1, units=8, others=(4, 12), training=LIVELY)
    result = collect(RAO_BALLARD, config, {"ideal": relaxers["ideal"]})
    assert len({row.id for row in result.rows}) == len(result.rows)
    assert {"long-over-peak@feedback", "long-over-peak@no-feedback", "explained"} <= {
        r.id for r in result.rows
    }
    assert all(row.published is None for row in result.rows)
    assert len(RAO_BALLARD.draw(result).axes) == 4


def test_a_result_says_the_index_of_every_training_and_how_settings_were_found(
    relaxers: dict[str, Relaxer],
) -> None:
    config = Config(seeds=2, units=8, others=(12,), training=LIVELY)
    result = collect(RAO_BALLARD, config, {"ideal": relaxers["ideal"]})
    rows: dict[str, Any] = {row.id: row.ideal for row in result.rows}
    each = [rows[f"index@feedback,seed={seed}"] for seed in range(2)]
    assert rows["index@feedback"] == pytest.approx(np.mean(each))
    cut = [rows[f"index@no-feedback,seed={seed}"] for seed in range(2)]
    reached = [a > 0.5 and b < 0.12 for a, b in zip(each, cut, strict=True)]
    assert rows["index-trainings"] == np.mean(reached)
    said = next(note for note in result.notes if note.startswith("Index with feedback of seeds 0 to 1"))
    assert f"{each[0]:.2f}, {each[1]:.2f}" in said
    assert ("not reached by seed" in said) != all(reached)
    assert any("seeds 0 to 3" in note and "rao_ballard_seeds.json" in note for note in result.notes)


def test_the_published_decay_divides_the_product_of_level_2_alone() -> None:
    """One batch of both levels: U learns the same, the product of U_h is a tenth."""
    zero = Training(alone=1, together=1, batch=30, decay=1e-12)
    start, published, own = (
        trained(8, t, seed=0) for t in (replace(zero, rate=1e-12), replace(zero, variance=10.0), zero)
    )
    np.testing.assert_array_equal(published.features, own.features)
    learned = own.context - start.context
    np.testing.assert_allclose(published.context - start.context, learned / 10.0, atol=1e-9)


@pytest.mark.slow
def test_the_acceptance_holds_on_three_trainings_and_all_columns() -> None:
    config = RAO_BALLARD.reduced
    columns = RAO_BALLARD.circuits(technology("ideal"), RAO_BALLARD.columns)
    result = collect(RAO_BALLARD, config, columns)
    assert [row for row in result.rows if row.verdict == DIFFERS] == []
    rows: dict[str, Any] = {row.id: row for row in result.rows}
    for column in RAO_BALLARD.columns:
        assert getattr(rows["long-over-peak@feedback"], column) < FADED
        assert getattr(rows["long-over-peak@no-feedback"], column) > HIGH
        assert getattr(rows["index@feedback"], column) > 0.5
        assert getattr(rows["index@no-feedback"], column) < 0.12
        assert 8.0 <= getattr(rows["peak-length@feedback"], column) <= 16.0
    assert rows["explained"].ideal > 0.8
    assert rows["end-stopped-trainings"].ideal == 1.0
    assert rows["long-over-peak@units=128"].native > FADED  # too many units: nothing is end-stopped
    assert len([row for row in result.rows if row.quantity.name == DEVIATION]) == 2


def test_offsets_cancel_in_the_difference_to_a_blank_screen(
    model: Hierarchy, relaxers: dict[str, Relaxer]
) -> None:
    """The circuit is linear: offsets add the same to every reading of a switch position."""
    native = relaxers["native"]
    assert isinstance(native, CircuitRelaxer)
    offset_alone = replace(native.technology, opamp_offset=3e-3)
    found = zeroed_curves(model, CircuitRelaxer(native.simulator, offset_alone), compressed=True)
    wanted = np.abs(model.errors(bars()[1])[:, MIDDLE])
    assert np.abs(found["on"] - wanted).max() > 0.01
    np.testing.assert_allclose(found["on-zeroed"], wanted, atol=PARTS)
