"""Residuals and their full scales."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.compiler import compile_network
from analog_pc.errors import BadInput
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, hebbian_update, random_network, relax
from analog_pc.technology import IDEAL
from analog_pc.verification import Comparison, compare, full_scales
from analog_pc.verification.tolerances import ACCEPTANCE

RNG = np.random.default_rng(0)
NET = random_network((4, 3, 2), "tanh", seed=0, precision=[2.0, 0.5])
X, T = RNG.normal(size=(5, 4)), 3.0 * RNG.normal(size=(5, 2))
LEARN, PREDICT = compile_network(NET, IDEAL, X, T), compile_network(NET, IDEAL, X)
IDEAL_LEARN, IDEAL_PREDICT = relax(NET, X, T), relax(NET, X)


def peak(layers: tuple[np.ndarray, ...]) -> float:
    return max(float(np.abs(a).max()) for a in layers if a.size)


def by_name(found: tuple[Comparison, ...]) -> dict[str, Comparison]:
    return {c.quantity: c for c in found}


def test_full_scales_of_learning_are_the_largest_values() -> None:
    scales = full_scales(IDEAL_LEARN, LEARN)
    assert scales == {
        "x": peak(IDEAL_LEARN.activities),
        "mu": peak(IDEAL_LEARN.predictions),
        "eps": peak(IDEAL_LEARN.eps),
        "energy": IDEAL_LEARN.energy.max(),
        "dW": peak(hebbian_update(NET, IDEAL_LEARN).weights),
    }
    assert len(set(scales.values())) > 3


def test_full_scales_of_predicting_are_those_of_errors_as_large_as_activities() -> None:
    scales, x = full_scales(IDEAL_PREDICT, PREDICT), peak(IDEAL_PREDICT.activities)
    assert peak(IDEAL_PREDICT.eps) < 1e-10 * x  # nothing to divide by
    assert scales["eps"] == scales["x"] == x
    assert scales["energy"] == pytest.approx(0.5 * 2.0 * x**2, rel=1e-15)  # the larger precision
    assert scales["dW"] == pytest.approx(2.0 * x * peak(IDEAL_PREDICT.rates), rel=1e-15)


@pytest.mark.parametrize(("targets", "energy"), [(None, 0.5), (np.zeros((1, 2)), 1.0)])
def test_nothing_at_all_has_a_scale(targets: np.ndarray | None, energy: float) -> None:
    net, zeros = PredictiveCodingNetwork([np.zeros((2, 2))], activation="identity"), np.zeros((1, 2))
    found, rest = compile_network(net, IDEAL, zeros, targets), relax(net, zeros, targets)
    # Predicting, the energy of an error of 1 is one half.
    assert full_scales(rest, found) == {"x": 1.0, "mu": 1.0, "eps": 1.0, "energy": energy, "dW": 1.0}
    assert all(c.residual == 0.0 for c in compare(rest, rest, found))


def moved(rest: Equilibrium, **layers: tuple[np.ndarray, ...]) -> Equilibrium:
    return replace(rest, **layers)


@pytest.mark.parametrize(("quantity", "field"), [("x", "activities"), ("mu", "predictions"), ("eps", "eps")])
def test_residual_is_the_largest_distance_anywhere_over_full_scale(quantity: str, field: str) -> None:
    layers = [a.copy() for a in getattr(IDEAL_LEARN, field)]
    layers[1][3, 2] -= 0.01
    layers[2][0, 1] += 0.02  # the larger one
    found = by_name(compare(IDEAL_LEARN, moved(IDEAL_LEARN, **{field: tuple(layers)}), LEARN))
    expected = 0.02 / peak(getattr(IDEAL_LEARN, field))
    assert found[quantity].residual == pytest.approx(expected, rel=1e-12)  # a difference, rounded
    assert not found[quantity].passed
    others = {"x", "mu", "eps", "energy"} - {quantity}
    assert all(found[q].residual == 0.0 and found[q].passed for q in others)
    # Changed errors change the update; activities and predictions alone do not, rates are other nodes.
    assert (found["dW"].residual > 0.0) == (quantity == "eps")


def test_residuals_of_energy_and_update() -> None:
    energy = IDEAL_LEARN.energy + np.array([0.0, 0.0, -0.1, 0.0, 0.0])
    rates = (IDEAL_LEARN.rates[0] * 1.001, *IDEAL_LEARN.rates[1:])
    found = by_name(compare(IDEAL_LEARN, replace(IDEAL_LEARN, energy=energy, rates=rates), LEARN))
    assert found["energy"].residual == pytest.approx(0.1 / IDEAL_LEARN.energy.max(), rel=1e-12)
    update = hebbian_update(NET, IDEAL_LEARN).weights
    expected = 0.001 * np.abs(update[0]).max() / peak(update)
    assert found["dW"].residual == pytest.approx(expected, rel=1e-9)


def test_the_verdict_is_capped_by_the_acceptance() -> None:
    poor = compile_network(NET, replace(IDEAL, opamp_gain=1e3), X, T)
    for c in compare(IDEAL_LEARN, IDEAL_LEARN, poor):
        assert c.tolerance == ACCEPTANCE[c.quantity]
    for c in compare(IDEAL_LEARN, IDEAL_LEARN, LEARN):
        assert 0.0 < c.tolerance < ACCEPTANCE[c.quantity]  # a gain of 1e9 permits less


def test_nan_never_passes() -> None:
    assert not Comparison("x", float("nan"), 1.0, 1.0).passed


def test_what_is_no_equilibrium_and_no_circuit_is_refused() -> None:
    for wrong in ((None, IDEAL_LEARN, LEARN), (IDEAL_LEARN, None, LEARN), (IDEAL_LEARN, IDEAL_LEARN, None)):
        with pytest.raises(BadInput, match=r"compare needs a .*, got a NoneType"):
            compare(*wrong)  # type: ignore[arg-type, unused-ignore]
