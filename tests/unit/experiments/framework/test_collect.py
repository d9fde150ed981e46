from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments import (
    Claim,
    Experiment,
    Outcome,
    Quantity,
    ResultCache,
    collect,
    quantity,
    simulated,
)
from analog_pc.experiments.framework.result import AGREES, DIFFERS, NOT_SHOWN, Result
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.relaxers import Relaxer
from analog_pc.technology import technology

HIDDEN = quantity("hidden", layer=1)
DIFFERENCE = quantity("difference")
ACTIVITIES = quantity("activities", layer=1)


@dataclass(frozen=True)
class Config:
    seeds: int = 3


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    net = PredictiveCodingNetwork([[[1.0]], [[1.0], [1.0]]], activation="identity")
    hidden = relaxer.relax(net, [[1.0]], [[0.0, 1.0]]).activities[1]
    return Outcome({HIDDEN: float(hidden[0, 0])}, {ACTIVITIES: hidden}, ("a note",), {"data": "none"})


def compare(pc: Outcome, bp: Outcome) -> Mapping[Quantity, float]:
    return {DIFFERENCE: bp.values[HIDDEN] - pc.values[HIDDEN]}


def claims(config: Config) -> Sequence[Claim]:
    return [
        Claim(HIDDEN, 2.0 / 3.0, 1e-6),
        Claim(HIDDEN, 1.0, 0.0, "bp"),
        Claim(HIDDEN, 0.0, 1e-6),
        Claim(DIFFERENCE, 1.0 / 3.0, 1e-6),
        Claim(HIDDEN, None, 1e-6),
        Claim(quantity("nothing of that name"), 1.0, 1.0),
    ]


def draw(result: Result) -> Figure:
    return Figure()


EXPERIMENT = Experiment("one", "One relaxation", run, Config(), Config(4), claims, draw, compare=compare)


def test_columns_are_joined_and_checked() -> None:
    result = collect(EXPERIMENT, Config(), simulated(technology("ideal"), ("ideal", "native")))
    hidden, bp, wrong, difference, circuit, absent, deviation = result.rows
    assert (hidden.verdict, bp.verdict, wrong.verdict) == (AGREES, AGREES, DIFFERS)
    assert (difference.verdict, circuit.verdict, absent.verdict) == (AGREES, AGREES, NOT_SHOWN)
    assert hidden.backprop == 1.0
    assert hidden.ngspice is None
    assert (bp.ideal, bp.native, bp.backprop) == (None, None, 1.0)
    assert difference.backprop is None
    assert deviation.native is not None
    assert 0.0 < deviation.native < 1e-6
    assert deviation.verdict == AGREES
    assert not result.passed
    assert (result.reduced, result.seeds, result.notes) == (True, 3, ("a note",))
    assert result.facts["data"] == "none"
    assert (hidden.label, bp.label) == ("hidden, layer 1", "hidden, layer 1, backpropagation")
    assert set(result.columns(ACTIVITIES)) == {"ideal", "native", "backprop"}


def test_the_deviation_of_real_parts_is_measured_and_not_checked() -> None:
    relaxers = simulated(technology("breadboard"), ("ideal", "native"))
    deviation = collect(EXPERIMENT, Config(), relaxers, agreement={}).rows[-1]
    assert deviation.native is not None
    assert deviation.native > 1e-4
    assert deviation.verdict == NOT_SHOWN


def test_full_is_not_reduced() -> None:
    result = collect(EXPERIMENT, Config(4), simulated(technology("ideal"), ("ideal",)))
    assert not result.reduced
    assert np.isclose(result.data["ideal"][ACTIVITIES][0, 0], 2.0 / 3.0)


def test_an_experiment_without_targets_has_no_column_of_backpropagation() -> None:
    experiment = Experiment(
        "one", "One", run, Config(), Config(4), claims, draw, compare=compare, backpropagation=False
    )
    result = collect(experiment, Config(), simulated(technology("ideal"), ("ideal", "native")))
    hidden, bp, _, difference, *_ = result.rows
    assert (hidden.verdict, bp.verdict, difference.verdict) == (AGREES, NOT_SHOWN, NOT_SHOWN)
    assert {row.backprop for row in result.rows} == {None}
    assert set(result.columns(ACTIVITIES)) == {"ideal", "native"}
