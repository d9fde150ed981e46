"""Laws and cells of a written array."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analog_pc.circuit import TransferFunction
from analog_pc.devices.compact import YAKOPCIC, memristor_model
from analog_pc.testbench import EXAMPLES, PulseEncoding, build_testbench, learning_circuit
from analog_pc.testbench.cells import array, comparator_law, driven, level_law
from analog_pc.testbench.continuous.circuit import per_unit
from analog_pc.verification.parts import parts_table

WRITING = PulseEncoding(YAKOPCIC["microsiemens"], rate_scale=2.0)
LAWS = {
    "level, f > 0": level_law(WRITING, 0.1, 1),
    "level, f < 0": level_law(WRITING, 0.1, -1),
    "per unit": per_unit(0.1),
}
VOLTS = np.array([-0.3, -0.15, -0.02, 0.01, 0.12, 0.19, 0.35])


def spoken(law: TransferFunction, volts: float) -> float:
    """What its SPICE expression says, read by Python."""
    names = {"ln": math.log, "min": min, "max": max, "v": volts}
    return float(eval(law.expression("v"), {"__builtins__": {}}, names))


@pytest.mark.parametrize("name", LAWS)
def test_the_three_faces_of_a_law(name: str) -> None:
    law = LAWS[name]
    np.testing.assert_allclose([spoken(law, v) for v in VOLTS], law.value(VOLTS), rtol=1e-13)
    step = 1e-6
    slope = (law.value(VOLTS + step) - law.value(VOLTS - step)) / (2.0 * step)
    np.testing.assert_allclose(law.derivative(VOLTS), slope, rtol=1e-6, atol=1e-6)


def test_levels_are_those_of_the_scheme() -> None:
    rates = VOLTS / 0.1
    np.testing.assert_allclose(LAWS["level, f > 0"].value(VOLTS), WRITING.level(rates), rtol=1e-13)
    np.testing.assert_allclose(LAWS["level, f < 0"].value(VOLTS), WRITING.level(-rates), rtol=1e-13)


def test_a_comparator_jumps_at_zero() -> None:
    law = comparator_law()
    np.testing.assert_array_equal(law.value(np.array([-1e-9, 0.0, 1e-9])), [0.0, 0.0, 1.0])
    assert law.expression("v(x)") == "(v(x)>0?1:0)"


def test_an_array_is_row_by_row() -> None:
    cells = array(
        "w", ("a", "b"), ("p", "q", "r"), memristor_model(WRITING.device), np.arange(6.0).reshape(2, 3) / 10
    )
    assert cells.plus == ("a", "a", "a", "b", "b", "b")
    assert cells.minus == ("p", "q", "r", "p", "q", "r")
    np.testing.assert_allclose(np.asarray(cells.initial), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5])


def test_driven_lines() -> None:
    made = driven("row", (("read", ("a", "b")), ("write", ("c", "d"))), ("y", "z"))
    assert made.select == ("read", "write")
    assert made.inputs == ("a", "b", "c", "d")


def test_the_circuit_of_a_trial() -> None:
    """A block for every layer, a device for every crossing, and probes of the right sizes."""
    network, inputs, target, lr = EXAMPLES["8-6-3"]()
    made = learning_circuit(build_testbench(network, inputs, target, lr=lr))
    assert [i.name for i in made.circuit.instances] == ["layer0", "layer1", "layer2"]
    assert [len(b) for b in made.activities] == [8, 6, 3]
    assert [len(b) for b in made.held] == [0, 6, 3]
    assert [len(b) for b in made.forward] == [9 * 6, 7 * 3]
    assert [len(b) for b in made.transposed] == [0, 6 * 3]
    assert len(set(made.nodes)) == len(made.nodes)
    memristors = {
        f"{path}.{e.name}": len(e.plus) for path, e in made.circuit.banks() if hasattr(e, "initial")
    }
    # References: one for each row that is read.
    assert memristors == {
        "layer1.forward": 54, "layer1.predict_reference": 9,
        "layer2.forward": 21, "layer2.predict_reference": 7,
        "layer2.transposed": 18, "layer2.feedback_reference": 3,
    }  # fmt: skip
    listed = {part.name: part.count for part in parts_table(made.circuit)}
    assert len(listed) == len(list(made.circuit.banks()))
    assert listed["layer1: forward (memristor yakopcic)"] == 54
    assert listed["top: clamp (switch)"] == 3
    assert listed["layer2: row (multiplexer)"] == 7
    assert listed["top: clock (clock)"] == 11
