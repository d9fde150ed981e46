"""The named technologies: complete, cited, and possible to build."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from analog_pc.errors import BadInput
from analog_pc.technology import IDEAL, TECHNOLOGIES, Technology, load_technology, quantities, technology
from analog_pc.technology.catalogue import FOLDER
from analog_pc.technology.non_idealities import present
from analog_pc.technology.technology import GROUPS

NAMES = ["ideal", "breadboard", "cmos130-rram", "cmos65-rram", "ecram", "pcm", "sonos"]
every = pytest.mark.parametrize("found", list(TECHNOLOGIES.values()), ids=list(TECHNOLOGIES))


def test_the_names_and_their_order() -> None:
    assert list(TECHNOLOGIES) == NAMES
    assert len(TECHNOLOGIES) == len(NAMES) == len(list(FOLDER.glob("*.toml")))
    assert "ideal" in TECHNOLOGIES
    assert "silicon" not in TECHNOLOGIES
    assert 3 not in TECHNOLOGIES


@every
def test_a_name_finds_its_file(found: Technology) -> None:
    assert technology(found.name) is found
    assert load_technology(FOLDER / f"{found.name}.toml") == found


@every
def test_every_value_that_is_given_says_its_source(found: Technology) -> None:
    assert [name for name, source in found.sources.items() if not source.text] == []
    unsaid = set(quantities()) - set(found.sources)
    defaults = {f: getattr(Technology, f) for f in unsaid}  # a needed field has no default to ask for
    assert {f: getattr(found, f) for f in unsaid} == defaults


@every
def test_chosen_and_typical_values_are_not_verified(found: Technology) -> None:
    guessed = [n for n, s in found.sources.items() if re.match("chosen|typical", s.text) and s.verified]
    assert guessed == []


@every
def test_sources_are_short_and_printable(found: Technology) -> None:
    for text in (found.source, *(source.text for source in found.sources.values())):
        assert text.isascii()
        assert "  " not in text
        assert len(text) < 260
    assert len(found.source) <= 63  # beside the longest name in 80 columns


def test_only_the_ideal_technology_is_ideal() -> None:
    assert [name for name, found in TECHNOLOGIES.items() if not present(found)] == ["ideal"]


@every
def test_signals_fit_between_offset_and_saturation(found: Technology) -> None:
    # A unit may not drown in the offset of one amplifier, and what counts as unsaturated (`supply`) has to
    # be within 5 % of linear: the limiter of `Amplifiers` gives v (1 + (v / saturation)^6)^(-1/6).
    assert found.volts_per_unit >= 20.0 * found.opamp_offset
    assert found.volts_per_unit <= found.supply < found.opamp_saturation
    assert (1.0 + (found.supply / found.opamp_saturation) ** 6) ** (-1.0 / 6.0) > 0.95


@every
def test_a_published_spread_covers_the_range_of_conductances(found: Technology) -> None:
    if found.programming_spread:
        given = [g for g, _ in found.programming_spread]
        assert given[0] <= found.g_min
        assert given[-1] >= 0.98 * found.g_max  # Wan's fit ends at 39.26 of 40 uS; constant beyond


# sigma_max(W f')^2 of a 64-32-10 sigmoid network trained on digits with the defaults of `train` is
# 37.6 / 16 = 2.35, and its amplifiers' largest noise gain 1 + sum_j (|w_j| + 2 max|w| / (ratio - 1)) is
# 1 + 23.2 + 2 * 65 * 2.5 / (ratio - 1) at most: measured 24 ... 26 of `ideal`, 140 of `ecram`.
@pytest.mark.parametrize("name", NAMES[1:])
def test_the_nodes_are_slow_enough_for_the_amplifiers(name: str) -> None:
    found = technology(name)
    noise_gain = 25.0 + 330.0 / (found.g_max / found.g_min - 1.0)
    lag = noise_gain / (2.0 * math.pi * found.opamp_gain_bandwidth)
    assert 2.0 * found.seconds_per_unit / lag > 2.0 * 2.35  # a factor of two within the boundary


# Formulas of the named files of CrossSim, G in uS; the TOML rounds sigma to four digits: 5e-4 of a sigma
# below 10 uS, in the fourth digit.
@pytest.mark.parametrize(("name", "sigma"), [
    ("cmos65-rram", lambda g: 4.782321 - 0.009107 * g),
    ("cmos130-rram", lambda g: 1.536e-4 * g**3 - 1.167e-2 * g**2 + 0.2374 * g + 1.053),
    ("pcm", lambda g: -0.00178767 * g**2 + 0.07585724 * g + 0.28638599),
    ("sonos", lambda g: 0.1988665 * (1.0 - math.exp(-100.0 * g / 176.3115))),  # 100 nA for 1 uS
], ids=NAMES[3:4] + NAMES[2:3] + NAMES[5:])  # fmt: skip
def test_programming_spreads_follow_the_published_fits(name: str, sigma: object) -> None:
    assert callable(sigma)
    for g, spread in technology(name).programming_spread:
        assert spread * 1e6 == pytest.approx(sigma(g * 1e6), abs=5e-4)


def test_the_tl072_of_the_data_sheet() -> None:
    parts = technology("breadboard")
    assert (parts.opamp_gain, parts.opamp_gain_bandwidth, parts.opamp_slew_rate) == (2e5, 4e6, 16e6)
    assert (parts.opamp_offset, parts.opamp_noise, parts.opamp_power) == (3e-3, 15e-9, 1.4e-3 * 30.0)


def test_every_field_belongs_to_a_group() -> None:
    assert {quantity.group for quantity in quantities().values()} == set(GROUPS)


@pytest.mark.parametrize("name", ["silicon", "", "Ideal", "catalogue/ideal", "ideal.tom"])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(BadInput, match=f"unknown technology {name!r}.* ideal, breadboard, .*NAME.toml"):
        technology(name)


def test_a_path_is_read_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('base = "pcm"\n')
    assert technology(tmp_path / "mine.toml").g_max == 25e-6
    assert technology(str(tmp_path / "mine.toml")).name == "mine"
    assert IDEAL is technology("ideal")
