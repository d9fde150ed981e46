"""Which fields a specification bounds: from which side, over which range, and beside which others.

A field is tried alone, all other parts ideal.  Some mean nothing alone: the output resistance of an ideal
amplifier is no resistance, and the on/off ratio of exact devices loses nothing.  They are tried beside the
non-idealities that they act through, at the values of the technology (`beside`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analog_pc.errors import BadInput
from analog_pc.study.fields import Field, field
from analog_pc.technology import Technology
from analog_pc.technology.checks import nearest
from analog_pc.technology.non_idealities import NON_IDEALITIES, without

MIN = "min"
MAX = "max"


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A field and how its limit is looked for.

    Parameters
    ----------
    field
        What is bounded.
    direction
        "min": it has to be at least so large; "max": at most.
    ends
        Of a technology: the value with which a chip is as good as ideal, and one with which it is useless.
    beside
        Non-idealities of the technology that stay on.
    random
        Whether a chip's seed draws it.
    whole
        Whether its values are whole numbers.
    by_modes
        Whether it acts on dynamics alone: the limit is one of damping, not of accuracy.
    """

    field: Field
    direction: str
    ends: Callable[[Technology], tuple[float, float]]
    beside: tuple[str, ...] = ()
    random: bool = False
    whole: bool = False
    by_modes: bool = False

    def alone(self, technology: Technology) -> Technology:
        """The technology with ideal parts but for those beside which the field is tried."""
        found = technology
        for name in NON_IDEALITIES:
            if name not in self.beside:
                found = without(found, name)
        return found

    def tightened(self, value: float, factor: float) -> Any:
        """A value `factor` times as good, `factor` >= 1."""
        better = value * factor if self.direction == MIN else value / factor
        return self.rounded(better)

    def rounded(self, value: float) -> Any:
        """A value as the field takes it."""
        return max(2, round(value)) if self.whole else value


def _volts(t: Technology) -> tuple[float, float]:
    return 1e-5 * t.volts_per_unit, 3.0 * t.volts_per_unit


def _series(t: Technology) -> tuple[float, float]:
    """A resistance in series with devices."""
    return 1e-6 / t.g_max, 10.0 / t.g_max


def _fraction(t: Technology) -> tuple[float, float]:
    return 1e-4, 0.5


def _range(t: Technology) -> tuple[float, float]:
    """A conductance beside the range of the devices."""
    return 1e-4 * (t.g_max - t.g_min), t.g_max - t.g_min


def _bandwidth(t: Technology) -> tuple[float, float]:
    """Around the rate of the springs, at which a value node follows."""
    rate = t.spring_conductance / t.node_capacitance
    return 1e4 * rate, 0.1 * rate


_DEVICES = ("levels", "programming spread", "stuck and open cells", "transposed mismatch", "read noise")
BOUNDS: Mapping[str, Bound] = {
    one.field.name: one
    for one in (
        Bound(field=field("amplifier_gain"), direction=MIN, ends=lambda t: (1e6, 1.0)),
        Bound(field=field("opamp_gain_bandwidth"), direction=MIN, ends=_bandwidth, by_modes=True),
        Bound(field=field("input_offset"), direction=MAX, ends=_volts, random=True),
        Bound(
            field=field("opamp_output_resistance"), direction=MAX, ends=_series, beside=("finite gain",)
        ),
        Bound(field=field("wire_resistance"), direction=MAX, ends=_series),
        Bound(field=field("driver_resistance"), direction=MAX, ends=_series),
        Bound(
            field=field("on_off_ratio"),
            direction=MIN,
            ends=lambda t: (1e3, 1.02),
            beside=_DEVICES,
            random=True,
        ),
        Bound(field=field("levels"), direction=MIN, ends=lambda t: (4096.0, 2.0), whole=True),
        Bound(field=field("programming_sigma"), direction=MAX, ends=_range, random=True),
        Bound(field=field("read_noise"), direction=MAX, ends=_fraction, random=True),
        Bound(field=field("stuck_off"), direction=MAX, ends=_fraction, random=True),
        Bound(field=field("activation_gain_spread"), direction=MAX, ends=_fraction, random=True),
        Bound(field=field("activation_offset_spread"), direction=MAX, ends=_volts, random=True),
    )
}  # fmt: skip


def bound(name: str) -> Bound:
    """The bound of that name; `BadInput` for an unknown one."""
    if name not in BOUNDS:
        raise BadInput(f"unknown field {name!r}{nearest(name, BOUNDS)}")
    return BOUNDS[name]
