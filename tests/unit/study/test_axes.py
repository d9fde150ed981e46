"""Axes, samplers and fields: values, units, laziness, and what is refused."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np
import pytest

from analog_pc import BadInput, technology
from analog_pc.evaluation import TestData
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.study import axis, field, fields, study_of
from analog_pc.study.seeds import chip_seed
from analog_pc.technology import TECHNOLOGIES, Technology, offset_spread, quantities


def test_a_range_has_its_ends_and_decades() -> None:
    found = axis("opamp_gain", {"low": "40 dB", "high": "100k", "points": 4, "scale": "log"})
    assert found.grid == (100.0, 1000.0, 10000.0, 100000.0)
    assert axis("opamp_offset", {"low": 0, "high": "2 mV", "points": 3}).grid == (0.0, 1e-3, 2e-3)
    assert axis("levels", {"low": 2, "high": 9, "points": 3}).grid == (2, 6, 9)
    assert found.unit == "V/V"


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("opamp_gian", [1.0], ("opamp_gian", "opamp_gain")),
        ("opamp_offset", ["3 Ohm"], ("opamp_offset", "Ohm", "expected V")),
        ("opamp_offset", [], ("has no values",)),
        ("opamp_offset", "3 mV", ("list",)),
        ("opamp_offset", [1e-3, "1 mV"], ("twice",)),
        ("opamp_offset", {"low": 1.0}, ("has no high",)),
        ("opamp_offset", {"low": 2.0, "high": 1.0}, ("below",)),
        ("opamp_offset", {"low": 0.0, "high": 1.0, "scale": "log"}, ("low > 0",)),
        ("opamp_offset", {"low": 0.0, "high": 1.0, "scale": "lgo"}, ("lgo", "log")),
        ("opamp_offset", {"low": 0.0, "high": 1.0, "steps": 3}, ("steps",)),
        ("levels", [2.5], ("whole",)),
        ("device_law", {"low": 0.0, "high": 1.0}, ("string",)),
        ("technology", {"low": 0.0, "high": 1.0}, ("no range",)),
        ("precision", [-1.0], ("> 0",)),
        ("levels", [1, 2], ("levels = 1", "0 (any) or 2")),
        ("levels", {"low": 1, "high": 9, "points": 3}, ("levels = 1",)),
        ("opamp_gain", [float("nan")], ("opamp_gain = nan", "> 0")),
        ("amplifier_gain", [0.0], ("opamp_gain = 0.0", "> 0")),
        ("opamp_offset", ["-1 mV"], (">= 0",)),
        ("stuck_off", [1.5], ("<= 1",)),
        ("on_off_ratio", [0.5], ("g_min", "below g_max")),
        ("on_off_ratio", [0.0], ("on_off_ratio = 0.0",)),
        ("device_law", ["sqaure"], ("sqaure",)),
    ],
)
def test_wrong_axes(name: str, raw: object, words: tuple[str, ...]) -> None:
    with pytest.raises(BadInput) as refused:
        axis(name, raw)
    assert all(word in str(refused.value) for word in words), refused.value
    assert len(str(refused.value).splitlines()) == 1


def test_no_value_of_a_technology_is_refused() -> None:
    for name in TECHNOLOGIES:
        base = technology(name)
        for one in fields().values():
            value = one.read(base)
            one.checked([list(pair) for pair in value] if isinstance(value, tuple) else value)


def test_a_value_that_depends_on_another_field_is_left_to_the_study() -> None:
    assert axis("g_min", [1.0]).values == (1.0,)
    assert axis("opamp_slew_rate", [1e6]).values == (1e6,)


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("g_min", ["1 mS"], "g_min = 0.001 S must be below g_max = 0.0001 S"),
        ("g_min", ["2 uS", "1 mS"], "g_min = 0.001 S must be below"),
        ("g_min", {"low": "2 uS", "high": "1 mS", "points": 2}, "g_min = 0.001 S must be below"),
        ("g_max", ["1 nS"], "must be below g_max = 1e-09 S"),
        ("opamp_slew_rate", [1e6], "opamp_slew_rate needs an opamp_gain_bandwidth"),
    ],
)
def test_a_value_that_the_technology_cannot_have_is_refused_at_once(
    name: str, raw: object, words: str, network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    with pytest.raises(BadInput) as refused:
        study_of(network, base, data, [axis(name, raw)])
    assert str(refused.value).startswith(f"axis {name!r}: technology 'mine': ")
    assert words in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_a_value_is_right_beside_another_axis_or_another_technology(
    network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    study_of(network, base, data, [axis("g_max", [2e-3]), axis("g_min", ["1 mS"])])
    study_of(network, base, data, [axis("opamp_gain_bandwidth", [1e8]), axis("opamp_slew_rate", [1e6])])
    wide = dataclasses.replace(base, name="wide", g_max=2e-3)
    study = study_of(network, base, data, [axis("g_min", ["1 uS"])])
    both = dataclasses.replace(study, technologies={"mine": base, "wide": wide})
    larger = axis("g_min", ["1 mS"])
    dataclasses.replace(both, axes=(axis("technology", ["mine", "wide"]), larger))
    with pytest.raises(BadInput, match="technology 'mine'"):
        dataclasses.replace(both, axes=(larger,))  # the first technology is taken


def test_a_grid_has_every_combination_and_chips_follow_each_other(
    network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    study = study_of(
        network, base, data, [axis("opamp_gain", [1e2, 1e3]), axis("levels", [4, 8, 16])], chips=2, seed=7
    )
    points = list(study.all_points())
    assert len(points) == len(study) == 12
    assert [p.index for p in points] == list(range(12))
    assert [(p.values["opamp_gain"], p.values["levels"], p.chip) for p in points[:4]] == [
        (1e2, 4, 7), (1e2, 4, 8), (1e2, 8, 7), (1e2, 8, 8),
    ]  # fmt: skip
    assert len({p.key for p in points}) == 12


def test_a_list_goes_through_all_axes_at_once(
    network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    axes = [axis("opamp_gain", [1e2, 1e3]), axis("levels", [4, 8])]
    study = study_of(network, base, data, axes, sampler="list")
    assert [tuple(one.values()) for one in study.combinations()] == [(1e2, 4), (1e3, 8)]
    with pytest.raises(BadInput, match="different numbers"):
        study_of(network, base, data, [axes[0], axis("levels", [4])], sampler="list")


@pytest.mark.parametrize("sampler", ["sobol", "latin-hypercube"])
def test_drawn_points_fill_every_axis_evenly(
    sampler: str, network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    axes = [axis("opamp_gain", {"low": 10, "high": 1e5, "scale": "log"}), axis("levels", [2, 4])]
    study = study_of(network, base, data, axes, sampler=sampler, points=16, chips="own")
    found = [one["opamp_gain"] for one in study.combinations()]
    counts, _ = np.histogram(np.log10(found), bins=16, range=(1.0, 5.0))
    assert (counts == 1).all()  # one point in each sixteenth: what both samplers promise
    assert found == [one["opamp_gain"] for one in study.combinations()]
    other = study_of(network, base, data, axes, sampler=sampler, points=16, chips="own", seed=1)
    assert found != [one["opamp_gain"] for one in other.combinations()]


def test_own_chips_follow_from_what_decides_the_point(
    network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    gains = [1e2, 1e3, 1e4]
    one = list(study_of(network, base, data, [axis("opamp_gain", gains)], chips="own").all_points())
    two = list(study_of(network, base, data, [axis("opamp_gain", gains[::-1])], chips="own").all_points())
    assert {p.values["opamp_gain"]: p.chip for p in one} == {p.values["opamp_gain"]: p.chip for p in two}
    assert len({p.chip for p in one}) == 3
    assert chip_seed(0, "a") != chip_seed(1, "a")
    assert 0 <= chip_seed(0, "a") < 2**32


def test_the_first_of_many_points_is_there_at_once(
    network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    axes = [
        axis("opamp_gain", {"low": 1e2, "high": 1e6, "points": 1000}),
        axis("levels", list(range(2, 1002))),
    ]
    began = time.process_time()
    study = study_of(network, base, data, axes, chips=100)
    point = next(study.all_points())
    assert time.process_time() - began < 1.0
    assert len(study) == 100_000_000
    assert point.values == {"opamp_gain": 1e2, "levels": 2}


def test_a_key_changes_with_all_that_decides_a_point(
    network: PredictiveCodingNetwork, data: TestData, base: Technology
) -> None:
    def key(**more: Any) -> str:
        values = {"network": network, "base": base, "data": data} | more
        return next(study_of(**values).all_points()).key

    other = TestData("drawn", data.inputs + 1e-12, data.labels)
    found = [
        key(),
        key(network=network.with_parameters([1.5 * w for w in network.W], list(network.b))),
        key(base=technology("ideal")),
        key(data=other),
        key(seed=1),
        key(measures=("accuracy", "margin")),
        key(axes=[axis("opamp_offset", [3.1e-3])]),
        key(axes=[axis("precision", [2.0])]),
    ]
    assert len(set(found)) == len(found)
    # Neither what an axis is called nor a source nor another axis' values decide anything.
    assert key(axes=[axis("opamp_offset", [3e-3])]) == key()
    assert key(axes=[axis("opamp_offset", [3e-3, 5e-3])], name="other") == key()


@pytest.mark.parametrize("name", ["amplifier_gain", "input_offset", "wire_resistance", "on_off_ratio"])
def test_a_composed_field_reads_what_it_changed(name: str) -> None:
    for base in ("cmos65-rram", "ideal", "breadboard"):
        changed = field(name).apply(technology(base), 7.5, "a test")
        assert field(name).read(changed) == pytest.approx(7.5, rel=1e-12)


def test_an_input_offset_is_what_is_left_after_auto_zero() -> None:
    changed = field("input_offset").apply(technology("cmos65-rram"), 2e-3, "a test")
    assert not changed.auto_zeroed
    assert offset_spread(changed) == 2e-3


def test_a_programming_sigma_scales_the_table() -> None:
    base = technology("cmos65-rram")
    changed = field("programming_sigma").apply(base, 8.654e-6, "a test")
    ratios = [
        b / a for (_, a), (_, b) in zip(base.programming_spread, changed.programming_spread, strict=True)
    ]
    assert ratios == pytest.approx([2.0] * len(ratios))
    plain = field("programming_sigma").apply(technology("ideal"), 1e-7, "a test")
    assert {sigma for _, sigma in plain.programming_spread} == {1e-7}


def test_every_field_of_a_technology_is_a_field() -> None:
    assert set(quantities()) < set(fields())
    with pytest.raises(BadInput, match="opamp_offset"):
        field("opamp_ofset")
