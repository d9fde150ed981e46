"""Derived values of a technology: time constants, gain error, noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analog_pc.circuit import BOLTZMANN
from analog_pc.technology.offset import offset_spread
from analog_pc.technology.technology import Technology

NOISE_GAIN = 10.0  # of a transimpedance amplifier on some 64 rows, at an on/off ratio well above 10


@dataclass(frozen=True)
class DerivedValue:
    """A derived value, its SI unit ("" where there is none) and how it follows."""

    name: str
    value: float
    unit: str
    meaning: str


def derived_values(t: Technology, noise_gain: float = NOISE_GAIN) -> tuple[DerivedValue, ...]:
    """The figures that a designer needs first; amplifiers at a noise gain NG = 1 + R_f sum(G).

    Two lags of tau_a, one in the forward and one in the feedback amplifiers, let a deep network ring unless
    sigma_max(W f')^2 < 2 tau / tau_a (up to terms that help, of order 1): the "stable up to" below.
    """
    tau = t.seconds_per_unit
    lag = noise_gain / (2.0 * math.pi * t.opamp_gain_bandwidth)
    ng = f"NG = {noise_gain:g}"
    zeroed = " after auto-zero" if t.auto_zeroed else ""
    return (
        DerivedValue("unit of time", tau, "s", "tau = C / g_s"),
        DerivedValue("amplifier lag", lag, "s", f"tau_a = NG / (2 pi GBW), {ng}"),
        DerivedValue(
            "stable up to", 2.0 * tau / lag if lag else math.inf, "", "sigma_max(W f')^2 < 2 tau / tau_a"
        ),
        DerivedValue("gain error", noise_gain / (noise_gain + t.opamp_gain), "", f"NG / (NG + A0), {ng}"),
        DerivedValue(
            "offset at output", noise_gain * offset_spread(t), "V", f"NG times the op-amp's{zeroed}, {ng}"
        ),
        DerivedValue("on/off ratio", t.g_max / t.g_min, "", "g_max / g_min"),
        DerivedValue(
            "feedback resistor", 1.0 / t.cell_span, "Ohm", "R_f / max|W| = 1 / (devices (g_max - g_min))"
        ),
        DerivedValue(
            "thermal noise", math.sqrt(BOLTZMANN * t.temperature / t.node_capacitance), "V", "sqrt(k T / C)"
        ),
    )
