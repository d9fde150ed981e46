"""Numbers with SI prefixes and units: what each one is, and what is asked back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analog_pc import BadInput
from analog_pc.si import PREFIXES, is_quantity, quantity, si

READ = [
    ("10", "V", 10.0),
    ("10k", "Ohm", 1e4),
    ("10k", "", 1e4),
    ("10 k", "Hz", 1e4),
    ("10 kOhm", "Ohm", 1e4),
    ("10K", "Ohm", 1e4),
    ("10 K", "K", 10.0),
    ("10 mK", "K", 0.01),
    ("2.2pF", "F", 2.2e-12),
    ("2.2 pF", "F", 2.2e-12),
    ("2.2p", "F", 2.2e-12),
    ("10f", "F", 1e-14),
    ("10fF", "F", 1e-14),
    ("10F", "F", 10.0),
    ("3 us", "s", 3e-6),
    ("3 \u00b5s", "s", 3e-6),
    ("3 \u03bcs", "s", 3e-6),
    ("10 uS", "S", 1e-5),
    ("1 MHz", "Hz", 1e6),
    ("1MHz", "Hz", 1e6),
    ("1 mHz", "Hz", 1e-3),
    ("1MOhm", "Ohm", 1e6),
    ("1 M\u03a9", "Ohm", 1e6),
    ("1 k\u2126", "Ohm", 1e3),
    ("1 Mohm", "Ohm", 1e6),
    ("1meg", "Ohm", 1e6),
    ("1MEG", "", 1e6),
    ("1MegOhm", "Ohm", 1e6),
    ("1m", "V", 1e-3),
    ("1 mV", "V", 1e-3),
    ("1.5 GHz", "Hz", 1.5e9),
    ("1T", "Ohm", 1e12),
    ("100 nV/sqrt(Hz)", "V/sqrt(Hz)", 1e-7),
    ("18nV/rtHz", "V/sqrt(Hz)", 18e-9),
    ("18 nV/\u221aHz", "V/sqrt(Hz)", 18e-9),
    ("18n", "V/sqrt(Hz)", 18e-9),
    ("10 V/us", "V/s", 1e7),
    ("10 mV/ns", "V/s", 1e7),
    ("10meg", "V/s", 1e7),
    ("200 V/mV", "V/V", 2e5),
    ("2 MV/V", "V/V", 2e6),
    ("2k", "V/V", 2e3),
    ("60dB", "V/V", 1000.0),
    ("60 dB", "V/V", 1000.0),
    ("-20 dB", "V/V", 0.1),
    ("0.5 %", "", 0.005),
    ("30ppm", "", 30e-6),
    ("-5 mV", "V", -5e-3),
    ("+.5e-3 V", "V", 5e-4),
    ("5.", "V", 5.0),
    ("1_000", "V", 1000.0),
    ("1e3k", "V", 1e6),
    (" 7 V ", "V", 7.0),
]


@pytest.mark.parametrize(("text", "unit", "value"), READ)
def test_read(text: str, unit: str, value: float) -> None:
    """To the last bit: as the number would be written without a prefix."""
    assert is_quantity(text)
    assert quantity("x", text, unit) == value


ASKED = [
    ("1M", "Ohm", "x = '1M': M is mega in SI and milli in SPICE: write 1meg, or 1m?"),
    ("2.5 M", "", "write 2.5meg, or 2.5m?"),
    ("1 kHz", "Ohm", "'kHz' is no prefix and no unit here, expected Ohm"),
    ("1 s", "S", "'s' is no prefix and no unit here, expected S"),
    ("1 uS", "s", "'uS' is no prefix and no unit here, expected s"),
    ("1 V", "", "'V' is no prefix and no unit here, expected a plain number"),
    ("1 V", "V/s", "expected V/s"),
    ("1 V/s", "V", "expected V"),
    ("1 V/", "V/s", "expected V/s"),
    ("1 /s", "V/s", "expected V/s"),
    ("1 V/M", "V/V", "expected V/V"),
    ("1 %", "V", "expected V"),
    ("60 dB", "Ohm", "dB are of ratios of voltages, expected Ohm"),
    ("60 mdB", "V/V", "expected V/V"),
    ("1e9 dB", "V/V", "is beyond the range of numbers"),
    ("1 kk", "", "'kk' is no prefix"),
    ("1 mil", "", "'mil' is no prefix"),
    ("0x10", "", "'x10' is no prefix"),
    ("1 2", "", "'2' is no prefix"),
    ("10 hz", "Hz", "'hz' is no prefix and no unit here, expected Hz"),
]


@pytest.mark.parametrize(("text", "unit", "words"), ASKED)
def test_asked_back(text: str, unit: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        quantity("x", text, unit)
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["", "x", "k", "nan", "inf", "-", ".", "e5", "\u0661", "1" * 101])
def test_what_is_no_number(text: str) -> None:
    assert not is_quantity(text)
    with pytest.raises(BadInput, match="x must be a number, got"):
        quantity("x", text, "V")


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(sorted(PREFIXES)))
def test_a_prefix_rounds_as_the_power_of_ten_does(value: float, prefix: str) -> None:
    """What is scaled is the number as written, not its float: a subnormal one has fewer digits."""
    written = repr(value)
    exact = Decimal(written).scaleb(PREFIXES[prefix])
    assert quantity("x", f"{written} {prefix}V", "V") == float(exact)


@given(st.text(max_size=120), st.sampled_from(["", "V", "V/V", "V/s", "K", "V/sqrt(Hz)"]))
def test_any_text_is_a_number_or_refused(text: str, unit: str) -> None:
    try:
        found: object = quantity("x", "1" + text, unit)
    except BadInput as refused:
        found = refused
    assert isinstance(found, float) or len(str(found)) < 300


@pytest.mark.parametrize(
    ("value", "text"), [(1e-12, "1 pF"), (0.0, "0 F"), (-2.5e-16, "-0.25 fF"), (9.071e-39, "9.071e-39 F")]
)
def test_written_with_a_prefix(value: float, text: str) -> None:
    assert si(value, "F") == text
