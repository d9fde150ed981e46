"""Non-idealities: which there are, and technologies with one or all of them switched off."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from analog_pc.errors import BadInput
from analog_pc.technology import IDEAL, TECHNOLOGIES, Technology, quantities
from analog_pc.technology.non_idealities import (
    NON_IDEALITIES,
    present,
    with_only,
    without,
    without_non_idealities,
)

# What a technology is, rather than what is wrong with it.
STAYS = {
    "devices_per_weight",
    "g_min", "g_max", "spring_conductance", "node_capacitance", "volts_per_unit", "supply",
    "temperature", "opamp_power",
}  # fmt: skip
REAL = [found for name, found in TECHNOLOGIES.items() if name != "ideal"]
every = pytest.mark.parametrize("found", REAL, ids=[found.name for found in REAL])


def values(technology: Technology) -> dict[str, object]:
    return {f: getattr(technology, f) for f in quantities()}


def test_every_field_stays_or_is_in_one_non_ideality() -> None:
    counts = Counter(f for fields in NON_IDEALITIES.values() for f in fields) + Counter(STAYS)
    assert counts == Counter(list(quantities()))


def test_the_named_technologies_have_all_kinds_but_these() -> None:
    # No number was found for them; a file of one's own may have them.
    unseen = set(NON_IDEALITIES) - {name for found in REAL for name in present(found)}
    assert unseen == {"access transistor", "stuck and open cells", "transposed mismatch"}


@every
def test_alone_has_one_non_ideality(found: Technology) -> None:
    has = present(found)
    for name in NON_IDEALITIES:
        one = with_only(found, name)
        assert present(one) == ((name,) if name in has else ())
        own = {f: getattr(found, f) for f in (*NON_IDEALITIES[name], *STAYS)}
        assert values(one) == values(IDEAL) | own
        assert one.name == f"{found.name} with {name} alone"


@every
def test_without_has_all_but_one(found: Technology) -> None:
    for name in NON_IDEALITIES:
        rest = without(found, name)
        assert present(rest) == tuple(other for other in present(found) if other != name)
        assert values(rest) == values(found) | {f: getattr(IDEAL, f) for f in NON_IDEALITIES[name]}
        assert rest.name == f"{found.name} without {name}"


@every
def test_one_after_the_other_switches_off_all(found: Technology) -> None:
    rest = found
    for name in present(found):
        rest = without(rest, name)
    assert values(rest) == values(without_non_idealities(found))
    assert present(rest) == ()


@every
def test_alone_without_itself_is_without_non_idealities(found: Technology) -> None:
    for name in NON_IDEALITIES:
        assert values(without(with_only(found, name), name)) == values(without_non_idealities(found))


@every
def test_what_is_left_keeps_its_source(found: Technology) -> None:
    one = with_only(found, "finite gain")
    for field in (*STAYS, *NON_IDEALITIES["finite gain"]):
        assert one.sources.get(field) == found.sources.get(field)
    off = one.sources["opamp_offset"]
    assert (off.text, off.verified) == ("switched off: as in ideal parts", True)


def test_ideal_parts_have_none() -> None:
    assert present(IDEAL) == ()
    assert values(without_non_idealities(IDEAL)) == values(IDEAL)


@pytest.mark.parametrize("change", [without, with_only])
def test_an_unknown_non_ideality(change: Callable[[Technology, str], Technology]) -> None:
    with pytest.raises(BadInput, match=re.escape("unknown non-ideality 'ofset', did you mean offset?")):
        change(IDEAL, "ofset")
    with pytest.raises(BadInput, match="unknown non-ideality 'rust', use one of finite gain, bandwidth"):
        change(IDEAL, "rust")
