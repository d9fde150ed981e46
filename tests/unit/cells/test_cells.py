"""Cells: their parts, their values, and a schematic in every docstring."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from analog_pc import cells
from analog_pc.activations import ACTIVATIONS, TANH
from analog_pc.cells import activations as circuits
from analog_pc.circuit import (
    VCCS,
    Capacitors,
    Crossbar,
    MultiplyingVCCS,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    bus,
    grounds,
)
from analog_pc.circuit.transfer import activation_gate
from analog_pc.mapping import encode
from analog_pc.technology import IDEAL

X, MU = bus("x", 2), bus("mu", 2)
PARTS = cells.ComponentSampler(IDEAL)
DRAWN = [f for n in cells.__all__ if inspect.isfunction(f := getattr(cells, n))]
UNDRAWN = {"activation_cell": "a choice between the two cells below", "free_input_node": "a capacitor alone"}


@pytest.mark.parametrize("cell", [*DRAWN, circuits.differential_pair, circuits.rectifier])
def test_every_cell_says_what_it_is_and_draws_it(cell) -> None:
    lines = inspect.getdoc(cell).splitlines()
    assert lines[0].endswith((".", ":")) or len(lines[0]) > 20
    if cell.__name__ not in UNDRAWN:
        drawing = lines[lines.index("::") + 1 :]
        assert any("--" in line for line in drawing)


def test_value_node() -> None:
    spring, cap = cells.value_node("node", X, MU, 2e-5, 1e-12)
    assert isinstance(spring, Resistors)
    assert isinstance(cap, Capacitors)
    assert (spring.a, spring.b) == (X, MU)
    np.testing.assert_array_equal(spring.ohms, 1.0 / 2e-5)
    assert (cap.a, cap.b) == (X, grounds(2))
    np.testing.assert_array_equal(cap.farads, 1e-12)


def test_free_input_node_has_no_spring() -> None:
    (cap,) = cells.free_input_node("node", X, 1e-12)
    assert isinstance(cap, Capacitors)


def test_eps_sense_subtracts_the_prediction_both_ways() -> None:
    eps, anti = bus("eps", 2), bus("anti", 2)
    one, other = cells.eps_sense("eps", X, MU, eps, anti, PARTS)
    assert (one.plus, one.minus, one.out) == (X, MU, eps)
    assert (other.plus, other.minus, other.out) == (MU, X, anti)
    assert one.gain == other.gain == IDEAL.opamp_gain / (IDEAL.opamp_gain + 2.0)
    (alone,) = cells.eps_sense("eps", X, MU, eps, (), PARTS)  # no crossbar above needs the opposite
    assert alone.out == eps


def test_drivers_are_complementary() -> None:
    signal, positive, negative = bus("s", 2), bus("p", 2), bus("n", 2)
    follower, inverter = cells.drivers("drive", signal, positive, negative, PARTS)
    assert (follower.plus, follower.minus, follower.out) == (signal, grounds(2), positive)
    assert (inverter.plus, inverter.minus, inverter.out) == (grounds(2), signal, negative)
    # A follower feeds its whole output back, an inverter half of it: noise gains 1 and 2.
    assert follower.gain == IDEAL.opamp_gain / (IDEAL.opamp_gain + 1.0)
    assert inverter.gain == IDEAL.opamp_gain / (IDEAL.opamp_gain + 2.0)


def test_clamp_has_the_name_of_its_stimulus() -> None:
    (source,) = cells.clamp("clamp0", X)
    assert isinstance(source, StimulusSources)
    assert (source.name, source.plus, source.minus) == ("clamp0", X, grounds(2))


def test_feedback_gate() -> None:
    law = activation_gate(TANH, 0.1)
    (gated,) = cells.feedback_gate("fb", X, MU, X, 1e-5, law, PARTS)
    assert isinstance(gated, MultiplyingVCCS)
    assert (gated.control, gated.drive, gated.out, gated.gate) == (X, MU, X, law)
    (plain,) = cells.feedback_gate("fb", X, MU, X, 1e-5, None, PARTS)
    assert isinstance(plain, VCCS)
    assert (plain.drive, plain.out) == (MU, X)
    np.testing.assert_array_equal(plain.siemens, 1e-5)


def test_crossbar_and_amplifier_compute_the_product() -> None:
    """Kirchhoff by hand at the virtual ground: V(out) = -R_f sum(G V) = W x, without a simulator."""
    w, volts = np.array([[0.5, -2.0, 1.0], [0.0, 0.3, -0.7]]), np.array([0.1, -0.2, 0.3])
    pair = encode(w, IDEAL)
    rows, anti, columns = bus("rate", 3), bus("anti", 3), bus("column", 2)
    at = dict(zip(rows, volts, strict=True)) | dict(zip(anti, -volts, strict=True))
    arrays = cells.differential_crossbar("g", rows, anti, columns, pair, PARTS)
    assert all(isinstance(a, Crossbar) and a.columns == columns for a in arrays)
    current = sum(np.array([at[r] for r in a.rows]) @ a.siemens for a in arrays)
    feedback, amp = cells.transimpedance("tia", columns, bus("mu", 2), pair.ohms, PARTS)
    assert (amp.plus, amp.minus, amp.out) == (grounds(2), columns, bus("mu", 2))
    assert amp.gain == IDEAL.opamp_gain
    assert (feedback.a, feedback.b) == (columns, bus("mu", 2))
    np.testing.assert_allclose(-feedback.ohms * current, w @ volts, rtol=0.0, atol=1e-15)  # roundings


S = 0.1
GRID = np.linspace(-0.9013, 0.9017, 91)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_circuit_is_the_activation(name: str) -> None:
    f = ACTIVATIONS[name]
    cell = cells.activation_cell("act", f, X, S, S, PARTS)
    if name == "identity":
        assert (cell.elements, cell.signal, cell.control, cell.gate) == ((), X, X, None)
        return
    first = cell.elements[0]
    assert isinstance(first, NonlinearVCVS)
    assert (first.control, first.out) == (X, cell.signal)
    np.testing.assert_array_equal([first.gain, first.offset], [[1.0, 1.0], [0.0, 0.0]])
    np.testing.assert_allclose(
        first.transfer.value(GRID), S * f.f(GRID / S), rtol=0.0, atol=1e-14
    )  # roundings
    assert len(cell.elements) == (3 if f.kinks else 1)
    # The gate over the drive (x itself where f is smooth) is f' unfolded.
    np.testing.assert_allclose(cell.gate.value(GRID), f.gate(GRID / S), rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("name", [n for n in ACTIVATIONS if n != "identity"])
def test_an_activation_has_volts_of_its_own(name: str) -> None:
    """Input in units of S, output in units of 3 S; the gate has no unit."""
    f = ACTIVATIONS[name]
    cell = cells.activation_cell("act", f, X, S, 3.0 * S, PARTS)
    first = cell.elements[0]
    assert isinstance(first, NonlinearVCVS)
    for gain in np.asarray(first.gain):
        got = gain * first.transfer.value(GRID)
        np.testing.assert_allclose(got, 3.0 * S * f.f(GRID / S), rtol=0.0, atol=1e-14)
    np.testing.assert_allclose(cell.gate.value(GRID), f.gate(GRID / S), rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("name", [n for n, f in ACTIVATIONS.items() if f.kinks])
def test_rectifier_folds_the_drive(name: str) -> None:
    f = ACTIVATIONS[name]
    cell = cells.activation_cell("act", f, X, S, S, PARTS)
    _, diodes, amp = cell.elements
    np.testing.assert_allclose(diodes.transfer.value(GRID), S * f.position(GRID / S), rtol=0.0, atol=1e-14)
    assert (amp.plus, amp.minus, amp.out) == (X, diodes.out, diodes.control)
    assert amp.gain == IDEAL.rectifier_gain
    assert cell.control == diodes.control
