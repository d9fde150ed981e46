"""Whole experiments as `analog-pc run` runs them: no verdict differs, on any relaxer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analog_pc.experiments import EXPERIMENTS, collect
from analog_pc.experiments.framework.collect import DEVIATION
from analog_pc.experiments.framework.result import DIFFERS
from analog_pc.technology import technology

SHORT = (("Acrobot-v1", 3), ("CartPole-v1", 60), ("MountainCar-v0", 6))

# Seeds are what time goes into; with fewer of them tolerances are wider, see the claims.
CHANGES: dict[str, dict[str, Any]] = {
    "bear": {"rates": (0.2, 0.1)},
    "energy-machine": {"slow_updates": 50},
    "fear": {"seeds": 1},
    "reversal": {"seeds": 20},
    "motor": {"seeds": 4},
    "fault-injection": {},
    "target-alignment": {"depths": (1, 2, 4), "orthogonal": (4,)},
    "prospective-index": {},
    "concept-drift": {"epochs": 8, "interval": 4, "learned": 300},
    "depth": {"grid": ((1, (0.005,)), (2, (0.01,)), (4, (0.02,))), "epochs": 2, "width": 16},
    "reinforcement": {"environments": SHORT, "circuit_environments": SHORT, "rates": (0.001,)},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_every_verdict_holds(name: str) -> None:
    experiment = EXPERIMENTS[name]
    config = replace(experiment.reduced, **CHANGES[name])
    result = collect(experiment, config, experiment.circuits(technology("ideal"), experiment.columns))
    assert [row for row in result.rows if row.verdict == DIFFERS] == []
    deviations = [row for row in result.rows if row.quantity.name == DEVIATION]
    assert len(deviations) == len(experiment.columns) - 1
    assert experiment.draw(result).axes
