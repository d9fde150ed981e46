"""The bear at the river: what one update does to the smell when the ears are injured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analog_pc.pcn import PredictiveCodingNetwork, backprop_update, hebbian_update, relax

BEAR = json.loads((Path(__file__).parents[3] / "reference_data" / "bear.json").read_text())
NET = PredictiveCodingNetwork(BEAR["weights"], activation=BEAR["activation"])
X, T = [BEAR["input"]], [BEAR["target"]]
LR = BEAR["learning_rate"]


def test_rest() -> None:
    rest = relax(NET, X, T)
    # Exact thirds: only the tolerance 1e-12 over the Hessian 3, and rounding.
    np.testing.assert_allclose(rest.activities[1], [[BEAR["hidden_at_rest"]]], rtol=1e-12)
    np.testing.assert_allclose(rest.eps[1], [[BEAR["eps_hidden"]]], rtol=1e-12)
    np.testing.assert_allclose(rest.eps[2], [BEAR["eps_output"]], rtol=1e-12)


@pytest.mark.parametrize("rule", ["pc", "bp"])
def test_prediction_after_one_update(rule: str) -> None:
    update = hebbian_update(NET, relax(NET, X, T), LR) if rule == "pc" else backprop_update(NET, X, T, LR)
    weights = [w + dw for w, dw in zip(NET.W, update.weights, strict=True)]
    after = NET.with_parameters(weights, NET.b)
    # The reference is printed to four decimals.
    np.testing.assert_allclose(
        relax(after, X).output[0], BEAR["prediction_after_one_update"][rule], atol=5e-5
    )


def test_the_smell_path_learns_only_by_predictive_coding() -> None:
    pc, bp = hebbian_update(NET, relax(NET, X, T), LR), backprop_update(NET, X, T, LR)
    assert bp.weights[1][1, 0] == 0.0
    np.testing.assert_allclose(pc.weights[1][1, 0], LR * 2.0 / 9.0, rtol=1e-12)
