"""Specification: verdicts keep their confidence, searches find thresholds, limits hold for other chips."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc import BadInput, SimulationFailed, save_network, technology
from analog_pc.cli import choices, main
from analog_pc.evaluation import Answers, Bench, TestData
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.study.specification import (
    BOUNDS,
    Bound,
    FieldLimit,
    Specification,
    Target,
    bound,
    budget,
    joint,
    search,
    specify,
    trial,
)
from analog_pc.study.specification import run as fields_of
from analog_pc.study.specification.budget import Budget, find_budget
from analog_pc.study.specification.joint import Asked, Joint, at_share, find_joint
from analog_pc.study.specification.pricing import BANDWIDTH, Price, at_values, price
from analog_pc.study.specification.report import figures
from analog_pc.study.specification.report.lines import (
    beyond_text,
    budget_text,
    costs_text,
    field_line,
    joint_lines,
    missing_text,
    what_text,
)
from analog_pc.study.specification.run import find_field
from analog_pc.study.specification.search import CONFIRMING, SOURCE, seeds_of
from analog_pc.study.specification.trial import LOOKS, Loss, Trial, Verdict, lost, tried
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import present
from analog_pc.technology.toml_file import technology_text

BUDGET = 0.05


@pytest.fixture(scope="module")
def bench(network: PredictiveCodingNetwork, data: TestData) -> Bench:
    return Bench(network, technology("cmos65-rram"), data, (0,))


# --- verdicts


def test_agreeing_chips_do_not_prove_more_than_they_can() -> None:
    none = Loss(each=np.zeros(4), of_samples=np.zeros(50))
    # One of 4 chips that differs by one of 50 samples spreads by 1 / 100 = 1 / (50 sqrt(4)).
    assert np.std([0.02, 0.0, 0.0, 0.0], ddof=1) == pytest.approx(0.01)
    assert none.half_width(0.05) == pytest.approx(2.353363 * 0.01 / 2.0)  # t(3, 0.95) of tables
    assert Loss(each=np.zeros(1), of_samples=np.zeros(50)).half_width(0.05) == 0.0


def test_losses_of_two_groups_are_those_of_all(bench: Bench) -> None:
    chip = dataclasses.replace(technology("ideal"), opamp_offset=2e-2)
    both = trial.together(lost(bench, chip, range(3)), lost(bench, chip, range(3, 8)))
    all_of_them = lost(bench, chip, range(8))
    assert both.each == pytest.approx(all_of_them.each)
    assert both.of_samples == pytest.approx(all_of_them.of_samples)
    assert all_of_them.mean == pytest.approx(all_of_them.of_samples.mean())
    accuracies = [bench.chip(chip, seed).low for seed in range(8)]
    assert bench.ideal_accuracy - all_of_them.mean == pytest.approx(np.mean(accuracies))


@pytest.mark.parametrize(
    ("mean", "wrong"), [(1.02 * BUDGET, Verdict.KEPT), (0.98 * BUDGET, Verdict.EXCEEDED)]
)
def test_a_verdict_is_wrong_no_more_often_than_promised(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, mean: float, wrong: Verdict
) -> None:
    rng = np.random.default_rng(1)

    def drawn(_: Bench, __: Technology, seeds: range) -> Loss:
        each = np.round(60 * rng.normal(mean, 0.03, len(seeds))) / 60
        return Loss(each=each, of_samples=np.full(60, each.mean()))

    monkeypatch.setattr(trial, "lost", drawn)
    alpha = 0.1 / len(LOOKS)  # 10 % for one value
    verdicts = [
        tried(bench, bench.technology, 1.0, BUDGET, range(LOOKS[-1]), alpha).verdict for _ in range(400)
    ]
    assert verdicts.count(wrong) <= 0.1 * 400
    clear = [tried(bench, bench.technology, 1.0, 2.0 * mean, range(LOOKS[-1]), alpha) for _ in range(50)]
    assert all(one.verdict is Verdict.KEPT for one in clear)
    assert max(one.chips for one in clear) < LOOKS[-1]  # what is clear takes few chips


# --- searches


@pytest.mark.parametrize("name", ["input_offset", "amplifier_gain", "levels", "on_off_ratio"])
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_search_ends_beside_the_threshold(name: str, place: float) -> None:
    one = bound(name)
    base = technology("cmos65-rram")
    good, bad = one.ends(base)
    threshold = good ** (1.0 - place) * bad**place
    asked: list[float] = []

    def attempt(value: float) -> Trial:
        asked.append(value)
        kept = value <= threshold if one.direction == "max" else value >= threshold
        verdict = Verdict.KEPT if kept else Verdict.EXCEEDED
        return Trial(value=value, loss=0.0, low=0.0, high=0.0, chips=1, verdict=verdict)

    found = search._bracketed(one, one.ends(base), attempt)
    assert found.kept is not None
    assert found.beyond is not None
    between = sorted([found.kept.value, found.beyond.value])
    assert between[0] <= threshold <= between[1]
    assert between[1] / between[0] <= search.RESOLUTION or (one.whole and between[1] - between[0] < 2)
    assert len(asked) == len(set(asked)) <= search.count_values(one, base)


def test_a_search_without_a_threshold() -> None:
    one = bound("input_offset")
    base = technology("cmos65-rram")

    def attempt(verdict: Verdict) -> Any:
        return lambda value: Trial(value=value, loss=0.0, low=0.0, high=0.0, chips=1, verdict=verdict)

    kept = search._bracketed(one, one.ends(base), attempt(Verdict.KEPT))
    assert kept.beyond is None
    assert kept.kept is not None
    assert kept.kept.value == one.ends(base)[1]
    failed = search._bracketed(one, one.ends(base), attempt(Verdict.EXCEEDED))
    assert failed.kept is None
    assert failed.beyond is not None
    assert failed.beyond.value == one.ends(base)[0]


def test_every_good_end_is_as_good_as_ideal(bench: Bench) -> None:
    for one in BOUNDS.values():
        if not one.by_modes and one.field.name != "on_off_ratio":  # beside what the devices lose anyway
            good, _ = one.ends(bench.technology)
            chip = one.field.apply(one.alone(bench.technology), one.rounded(good), SOURCE)
            assert lost(bench, chip, range(1)).mean <= 1.0 / 60, one.field.name


def test_a_field_is_tried_alone_or_beside_what_it_acts_through() -> None:
    base = technology("cmos65-rram")
    assert present(bound("input_offset").alone(base)) == ()
    assert present(bound("opamp_output_resistance").alone(base)) == ("finite gain",)
    assert "programming spread" in present(bound("on_off_ratio").alone(base))


def test_chips_that_confirm_are_others_than_those_that_searched() -> None:
    for one in BOUNDS.values():
        if one.random:
            first = set(seeds_of(one, 0, "search", 128))
            assert not first & set(seeds_of(one, 0, "confirm", 64))
            assert first != set(seeds_of(one, 1, "search", 128))


# --- limits


def test_a_limit_without_chance_is_exact(bench: Bench) -> None:
    found = find_field(Target(bench=bench, budget=BUDGET), "amplifier_gain")
    assert found.bounded
    assert found.beyond is not None
    assert found.confidence is None
    for value, kept in ((found.limit, True), (found.beyond.value, False)):
        chip = dataclasses.replace(
            bound("amplifier_gain").alone(bench.technology), opamp_gain=value, rectifier_gain=value
        )
        assert (bench.ideal_accuracy - bench.chip(chip, 0).low <= BUDGET + 1e-9) == kept
    assert found.met == (found.typical >= float(found.limit or 0.0))


def test_any_level_is_more_than_some(bench: Bench) -> None:
    found = find_field(Target(bench=bench, budget=BUDGET), "levels")
    assert bench.technology.levels == 0  # any
    assert found.bounded
    assert found.met is True


def test_the_bandwidth_is_bounded_by_damping(bench: Bench) -> None:
    from analog_pc.cost.sizing import RULE, modes_at

    strong = bench.network.with_parameters([4.0 * w for w in bench.network.W], list(bench.network.b))
    bench = dataclasses.replace(bench, network=strong)
    found = find_field(Target(bench=bench, budget=BUDGET), "opamp_gain_bandwidth")
    assert found.bounded
    assert found.beyond is not None
    for value, damped in ((found.limit, True), (found.beyond.value, False)):
        chip = dataclasses.replace(bench.technology, opamp_gain_bandwidth=value, opamp_slew_rate=math.inf)
        modes = modes_at(chip, bench.network, bench.data.inputs[: search.MODES])
        assert (modes.damping >= RULE.damping) == damped


def _modes(damped: Callable[[float], bool]) -> Any:
    """Stands for the modes of a circuit that are damped at some bandwidths."""

    def found(_: Bench, __: Technology, ___: Bound, value: float) -> Trial:
        verdict = Verdict.KEPT if damped(value) else Verdict.EXCEEDED
        return Trial(value=value, loss=0.0, low=0.0, high=0.0, chips=1, verdict=verdict, remark="modes")

    return found


def test_where_the_fastest_amplifiers_ring_the_search_begins_at_the_own_ones(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = bench.technology
    own = base.opamp_gain_bandwidth
    good, bad = bound(BANDWIDTH).ends(base)
    assert bad < own < good
    monkeypatch.setattr(search, "_damped", _modes(lambda value: 0.01 * own <= value <= own))
    found = search.search_bandwidth(bench, base)
    assert found.kept is not None
    assert found.beyond is not None
    assert 0.01 * own <= found.kept.value <= 0.01 * own * search.RESOLUTION
    assert found.beyond.value < 0.01 * own
    assert [one.value for one in found.trials][-2:] == [own, good]
    monkeypatch.setattr(search, "_damped", _modes(lambda value: False))
    nothing = search.search_bandwidth(bench, base)
    assert nothing.kept is None
    assert [one.value for one in nothing.trials] == [own, good]


def test_a_bandwidth_that_never_binds_has_the_smallest_tried_as_its_limit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_damped", _modes(lambda value: True))
    found = find_field(Target(bench=bench, budget=BUDGET), BANDWIDTH)
    assert found.bounded
    assert found.limit == bound(BANDWIDTH).ends(bench.technology)[1]
    assert found.met is True
    assert beyond_text(found) == "damped down to the smallest tried"


def test_a_bandwidth_may_be_damped_in_the_joint_chip_alone(
    bench: Bench, budgeted: tuple[Joint, Budget]
) -> None:
    nothing = search.Searched(kept=None, beyond=None, trials=())
    limit = FieldLimit(bound=bound(BANDWIDTH), typical=1e9, searched=nothing)
    found = Specification(target=Target(bench=bench, budget=BUDGET, fields=(BANDWIDTH,)))
    found.limits[BANDWIDTH] = limit
    assert found.missing == (BANDWIDTH,)
    assert not found.kept
    found.joint = budgeted[0]
    assert found.missing == ()
    assert found.kept
    assert missing_text(found).startswith("Its modes are damped, though")


def test_a_chip_that_cannot_be_built_is_told_without_names_of_its_parts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise BadInput("fb_gate: siemens[4] = -1e-06, must be finite and > 0")

    monkeypatch.setattr(Bench, "answers", refused)
    found = search.search(bench, bound("activation_gain_spread"), BUDGET, 0, 0.95)
    assert found.beyond is not None
    said = "4 of 4 chips cannot be built, a drawn value is outside what a part can have"
    for one in (found.beyond, joint.try_share(bench, LIMITS, 0.5, ASKED)):
        assert what_text(one).endswith(f"points lost; {said}")


def test_a_chip_that_cannot_be_built_gets_every_sample_wrong(bench: Bench) -> None:
    one = bound("activation_gain_spread")
    wide = one.field.apply(one.alone(bench.technology), 0.5, SOURCE)  # a gain below 0 is 2 sigma away
    built = [seed for seed in range(20) if built_chip(bench, wide, seed)]
    assert 0 < len(built) < 20
    found = lost(bench, wide, range(20))
    assert found.not_built == 20 - len(built)
    good = lost(bench, wide, built)
    assert good.not_built == 0
    assert found.each.sum() == pytest.approx(good.each.sum() + found.not_built * bench.ideal_accuracy)


def built_chip(bench: Bench, chip: Technology, seed: int) -> bool:
    try:
        bench.answers(chip, seed)
    except BadInput:
        return False
    return True


def test_a_limit_stands_where_a_confirming_chip_cannot_be_built(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bound("activation_gain_spread")
    first = seeds_of(one, 0, "confirm", CONFIRMING)[0]
    answers = Bench.answers

    def refused(self: Bench, technology: Technology, seed: int) -> Any:
        if seed == first:
            raise BadInput("fb_gate: siemens[4] = -1e-06, must be finite and > 0")
        return answers(self, technology, seed)

    monkeypatch.setattr(Bench, "answers", refused)
    found = find_field(Target(bench=bench, budget=BUDGET), one.field.name)
    assert not found.failed
    assert found.confirmed is not None
    monkeypatch.undo()
    chip = one.field.apply(one.alone(bench.technology), found.limit, SOURCE)
    whole = lost(bench, chip, seeds_of(one, 0, "confirm", CONFIRMING))
    own = whole.each.sum() - whole.each[0] + bench.ideal_accuracy  # the first chip loses all
    assert found.confirmed.accuracy == pytest.approx(bench.ideal_accuracy - own / CONFIRMING)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["input_offset", "programming_sigma", "activation_offset_spread"])
def test_five_hundred_other_chips_agree_with_a_limit(bench: Bench, name: str) -> None:
    target = Target(bench=bench, budget=BUDGET)
    found = find_field(target, name)
    assert found.bounded
    assert found.confirmed is not None
    one = bound(name)
    chip = one.field.apply(one.alone(bench.technology), found.limit, SOURCE)
    brute = lost(bench, chip, range(500))
    assert brute.mean <= BUDGET
    spread = 4.0 * float(brute.each.std(ddof=1)) / math.sqrt(500)  # of the brute force itself
    accuracy = bench.ideal_accuracy - brute.mean
    assert found.confirmed.low - spread <= accuracy <= found.confirmed.high + spread


@pytest.mark.slow
def test_workers_find_the_same(bench: Bench) -> None:
    target = Target(bench=bench, budget=BUDGET, fields=("input_offset", "amplifier_gain", "levels"))
    one = Specification(target=target)
    two = Specification(target=target)
    specify(target, one, workers=1, tell=lambda _: None)
    specify(target, two, workers=2, tell=lambda _: None)
    assert [found.searched for found in one.ordered] == [found.searched for found in two.ordered]
    assert one.joint is not None
    assert two.joint is not None
    assert one.joint.values == two.joint.values


def test_all_together_have_a_share_of_each_limit(bench: Bench) -> None:
    limits = [(bound("input_offset"), 2e-3), (bound("amplifier_gain"), 100.0), (bound("levels"), 16.0)]
    chip = at_share(bench.technology, limits, 0.5)
    assert (chip.opamp_offset, chip.opamp_gain, chip.levels) == (1e-3, 200.0, 32)
    assert set(present(chip)) == {"offset", "finite gain", "levels"}
    assert chip.name == "cmos65-rram-specified"


# --- cost against accuracy

LIMITS = [(bound("amplifier_gain"), 100.0), (bound("levels"), 8.0)]
ASKED = Asked(budget=BUDGET, seed=0, confidence=0.95)


@pytest.fixture(scope="module")
def strong(bench: Bench) -> Bench:
    """Weights that ring."""
    network = bench.network.with_parameters([4.0 * w for w in bench.network.W], list(bench.network.b))
    return Bench(network, bench.technology, bench.data, bench.seeds)


@pytest.fixture(scope="module")
def budgeted(strong: Bench) -> tuple[Joint, Budget]:
    found = find_joint(strong, LIMITS, ASKED)
    assert found is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "STEPS", (-1, 0, 1))
        return find_budget(strong, LIMITS, found, ASKED, 1, sized=True)


def test_the_joint_chip_has_the_worst_parts_that_keep_the_budget(
    budgeted: tuple[Joint, Budget], strong: Bench
) -> None:
    found, costs = budgeted
    own = costs.joint
    assert own is not None
    assert own.share == found.share
    searched = find_joint(strong, LIMITS, ASKED)
    assert searched is not None
    assert searched.share is not None
    kept = [one.share for one in costs.candidates if one.keeps and one.share <= searched.share]
    assert own.share == max(kept) <= 1.0
    chip = found.technology
    assert chip is not None
    assert strong.ideal_accuracy - lost(strong, chip, range(1)).mean == pytest.approx(found.accuracy)
    assert found.values["amplifier_gain"] == chip.opamp_gain == 100.0 / own.share


@pytest.fixture
def levels_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loss that is not monotone: 0.25 and less keep the budget, so do 0.5 to 0.51, but nothing between."""

    def attempt(_: Bench, __: Any, share: float, ___: Asked) -> Trial:
        verdict = Verdict.KEPT if share <= 0.26 or 0.49 < share < 0.51 else Verdict.EXCEEDED
        return Trial(value=share, loss=0.01, low=0.0, high=0.02, chips=1, verdict=verdict)

    monkeypatch.setattr(joint, "try_share", attempt)
    monkeypatch.setattr(budget, "try_share", attempt)
    monkeypatch.setattr(joint, "CONFIRMING", 4)
    priced = Price(energy=1e-9, latency=1e-6, power=1e-3, area=1e-8, bandwidth=None)
    monkeypatch.setattr(budget, "price", lambda *_, **__: priced)


@pytest.mark.usefixtures("levels_fit")
def test_the_joint_share_is_the_largest_up_to_which_all_tried_keep_the_budget(bench: Bench) -> None:
    searched = find_joint(bench, LIMITS, ASKED)
    assert searched is not None
    assert searched.share == pytest.approx(0.5)  # the search has met nothing worse below
    found, costs = find_budget(bench, LIMITS, searched, ASKED, 1, sized=False)
    shares = [one.share for one in costs.candidates]
    assert shares == sorted(set(shares))
    assert {one.value for one in searched.trials} <= set(shares)  # each is a row
    assert found.share == pytest.approx(0.25)
    assert costs.joint is not None
    assert costs.joint.share == found.share
    said = costs_text(costs)
    assert "50.0 % keeps the budget, but 35.4 % does not, so the joint limits are below both." in said
    assert "The loss does not grow" not in costs_text(
        dataclasses.replace(costs, candidates=costs.candidates[:3])
    )


@pytest.mark.usefixtures("few_chips")
def test_an_interval_of_an_accuracy_is_within_0_and_1(bench: Bench) -> None:
    """Chips that lose one sample of 60 in a few: Student's t alone goes beyond 100 %."""
    each = np.array([0.0, 0.0, 0.0, 1.0 / 60.0])
    loss = Loss(each=each, of_samples=np.full(60, each.mean()))
    low, high = loss.accuracy_interval(1.0, 0.025)
    assert 1.0 - loss.mean + loss.half_width(0.025) > 1.0
    assert high == 1.0
    assert low == pytest.approx(1.0 - loss.mean - loss.half_width(0.025))
    found = find_field(Target(bench=bench, budget=BUDGET), "input_offset").confirmed
    assert found is not None
    assert 0.0 <= found.low <= found.accuracy <= found.high <= 1.0


def test_own_values_beyond_a_limit_are_marked(bench: Bench) -> None:
    """Alone, the first field's typical value is beyond its limit; the second's beyond the joint one only."""
    target = Target(bench=bench, budget=BUDGET, fields=("amplifier_gain", "input_offset"))
    found = Specification(target=target)
    for name, typical, limit in (("amplifier_gain", 50.0, 100.0), ("input_offset", 1e-3, 2e-3)):
        kept, beyond = (
            Trial(value=value, loss=0.0, low=0.0, high=0.0, chips=1, verdict=verdict)
            for value, verdict in ((limit, Verdict.KEPT), (3.0 * limit, Verdict.EXCEEDED))
        )
        found.limits[name] = FieldLimit(
            bound=bound(name),
            typical=typical,
            searched=search.Searched(kept=kept, beyond=beyond, trials=(kept, beyond)),
        )
    assert "50 V/V!" in field_line(found.limits["amplifier_gain"])
    assert "!" not in field_line(found.limits["input_offset"])
    values = {"amplifier_gain": 200.0, "input_offset": 0.5e-3}
    found.joint = dataclasses.replace(joint.no_joint([], 0.95), share=0.5, values=values, chips=4)
    assert found.exceeding == ("amplifier_gain", "input_offset")
    said = joint_lines(found)
    assert sum("!" in line for line in said) == 3  # both, and what that means
    assert "beyond the limit of amplifier_gain, and beyond the joint limit of input_offset." in " ".join(said)


def test_the_cheapest_chip_that_keeps_the_budget_is_told_beside_the_joint_one(
    budgeted: tuple[Joint, Budget],
) -> None:
    costs = budgeted[1]
    least = costs.cheapest
    own = costs.joint
    assert least is not None
    assert own is not None
    energies = [one.price.energy for one in costs.candidates if one.keeps]
    assert least.price.energy == min(energy for energy in energies if energy is not None)
    other = dataclasses.replace(
        own, share=0.5 * own.share, price=dataclasses.replace(own.price, energy=1e-12)
    )
    both = dataclasses.replace(costs, candidates=(other, own), chosen=1)
    assert both.cheapest is other
    assert f"The cheapest that keeps it is at {50.0 * own.share:.0f} %: 1 pJ." in costs_text(both)


def test_one_field_together_is_one_field_alone(bench: Bench) -> None:
    target = Target(bench=bench, budget=BUDGET, fields=("amplifier_gain",))
    found = Specification(target=target)
    specify(target, found, tell=lambda _: None)
    assert found.joint is not None
    assert found.joint.values == {"amplifier_gain": found.limits["amplifier_gain"].limit}


def test_answers_without_convergence_are_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    none = np.zeros(bench.data.samples, dtype=np.bool_)
    monkeypatch.setattr(Bench, "answers", lambda *_: Answers(right=none, converged=none))
    found = tried(bench, bench.technology, 1.0, BUDGET, range(8), 0.01)
    assert found.unconverged == found.chips * bench.data.samples
    assert what_text(found).endswith(f"; {found.unconverged} answers without convergence count as wrong")
    one = budget.Candidate(
        share=1.0, trial=found, price=Price(energy=1.0, latency=1.0, power=1.0, area=1.0, bandwidth=None)
    )
    assert not budget._with_front([one])[0].on_front


def test_a_candidate_is_on_the_front_where_none_is_cheaper_and_better(
    budgeted: tuple[Joint, Budget],
) -> None:
    known = [one for one in budgeted[1].candidates if one.price.energy is not None]
    assert len(known) > 1
    for one in known:
        better = [
            other
            for other in known
            if (other.price.energy, other.trial.loss) != (one.price.energy, one.trial.loss)
            and (other.price.energy or 0.0) <= (one.price.energy or 0.0)
            and other.trial.loss <= one.trial.loss
        ]
        assert one.on_front == (not better)


def test_the_joint_bandwidth_is_the_least_that_damps_and_sets_the_power(
    budgeted: tuple[Joint, Budget], strong: Bench
) -> None:
    from analog_pc.cost.sizing import RULE, modes_at

    found, costs = budgeted
    assert costs.joint is not None
    width = costs.joint.price.bandwidth
    assert width == found.values["opamp_gain_bandwidth"]
    chip = at_values(strong.technology, {name: v for name, v in found.values.items() if name != BANDWIDTH})
    for factor, damped in ((1.0, True), (1.0 / search.RESOLUTION, False)):
        tried_at = dataclasses.replace(
            chip, opamp_gain_bandwidth=factor * float(width or 0.0), opamp_slew_rate=math.inf
        )
        modes = modes_at(tried_at, strong.network, strong.data.inputs[: search.MODES])
        assert (modes.damping >= RULE.damping) == damped
    base = strong.technology
    assert found.technology is not None
    assert found.technology.opamp_power / found.technology.opamp_gain_bandwidth == pytest.approx(
        base.opamp_power / base.opamp_gain_bandwidth
    )


def test_only_bandwidth_has_a_price_of_its_own(budgeted: tuple[Joint, Budget], strong: Bench) -> None:
    assert budgeted[1].process == "cmos65"
    assert "keeps the budget without input_offset" in costs_text(budgeted[1], ("input_offset",))
    names = {one.name: bool(one.priced_by) for one in budgeted[1].fields}
    assert names == {"opamp_gain_bandwidth": True, "amplifier_gain": False, "levels": False}
    # The same bandwidth: neither power nor area of a better part is any different.
    plain = price(strong, {"amplifier_gain": 1e3, "programming_sigma": 4e-6}, sized=False)
    better = price(strong, {"amplifier_gain": 1e4, "programming_sigma": 4e-7}, sized=False)
    assert better.area == pytest.approx(plain.area, rel=1e-3)
    assert better.power == pytest.approx(plain.power, rel=1e-3)


def test_without_a_joint_chip_there_is_no_price(bench: Bench) -> None:
    nothing = joint.no_joint([], 0.95)
    same, costs = find_budget(bench, LIMITS, nothing, ASKED, 1, sized=True)
    assert same is nothing
    assert not costs.candidates
    assert costs.cheapest is None
    assert "no joint chip" in costs.message


@pytest.mark.parametrize(
    ("budget", "said"),
    [(0.01, "1.0 point"), (0.05, "5.0 points"), (4e-4, "0.04 points"), (1.25e-3, "0.125 points")],
)
def test_a_budget_is_told_with_its_digits(bench: Bench, budget: float, said: str) -> None:
    assert budget_text(Target(bench=bench, budget=budget)) == said


def test_the_figure_of_losses_cuts_no_interval(bench: Bench) -> None:
    deep = Trial(value=1e-3, loss=0.01, low=-0.4, high=0.42, chips=4, verdict=Verdict.UNDECIDED)
    far = Trial(value=1e-1, loss=0.8, low=-0.9, high=0.9, chips=4, verdict=Verdict.EXCEEDED)  # beyond the top
    found = Specification(target=Target(bench=bench, budget=BUDGET, fields=("input_offset",)))
    searched = search.Searched(kept=None, beyond=deep, trials=(deep, far))
    found.limits["input_offset"] = FieldLimit(bound=bound("input_offset"), typical=0.0, searched=searched)
    axes = figures.losses(found).axes[0]
    lowest, highest = axes.get_ylim()
    assert -90.0 < lowest < -40.0
    assert highest == pytest.approx(100.0 * figures.HIGHEST * BUDGET)
    arrows = [line for line in axes.get_lines() if line.get_label() == "beyond the axis"]
    assert [np.asarray(line.get_xydata()).ravel().tolist() for line in arrows] == [
        [far.value, pytest.approx(highest)]
    ]


def test_the_figure_of_costs_marks_what_is_beyond_its_axis(budgeted: tuple[Joint, Budget]) -> None:
    costs = budgeted[1]
    worst = costs.candidates[-1]
    far = dataclasses.replace(worst, share=2.0, trial=dataclasses.replace(worst.trial, loss=0.8))
    drawn = dataclasses.replace(costs, candidates=(*costs.candidates[:-1], far))
    axes = figures.front(drawn, BUDGET).axes[0]
    top = axes.get_ylim()[1]
    arrows = [line for line in axes.get_lines() if line.get_label() == "beyond the axis"]
    assert [float(np.asarray(line.get_ydata())[0]) for line in arrows] == [pytest.approx(top)]
    assert "200 %, 80 lost" in {text.get_text() for text in axes.texts}


@pytest.mark.usefixtures("few_chips")
def test_a_bandwidth_that_never_binds_is_handed_on_with_its_power(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_damped", _modes(lambda value: True))
    monkeypatch.setattr(budget, "STEPS", (0,))
    found = joint.confirmed_joint(bench, LIMITS, 1.0 / 8.0, ASKED, ())
    found, costs = find_budget(bench, LIMITS, found, ASKED, 1, sized=True)
    smallest = bound(BANDWIDTH).ends(bench.technology)[1]
    assert found.values[BANDWIDTH] == smallest
    assert [one.price.bandwidth for one in costs.candidates] == [smallest]
    assert found.technology is not None
    (tmp_path / "specification.toml").write_text(technology_text(found.technology))
    chip = technology(tmp_path / "specification.toml")
    own = bench.technology
    assert chip.opamp_gain_bandwidth == smallest
    assert chip.opamp_power == pytest.approx(own.opamp_power * smallest / own.opamp_gain_bandwidth)
    assert chip.process == own.process == "cmos65"


# --- the command


@pytest.fixture
def files(network: PredictiveCodingNetwork, data: TestData, tmp_path: Path) -> tuple[str, ...]:
    save_network(tmp_path / "net.npz", network)
    np.savez(tmp_path / "test.npz", inputs=data.inputs, labels=data.labels)
    return (
        str(tmp_path / "net.npz"), "--data", str(tmp_path / "test.npz"), "--technology", "cmos65-rram",
        "--loss", "5%", "--workers", "1", "--out", str(tmp_path / "out"),
    )  # fmt: skip


@pytest.fixture
def few_chips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "LOOKS", (4, 8))
    monkeypatch.setattr(joint, "CONFIRMING", 8)
    monkeypatch.setattr(budget, "STEPS", (0, 1))
    monkeypatch.setattr(fields_of, "CONFIRMING", 8)


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["specify", *arguments])


@pytest.mark.usefixtures("few_chips")
def test_the_command_writes_a_specification(files: tuple[str, ...], tmp_path: Path) -> None:
    result = cli(*files, "--fields", "amplifier_gain,input_offset")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("ideal accuracy 100.0 %")
    assert "All together" in result.stdout
    out = tmp_path / "out"
    report = json.loads((out / "specification.json").read_text())
    assert (report["schema"], report["version"]) == ("analog-pc specification", 2)
    assert not report["partial"]
    gain, offset = report["fields"]
    assert {"name", "limit", "unit", "direction", "confidence", "accuracy_at_limit"} <= set(gain)
    assert (gain["name"], gain["unit"], gain["direction"], gain["confidence"]) == (
        "amplifier_gain", "V/V", "min", None,
    )  # fmt: skip
    assert (offset["unit"], offset["direction"], offset["confidence"]) == ("V", "max", 0.95)
    assert offset["low"] <= offset["accuracy_at_limit"] <= offset["high"]
    assert report["joint"]["accuracy"] >= 0.93
    together = {one["name"]: one["limit"] for one in report["joint"]["fields"]}
    assert together["input_offset"] <= offset["limit"]
    assert together["amplifier_gain"] >= gain["limit"]
    assert [one["joint_limit"] for one in report["fields"]] == [
        together["amplifier_gain"], together["input_offset"],
    ]  # fmt: skip
    costs = report["costs"]
    assert costs["candidates"][costs["chosen"]]["share"] == report["joint"]["share"]
    assert "Pareto front" in result.stdout
    steps = (
        "fields, each alone 2/2 done",
        "all together: share",
        "costs of shares 1/",
        "costs of fields 1/2",
    )
    assert all(step in result.stderr for step in steps), result.stderr
    written = (out / "specification.toml").read_text()
    assert written.startswith("# Limits of all together: ")
    assert "# All other non-ideal fields are as in ideal parts." in written
    handed_on = technology(out / "specification.toml")
    assert handed_on.opamp_offset == together["input_offset"]
    rows = list(csv.DictReader(io.StringIO((out / "specification.csv").read_text())))
    assert float(rows[0]["min"]) == gain["limit"]
    assert rows[0]["max"] == ""
    page = (out / "specification.html").read_text()
    assert "input_offset" in page
    assert "PARTIAL" not in page
    assert (out / "figures" / "losses.pdf").exists()
    assert (out / "figures" / "margins.svg").exists()
    assert (out / "figures" / "front.svg").exists()


@pytest.mark.usefixtures("few_chips")
def test_without_a_damped_bandwidth_no_chip_is_handed_on(
    files: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_damped", _modes(lambda value: False))
    result = cli(*files, "--fields", "amplifier_gain,opamp_gain_bandwidth")
    assert result.exit_code == 1, result.output
    said = " ".join(result.stdout.split())
    assert (
        "Not among them: opamp_gain_bandwidth, of which no value tried is known to keep the budget." in said
    )
    assert "No chip is handed on" in said
    assert "joint limits, the worst" not in said
    assert "specification.toml" not in said
    out = tmp_path / "out"
    assert not (out / "specification.toml").exists()
    report = json.loads((out / "specification.json").read_text())
    assert report["missing"] == ["opamp_gain_bandwidth"]
    assert len(report["fields"][1]["trials"]) == 2
    assert report["costs"]["chosen"] is None
    page = (out / "specification.html").read_text()
    assert "NO JOINT BUDGET" in page
    assert "specification.toml" not in page


def test_ctrl_c_keeps_the_fields_that_are_done(
    files: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fields_of, "find_joint", stopped)
    result = cli(*files, "--fields", "levels,amplifier_gain")
    assert result.exit_code == 130
    assert "2 of 2 fields" in result.stderr
    report = json.loads((tmp_path / "out" / "specification.json").read_text())
    assert report["partial"]
    assert [one["name"] for one in report["fields"]] == ["levels", "amplifier_gain"]
    assert "PARTIAL" in (tmp_path / "out" / "specification.html").read_text()
    assert "analog-pc: stopping, " in result.stderr


def test_ctrl_c_before_anything_is_done_leaves_no_empty_folder(
    files: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fields_of, "find_field", stopped)
    assert cli(*files, "--fields", "levels").exit_code == 130
    assert "specification.json" in {path.name for path in (tmp_path / "out").iterdir()}
    assert not (tmp_path / "out" / "figures").exists()


def test_ctrl_c_while_workers_search_ends_in_one_line(files: tuple[str, ...]) -> None:
    """Most fields still wait for a worker then."""
    process = subprocess.Popen(
        [sys.executable, "-m", "analog_pc", "specify", *files, "--workers", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert any(line.split()[0] in BOUNDS for line in process.stdout if line.strip())
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    *progress, stopping, last = said.splitlines()
    assert all(line.startswith("[1/4] fields, each alone ") for line in progress)
    assert stopping.startswith("analog-pc: stopping, ")
    assert last.startswith("analog-pc: interrupted: ")


def test_a_field_that_fails_says_why(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise SimulationFailed("no sample has an operating point")

    monkeypatch.setattr(fields_of, "search", fails)
    found = find_field(Target(bench=bench, budget=BUDGET), "levels")
    assert found.failed == "no sample has an operating point"
    assert not found.bounded


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--fields", "gain"), ("gain", "amplifier_gain")),
        (("--fields", "levels,levels"), ("once",)),
        (("--loss", "0"), ("loss", "above 0 and below 1")),
        (("--loss", "much"), ("loss", "much")),
        (("--loss", "90%"), ("guessing",)),
        (("--confidence", "100%"), ("confidence",)),
        (("--technology", "nothing"), ("nothing", "cmos65-rram")),
        (("--data", "digits"), ("64",)),
    ],
)
def test_wrong_options_are_told_in_one_line(
    files: tuple[str, ...], tmp_path: Path, more: tuple[str, ...], said: tuple[str, ...]
) -> None:
    result = cli(*files, *more)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert all(part in result.stderr for part in said), result.stderr
    assert not (tmp_path / "out").exists()


def test_help_lists_the_fields() -> None:
    assert tuple(BOUNDS) == choices.SPECIFIED
    with pytest.raises(BadInput, match="unknown field"):
        bound("colour")
