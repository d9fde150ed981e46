"""Noise covariance: equipartition, closed forms, and the cases that have no answer."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import TANH
from analog_pc.circuit import (
    ROOM,
    Amplifiers,
    Capacitors,
    Circuit,
    Crossbar,
    Noise,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    Wire,
    bus,
    grounds,
)
from analog_pc.circuit.transfer import activation_transfer
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.simulators.native import Native

K = 1.380649e-23


def looked_at(*nodes: str) -> Noise:
    return Noise({"u": np.zeros(1)}, nodes, 1.0, 1e12)


@pytest.mark.parametrize("kelvin", [200.0, ROOM, 400.0])
def test_every_passive_capacitor_has_k_t_over_c(kelvin: float) -> None:
    """Equipartition: whatever resistors do, C v^2 / 2 = k T / 2 each, and the capacitors do not correlate."""
    farads = np.array([1e-12, 3e-12, 2e-13])
    circuit = Circuit(
        "ladder",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("r", ("u", "a", "b", "c"), ("a", "b", "c", "u"), [1e3, 1e5, 1e4, 2e6]),
            Capacitors("c", ("a", "b", "c"), grounds(3), farads),
        ),
        temperature=kelvin,
    )
    found = Native().noise(circuit, looked_at("a", "b", "c"))
    assert found.covariance is not None
    scale = K * kelvin / farads.min()
    np.testing.assert_allclose(found.covariance, np.diag(K * kelvin / farads), atol=1e-9 * scale)
    np.testing.assert_allclose(found.rms, np.sqrt(K * kelvin / farads), rtol=1e-9)


def test_a_wired_crossbar_is_in_equipartition_too() -> None:
    rng = np.random.default_rng(0)
    siemens = 10.0 ** rng.uniform(-6, -4, size=(3, 4))
    crossbar = Crossbar("x", ("u", "a", "b"), bus("c", 4), siemens, wire=Wire(50.0, 80.0))
    capacitors = Capacitors("c", ("a", "b", *bus("c", 4)), grounds(6), 1e-13)
    circuit = Circuit("array", (StimulusSources("u", ("u",), grounds(1)), crossbar, capacitors))
    found = Native().noise(circuit, looked_at("a", "b", *bus("c", 4)))
    assert found.covariance is not None
    np.testing.assert_allclose(found.covariance, K * ROOM / 1e-13 * np.eye(6), atol=1e-8 * K * ROOM / 1e-13)


def test_a_transimpedance_amplifier() -> None:
    """v^2 = (e_n^2 NG^2 + 4 k T R_f + 4 k T R (R_f / R)^2) (pi / 2) f_p / (1 + NG/A)^2."""
    gain, bandwidth, e_n, r, feedback = 1e4, 1e8, 1e-8, 1e4, 2e4
    circuit = Circuit(
        "tia",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("r", ("u", "m"), ("m", "out"), [r, feedback]),
            Amplifiers("amp", grounds(1), ("m",), ("out",), gain, gain_bandwidth=bandwidth, noise=e_n),
        ),
    )
    ng = 1.0 + feedback / r
    pole = bandwidth * (1.0 / ng + 1.0 / gain)
    density = (e_n * ng) ** 2 + 4.0 * K * ROOM * (feedback + feedback**2 / r)
    expected = np.sqrt(density * 0.5 * np.pi * pole) / (1.0 + ng / gain)
    assert Native().noise(circuit, looked_at("out")).rms[0] == pytest.approx(expected, rel=1e-6)


def test_white_noise_past_every_capacitor_has_no_variance() -> None:
    circuit = Circuit(
        "divider",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("r", ("u", "m", "u"), ("m", "c", "c"), 1e3),
            Capacitors("c", ("c",), grounds(1), 1e-12),
        ),
    )
    with pytest.raises(BadInput, match="node 'm'"):
        Native().noise(circuit, looked_at("m"))


def test_an_unstable_point_has_no_noise() -> None:
    circuit = Circuit(
        "latch",
        (
            StimulusSources("u", ("u",), grounds(1)),
            NonlinearVCVS("f", ("v",), ("f",), activation_transfer(TANH, 1.0), gain=4.0),
            Resistors("r", ("u", "f"), ("v", "v"), 1e3),
            Capacitors("c", ("v",), grounds(1), 1e-9),
        ),
    )
    with pytest.raises(SimulationFailed, match="unstable"):
        Native().noise(circuit, looked_at("v"))
