"""Imperfections: which there are, and technologies with one or all of them switched off."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from analog_pc.errors import BadInput
from analog_pc.technology import IDEAL, TECHNOLOGIES, Technology, quantities
from analog_pc.technology.imperfections import (
    IMPERFECTIONS,
    alone,
    present,
    without,
    without_imperfections,
)

# What a technology is, rather than what is wrong with it.
STAYS = {
    "g_min", "g_max", "spring_conductance", "node_capacitance", "volts_per_unit", "supply",
    "temperature", "opamp_power",
}  # fmt: skip
REAL = [found for name, found in TECHNOLOGIES.items() if name != "ideal"]
every = pytest.mark.parametrize("found", REAL, ids=[found.name for found in REAL])


def values(technology: Technology) -> dict[str, object]:
    return {f: getattr(technology, f) for f in quantities()}


def test_every_field_stays_or_is_in_one_imperfection() -> None:
    counts = Counter(f for fields in IMPERFECTIONS.values() for f in fields) + Counter(STAYS)
    assert counts == Counter(list(quantities()))


def test_the_named_technologies_have_all_kinds_but_these() -> None:
    # No number was found for them; a file of one's own may have them.
    unseen = set(IMPERFECTIONS) - {name for found in REAL for name in present(found)}
    assert unseen == {"access transistor", "stuck and open cells", "transposed mismatch"}


@every
def test_alone_has_one_imperfection(found: Technology) -> None:
    has = present(found)
    for name in IMPERFECTIONS:
        one = alone(found, name)
        assert present(one) == ((name,) if name in has else ())
        own = {f: getattr(found, f) for f in (*IMPERFECTIONS[name], *STAYS)}
        assert values(one) == values(IDEAL) | own
        assert one.name == f"{found.name} with {name} alone"


@every
def test_without_has_all_but_one(found: Technology) -> None:
    for name in IMPERFECTIONS:
        rest = without(found, name)
        assert present(rest) == tuple(other for other in present(found) if other != name)
        assert values(rest) == values(found) | {f: getattr(IDEAL, f) for f in IMPERFECTIONS[name]}
        assert rest.name == f"{found.name} without {name}"


@every
def test_one_after_the_other_switches_off_all(found: Technology) -> None:
    rest = found
    for name in present(found):
        rest = without(rest, name)
    assert values(rest) == values(without_imperfections(found))
    assert present(rest) == ()


@every
def test_alone_without_itself_is_without_imperfections(found: Technology) -> None:
    for name in IMPERFECTIONS:
        assert values(without(alone(found, name), name)) == values(without_imperfections(found))


@every
def test_what_is_left_keeps_its_source(found: Technology) -> None:
    one = alone(found, "finite gain")
    for field in (*STAYS, *IMPERFECTIONS["finite gain"]):
        assert one.sources.get(field) == found.sources.get(field)
    off = one.sources["opamp_offset"]
    assert (off.text, off.verified) == ("switched off: as in ideal parts", True)


def test_ideal_parts_have_none() -> None:
    assert present(IDEAL) == ()
    assert values(without_imperfections(IDEAL)) == values(IDEAL)


@pytest.mark.parametrize("change", [without, alone])
def test_an_unknown_imperfection(change: Callable[[Technology, str], Technology]) -> None:
    with pytest.raises(BadInput, match=re.escape("unknown imperfection 'ofset', did you mean offset?")):
        change(IDEAL, "ofset")
    with pytest.raises(BadInput, match="unknown imperfection 'rust', use one of finite gain, bandwidth"):
        change(IDEAL, "rust")
