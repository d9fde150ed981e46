"""Volts per unit of activity and seconds per unit of time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analog_pc.errors import BadInput
from analog_pc.technology import Technology


@dataclass(frozen=True)
class Scales:
    """An activity of 1 is `volts` volts; a time of 1 (one C / g_s) is `seconds` seconds."""

    volts: float
    seconds: float


def choose_scales(technology: Technology, peak: float, volts_per_unit: float | None = None) -> Scales:
    """Scales at which `peak`, the largest activity known before simulation, stays within the supply.

    Without `volts_per_unit` the technology's nominal value is used, lowered if `peak` demands it.

    Raises
    ------
    BadInput
        When the given `volts_per_unit` is not positive or would saturate.
    """
    largest = technology.supply / peak if peak > 0.0 else math.inf
    volts = min(technology.volts_per_unit, largest) if volts_per_unit is None else float(volts_per_unit)
    if not (math.isfinite(volts) and volts > 0.0):
        raise BadInput(f"volts_per_unit = {volts!r}, must be finite and > 0")
    if volts > largest:
        raise BadInput(
            f"volts_per_unit = {volts!r} takes an activity of {peak:.4g} to {volts * peak:.4g} V, above the "
            f"{technology.supply:g} V of technology {technology.name!r}: use at most {largest:.4g}"
        )
    return Scales(volts, technology.seconds_per_unit)
