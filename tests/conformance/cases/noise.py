"""Noise: what equipartition says of capacitors, and white noise through one pole.

White noise of one-sided density e^2 through p' = w (n - b p) has the variance e^2 w / (4 b): two-sided
density e^2 / 2, and 2 b w P = w^2 e^2 / 2.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import brentq

from analog_pc.activations import TANH
from analog_pc.arrays import ArrayLike
from analog_pc.circuit import (
    Amplifiers,
    Capacitors,
    Circuit,
    Crossbar,
    Element,
    Noise,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    Wire,
    bus,
    grounds,
)
from analog_pc.circuit.transfer import activation_transfer
from cases.case import NoiseCase
from cases.gates_and_laws import steep_law

BOLTZMANN = 1.380649e-23  # J/K
SOURCE = StimulusSources("u", ("u",), grounds(1))
# From 1e-6 of the slowest pole to 1e6 times the fastest: a pole leaves 2/pi of either ratio outside.
WIDE, OUTSIDE = 1e6, 4.0 / np.pi * 1e-6


def _case(
    name: str, elements: tuple[Element, ...], nodes: tuple[str, ...], covariance: ArrayLike,
    poles: tuple[float, float], kelvin: float,
) -> NoiseCase:  # fmt: skip
    """`poles`: slowest and fastest, 1/s."""
    circuit = Circuit(name, (SOURCE, *elements), temperature=kelvin)
    low, high = poles[0] / (2.0 * np.pi * WIDE), poles[1] * WIDE / (2.0 * np.pi)
    analysis = Noise({"u": np.array([0.1])}, nodes, low, high)
    return NoiseCase(name, circuit, analysis, np.atleast_2d(covariance), OUTSIDE)


def capacitor(kelvin: float) -> NoiseCase:
    """k T / C whatever the resistor; at more than one temperature."""
    r, c = 1e6, 1e-12
    elements = Resistors("r", ("u",), ("b",), r), Capacitors("c", ("b",), grounds(1), c)
    pole = 1.0 / (r * c)
    return _case(f"capacitor_{kelvin:.0f}k", elements, ("b",), BOLTZMANN * kelvin / c, (pole, pole), kelvin)


def two_capacitors() -> NoiseCase:
    """Equipartition: each capacitor has k T / C, and they are uncorrelated, however they are coupled."""
    kelvin, c1, c2 = 350.0, 1e-12, 3e-12
    elements = (
        Resistors("r", ("u", "a", "b"), ("a", "b", "0"), [1e5, 2e5, 4e5]),
        Capacitors("c", ("a", "b"), grounds(2), [c1, c2]),
    )
    covariance = BOLTZMANN * kelvin * np.diag([1.0 / c1, 1.0 / c2])
    # Poles between the smallest and the largest 1/(R C) that a node can see, within a factor of 10.
    return _case("two_capacitors", elements, ("a", "b"), covariance, (1e5, 1e8), kelvin)


def divider() -> NoiseCase:
    """4 k T (R1 || R2) through a buffer of bandwidth w: the variance is k T (R1 || R2) w."""
    kelvin, r1, r2, w = 300.15, 1e6, 3e6, 2.0 * np.pi * 1e6
    elements = (
        Resistors("r", ("u", "m"), ("m", "0"), [r1, r2]),
        Amplifiers("amp", ("m",), grounds(1), ("p",), 1.0, gain_bandwidth=w / (2.0 * np.pi)),
    )
    variance = BOLTZMANN * kelvin * r1 * r2 / (r1 + r2) * w
    return _case("divider", elements, ("p",), variance, (w, w), kelvin)


def follower(density: float = 2e-8) -> NoiseCase:
    """The input's noise alone, of a follower of a source: e^2 w / (4 (1 + 1/A))."""
    gain, w = 1e4, 2.0 * np.pi * 5e6
    amp = Amplifiers("amp", ("u",), ("p",), ("p",), gain, gain_bandwidth=w / (2 * np.pi), noise=density)
    back = 1.0 + 1.0 / gain
    return _case("follower", (amp,), ("p",), density**2 * w / (4.0 * back), (w * back, w * back), 350.0)


def transimpedance() -> NoiseCase:
    """Op-amp and R_s || R_f add in the loop p' = w (n - (b + 1/A) p), with b = R_s / (R_s + R_f)."""
    kelvin, gain, w, density, rs, rf = 380.0, 1e4, 2.0 * np.pi * 1e7, 1.5e-8, 5e3, 2e4
    elements = (
        Resistors("r", ("u", "inv"), ("inv", "p"), [rs, rf]),
        Amplifiers("amp", grounds(1), ("inv",), ("p",), gain, gain_bandwidth=w / (2 * np.pi), noise=density),
    )
    return _case("transimpedance", elements, ("p",), *_loop(kelvin, gain, w, density, rs, rf), kelvin)


def wired_crossbar() -> NoiseCase:
    """The same loop, R_s the resistance of a wired bit line of two cells with access transistors.

    R_s = rb + (rw + 1/G1 + r) || (rw + 1/G0 + r + rb)
    """
    kelvin, gain, w, density, rf = 320.0, 1e4, 2.0 * np.pi * 1e7, 1e-8, 1e4
    rw, rb, access, g = 100.0, 200.0, 400.0, np.array([[2e-4], [5e-4]])
    near, far = rw + 1.0 / g[1, 0] + access, rw + 1.0 / g[0, 0] + access + rb
    rs = rb + near * far / (near + far)
    elements = (
        Crossbar("array", ("u", "u"), bus("c", 1), g, Wire(rw, rb), access_ohms=access),
        Resistors("rf", bus("c", 1), ("p",), rf),
        Amplifiers(
            "amp", grounds(1), bus("c", 1), ("p",), gain, gain_bandwidth=w / (2 * np.pi), noise=density
        ),
    )
    return _case("wired_crossbar", elements, ("p",), *_loop(kelvin, gain, w, density, rs, rf), kelvin)


def slope() -> NoiseCase:
    """Behind a law y = f(x) the noise of a capacitor is f'(u) times its own, fully correlated."""
    kelvin, r, c, u = 300.15, 1e5, 1e-12, 0.1
    law = activation_transfer(TANH, 0.1)
    elements = (
        Resistors("r", ("u",), ("x",), r),
        Capacitors("c", ("x",), grounds(1), c),
        NonlinearVCVS("f", ("x",), ("y",), law),
    )
    k = float(law.derivative(np.array(u)))
    covariance = BOLTZMANN * kelvin / c * np.array([[1.0, k], [k, k * k]])
    return _case("slope", elements, ("x", "y"), covariance, (1.0 / (r * c),) * 2, kelvin)


def guessed() -> NoiseCase:
    """The guess picks one of two operating points x of 2 x = u + f(x), f(x) = 0.4 tanh(x / 0.1).

    C x' = (u - x)/R + (f(x) - x)/R + currents of both resistors: the variance is 2 k T / (C (2 - f'(x))).
    """
    kelvin, r, c, u = 300.15, 1e4, 1e-12, 0.1
    law = steep_law()
    elements = (
        Resistors("r", ("u", "y"), ("x", "x"), r),
        NonlinearVCVS("f", ("x",), ("y",), law),
        Capacitors("c", ("x",), grounds(1), c),
    )
    x = float(brentq(lambda v: 2.0 * v - u - float(law.value(np.array(v))), -0.3, -0.1, xtol=1e-15))
    stiffness = 2.0 - float(law.derivative(np.array(x)))
    variance, pole = 2.0 * BOLTZMANN * kelvin / (c * stiffness), stiffness / (r * c)
    case = _case("guessed", elements, ("x",), variance, (pole, pole), kelvin)
    return replace(case, analysis=replace(case.analysis, guess={"x": -0.15, "y": -0.4}))


def _loop(
    kelvin: float, gain: float, w: float, density: float, rs: float, rf: float
) -> tuple[float, tuple[float, float]]:
    """Variance and pole of a transimpedance amplifier."""
    back = rs / (rs + rf) + 1.0 / gain
    total = density**2 + 4.0 * BOLTZMANN * kelvin * rs * rf / (rs + rf)
    return total * w / (4.0 * back), (w * back, w * back)


NOISE_CASES = (
    capacitor(300.15),
    capacitor(400.0),
    two_capacitors(),
    divider(),
    follower(),
    transimpedance(),
    wired_crossbar(),
    slope(),
    guessed(),
)
