"""Voltages over time, piecewise linear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.errors import BadInput


@dataclass(frozen=True, eq=False)
class Waveform:
    """V at points in time, straight lines between; two points at one time are a jump.

    Parameters
    ----------
    seconds
        [points], at least two, not falling.
    volts
        [points].

    Raises
    ------
    BadInput
        For other shapes, falling times, or values that are not finite.
    """

    seconds: ArrayLike
    volts: ArrayLike

    def __post_init__(self) -> None:
        for name in ("seconds", "volts"):
            object.__setattr__(self, name, _numbers(name, getattr(self, name)))
        t, v = self.points
        if t.shape != v.shape or t.size < 2:
            raise BadInput(f"waveform: {t.size} seconds and {v.size} volts, must be as many, and at least 2")
        if (np.diff(t) < 0.0).any():
            raise BadInput("waveform: seconds must not fall")

    @property
    def points(self) -> tuple[Floats, Floats]:
        """Seconds and volts, [points] each."""
        return np.asarray(self.seconds), np.asarray(self.volts)


def pulse_train(volts: ArrayLike, width: float, gap: float = 0.0, edge: float = 0.0) -> Waveform:
    """One pulse after the other, from 0 V and back to it.

    ::

             ____ volts[0]               4 points a pulse, after the point at 0 s: every fourth point,
            /    \\                      from the first on, is at 0 V, before and after every pulse
        ___/      \\________
           edge width edge gap

    Parameters
    ----------
    volts
        [pulses]: height of each.
    width, gap, edge
        In s; width > 0.  An edge of 0 is a jump.
    """
    heights = _numbers("volts", volts)
    if not (width > 0.0 and gap >= 0.0 and edge >= 0.0):
        raise BadInput(f"pulse train: width, gap, edge = {(width, gap, edge)} s, must be > 0, >= 0, >= 0")
    steps = np.tile([edge, width, edge, gap], heights.size)
    shape = np.outer(heights, [1.0, 1.0, 0.0, 0.0])
    return Waveform(np.append(0.0, np.cumsum(steps)), np.append(0.0, shape))


def _numbers(name: str, numbers: ArrayLike) -> Floats:
    try:
        values = np.array(numbers, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"waveform: {name} are not numbers") from None
    if values.ndim != 1 or not np.isfinite(values).all():
        raise BadInput(f"waveform: {name} of shape {values.shape}, must be a row of finite numbers")
    return values
