"""Circuits side by side in one netlist."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.circuit import (
    Capacitors,
    Circuit,
    Instance,
    Resistors,
    StimulusSources,
    Subcircuit,
    Transient,
    grounds,
    joined,
    prefixed,
)
from analog_pc.errors import BadInput
from analog_pc.simulators import Native


def low_pass(ohms: float) -> Circuit:
    block = Subcircuit(
        "rc", ("a",), (Resistors("r", ("a",), ("x",), ohms), Capacitors("c", ("x",), ("0",), 1e-12))
    )
    return Circuit(
        "low_pass", (StimulusSources("u", ("in",), grounds(1)),), (Instance("one", block, ("in",)),)
    )


def test_each_keeps_its_own_answer() -> None:
    """V = u (1 - e^(-t / RC)), twice, in one transient."""
    whole = joined("both", {"p": low_pass(1e5), "q": low_pass(2e5)})
    assert whole.stimuli == {"p_u": 1, "q_u": 1}
    analysis = Transient(
        {"p_u": np.array([1.0]), "q_u": np.array([2.0])}, {"p_one.x": 0.0, "q_one.x": 0.0}, 1e-7, 1e-7
    )
    found = Native().simulate(whole, analysis)
    exact = [1.0 - np.exp(-1.0), 2.0 * (1.0 - np.exp(-0.5))]
    np.testing.assert_allclose(found.voltage(("p_one.x", "q_one.x"))[-1], exact, atol=1e-6)


def test_ground_is_common() -> None:
    assert prefixed("p", "0") == "0"
    assert prefixed("p", "one.x") == "p_one.x"


def test_temperatures_have_to_agree() -> None:
    cold = Circuit("cold", low_pass(1.0).elements, low_pass(1.0).instances, 200.0)
    with pytest.raises(BadInput, match=r"circuit both: temperatures \[200.0, 300.15\] K, expected one"):
        joined("both", {"p": low_pass(1.0), "q": cold})
