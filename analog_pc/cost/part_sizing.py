"""The spring and the amplifiers of a technology, by the rule that sizes its node capacitor.

With tau_a = (NG + 2) / (2 pi GBW) the lag of half a loop, r = tau_a / tau at the verge of stability of strong
weights (`critical_lag`), V the volts of an activity of 1, and r_o the output resistance of the amplifiers:

*spring*: a relaxation is as fast as its amplifiers allow at tau = C / g_s = margin tau_a / r.  At that tau a
larger spring has a larger capacitor, a smaller one a larger resistor.  With c the capacitance and rho the
resistance of an area, their area tau g_s / c + 1 / (g_s rho) is least, with a capacitor that noise and wires
allow, at ::

    g_s = max(sqrt(c / (tau rho)), C_floor / tau),        at most loading / r_o

*amplifiers*, for a relaxation of `latency` = ln(100) tau / slowest::

    GBW    = margin (NG + 2) ln(100) / (2 pi r slowest latency)            power = GBW (P / GBW)
    gain   = [NG (1 + r_o (g_max + g_s)) + 2 (1 + r_o width g_max)] / gain_error
    slew   = supply / tau                          a step of the supply with time constant tau does not slew
    offset = offset V / NG                         rms at the input of what may be rms at the output
    noise  = 2 noise V sqrt(tau + tau_a) / NG      white, in the bandwidth 1 / (4 (tau + tau_a))

g_max is that of a whole cell.  The second term of the gain is the driver before an array, which holds a word
line of `width` cells.
P / GBW stays as in the technology: an amplifier of the same kind at another bias current.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analog_pc.arrays import is_number
from analog_pc.cost.components import Catalogue
from analog_pc.cost.network import catalogue_of
from analog_pc.cost.settling import LEVEL
from analog_pc.cost.sizing import BEFORE, RULE, WIDTH, SizingRule, critical_lag, half_loop_lag
from analog_pc.errors import BadInput
from analog_pc.technology import Source, Technology, offset_spread


@dataclass(frozen=True, kw_only=True)
class SpringSizing:
    """A spring in S, what sets it ("area", "capacitor" or "loading"), and a line for a technology's file."""

    siemens: float
    bound: str
    text: str

    def apply(self, technology: Technology) -> Technology:
        """The technology with this spring; its node capacitor is to be sized after it."""
        return _with(technology, {"spring_conductance": self.siemens}, self.text)


def size_spring(
    technology: Technology,
    *,
    rule: SizingRule = RULE,
    width: int = WIDTH,
    catalogue: Catalogue | str | Path | None = None,
) -> SpringSizing:
    """The spring of least area, its node's capacitor included, that is as fast as its amplifiers allow.

    Parameters
    ----------
    rule
        What has to be kept; see the head of this file for the equations.
    width
        Cells along the wires of a value node.
    catalogue
        Component values, as for `network_cost`.

    Raises
    ------
    BadInput
        For amplifiers that bound no spring: without a pole and without output resistance.  For a technology
        without a catalogue.
    """
    tau = rule.margin * half_loop_lag(technology, rule.gain_of(technology)) / critical_lag(rule.strength)
    floor = max(rule.floors(technology, width).values())
    r_o = technology.opamp_output_resistance
    if tau == 0.0 and r_o == 0.0:
        raise BadInput(
            f"size_spring: amplifiers of {technology.name!r} have neither pole nor output resistance, "
            "which bound a spring: give opamp_gain_bandwidth"
        )
    least = {}
    if tau > 0.0:
        process = catalogue_of(technology, catalogue)
        densities = process.value("capacitor_density") / process.value("resistor_density")
        least = {"area": math.sqrt(densities / tau), "capacitor": floor / tau}
    most = rule.loading / r_o if r_o > 0.0 else math.inf
    bound = max(least, key=lambda name: least[name], default="loading")
    wanted = least.get(bound, math.inf)
    if wanted > most:
        bound = "loading"
        wanted = most
    siemens = _rounded_down(wanted)
    text = f"sized by size_spring: bound by {bound}, tau = {tau:.3g} s"
    return SpringSizing(siemens=siemens, bound=bound, text=text)


@dataclass(frozen=True, kw_only=True)
class AmplifierSizing:
    """What an amplifier has to be, in the units of a technology's fields, and the latency that it gives.

    Parameters
    ----------
    gain, gain_bandwidth, slew_rate
        At least.
    offset, noise
        At most: rms in V, and V / sqrt(Hz), both at the input.
    power
        W at the P / GBW of the technology.
    latency
        s of a relaxation to 1 %.
    """

    gain: float
    gain_bandwidth: float
    slew_rate: float
    offset: float
    noise: float
    power: float
    latency: float
    text: str

    def short(self, technology: Technology) -> tuple[str, ...]:
        """Fields in which the amplifiers of a technology fall short of this one."""
        t = technology
        misses = {
            "opamp_gain": t.opamp_gain < self.gain,
            "opamp_gain_bandwidth": t.opamp_gain_bandwidth < self.gain_bandwidth,
            "opamp_slew_rate": t.opamp_slew_rate < self.slew_rate,
            "opamp_offset": offset_spread(t) > self.offset,
            "opamp_noise": t.opamp_noise > self.noise,
        }
        return tuple(name for name, missing in misses.items() if missing)

    def apply(self, technology: Technology) -> Technology:
        """The technology with these amplifiers; what is better than needed stays as it is.

        An auto-zeroed offset stays too: its sampling capacitor sets what is left of it.
        """
        t = technology
        values = {
            "opamp_gain": max(t.opamp_gain, self.gain),
            "opamp_gain_bandwidth": self.gain_bandwidth,
            "opamp_slew_rate": max(t.opamp_slew_rate, self.slew_rate),
            "opamp_offset": t.opamp_offset if t.auto_zeroed else min(t.opamp_offset, self.offset),
            "opamp_noise": min(t.opamp_noise, self.noise),
            "opamp_power": self.power,
        }
        return _with(technology, values, self.text)


def size_amplifier(
    technology: Technology, latency: float | None = None, *, rule: SizingRule = RULE, width: int = WIDTH
) -> AmplifierSizing:
    """The least amplifier for a relaxation of a given latency.

    Parameters
    ----------
    latency
        s of a relaxation to 1 %; None: what the technology's own gain-bandwidth gives.
    rule
        What has to be kept; see the head of this file for the equations.
    width
        Devices on a word line.

    Raises
    ------
    BadInput
        For a latency that is not > 0, amplifiers without a pole, and a `strength` that asks for no time.
    """
    own = technology.opamp_gain_bandwidth
    if math.isinf(own):
        raise BadInput(
            f"size_amplifier: amplifiers of {technology.name!r} have no pole, no latency bounds them"
        )
    if latency is not None and not (is_number(latency) and math.isfinite(latency) and latency > 0.0):
        raise BadInput(f"size_amplifier: latency = {latency!r} s, must be finite and > 0, or None")
    verge = critical_lag(rule.strength)
    if math.isinf(verge):
        raise BadInput(
            f"size_amplifier: weights of strength {rule.strength:g} are stable at any lag: use more"
        )
    gain = rule.gain_of(technology)
    decay = math.log(1.0 / LEVEL) / rule.slowest
    lag = half_loop_lag(technology, gain)
    if latency is not None:
        lag = verge * latency / (rule.margin * decay)
    tau = rule.margin * lag / verge
    bandwidth = (gain + BEFORE) / (2.0 * math.pi * lag)
    volts = technology.volts_per_unit
    r_o = technology.opamp_output_resistance
    cell = technology.devices_per_weight * technology.g_max
    stage = gain * (1.0 + r_o * (cell + technology.spring_conductance))
    driver = BEFORE * (1.0 + r_o * width * cell)
    return AmplifierSizing(
        gain=(stage + driver) / rule.gain_error,
        gain_bandwidth=bandwidth,
        slew_rate=technology.supply / tau,
        offset=rule.offset * volts / gain,
        noise=2.0 * rule.noise * volts * math.sqrt(tau + lag) / gain,
        power=technology.opamp_power * bandwidth / own,
        latency=decay * tau,
        text=f"sized by size_amplifier: {decay * tau:.3g} s at NG = {gain:.3g}, error {rule.gain_error:g}",
    )


def _with(technology: Technology, values: dict[str, float], text: str) -> Technology:
    """The technology with other values, and where they come from."""
    changed: dict[str, Any] = {
        name: value for name, value in values.items() if value != getattr(technology, name)
    }
    sources = dict(technology.sources) | {name: Source(text, False) for name in changed}
    return replace(technology, sources=sources, **changed)


def _rounded_down(value: float) -> float:
    """Down to two digits."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.floor(value / step + 1e-9) * step:.1e}")
