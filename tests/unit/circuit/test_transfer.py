"""Value, derivative and SPICE expression of every law against each other."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

from analog_pc.circuit import Law, transfer

S = 0.1
LAWS = {
    "tanh": transfer.tanh_law(S),
    "tanh_gate": transfer.tanh_gate(S),
    "sigmoid": transfer.sigmoid_law(S),
    "sigmoid_gate": transfer.sigmoid_gate(S),
    "relu": transfer.ramp_law((0.0,), (0.0, 1.0)),
    "clip": transfer.ramp_law((-0.3, 0.3), (0.0, 1.0 / 6.0, 0.0), 0.05),
    "bowl": transfer.ramp_law((-0.2, 0.1), (-1.0, 0.5, 3.0), -0.01),
    "flat": transfer.ramp_law((0.0,), (0.0, 0.0)),
    "fold": transfer.ramp_law((-0.3, -0.2, 0.4, 0.5), (1.0, 0.0, 1.0, 0.0, 1.0)),
}
LAW = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())
V = np.linspace(-0.9013, 0.9017, 157)  # no point within 1e-6 of an edge


def spice(law: Law, v: float) -> float:
    """The SPICE expression, read as Python."""
    names = {"tanh": math.tanh, "min": min, "max": max, "v": v, "__builtins__": {}}
    return float(eval(law.expression("v").replace("^", "**"), names))


def test_every_law_is_here() -> None:
    makers = [
        n for n, f in inspect.getmembers(transfer, inspect.isfunction) if f.__module__ == transfer.__name__
    ]
    assert sorted(makers) == ["ramp_law", "sigmoid_gate", "sigmoid_law", "tanh_gate", "tanh_law"]


@LAW
def test_expression_is_the_value(law: Law) -> None:
    # The same few operations in another order, on numbers up to 3.
    np.testing.assert_allclose([spice(law, float(v)) for v in V], law.value(V), rtol=0.0, atol=2e-15)


@LAW
def test_expression_at_the_edges_and_far_away(law: Law) -> None:
    points = np.array([-100.0, -0.3, -0.2, 0.0, 0.1, 0.3, 0.4, 100.0])
    # Rounding of values up to 300.
    np.testing.assert_allclose(
        [spice(law, float(v)) for v in points], law.value(points), rtol=1e-13, atol=2e-15
    )


@LAW
def test_derivative(law: Law) -> None:
    h = 1e-6
    numeric = (law.value(V + h) - law.value(V - h)) / (2.0 * h)
    # Truncation h^2 y''' / 6 with y''' <= 2 / S^3 for a gate: 4e-10; rounding eps y / h = 1e-9.
    np.testing.assert_allclose(law.derivative(V), numeric, rtol=0.0, atol=5e-9)


@pytest.mark.parametrize("kind", ["tanh", "sigmoid"])
def test_the_gate_is_the_slope_of_the_law(kind: str) -> None:
    # The same formula twice.
    np.testing.assert_allclose(LAWS[f"{kind}_gate"].value(V), LAWS[kind].derivative(V), rtol=0.0, atol=1e-15)


def test_the_sigmoid_is_the_logistic_function() -> None:
    np.testing.assert_allclose(LAWS["sigmoid"].value(V), S / (1.0 + np.exp(-V / S)), rtol=0.0, atol=1e-16)


def test_expressions_hold_the_voltage_and_no_exponential() -> None:
    for name, law in LAWS.items():
        text = law.expression("v(x1_0)")
        assert "exp" not in text, name  # overflows in a simulator's iterates
        assert "v(x1_0)" in text or name == "flat"
