"""Variants of predictive coding: rests on circuits, devices that leak, and the whole experiment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analog_pc.experiments import EXPERIMENTS
from analog_pc.experiments.framework.alignment import load_images
from analog_pc.experiments.framework.collect import collect
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.millidge2020.leaking_devices import FOREVER, Devices, train_on_devices
from analog_pc.experiments.millidge2020.variants import FULL, REST, VARIANTS_EXPERIMENT, Config
from analog_pc.relaxers import Relaxer

IRIS = Path("iris")
TINY = Config(epochs=2, seeds=1, depths=(1,), device_epochs=1, circuit_epochs=1, data=IRIS)


@pytest.fixture(scope="module")
def tiny(relaxers: dict[str, Relaxer]) -> Result:
    columns = ("ideal", "native", "ngspice")
    return collect(VARIANTS_EXPERIMENT, TINY, {column: relaxers[column] for column in columns})


def test_circuits_rest_with_learnt_feedback(tiny: Result) -> None:
    assert tiny.passed
    rests = tiny.columns(REST)
    for column in ("native", "ngspice"):
        np.testing.assert_allclose(rests[column], rests["ideal"], rtol=0.0, atol=1e-6)


def test_every_row_has_a_number(tiny: Result) -> None:
    empty = [row.id for row in tiny.rows if row.ideal is row.native is row.ngspice is row.backprop is None]
    assert empty == []
    ids = {row.id for row in tiny.rows}
    wanted = {
        "error@variant=m-learnt",
        "cos@rule=pc-kp,epoch=2",
        "error@variant=no-slope,gate=1",
        "error@variant=pc,activation=tanh",
        "cos@rule=bp-kp,devices=ecram,spread=0.3,lifetime=1000,epochs=1",
        "cos@rule=pc-kp,devices=ecram,spread=0.3,lifetime=4000,epochs=1",
    }
    assert wanted <= ids


def test_ids_of_the_full_experiment() -> None:
    ids = [claim.id for claim in VARIANTS_EXPERIMENT.claims(FULL)]
    assert {"cos@rule=pc-kp,epoch=40", "cos@rule=kp,depth=2,epoch=5", "error@variant=all,depth=2"} <= set(ids)
    assert len(ids) == len(set(ids))
    assert EXPERIMENTS["variants"] is VARIANTS_EXPERIMENT


def test_the_figure_is_drawn(tiny: Result) -> None:
    assert len(VARIANTS_EXPERIMENT.draw(tiny).axes) == 3


def test_devices_that_leak_bring_feedback_to_the_weights() -> None:
    """Beside the same devices that do not: what differs at the start decays."""
    images = load_images(IRIS, 0)
    found = {
        lifetime: train_on_devices(Devices(0.3, lifetime), images, None, 0, 4) for lifetime in (FOREVER, 20.0)
    }
    for part in found.values():
        assert part["pulses"][0] == 0.0
        assert (np.diff(part["pulses"]) > 0.0).all()
    assert found[20.0]["cosines"][0] == found[FOREVER]["cosines"][0]
    assert found[20.0]["cosines"][-1] > found[FOREVER]["cosines"][-1]


@pytest.mark.slow
def test_digits_as_calculated_independently(relaxers: dict[str, Relaxer]) -> None:
    """Learnt feedback is within 1.5 points and its cosine above 0.9; a fixed M is 10 points worse.

    That a learnt M is within 2 points holds at a learning rate of its own, which the experiment does not give
    it; that tanh without f' is holds from small first weights (`analysis/variants_settings.py`).
    """
    config = Config(epochs=40, seeds=3, depths=(1,), device_epochs=1, circuit_epochs=1)
    result = collect(VARIANTS_EXPERIMENT, config, {"ideal": relaxers["ideal"]})
    rows = {row.id: row for row in result.rows}
    assert [rows[f"holds@{short}"].verdict for short in ("pc-kp", "cos", "m-fixed")] == ["agrees"] * 3
    assert rows["error@variant=m-positive"].ideal < rows["error@variant=m-learnt"].ideal
    assert rows["error@variant=no-slope,gate=1"].ideal > rows["error@variant=pc"].ideal + 0.03
