"""Laws as Verilog-A: same numbers, no other text."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analog_pc.activations import SIGMOID, TANH
from analog_pc.circuit import TransferFunction
from analog_pc.circuit.transfer import (
    activation_gate,
    activation_transfer,
    cubic_transfer,
    limiter,
    sinh_transfer,
)
from analog_pc.errors import BadInput
from analog_pc.simulators.vacask.verilog import formula, module

NAMES = {
    name: getattr(math, name) for name in ("tanh", "sinh", "cosh", "exp", "sqrt", "pow", "atan", "cos", "sin")
}


def law(expression: str) -> TransferFunction:
    return TransferFunction("test", np.tanh, np.tanh, lambda v: expression.format(v))


def evaluated(text: str, v: float, constants: dict[str, float]) -> float:
    """What Verilog-A makes of the formula; its functions are those of C."""
    names = {**NAMES, **constants, "v": v, "min": min, "max": max, "abs": abs, "ln": math.log}
    return float(eval(text, {"__builtins__": {}}, names))


@pytest.mark.parametrize(
    "given",
    [
        activation_transfer(TANH, 0.1),
        activation_gate(TANH, 0.1),
        activation_transfer(SIGMOID, 0.2),
        sinh_transfer(3.0),
        cubic_transfer(-0.5),
        limiter(0.7, 6),
        limiter(2.0, 2),
    ],
    ids=lambda given: given.name,
)
def test_a_formula_is_its_law(given: TransferFunction) -> None:
    found = formula(given)
    for v in (-0.9, -0.1, 0.0, 0.3, 1.1):
        exact = float(given.value(np.array([v]))[0])
        assert evaluated(found.text, v, found.constants) == pytest.approx(exact, rel=1e-12, abs=1e-15)


def test_only_the_shape_is_compiled() -> None:
    one, two = formula(activation_transfer(TANH, 0.1)), formula(activation_transfer(TANH, 0.2))
    assert one.text == two.text
    assert one.constants != two.constants


def test_whole_numbers_divide_as_numbers() -> None:
    assert evaluated(formula(law("1/2*({})")).text, 1.0, {}) == 0.5


@pytest.mark.parametrize(
    "expression",
    [
        "nofunction({})",
        "tanh({},1)",
        "v(out)",
        "__import__('os')",
        "{} if 1 else 2",
        "({}",
        "$finish",
        "w",
        "True",
        "v*{}",
        "0x10*{}",
        "1_0*{}",
        "1k*{}",
        "{}#2",
        "1e400*{}",
        "1" + "0" * 400 + "*{}",
        "+".join(["{0}"] * 3000),
    ],
)
def test_anything_else_is_refused(expression: str) -> None:
    with pytest.raises(BadInput, match="transfer 'test'"):
        formula(law(expression))


@pytest.mark.parametrize("expression", ["{}^3", "{}^0.5", "2^{}", "2^3^2*{}", "{}^(1-3)", "{}^True"])
def test_powers_that_ngspice_reads_otherwise_are_refused(expression: str) -> None:
    with pytest.raises(BadInput, match=r"use pow\(a,b\)"):
        formula(law(expression))


def test_powers_that_all_read_alike() -> None:
    for expression, exact in (("-({})^2", -0.49), ("pow({},3)", -0.343), ("2-({})^4", 1.7599)):
        found = formula(law(expression))
        assert evaluated(found.text, -0.7, found.constants) == pytest.approx(exact, rel=1e-12)


def test_equal_modules_have_equal_names() -> None:
    first, same, other = (module("kind", ("a", "b"), (f"I(a,b) <+ {k}.0*V(a,b);",)) for k in (1, 1, 2))
    assert first == same
    assert first.name != other.name
    assert f"module {first.name}(a, b);" in first.text
