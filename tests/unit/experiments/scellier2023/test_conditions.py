"""How learning rates are chosen in the comparison on the same hardware."""

from __future__ import annotations

import pytest

from analog_pc.experiments.scellier2023.conditions import Config, at_end
from analog_pc.experiments.scellier2023.contenders import EXACT, IDEAL, Choice, Condition


@pytest.mark.parametrize(("rule", "resistive"), [("c-ep", True), ("pc", False)])
def test_a_choice_is_at_an_end_of_a_grid_of_several_rates_alone(rule: str, resistive: bool) -> None:
    condition = Condition(rule, IDEAL, EXACT)
    assert condition.resistive is resistive

    def ends(rates: tuple[float, ...]) -> list[bool]:
        other = (7.0, 8.0)  # of the other kind of networks: must not matter
        config = Config(
            resistive_rates=rates if resistive else other, layered_rates=other if resistive else rates
        )
        return [at_end(config, condition, Choice(rate, 4.0)) for rate in rates]

    assert ends((0.1, 0.2, 0.4)) == [True, False, True]
    assert ends((0.1, 0.2)) == [True, True]
    assert ends((0.1,)) == [False]
    assert ends((0.1, 0.1)) == [False, False]
