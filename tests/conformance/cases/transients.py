"""Waveforms: resistors and capacitors, and amplifiers with a pole and a slew rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import expm
from scipy.optimize import brentq

from analog_pc.arrays import Floats
from analog_pc.circuit import (
    Amplifiers,
    Capacitors,
    Circuit,
    Instance,
    Resistors,
    StimulusSources,
    Subcircuit,
    Transient,
    grounds,
)
from cases.case import TRANSIENT, Case

FINE = 1e-9  # precision of a step; the usual one is 1e-8
SOURCE = StimulusSources("u", ("u",), grounds(1))


def linear_system(matrix: Floats, start: Floats, rest: Floats) -> Callable[[Floats], Floats]:
    """The solution rest + exp(matrix t) (start - rest) of x' = matrix (x - rest)."""
    return lambda t: np.stack([rest + expm(matrix * time) @ (start - rest) for time in t])


def rc_charging(*, stiff: bool = False) -> Case:
    """V = u (1 - exp(-t / RC)) with RC = 10 us, 1 pF and 0.1 V; the step may be as long as the run."""
    tau, volts = 1e7 * 1e-12, 0.1
    circuit = Circuit(
        "rc_charging",
        (SOURCE, Resistors("r", ("u",), ("b",), 1e7), Capacitors("c", ("b",), grounds(1), 1e-12)),
    )
    analysis = Transient({"u": np.array([volts])}, {"b": 0.0}, 6 * tau, 6 * tau, stiff=stiff)
    name = "rc_charging_stiff" if stiff else "rc_charging"

    def exact(t: Floats) -> Floats:
        return np.asarray(volts * (1.0 - np.exp(-t / tau))[:, np.newaxis])

    return Case(name, circuit, analysis, ("b",), exact, TRANSIENT * volts)


def coupled_rc(*, stiff: bool = False) -> Case:
    """Two capacitors of 1 pF, time constants 0.1 us and 10 us, inside an instance: x' = A (x - u)."""
    volts, r1, r2, c = 0.1, 1e5, 1e7, 1e-12
    block = Subcircuit(
        "ladder",
        ("a",),
        (
            Resistors("r", ("a", "fast"), ("fast", "slow"), [r1, r2]),
            Capacitors("c", ("fast", "slow"), grounds(2), c),
        ),
    )
    circuit = Circuit("coupled_rc", (SOURCE,), (Instance("l1", block, ("u",)),))
    nodes = ("l1.slow", "l1.fast")
    analysis = Transient(
        {"u": np.array([volts])}, {"l1.fast": -0.05, "l1.slow": 0.05}, 60e-6, 60e-6, save=nodes, stiff=stiff
    )
    matrix = np.array([[-1 / r2, 1 / r2], [1 / r2, -(1 / r1 + 1 / r2)]]) / c
    exact = linear_system(matrix, np.array([0.05, -0.05]), np.full(2, volts))
    name = "coupled_rc_stiff" if stiff else "coupled_rc"
    return Case(name, circuit, analysis, nodes, exact, TRANSIENT * volts)


def follower_pole() -> Case:
    """A follower of an RC node x: p' = w (x - p - p/A) = w_c (g x - p), w_c = w (1 + 1/A), g = A / (1 + A).

    The pole starts at rest, p(0) = g x(0), and with x = u + (x0 - u) e^(-t/tau)::

        p = g (u + (x0 - u) (w_c e^(-t/tau) - e^(-w_c t) / tau) / (w_c - 1/tau))
    """
    gain, bandwidth, tau, u, x0 = 200.0, 1e6, 1e5 * 2e-12, 0.8, -0.2
    circuit = Circuit(
        "follower_pole",
        (
            SOURCE,
            Resistors("r", ("u",), ("x",), 1e5),
            Capacitors("c", ("x",), grounds(1), 2e-12),
            Amplifiers("amp", ("x",), ("p",), ("p",), gain, gain_bandwidth=bandwidth),
        ),
    )
    g, fast, slow = gain / (1.0 + gain), 2.0 * np.pi * bandwidth * (1.0 + 1.0 / gain), 1.0 / tau

    def exact(t: Floats) -> Floats:
        x = np.exp(-slow * t)
        p = (fast * x - slow * np.exp(-fast * t)) / (fast - slow)
        return np.stack([u + (x0 - u) * x, g * (u + (x0 - u) * p)], axis=1)

    analysis = Transient({"u": np.array([u])}, {"x": x0}, 10 * tau, 10 * tau)
    return Case("follower_pole", circuit, analysis, ("x", "p"), exact, TRANSIENT)


def transimpedance_pole() -> Case:
    """A transimpedance amplifier whose source, behind R_s, is an RC node x.

    ::

        u --[ R ]-- x --[ R_s ]-- inv --[ R_f ]-- p       inv = a x + b p,  a = R_f/(R_s + R_f), b = 1 - a
                   === C
        C x' = (u - x)/R - (x - inv)/R_s                  p' = w (-inv - p/A)
    """
    gain, w, r, rs, rf, c, u, x0 = 1e3, 2.0 * np.pi * 2e6, 1e4, 2e4, 6e4, 2e-11, 0.1, -0.2
    circuit = Circuit(
        "transimpedance_pole",
        (
            SOURCE,
            Resistors("r", ("u", "x", "inv"), ("x", "inv", "p"), [r, rs, rf]),
            Capacitors("c", ("x",), grounds(1), c),
            Amplifiers("amp", grounds(1), ("inv",), ("p",), gain, gain_bandwidth=w / (2.0 * np.pi)),
        ),
    )
    a, b = rf / (rs + rf), rs / (rs + rf)
    matrix = np.array([[-(1 / r + (1 - a) / rs) / c, b / (rs * c)], [-w * a, -w * (b + 1 / gain)]])
    start = np.array([x0, -a * x0 / (b + 1.0 / gain)])  # the pole is at rest under x0
    rest = np.linalg.solve(matrix, np.array([-u / (r * c), 0.0]))
    analysis = Transient({"u": np.array([u])}, {"x": x0}, 2e-6, 2e-6)
    exact = linear_system(matrix, start, rest)
    return Case("transimpedance_pole", circuit, analysis, ("x", "p"), exact, TRANSIENT)


def loaded_follower() -> Case:
    """A follower behind its output resistance with a capacitor as load: the loop rings.

    p' = w (u - y - p/A),  y' = (p - y) / (r_o C);  p starts at rest under y0: p0 = A (u - y0).
    """
    gain, w, r_o, c, u, y0 = 50.0, 2.0 * np.pi * 5e6, 1e3, 1e-10, 0.5, 0.48
    circuit = Circuit(
        "loaded_follower",
        (
            SOURCE,
            Capacitors("c", ("y",), grounds(1), c),
            Amplifiers(
                "amp", ("u",), ("y",), ("y",), gain, gain_bandwidth=w / (2.0 * np.pi), output_ohms=r_o
            ),
        ),
    )
    matrix = np.array([[-w / gain, -w], [1.0 / (r_o * c), -1.0 / (r_o * c)]])
    rest = np.full(2, u * gain / (1.0 + gain))
    both = linear_system(matrix, np.array([gain * (u - y0), y0]), rest)
    # A ringing loop adds up the truncation of its steps, which an RC forgets: ask for smaller ones.
    analysis = Transient({"u": np.array([u])}, {"y": y0}, 2e-6, 2e-6, precision=FINE)
    return Case("loaded_follower", circuit, analysis, ("y",), lambda t: both(t)[:, 1:], TRANSIENT)


def slewing() -> Case:
    """A follower that a step of 1 V drives into its slew rate S, and that lands exponentially.

    With w_c = w (1 + 1/A) and q = p'(unlimited) / S, the limiter of order PAIR = 2 gives
    q' = -w_c q / sqrt(1 + q^2), which integrates to F(q) = F(q0) - w_c t,
    F(q) = sqrt(1 + q^2) - arsinh(1/q);  w (u - p (1 + 1/A)) = S q.

    An RC of 0.1 ps makes the step: it delays the output by at most 0.1 ps, 1e-7 V at this slew rate.
    """
    gain, w, slew, u = 400.0, 2.0 * np.pi * 4e6, 1e6, 1.0
    circuit = Circuit(
        "slewing",
        (
            SOURCE,
            Resistors("r", ("u",), ("x",), 1e3),
            Capacitors("c", ("x",), grounds(1), 1e-16),
            Amplifiers("amp", ("x",), ("p",), ("p",), gain, gain_bandwidth=w / (2 * np.pi), slew_rate=slew),
        ),
    )
    closed = w * (1.0 + 1.0 / gain)

    def landing(log_q: float) -> float:
        q = np.exp(log_q)
        return float(np.sqrt(1.0 + q * q) - np.arcsinh(1.0 / q))

    first = landing(np.log(w * u / slew))

    def exact(t: Floats) -> Floats:
        roots = [brentq(lambda x, s=s: landing(x) - first + closed * s, -60.0, 10.0, xtol=1e-13) for s in t]
        # w (u - p (1 + 1/A)) = S q
        p = (u - slew / w * np.exp(np.array(roots))) / (1.0 + 1.0 / gain)
        return np.asarray(p[:, np.newaxis])

    # What is cut off while slewing stays until the landing.
    analysis = Transient({"u": np.array([u])}, {"x": 0.0}, 2e-6, 2e-6, precision=FINE)
    return Case("slewing", circuit, analysis, ("p",), exact, TRANSIENT)


CASES = (
    rc_charging(),
    rc_charging(stiff=True),
    coupled_rc(),
    coupled_rc(stiff=True),
    follower_pole(),
    transimpedance_pole(),
    loaded_follower(),
    slewing(),
)
