"""Numbers and nouns as people write them."""

from __future__ import annotations

import math

import pytest

from analog_pc.reporting.text import counted, duration, science, si_or_unknown
from analog_pc.si import engineering, si


@pytest.mark.parametrize(("number", "words"), [(0, "0 samples"), (1, "1 sample"), (12, "12 samples")])
def test_nouns_are_counted(number: int, words: str) -> None:
    assert counted(number, "sample") == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.25, "1.25"),
        (2e-9, "2.0 \u00d7 10⁻⁹"),
        (-3.14e7, "-3.1 \u00d7 10⁷"),
        (None, "not a number"),
        (math.nan, "not a number"),
        (math.inf, "∞"),
    ],
)
def test_science(value: float | None, text: str) -> None:
    assert science(value) == text


def test_units_have_prefixes() -> None:
    assert engineering(2e-6) == (pytest.approx(1e6), "µ")
    assert engineering(0.0) == (1.0, "")
    assert si(1e5, "Ω") == "100 kΩ"
    assert si(1e-12, "F") == "1 pF"
    assert si(1e3, "Ω") == "1 kΩ"
    assert si_or_unknown(2e-9, "s") == "2 ns"
    assert si_or_unknown(None, "s") == "unknown"


def test_duration() -> None:
    assert [duration(s) for s in (0.2, 45.4, 59.6, 125.0)] == ["1 s", "45 s", "1 min 0 s", "2 min 5 s"]
