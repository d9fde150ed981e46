"""TOML files: what is taken, and what is refused in one line that names file and field."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from analog_pc.errors import BadInput
from analog_pc.files import MOST_TOML
from analog_pc.technology import Source, Technology, load_technology, technology

NEEDED = """
g_min = 1e-6
g_max = 1e-4
opamp_gain = 1e5
rectifier_gain = 1_000
spring_conductance = 1e-5
node_capacitance = 1e-12
volts_per_unit = 0.1
supply = 1
"""


def read(folder: Path, text: str) -> Technology:
    path = folder / "mine.toml"
    path.write_bytes(text.encode())
    return load_technology(path)


def test_bare_values_are_unverified_and_the_rest_is_off(tmp_path: Path) -> None:
    found = read(tmp_path, NEEDED)
    assert found == Technology("mine", "mine.toml", 1e-6, 1e-4, 1e5, 1e3, 1e-5, 1e-12, 0.1, 1.0)
    assert found.sources["g_min"] == Source("", False)
    assert type(found.supply) is float
    assert "opamp_offset" not in found.sources


def test_tables_carry_source_and_mark(tmp_path: Path) -> None:
    text = """
base = "ideal"
name = "bench"
source = "what we have"
[opamp_gain]
value = 2e5
source = "data sheet,\\n   page 3"
verified = true
[opamp_offset]
value = 3e-3
"""
    found = read(tmp_path, text)
    assert (found.name, found.source) == ("bench", "what we have")
    assert found.sources["opamp_gain"] == Source("data sheet, page 3", True)
    assert found.sources["opamp_offset"] == Source("", False)


def test_a_base_gives_every_value_that_is_not_changed(tmp_path: Path) -> None:
    base = technology("cmos65-rram")
    found = read(tmp_path, 'base = "cmos65-rram"\nopamp_gain = 2e3\n')
    said = "cmos65-rram, with changes of mine.toml"
    assert found == dataclasses.replace(base, name="mine", source=said, opamp_gain=2e3)
    assert {**found.sources, "opamp_gain": base.sources["opamp_gain"]} == base.sources
    assert found.sources["opamp_gain"] == Source("", False)
    assert technology("cmos65-rram").sources["opamp_gain"] != Source("", False)  # the base kept its own


def test_values_that_are_no_floats(tmp_path: Path) -> None:
    text = (
        'base = "ideal"\nlevels = 16\ndevice_law = "sinh"\nprogramming_spread = [[1e-6, 1e-7], [1e-4, 0]]\n'
    )
    found = read(tmp_path, text)
    assert (found.levels, found.device_law) == (16, "sinh")
    assert found.programming_spread == ((1e-6, 1e-7), (1e-4, 0.0))


def test_numbers_with_prefixes_and_units(tmp_path: Path) -> None:
    text = """
base = "ideal"
g_min = "1 uS"
g_max = "0.1mS"
opamp_gain = { value = "60 dB", source = "data sheet", verified = true }
opamp_gain_bandwidth = "1 MHz"
opamp_slew_rate = "10 V/us"
opamp_noise = "18 nV/sqrt(Hz)"
node_capacitance = "2.2p"
driver_resistance = "1.5 kOhm"
stuck_on = "0.5 %"
levels = "1k"
temperature = "300K"
programming_spread = [["1uS", "10nS"], ["100uS", 1e-7]]
"""
    found = read(tmp_path, text)
    assert (found.g_min, found.g_max) == (1e-6, 1e-4)
    assert found.opamp_gain == 1000.0
    assert found.sources["opamp_gain"] == Source("data sheet", True)
    assert (found.opamp_gain_bandwidth, found.opamp_slew_rate, found.opamp_noise) == (1e6, 1e7, 18e-9)
    assert (found.node_capacitance, found.driver_resistance, found.stuck_on) == (2.2e-12, 1500.0, 0.005)
    assert found.levels == 1000
    assert type(found.levels) is int
    assert found.temperature == 300.0
    assert found.programming_spread == ((1e-6, 1e-8), (1e-4, 1e-7))


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff" + NEEDED.replace("\n", "\r\n")).g_max == 1e-4


IN_BASE = [
    ("opamp_gian = 3", "unknown field 'opamp_gian', did you mean opamp_gain?"),
    ("Source = 'x'", "unknown field 'Source', did you mean source?"),
    ("zzz = 1", "unknown field 'zzz', use one of g_min, g_max"),
    ("sources = {}", "unknown field 'sources', did you mean source?"),
    ("opamp_gain = 'x'", "opamp_gain must be a number, got 'x', a string"),
    ("opamp_gain = '1M'", "opamp_gain = '1M': M is mega in SI and milli in SPICE: write 1meg, or 1m?"),
    (
        "driver_resistance = '1 kHz'",
        "driver_resistance = '1 kHz': 'kHz' is no prefix and no unit here, expected Ohm",
    ),
    (
        "driver_resistance = '60 dB'",
        "driver_resistance = '60 dB': dB are of ratios of voltages, expected Ohm",
    ),
    ("stuck_on = '1 V'", "stuck_on = '1 V': 'V' is no prefix and no unit here, expected a plain number"),
    ("levels = '16.5'", "levels must be a whole number, got '16.5', a string"),
    ("levels = '16k5'", "levels = '16k5': 'k5' is no prefix"),
    ("programming_spread = [['1uS', '1 V']]", "programming_spread[0][1] = '1 V': 'V' is no prefix"),
    ("opamp_gain = true", "opamp_gain must be a number, got True, a boolean"),
    ("opamp_gain = [1.0]", "opamp_gain must be a number, got [1.0], an array"),
    ("opamp_gain = -1", "opamp_gain = -1.0, must be finite and > 0"),
    ("opamp_gain = 0", "opamp_gain = 0.0, must be finite and > 0"),
    ("opamp_gain = inf", "opamp_gain = inf, must be finite and > 0"),
    ("opamp_gain = nan", "opamp_gain = nan, must be finite and > 0"),
    ("opamp_offset = -1e-3", "opamp_offset = -0.001, must be finite and >= 0"),
    ("opamp_saturation = 0.0", "opamp_saturation = 0.0, must be > 0 (inf: none)"),
    ("opamp_saturation = nan", "opamp_saturation = nan, must be > 0 (inf: none)"),
    ("device_nonlinearity = inf", "device_nonlinearity = inf, must be finite"),
    ("levels = 2.0", "levels must be a whole number, got 2.0, a float"),
    ("levels = true", "levels must be a whole number, got True, a boolean"),
    ("levels = 1", "levels = 1, must be 0 (any) or 2 ... 2147483648"),
    (f"levels = {10**400}", "beyond the range of numbers"),
    ("device_law = 3", "device_law must be a string, got 3, an integer"),
    ("device_law = 'cubc'", "device_law = 'cubc', use linear, sinh, cubic"),
    ("programming_spread = 1", "programming_spread must be an array of pairs"),
    ("programming_spread = [1]", "programming_spread[0] must be a pair"),
    ("programming_spread = [[1, 2], [1, 2, 3]]", "programming_spread[1] must be a pair"),
    ("programming_spread = [[1, 'x']]", "programming_spread[0][1] must be a number"),
    ("programming_spread = [[2, 1], [1, 1]]", "rising G"),
    ("stuck_on = 0.6\nstuck_off = 0.6", "in all <= 1"),
    ("g_min = 1e-3", "g_min = 0.001 S must be below g_max = 0.0001 S"),
    ("opamp_slew_rate = 1e6", "opamp_slew_rate needs an opamp_gain_bandwidth"),
    ("name = 3", "name must be a string, got 3, an integer"),
    ("opamp_gain = { value = 3, sorce = 'x' }", "opamp_gain: unknown key 'sorce', did you mean source?"),
    ("opamp_gain = { source = 'x' }", "opamp_gain: has no value"),
    ("opamp_gain = { value = 3, source = 4 }", "opamp_gain: source must be a string, got 4, an integer"),
    ("opamp_gain = { value = 3, verified = 1 }", "opamp_gain: verified must be true or false, got 1"),
    ("opamp_gain = { value = 3, verified = true }", "opamp_gain: verified, but without a source"),
    (
        "opamp_gain = { value = 3, source = ' ', verified = true }",
        "opamp_gain: verified, but without a source",
    ),
]


@pytest.mark.parametrize(("line", "words"), IN_BASE, ids=[line[:40] for line, _ in IN_BASE])
def test_refused_changes_of_a_base(line: str, words: str, tmp_path: Path) -> None:
    refused(tmp_path, f'base = "ideal"\n{line}\n', words)


WHOLE = [
    ("a = = 3", "not TOML: Invalid value (at line 1"),
    ("g_min = 1\ng_min = 2", "not TOML"),
    ("a = " + "[" * 100_000, "not TOML"),
    ("levels = " + "9" * 5000, "not TOML"),
    ('base = "ideel"', "base = 'ideel', did you mean ideal?"),
    ('base = "mine.toml"', "base = 'mine.toml', use one of ideal, breadboard"),
    ("", "missing g_min, g_max, opamp_gain"),
    (NEEDED.replace("supply = 1", ""), 'missing supply; or start from a named technology, as base = "ideal"'),
    ("#" * (MOST_TOML + 1), "larger than 1 MiB"),
]


@pytest.mark.parametrize(("text", "words"), WHOLE, ids=[text.strip()[:20] or "empty" for text, _ in WHOLE])
def test_refused_files(text: str, words: str, tmp_path: Path) -> None:
    refused(tmp_path, text, words)


def refused(folder: Path, text: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(folder, text)
    message = str(caught.value)
    assert message.startswith(f"{folder / 'mine.toml'}: ")
    assert words in message
    assert "\n" not in message


def test_a_file_that_is_not_there_a_folder_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"mine\.toml: no such file"):
        load_technology(tmp_path / "mine.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(BadInput, match=r"folder\.toml: is a directory"):
        load_technology(tmp_path / "folder.toml")
    (tmp_path / "bytes.toml").write_bytes(b"# fine\n\xff\n")
    with pytest.raises(BadInput, match=r"not UTF-8: byte 0xff \(at line 2\)"):
        load_technology(tmp_path / "bytes.toml")
