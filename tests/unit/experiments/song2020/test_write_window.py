"""The write window: closed forms of the bear, derived dips, and the two limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.experiments.framework.collect import collect
from analog_pc.experiments.framework.moments import state_after
from analog_pc.experiments.framework.result import DIFFERS
from analog_pc.experiments.song2020.angles import power, powers
from analog_pc.experiments.song2020.write_window import (
    DERIVED_DIPS,
    DIP_TOLERANCE,
    WRITE_WINDOW,
    Config,
    learn,
    worst_dip,
)
from analog_pc.experiments.song2024.bear import INPUT, TARGET, bear_network
from analog_pc.relaxers import Relaxer
from analog_pc.technology import technology

# Steps of the transients are precise to 1e-8 and 1e-5 of the full scale (tests/conformance/cases/case.py).
PRECISE = {"ideal": 1e-10, "native": 1e-7, "ngspice": 1e-4}
SHORT = replace(WRITE_WINDOW.reduced, updates=8)


@pytest.mark.parametrize("column", PRECISE)
@pytest.mark.parametrize("delay", [0.0, 0.1, 1.0])
def test_the_bears_first_trial_has_a_closed_form(
    relaxers: dict[str, Relaxer], column: str, delay: float
) -> None:
    """h = 2/3 + e^(-3 t) / 3; eps_hidden = h - 1, eps_out = (-h, 1 - h)."""
    state = state_after(bear_network(), relaxers[column], delay, INPUT, TARGET)
    h = 2.0 / 3.0 + np.exp(-3.0 * delay) / 3.0
    assert abs(state.eps[1][0, 0] - (h - 1.0)) < PRECISE[column]
    np.testing.assert_allclose(state.eps[2][0], [-h, 1.0 - h], atol=PRECISE[column])
    assert not state.relaxation.all_converged


def test_backpropagation_has_no_moments(relaxers: dict[str, Relaxer]) -> None:
    with pytest.raises(BadInput, match="has no transient: use the ideal network or a circuit"):
        state_after(bear_network(), relaxers["backprop"], 0.1, INPUT, TARGET)


@pytest.mark.parametrize("delay", [0.01, 0.3, 3.0])
def test_dips_are_those_of_the_independent_calculation(relaxers: dict[str, Relaxer], delay: float) -> None:
    for expected, scaled in zip(DERIVED_DIPS[delay], (True, False), strict=True):
        found = worst_dip(learn(SHORT, relaxers["ideal"], delay, scaled)["expectations"])
        assert abs(found - expected) < DIP_TOLERANCE


def test_a_native_circuit_dips_as_the_equation(relaxers: dict[str, Relaxer]) -> None:
    short = replace(SHORT, updates=3)
    ideal, native = (learn(short, relaxers[c], 0.3, True)["expectations"] for c in ("ideal", "native"))
    np.testing.assert_allclose(native, ideal, atol=1e-6)


def test_each_layer_down_costs_a_power_of_t(relaxers: dict[str, Relaxer]) -> None:
    found = powers(SHORT.powers, relaxers["ideal"])
    slopes = [found[power(layer)] for layer in (1, 2, 3)]
    np.testing.assert_allclose(slopes, [2.0, 1.0, 0.0], atol=0.05)


def test_the_result_agrees_and_is_drawn_and_played(relaxers: dict[str, Relaxer]) -> None:
    config = Config(delays=(0.1, 1.0), windows=(0.1,), updates=24, frames=1, networks=0)
    result = collect(WRITE_WINDOW, config, {"ideal": relaxers["ideal"]})
    assert [row.id for row in result.rows if row.verdict == DIFFERS] == []
    assert len(WRITE_WINDOW.draw(result).axes) == 3
    assert "data:image/png;base64" in WRITE_WINDOW.player(result)


@pytest.mark.slow
def test_every_verdict_holds() -> None:
    config = replace(WRITE_WINDOW.reduced, frames=2, networks=2, chips=0, delays=(0.01, 0.3, 10.0))
    made = WRITE_WINDOW.circuits(technology("ideal"), WRITE_WINDOW.columns)
    result = collect(WRITE_WINDOW, config, made)
    assert [row.id for row in result.rows if row.verdict == DIFFERS] == []
