"""Numbers as people write them: "10k", "2.2 pF", "1 MHz", "100 nV/sqrt(Hz)", "10 V/us", "60 dB", "0.5 %".

A prefix or a unit may follow the number; without a unit it is the one that is expected.  Case counts, as in
SI: m is milli, F is farad, f is femto.  What SPICE and SI read differently:

=============  ===========================================================================================
1M             refused: SPICE, which knows no case, reads milli, people mean mega
1meg           1e6, with or without a unit, in any case, as in SPICE
1 MHz, 1MOhm   1e6: the unit shows that it is meant as SI writes it
10K            1e4, but 10 K where kelvin are expected
10F            10 farad where farad are expected (10 f and 10fF are femto)
60 dB          10^(60/20) = 1000, where a ratio of voltages (V/V) is expected
=============  ===========================================================================================
"""

from __future__ import annotations

import math
import re

from analog_pc.errors import BadInput, one_line

PREFIXES = {
    "a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "\u00b5": -6, "\u03bc": -6, "m": -3, "k": 3, "K": 3,
    "M": 6, "G": 9, "T": 12,
}  # fmt: skip
_MEGA = "meg"
# Other ways to write a unit; \u03a9 and \u2126 are the two omegas, \u221a is the root.
_ALIASES = {
    "ohm": "Ohm", "ohms": "Ohm", "Ohms": "Ohm", "\u03a9": "Ohm", "\u2126": "Ohm", "sec": "s",
    "rtHz": "sqrt(Hz)", "\u221aHz": "sqrt(Hz)", "\u221a(Hz)": "sqrt(Hz)",
}  # fmt: skip
_PARTS = {"%": -2, "ppm": -6}  # of something without a unit
_MOST = 100  # characters
_FORM = re.compile(
    r"([+-]?(?:[0-9](?:_?[0-9])*(?:\.[0-9]*)?|\.[0-9]+))(?:[eE]([+-]?[0-9]{1,9}))?(.*)", re.DOTALL
)


def is_quantity(text: str) -> bool:
    """Whether a text starts as a number does, and so is meant as one."""
    return len(text) <= _MOST and _FORM.fullmatch(text.strip()) is not None


def quantity(what: str, text: str, unit: str) -> float:
    """The number of a text in SI units, correctly rounded.

    Parameters
    ----------
    what
        Where the text stands, for messages.
    text
        A number, then a prefix and a unit, either or both of which may be missing.
    unit
        The unit that is expected: "V", "Ohm", "V/s", "V/V", ...; "" for a plain number.

    Raises
    ------
    BadInput
        For another unit than the expected one, naming both; for "1M"; for what is no number.

    Examples
    --------
    >>> quantity("C", "2.2 pF", "F")
    2.2e-12
    >>> quantity("A0", "60 dB", "V/V")
    1000.0
    """
    found = _FORM.fullmatch(text.strip()) if len(text) <= _MOST else None
    if found is None:
        raise BadInput(f"{what} must be a number, got {one_line(text, 60)!r}")
    number = found[1].replace("_", "")
    exponent = int(found[2] or 0)
    suffix = "".join(found[3].split())
    if suffix == "dB":
        return _ratio(what, text, float(f"{number}e{exponent}"), unit)
    power = _power(suffix, unit)
    if power is None:
        raise _refused(what, text, suffix, number, unit)
    return float(f"{number}e{exponent + power}")


def _ratio(what: str, text: str, decibels: float, unit: str) -> float:
    if unit != "V/V":
        raise BadInput(f"{what} = {text!r}: dB are of ratios of voltages, {_expected(unit)}")
    try:
        return float(10.0 ** (decibels / 20.0))
    except OverflowError:
        raise BadInput(f"{what} = {text!r} is beyond the range of numbers") from None


def _power(suffix: str, unit: str) -> int | None:
    """The power of ten that a suffix means; None where it does not fit the unit, or is M alone."""
    if suffix == "M":
        return None
    if unit == "" and suffix in _PARTS:
        return _PARTS[suffix]
    above, slash, below = unit.partition("/")
    written_above, written_slash, written_below = suffix.partition("/")
    if not written_slash:
        return _one(suffix, unit, bare=True)  # "10k", of whatever is expected
    if not slash:
        return None
    numerator = _one(written_above, above, bare=False)
    denominator = _one(written_below, below, bare=False)
    return None if numerator is None or denominator is None else numerator - denominator


def _one(suffix: str, unit: str, *, bare: bool) -> int | None:
    """Of a single unit with its prefix; `bare`: also of the prefix alone, or nothing."""
    for written in ("", unit) if bare else (unit,):
        for start, power in _starts(suffix):
            rest = suffix[len(start) :]
            if _ALIASES.get(rest, rest) == written and not (unit == "K" and suffix == "K" and start):
                return power
    return None


def _starts(suffix: str) -> list[tuple[str, int]]:
    """What the suffix may begin with: no prefix, a letter, or meg."""
    found = [("", 0)]
    if suffix[: len(_MEGA)].lower() == _MEGA:
        found.append((suffix[: len(_MEGA)], 6))
    if suffix[:1] in PREFIXES:
        found.append((suffix[:1], PREFIXES[suffix[:1]]))
    return found


def _refused(what: str, text: str, suffix: str, number: str, unit: str) -> BadInput:
    where = f"{what} = {one_line(text, 60)!r}"
    if suffix == "M":
        return BadInput(f"{where}: M is mega in SI and milli in SPICE: write {number}meg, or {number}m?")
    return BadInput(f"{where}: {one_line(suffix, 30)!r} is no prefix and no unit here, {_expected(unit)}")


def _expected(unit: str) -> str:
    return f"expected {unit}" if unit else "expected a plain number"


def engineering(largest: float) -> tuple[float, str]:
    """Factor and SI prefix that bring `largest` between 1 and 1000: (1e6, "µ") for 2e-6."""
    if not (math.isfinite(largest) and largest > 0.0):
        return 1.0, ""
    prefixes = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
    power = min(max(3 * math.floor(math.log10(largest) / 3 + 1e-9), -15), 9)
    return 10.0**-power, prefixes[power]


def si(value: float, unit: str) -> str:
    """``si(1e-12, "F")`` is "1 pF", ``si(9e-39, "W")`` is "9e-39 W": below attos a prefix says nothing."""
    if 0.0 < abs(value) < 1e-18:
        return f"{value:.4g} {unit}"
    factor, prefix = engineering(abs(value))
    return f"{value * factor:.4g} {prefix}{unit}"
