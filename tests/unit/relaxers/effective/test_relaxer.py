"""The effective relaxer keeps stages between two questions; the answers are those of a new relaxer."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc import EffectiveRelaxer, random_network, technology
from analog_pc.pcn import Equilibrium
from analog_pc.relaxers.effective import newton

INPUTS = np.array([[0.5, -0.5], [0.2, 0.8]])
TARGETS = np.array([[0.3], [-0.4]])


def same(a: Equilibrium, b: Equilibrium) -> bool:
    pairs = zip(a.activities + a.rates, b.activities + b.rates, strict=True)
    return all(np.array_equal(p, q) for p, q in pairs)


@pytest.mark.parametrize("volts_per_unit", [None, 0.05], ids=["chosen", "given"])
def test_other_weights_at_the_same_volts(volts_per_unit: float | None) -> None:
    relaxer = EffectiveRelaxer(technology("cmos65-rram"), seed=1, volts_per_unit=volts_per_unit)
    answers = []
    for seed in (1, 2, 1):
        network = random_network((2, 3, 1), seed=seed)
        found = relaxer.relax(network, INPUTS, TARGETS)
        new = EffectiveRelaxer(technology("cmos65-rram"), seed=1, volts_per_unit=volts_per_unit)
        assert same(found, new.relax(network, INPUTS, TARGETS))
        answers.append(found)
    assert not same(answers[0], answers[1])


@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_one_machine_code_serves_all_networks(name: str) -> None:
    """Arrays of another layout, or flags known when compiled, would be compiled apart, for seconds."""
    EffectiveRelaxer(technology("ideal")).relax(random_network((2, 3, 1), activation=name), INPUTS, TARGETS)
    EffectiveRelaxer(technology("cmos65-rram")).relax(random_network((2, 3, 2, 1), activation=name), INPUTS)
    assert len(vars(newton.relax)["overloads"]) == 1
    assert len(vars(newton._relax_sample)["overloads"]) <= 1  # none where `relax` was compiled earlier
