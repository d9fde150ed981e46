"""Circuits of real parts: one non-ideality alone, or all linear ones together, on several chips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analog_pc.relaxers import CircuitRelaxer
from analog_pc.simulators import Native
from analog_pc.technology import Technology, technology
from analog_pc.technology.non_idealities import (
    RANDOM,
    present,
    with_only,
    without,
    without_non_idealities,
)

BASE = "cmos65-rram"
LEVELS = 32  # 5 bit
PARTS = ("ideal parts", "wires", "offsets", "5 bit", "programming spread", "all")
# What makes a circuit nonlinear is left out of "all": a hundred times slower, and signals stay far below
# saturation; so is what moves no rest.
LEFT_OUT = ("device I-V", "saturation", "bandwidth and slew", "activation spread")
NOTE = (
    f"Real parts: what makes a linear circuit nonlinear, or only slower, is left out ({', '.join(LEFT_OUT)})."
)


def real_parts(parts: str) -> Technology:
    """65 nm CMOS and RRAM with nothing but the non-ideality named; "all": its own linear ones and 5 bit."""
    base = technology(BASE)
    if parts == "all":
        for name in LEFT_OUT:
            base = without(base, name)
        return replace(base, levels=LEVELS)
    if parts == "5 bit":
        return replace(without_non_idealities(base), levels=LEVELS)
    names = {"wires": "wire resistance", "offsets": "offset", "programming spread": "programming spread"}
    return with_only(base, names[parts]) if parts in names else without_non_idealities(base)


def chips(parts: str, number: int) -> Iterator[CircuitRelaxer]:
    """Relaxers on the native simulator, one a chip; only one where nothing is random.

    Parameters
    ----------
    parts
        One of `PARTS`.
    number
        Of chips, seeds 0, 1, ...
    """
    of = real_parts(parts)
    drawn = number if RANDOM & set(present(of)) else 1
    return (CircuitRelaxer(Native(), of, seed) for seed in range(drawn))


def short(parts: str) -> str:
    """The name of parts in an id: "5-bit"."""
    return parts.replace(" ", "-")
