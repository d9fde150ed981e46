"""Limits: brackets of a known threshold, sizes of every field, and a proposal that keeps the budget."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.evaluation.bench import Bench
from analog_pc.evaluation.data import TestData
from analog_pc.evaluation.limits import Limit, Trial, _bracket, find_limit, resized
from analog_pc.evaluation.non_idealities import NonIdeality, measure_alone
from analog_pc.evaluation.proposal import CAPACITANCE, auto_zero, changed, propose
from analog_pc.evaluation.sentences import proposal_text, values_text
from analog_pc.nonideality.accuracy import BUDGET, within_budget
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.technology import Technology, offset_spread
from analog_pc.technology.catalogue import TECHNOLOGIES
from analog_pc.technology.non_idealities import NON_IDEALITIES, present, with_only

CMOS = TECHNOLOGIES["cmos65-rram"]


def quiet(_: str) -> None:
    """No progress."""


@pytest.mark.parametrize("threshold", [0.003, 0.1, 0.9, 1.5, 30.0, 900.0])
def test_bracket(threshold: float) -> None:
    kept, failed = _bracket(lambda factor: factor <= threshold)
    assert kept <= threshold < failed
    assert failed / kept == 4.0


def test_bracket_of_what_never_and_of_what_always_fails() -> None:
    assert _bracket(lambda _: True) == (1024.0, math.inf)
    kept, failed = _bracket(lambda _: False)
    assert math.isnan(kept)
    assert failed == 1.0 / 1024.0


def test_bracket_ends_where_no_technology_has_such_a_value() -> None:
    assert _bracket(lambda factor: True if factor < 10.0 else None) == (4.0, math.inf)


def test_a_size_of_which_no_chip_can_be_built_ends_the_search() -> None:
    """A spread of the gates' gain so large that one is drawn negative; the answers do not depend on it."""
    start = random_network((4, 6, 3), "tanh", seed=1)
    network = start.with_parameters(start.W, [np.full(6, 0.1), np.array([9.0, 0.0, 0.0])])
    data = TestData("class 0", np.ones((4, 4)), np.zeros(4, dtype=np.int64))
    bench = Bench(network, TECHNOLOGIES["breadboard"], data, (0, 1))
    accuracy = bench.chips(with_only(bench.technology, "activation spread"))
    row = NonIdeality("activation spread", accuracy, bench.ideal_accuracy, 1.0, "closed form")
    found = find_limit(bench, row, quiet)
    assert found.fails == math.inf
    assert 1.0 <= found.factor < 1024.0


@pytest.mark.parametrize("samples", [50, 100, 150, 450, 500, 1000])
@pytest.mark.parametrize("chips", [1, 3, 7])
def test_the_budget_is_a_number_of_samples(samples: int, chips: int) -> None:
    right = samples * chips
    for ideal in range(samples // 2, samples + 1):
        wrong = BUDGET * right  # of all answers of all chips
        exact = ideal / samples - (ideal * chips - round(wrong)) / right
        assert within_budget(exact, samples) == (round(wrong) <= wrong)
        assert not within_budget(ideal / samples - (ideal * chips - math.floor(wrong) - 1) / right, samples)


@pytest.mark.parametrize("name", present(CMOS))
def test_resized_twice_is_resized_once(name: str) -> None:
    there = resized(CMOS, name, 0.25)
    back = resized(there, name, 4.0)
    assert there != CMOS
    for field in NON_IDEALITIES[name]:
        assert getattr(back, field) == getattr(CMOS, field), field


def test_a_smaller_non_ideality_is_a_better_part() -> None:
    assert resized(CMOS, "offset", 0.5).opamp_offset == 0.5e-3
    assert resized(CMOS, "finite gain", 0.5).opamp_gain == 2000.0
    assert resized(CMOS, "saturation", 0.5).opamp_saturation == 1.0
    assert resized(CMOS, "programming spread", 0.5).programming_spread[0] == (50e-6, 4.327e-6 / 2.0)
    assert offset_spread(resized(CMOS, "offset", 0.5)) == pytest.approx(offset_spread(CMOS) / 2.0)
    assert resized(replace(CMOS, levels=9), "levels", 0.5).levels == 17
    assert resized(replace(CMOS, levels=0), "levels", 0.5).levels == 0
    assert not resized(CMOS, "offset", 0.5).sources["opamp_offset"].verified


def test_a_fraction_above_one_is_refused() -> None:
    with pytest.raises(BadInput):
        resized(replace(CMOS, stuck_on=0.5), "stuck and open cells", 4.0)


def test_auto_zero_is_the_cure_of_a_large_offset(
    network: PredictiveCodingNetwork, data: TestData, offset_alone: Technology
) -> None:
    bench = Bench(network, replace(offset_alone, opamp_offset=10e-3), data, (0, 1))
    (row,) = measure_alone(bench, quiet)
    found = propose(bench, [find_limit(bench, row, quiet)], quiet)
    assert found is not None
    assert found.enough
    (change,) = found.changes
    assert change.fields == (("auto_zero_capacitance", 0.0, CAPACITANCE),)
    assert found.technology.auto_zeroed
    assert found.technology.opamp_offset == 10e-3
    assert change.factor == offset_spread(found.technology) / 10e-3 < 0.02
    assert proposal_text(found).startswith("offset by auto-zero ")


def test_auto_zero_that_does_not_help_is_not_proposed(
    network: PredictiveCodingNetwork, data: TestData, offset_alone: Technology
) -> None:
    # Its switch leaves more than the offset was.
    worse = replace(offset_alone, opamp_offset=10e-3, auto_zero_injection=1.0)
    bench = Bench(network, worse, data, (0, 1))
    (row,) = measure_alone(bench, quiet)
    assert auto_zero(bench, [find_limit(bench, row, quiet)], quiet) is None


def test_values_of_an_auto_zero_that_is_off_are_not_listed() -> None:
    off = replace(CMOS, auto_zero_capacitance=0.0)
    assert values_text(off, "offset") == "opamp_offset = 1 mV"


def test_limit_and_proposal_of_a_large_offset(
    network: PredictiveCodingNetwork, data: TestData, offset_alone: Technology
) -> None:
    bought = replace(offset_alone, opamp_offset=10e-3, auto_zero_time=0.0)
    bench = Bench(network, bought, data, (0, 1))
    (row,) = measure_alone(bench, quiet)
    assert row.lost > BUDGET
    limit = find_limit(bench, row, quiet)
    assert limit.must_shrink
    assert limit.fails / limit.factor == pytest.approx(math.sqrt(2.0))
    lost = {trial.factor: trial.lost for trial in limit.trials}
    assert lost[limit.factor] <= BUDGET < lost[limit.fails]
    measured = bench.chips(resized(bench.technology, "offset", limit.factor))
    assert bench.ideal_accuracy - measured.lowest == lost[limit.factor]
    found = propose(bench, [limit], quiet)
    assert found is not None
    assert found.enough
    (change,) = found.changes
    assert change.fields == (("opamp_offset", 10e-3, found.technology.opamp_offset),)
    assert found.technology.opamp_offset <= 10e-3 * limit.factor


def test_what_is_within_its_limit_does_not_change() -> None:
    limits = [
        Limit("offset", 0.5, 0.7, (Trial(1.0, 0.1),)),
        Limit("finite gain", 3.0, 4.0, (Trial(1.0, 0.0),)),
        Limit("wire resistance", math.nan, 1.0 / 1024.0, (Trial(1.0, 0.1),)),
    ]
    assert [(c.name, c.factor) for c in changed(CMOS, limits, 1.0)] == [
        ("offset", 0.5),
        ("wire resistance", 1.0 / 1024.0),
    ]
    assert [(c.name, c.factor) for c in changed(CMOS, limits, 4.0)] == [
        ("offset", 0.125),
        ("finite gain", 0.75),
        ("wire resistance", 1.0 / 4096.0),
    ]
