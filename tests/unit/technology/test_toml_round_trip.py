"""A technology, written and read again."""

from __future__ import annotations

import dataclasses
import math
import operator
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.technology import IDEAL, TECHNOLOGIES, Source, Technology, load_technology, quantities
from analog_pc.technology.quantity import FINITE, LIMIT, POSITIVE
from analog_pc.technology.technology import MOST_DEVICES
from analog_pc.technology.toml_file import defaulted, technology_text

FEW = settings(max_examples=60, deadline=None, derandomize=True)
POSITIVES = st.floats(1e-30, 1e29)
NUMBERS = {
    POSITIVE: POSITIVES,
    LIMIT: POSITIVES | st.just(math.inf),
    FINITE: POSITIVES | POSITIVES.map(operator.neg) | st.just(0.0),
}
# Fields whose values are tied to one another, or are no floats.
TIED = {"g_min", "g_max", "stuck_on", "stuck_off", "open_cells", "opamp_gain_bandwidth", "opamp_slew_rate"}
FREE = [f for f, q in quantities().items() if q.bound and f not in TIED]
# What `text` leaves alone: printable, one space at a time.
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)


@st.composite
def technologies(draw: st.DrawFn) -> Technology:
    values = {f: draw(NUMBERS.get(quantities()[f].bound, st.just(0.0) | POSITIVES)) for f in FREE}
    low, high = sorted(draw(st.lists(POSITIVES, min_size=2, max_size=2, unique=True)))
    sources = {f: Source(draw(TEXTS), False) for f in draw(st.sets(st.sampled_from(list(quantities()))))}
    at = sorted(draw(st.sets(POSITIVES, max_size=4)))
    return Technology(
        "drawn",
        draw(TEXTS.filter(bool)),
        low,
        high,
        **values,
        devices_per_weight=draw(st.integers(1, MOST_DEVICES)),
        levels=draw(st.sampled_from([0, 2, 3, 10**9])),
        device_law=draw(st.sampled_from(["linear", "sinh", "cubic"])),
        programming_spread=tuple((g, draw(POSITIVES)) for g in at),
        sources=sources,
    )


def again(technology: Technology, folder: Path) -> Technology:
    path = folder / f"{technology.name}.toml"
    path.write_text(technology_text(technology), encoding="utf-8")
    return load_technology(path)


def bits(technology: Technology) -> dict[str, object]:
    """Values that tell -0.0 from 0.0 and 1 from 1.0."""
    return {f: repr(getattr(technology, f)) for f in quantities()}


@FEW
@given(technologies())
def test_values_come_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, technology: Technology
) -> None:
    found = again(technology, tmp_path_factory.mktemp("toml"))
    assert bits(found) == bits(technology)
    assert found.source == technology.source
    for field, source in technology.sources.items():
        assert found.sources[field] == source
    assert defaulted(found) == defaulted(technology)


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_the_named_ones_come_back_with_their_sources(name: str, tmp_path: Path) -> None:
    technology = TECHNOLOGIES[name]
    found = again(technology, tmp_path)
    assert found == technology
    assert found.process == technology.process != ""
    assert found.sources == technology.sources


def test_every_field_stands_there_and_what_is_off_as_a_comment() -> None:
    text = technology_text(IDEAL)
    off = defaulted(IDEAL)
    assert set(off) == set(quantities()) - set(IDEAL.sources)
    for field, quantity in quantities().items():
        assert f"\n# {quantity.meaning}" in text
        assert f"\n{'# ' if field in off else ''}[{field}]\n" in text
    assert set(tomllib.loads(text)) == {"source", "process", *IDEAL.sources}


def test_a_comment_is_switched_on_by_taking_its_marks_away(tmp_path: Path) -> None:
    on = technology_text(IDEAL).replace("# [", "[").replace("# value", "value")
    (tmp_path / "ideal.toml").write_text(on)
    found = load_technology(tmp_path / "ideal.toml")
    assert found == IDEAL
    assert set(found.sources) == set(quantities())


def test_numbers_of_numpy_are_written_as_numbers(tmp_path: Path) -> None:
    technology = dataclasses.replace(
        IDEAL,
        g_min=np.float64(1 / 3e6),
        levels=np.int64(16),
        opamp_saturation=np.inf,
        programming_spread=((np.float64(1e-6), np.float64(1e-7)),),
    )
    found = again(technology, tmp_path)
    assert (found.g_min, found.levels, found.opamp_saturation) == (1 / 3e6, 16, math.inf)
    assert found.programming_spread == ((1e-6, 1e-7),)


@pytest.mark.parametrize("text", ['say "no"', "back\\slash", "del\x7fete", "µ, Ω, 電", "#", "'''"])
def test_any_text_is_quoted(text: str) -> None:
    technology = dataclasses.replace(IDEAL, source=text)
    assert tomllib.loads(technology_text(technology))["source"] == text
