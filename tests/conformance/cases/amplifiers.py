"""Op-amps at rest: finite gain, offset, output resistance, saturation; and what does not move a rest."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Amplifiers, Circuit, Element, Resistors, StimulusSources, bus, grounds
from cases.case import LINEAR, NONLINEAR, Case, at, table

SOURCE = StimulusSources("u", ("u",), grounds(1))


def finite_gain() -> Case:
    """Out = -u Rf/Rs / (1 + (1 + Rf/Rs)/A): the noise gain 1 + Rf/Rs over the open-loop gain A = 1000."""
    gain, rs, rf = 1e3, 1e4, 2e4
    circuit = Circuit(
        "finite_gain",
        (
            SOURCE,
            Resistors("rs", ("u",), ("inv",), rs),
            Resistors("rf", ("inv",), ("out",), rf),
            Amplifiers("amp", grounds(1), ("inv",), ("out",), gain),
        ),
    )
    volts = np.array([0.1, -0.4])
    out = -volts * rf / rs / (1.0 + (1.0 + rf / rs) / gain)
    return Case("finite_gain", circuit, at(volts), ("out", "inv"), table(out, -out / gain), LINEAR)


def _follower(name: str, *more: Element, gain: float = 500.0, **limits: object) -> Circuit:
    return Circuit(name, (SOURCE, Amplifiers("amp", ("u",), ("out",), ("out",), gain, **limits), *more))


def offset() -> Case:
    """Two followers with offsets o of their own: out = (u + o) A / (1 + A)."""
    gain, offsets = 50.0, np.array([3e-3, -2e-2])
    out = bus("out", 2)
    amps = Amplifiers("amp", ("u", "u"), out, out, gain, offsets)
    volts = np.array([0.0, 0.5, -1.0])
    exact = (volts[:, np.newaxis] + offsets) * gain / (1.0 + gain)
    return Case("offset", Circuit("offset", (SOURCE, amps)), at(volts), out, lambda axis: exact, LINEAR)


def output_resistance() -> Case:
    """A loaded follower: V = A (u - out), out = V r/(r + r_o) = k V, so out = u A k / (1 + A k)."""
    gain, r_o, load = 20.0, 400.0, 100.0
    circuit = _follower(
        "output_resistance", Resistors("load", ("out",), grounds(1), load), gain=gain, output_ohms=r_o
    )
    volts, k = np.array([0.3, -0.9]), load / (load + r_o)
    out = volts * gain * k / (1.0 + gain * k)
    return Case("output_resistance", circuit, at(volts), ("out",), table(out), LINEAR)


def rail(out: Floats, most: float) -> Floats:
    """The inverse of the limiter y = p / (1 + (p/m)^6)^(1/6):  p = y / (1 - (y/m)^6)^(1/6)."""
    return np.asarray(out / (1.0 - (out / most) ** 6) ** (1.0 / 6.0))


def saturation() -> Case:
    """Without feedback: out = 3 u / (1 + (3 u / m)^6)^(1/6), order RAIL = 6."""
    most, volts = 0.8, np.array([-2.0, -0.2, 0.0, 0.1, 0.25, 0.5, 3.0])
    amp = Amplifiers("amp", ("u",), grounds(1), ("out",), 3.0, saturation=most)
    out = 3.0 * volts / (1.0 + (3.0 * volts / most) ** 6) ** (1.0 / 6.0)
    return Case(
        "saturation", Circuit("saturation", (SOURCE, amp)), at(volts), ("out",), table(out), NONLINEAR
    )


def saturated_follower() -> Case:
    """With feedback: A (u - out) = p(out), so the input of a chosen output is u = out + p(out) / A.

    With offset, output resistance and load as well: V = out (r + r_o)/r, u = out - o + p(V)/A.
    """
    gain, most, o, r_o, load = 500.0, 1.0, -0.03, 250.0, 1e3
    amp = {"gain": gain, "saturation": most, "offset": o, "output_ohms": r_o}
    circuit = _follower("saturated_follower", Resistors("load", ("out",), grounds(1), load), **amp)
    inner = np.array([-0.99, -0.5, 0.0, 0.4, 0.9, 0.995])
    out = inner * load / (load + r_o)
    volts = out - o + rail(inner, most) / gain
    return Case("saturated_follower", circuit, at(volts), ("out",), table(out), NONLINEAR)


def bandwidth_at_rest() -> Case:
    """A pole and a slew rate move no operating point: out = u A / (1 + A)."""
    gain = 500.0
    circuit = _follower("bandwidth_at_rest", gain=gain, gain_bandwidth=3e6, slew_rate=1e6)
    volts = np.array([0.2, -1.0])
    out = volts * gain / (1.0 + gain)
    return Case("bandwidth_at_rest", circuit, at(volts), ("out",), table(out), NONLINEAR)


CASES = (
    finite_gain(),
    offset(),
    output_resistance(),
    saturation(),
    saturated_follower(),
    bandwidth_at_rest(),
)
