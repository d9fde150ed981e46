"""Trainings with errors and cosines along the way, on iris: seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analog_pc.experiments.framework.alignment import (
    COS,
    Case,
    arrays_with_feedback,
    case_claims,
    cosine_of,
    error_of,
    fixed_prediction,
    load_images,
    seeded,
    summary,
    told_epochs,
    train_case,
)
from analog_pc.mapping import decode
from analog_pc.pcn import random_network
from analog_pc.pcn.feedback import random_feedback
from analog_pc.technology import technology

IRIS = Path("iris")


@pytest.mark.parametrize("rule", ["bp", "fa", "kp", "pc", "pc-fa", "pc-kp:mixing=learnt"])
def test_a_training(rule: str) -> None:
    found = train_case(Case(rule), load_images(IRIS, 0), 0, 3)
    assert found["errors"].shape == (3,)
    assert found["cosines"].shape == (4,)
    assert not found["diverged"]
    assert np.isfinite(found["margin"]) == rule.startswith("pc")
    if rule in ("bp", "pc"):
        np.testing.assert_allclose(found["cosines"], 1.0, rtol=1e-12)
    else:
        assert abs(found["cosines"][0]) < 5.0 / np.sqrt(32 * 3)  # five standard deviations of a random one
        assert found["cosines"][-1] > found["cosines"][0]


def test_a_training_that_diverges_is_wrong_on_everything_from_there_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(train_case.__globals__["LR"], "sigmoid", 1e300)
    found = train_case(Case("fa"), load_images(IRIS, 0), 0, 3)
    assert found["diverged"]
    assert (found["errors"] == 1.0).any()
    assert np.isfinite(found["cosines"]).all()


def test_seeds_reach_the_rules_that_are_random() -> None:
    assert seeded("pc", 3) == "pc"
    assert seeded("fa", 3) == "fa:seed=3"
    assert seeded("pc-kp:gate=1", 3) == "pc-kp:gate=1,seed=3"
    assert [fixed_prediction(Case(rule)) for rule in ("bp", "fa:scale=2", "kp", "pc", "pc-fa")] == [
        *(True,) * 3,
        *(False,) * 2,
    ]


def test_a_summary_is_the_mean_over_seeds() -> None:
    case = Case("pc-fa")
    parts = [
        {"errors": np.array([0.4, 0.2]), "cosines": np.array([0.0, 0.1, 0.3])},
        {"errors": np.array([0.6, 0.4]), "cosines": np.array([0.0, 0.3, 0.5])},
    ]
    values, arrays = summary([case], [parts])
    assert values[error_of(case)] == pytest.approx(0.3)
    assert [values[cosine_of(case, k)] for k in (1, 2)] == pytest.approx([0.2, 0.4])
    assert all(array.shape[0] == 2 for array in arrays.values())
    assert told_epochs(40) == (1, 5, 40)
    assert told_epochs(2) == (1, 2)
    ids = [claim.id for claim in case_claims(case, 2, "rule=pc-fa", aligned=True)]
    assert ids == ["error@rule=pc-fa", "cos@rule=pc-fa,epoch=1", "cos@rule=pc-fa,epoch=2"]
    assert str(cosine_of(case, 2)).startswith(COS)


def test_arrays_hold_the_weights_one_way_and_the_feedback_the_other() -> None:
    network = random_network((4, 5, 3), seed=1)
    feedback = random_feedback(network, seed=2)
    held = arrays_with_feedback(network, feedback, technology("ideal"))
    for k in range(2):
        np.testing.assert_allclose(decode(held.forward[k])[:, : network.sizes[k]], network.W[k], atol=1e-12)
        np.testing.assert_allclose(decode(held.transposed[k]).T, feedback[k], atol=1e-12)
