"""Numbers and nouns in messages and on pages."""

from __future__ import annotations

import math

from analog_pc.si import si

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def counted(number: int, what: str) -> str:
    """A number and its noun: ``counted(1, "sample")`` is "1 sample", of 2 it is "2 samples"."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def science(value: float | None) -> str:
    """Two or three digits and a power of ten, 1.2 × 10⁻⁹; None and NaN are "not a number"."""
    if value is None or math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞"
    if value == 0.0:
        return "0"
    if 1e-2 <= abs(value) < 1e4:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def si_or_unknown(value: float | None, unit: str) -> str:
    """A value with the SI prefix of its unit; None is "unknown"."""
    return "unknown" if value is None else si(value, unit)


def duration(seconds: float) -> str:
    """A waiting time: "45 s", "2 min 5 s"."""
    whole = max(round(seconds), 1)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
