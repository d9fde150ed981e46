"""Value, derivative and SPICE expression of every law against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analog_pc.activations import SMOOTH
from analog_pc.circuit import TransferFunction, transfer
from analog_pc.circuit.amplifiers import PAIR, RAIL

S = 0.1
LAWS = {
    **{f.name: transfer.activation_transfer(f, S) for f in SMOOTH},
    **{f"{f.name}_gate": transfer.activation_gate(f, S) for f in SMOOTH},
    "relu": transfer.ramp_transfer((0.0,), (0.0, 1.0)),
    "clip": transfer.ramp_transfer((-0.3, 0.3), (0.0, 1.0 / 6.0, 0.0), 0.05),
    "bowl": transfer.ramp_transfer((-0.2, 0.1), (-1.0, 0.5, 3.0), -0.01),
    "line": transfer.linear_transfer(-2.5),
    "flat": transfer.ramp_transfer((0.0,), (0.0, 0.0)),
    "rail": transfer.limiter(0.5, 6),
    "pair": transfer.limiter(0.2, 2),
    "sinh": transfer.sinh_transfer(2.0),
    "cubic": transfer.cubic_transfer(0.7),
    "falling cubic": transfer.cubic_transfer(-0.3),
    "fold": transfer.ramp_transfer((-0.3, -0.2, 0.4, 0.5), (1.0, 0.0, 1.0, 0.0, 1.0)),
}
LAW = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())
V = np.linspace(-0.9013, 0.9017, 157)  # no point within 1e-6 of an edge


def spice(law: TransferFunction, v: float) -> float:
    """The SPICE expression, read as Python."""
    names = {
        "tanh": math.tanh,
        "sinh": math.sinh,
        "pow": math.pow,
        "min": min,
        "max": max,
        "v": v,
        "__builtins__": {},
    }
    return float(eval(law.expression("v").replace("^", "**"), names))


def test_every_kind_is_here() -> None:
    makers = [
        name
        for name, f in vars(transfer).items()
        if name[0] != "_"
        and callable(f)
        and getattr(f, "__annotations__", {}).get("return") == "TransferFunction"
    ]
    assert sorted(makers) == [
        "activation_gate",
        "activation_transfer",
        "cubic_transfer",
        "limiter",
        "linear_transfer",
        "ramp_transfer",
        "sinh_transfer",
    ]
    assert {f.name for f in SMOOTH} <= {law.name for law in LAWS.values()}


@LAW
def test_expression_is_the_value(law: TransferFunction) -> None:
    # The same few operations in another order, on numbers up to 3.
    np.testing.assert_allclose([spice(law, float(v)) for v in V], law.value(V), rtol=0.0, atol=2e-15)


@LAW
def test_expression_at_the_edges_and_far_away(law: TransferFunction) -> None:
    points = np.array([-100.0, -0.3, -0.2, 0.0, 0.1, 0.3, 0.4, 100.0])
    # Rounding of values up to 300.
    np.testing.assert_allclose(
        [spice(law, float(v)) for v in points], law.value(points), rtol=1e-13, atol=2e-15
    )


@LAW
def test_derivative(law: TransferFunction) -> None:
    h = 1e-6
    numeric = (law.value(V + h) - law.value(V - h)) / (2.0 * h)
    # Truncation h^2 y''' / 6 with y''' <= 2 / S^3 for a gate: 4e-10; rounding eps y / h = 1e-9.
    np.testing.assert_allclose(law.derivative(V), numeric, rtol=0.0, atol=5e-9)


@pytest.mark.parametrize("kind", [f.name for f in SMOOTH])
def test_the_gate_is_the_slope_of_the_law(kind: str) -> None:
    # The same formula twice.
    np.testing.assert_allclose(LAWS[f"{kind}_gate"].value(V), LAWS[kind].derivative(V), rtol=0.0, atol=1e-15)


def test_the_sigmoid_is_the_logistic_function() -> None:
    np.testing.assert_allclose(LAWS["sigmoid"].value(V), S / (1.0 + np.exp(-V / S)), rtol=0.0, atol=1e-16)


@pytest.mark.parametrize("order", [2, 6])
def test_the_limiter_by_hand(order: int) -> None:
    law = transfer.limiter(0.5, order)
    # y(most) = most / 2^(1/order); odd; slope 1 at 0; never beyond its limit, and there to rounding far away.
    assert law.value(np.array(0.5)) == pytest.approx(0.5 / 2.0 ** (1.0 / order), rel=1e-15)
    np.testing.assert_array_equal(law.value(-V), -law.value(V))
    assert law.derivative(np.array(0.0)) == 1.0
    assert np.abs(law.value(V)).max() < 0.5
    assert law.value(np.array(1e9)) == pytest.approx(0.5, rel=1e-15)


def test_the_rail_is_as_sharp_as_documented() -> None:
    """`circuit.amplifiers`: at half its limit a rail is 0.3 % low, a pair gives half its current at 0.6."""
    assert 1.0 - transfer.limiter(1.0, RAIL).value(np.array(0.5)) / 0.5 == pytest.approx(0.003, abs=5e-4)
    assert transfer.limiter(1.0, PAIR).value(np.array(0.6)) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    "law", [transfer.sinh_transfer(2.0), transfer.cubic_transfer(0.7)], ids=lambda law: law.name
)
def test_device_laws_have_the_small_signal_conductance(law: TransferFunction) -> None:
    zero = np.array(0.0)
    assert (law.value(zero), law.derivative(zero)) == (0.0, 1.0)
    np.testing.assert_array_equal(law.value(-V), -law.value(V))


def test_expressions_hold_the_voltage_and_no_exponential() -> None:
    for name, law in LAWS.items():
        text = law.expression("v(x1_0)")
        assert "exp" not in text, name  # overflows in a simulator's iterates
        assert "v(x1_0)" in text or name in ("flat", "identity_gate")
